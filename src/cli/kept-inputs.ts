import { isAddress, shownLocation } from '../formats/model-location.js';
import { badOption, UsageError } from '../ground/errors.js';
import { fileIdentity } from '../ground/file-identity.js';
import { nameInWords } from '../ground/quote.js';

/** What reads tables takes as long to load as a tenth of a server's start, and a server has none. */
const sources = () => import('../data/open-source.js');

const STDIN = 0;
const STDOUT = 1;

/** What a command reads: tables, as `openSource` takes them, and other files. */
export interface Inputs {
  /** By what messages call them. */
  readonly tables?: Readonly<Record<string, string | undefined>>;
  readonly files?: Readonly<Record<string, string | undefined>>;
}

/**
 * Refuses to write over what is read, by whatever name or link, and into a folder or pattern that is read, where it would be
 * taken for data the next time. Standard output may be redirected to an input too.
 * Models are read from URLs, but nothing is written to one.
 *
 * @param output option and path of the file that is going to be written
 * @throws UsageError; InputError for a folder or pattern of tables without any
 */
export async function keepInputs(
  { files = {}, tables = {} }: Inputs,
  output?: { readonly option: string; readonly path: string },
): Promise<void> {
  if (output && isAddress(output.path)) {
    throw badOption(output.option, 'a file', shownLocation(output.path), {
      found: 'a URL: write a file, and upload it',
    });
  }
  const inputs = await identities(files, tables);
  const overwritten = output && inputs.get(await fileIdentity(output.path));
  if (overwritten !== undefined) {
    const found = `${nameInWords(output!.path)}, ${overwritten}`;
    throw badOption(output!.option, 'a file that is not read', output!.path, { found });
  }
  if (output !== undefined) await keepOutside(tables, output);
  const redirected = inputs.get(await fileIdentity(STDOUT));
  if (redirected === undefined) return;
  throw new UsageError(`standard output: expected a file that is not read, found ${redirected}`);
}

async function keepOutside(
  tables: NonNullable<Inputs['tables']>,
  { option, path }: { readonly option: string; readonly path: string },
): Promise<void> {
  for (const [what, input] of Object.entries(tables)) {
    if (input === undefined) continue;
    const { wouldBeRead } = await sources();
    if (!(await wouldBeRead(input, path))) continue;
    throw badOption(option, 'a file that is not read', path, {
      found: `${nameInWords(path)}, which would be part of ${what}, ${nameInWords(input)}`,
    });
  }
}

async function identities(
  files: NonNullable<Inputs['files']>,
  tables: NonNullable<Inputs['tables']>,
): Promise<Map<string | undefined, string>> {
  const inputs = new Map<string | undefined, string>();
  const add = async (what: string, path: string) => inputs.set(await fileIdentity(path === '-' ? STDIN : path), what);
  for (const [what, path] of Object.entries(files)) if (path !== undefined) await add(what, path);
  for (const [what, input] of Object.entries(tables)) {
    if (input === undefined) continue;
    const { inputFiles } = await sources();
    for (const path of await inputFiles(input)) await add(what, path);
  }
  inputs.delete(undefined);
  return inputs;
}
