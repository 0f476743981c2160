import { badOption, type UsageError } from '../ground/errors.js';
import { nameInWords } from '../ground/quote.js';

/** A name for identifiers, from the name of a file: letters, digits and underscores, a letter first. */
export function identifier(baseName: string): string {
  const plain = baseName.replace(/\W+/g, '_').replace(/^_+|_+$/g, '');
  return /^[a-z]/i.test(plain) ? plain : `model_${plain}`;
}

export function isIdentifier(name: string): boolean {
  return /^[A-Za-z_]\w*$/.test(name);
}

/** The name of a file that its language cannot have. @param other one that it can have */
export function badFileName(expected: string, file: string, other: string): UsageError {
  return badName('out', expected, file, other);
}

export function badPackage(expected: string, name: string, other: string): UsageError {
  return badName('package', expected, name, other);
}

function badName(option: string, expected: string, name: string, value: string): UsageError {
  return badOption(option, expected, name, {
    found: nameInWords(name),
    advice: { option, value, effect: 'works' },
  });
}
