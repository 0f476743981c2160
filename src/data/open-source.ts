import { type CsvOptions, csvSource } from './csv/source.js';
import type { TableSource } from './table-source.js';

/**
 * The source of the table that an input names: a path (CSV, or CSV in gzip), or `-` for standard input. The place to
 * add another kind of source.
 */
export function openSource(input: string, options: CsvOptions = {}): TableSource {
  return csvSource(input, options);
}
