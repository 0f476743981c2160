import { filesOf, wouldBeOneOf } from './csv/files.js';
import { type CsvOptions, csvSource } from './csv/source.js';
import type { TableSource } from './table-source.js';

/**
 * The source of the table that an input names: a path (CSV, packed or not), a folder or a pattern of such files, or `-` for
 * standard input. The place to add another kind of source; one that is no text refuses the options of its layout
 * (`refuseLayout`).
 */
export function openSource(input: string, options: CsvOptions = {}): TableSource {
  return csvSource(input, options);
}

/** The files that an input names, and `-` for standard input. @throws InputError for a folder or a pattern without any */
export async function inputFiles(input: string): Promise<readonly string[]> {
  return (await filesOf(input)) ?? [input];
}

/** Whether a file would be read with an input that names a folder or a pattern, once it is written. */
export function wouldBeRead(input: string, path: string): Promise<boolean> {
  return wouldBeOneOf(input, path);
}
