import { type CsvOptions, csvSource } from './csv/source.js';
import { filesOf, wouldBeOneOf } from './files.js';
import { parquetSource } from './parquet/source.js';
import { cellGrammar, type ReadOptions, refuseLayout } from './schema.js';
import type { TableSource } from './table-source.js';

/**
 * The source of the table that an input names: a path (CSV, packed or not, or Parquet), a folder or a pattern of such files,
 * or `-` for standard input. The place to add another kind of source; one that is no text refuses the options of its
 * layout.
 *
 * @throws InputError for a folder or a pattern without files; UsageError for an option that the source cannot follow
 */
export async function openSource(input: string, options: ReadOptions = {}): Promise<TableSource> {
  const { format, paths } = await filesOf(input);
  if (format === 'csv') return csvSource(input, { ...options, paths } satisfies CsvOptions);
  refuseLayout(options);
  return parquetSource(input, paths, cellGrammar(options));
}

/** The files that an input names, and `-` for standard input. @throws InputError for a folder or a pattern without any */
export async function inputFiles(input: string): Promise<readonly string[]> {
  return (await filesOf(input)).paths ?? [input];
}

/** Whether a file would be read with an input that names a folder or a pattern, once it is written. */
export function wouldBeRead(input: string, path: string): Promise<boolean> {
  return wouldBeOneOf(input, path);
}
