import { badOption } from '../ground/errors.js';

/** A name for identifiers, from the name of a file: letters, digits and underscores, a letter first. */
export function identifier(baseName: string): string {
  const plain = baseName.replace(/\W+/g, '_').replace(/^_+|_+$/g, '');
  return /^[a-z]/i.test(plain) ? plain : `model_${plain}`;
}

/**
 * The name of a file that becomes an identifier as it is.
 *
 * @throws UsageError where it cannot
 */
export function identifierOfFile(baseName: string, extension: string, keywords: ReadonlySet<string>): string {
  if (/^[A-Za-z_]\w*$/.test(baseName) && !keywords.has(baseName)) return baseName;
  throw badOption('out', 'a file whose name is an identifier, as it names what is in it', `${baseName}${extension}`);
}

/** @throws UsageError for a package that the language would not take */
export function checkedPackage(name: string, keywords: ReadonlySet<string>, dotted: boolean): string {
  const parts = dotted ? name.split('.') : [name];
  if (parts.every((part) => /^[A-Za-z_]\w*$/.test(part) && !keywords.has(part))) return name;
  throw badOption('package', dotted ? 'identifiers with dots between them' : 'an identifier', name);
}
