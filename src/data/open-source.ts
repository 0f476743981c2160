import { csvSource } from './csv/source.js';
import { filesOf, wouldBeOneOf } from './files.js';
import { cellGrammar, type ReadOptions, refuseLayout, refuseRelation } from './schema.js';
import type { TableSource } from './table-source.js';

/** What stands before the address of an engine, and its source, which is loaded where it is asked for. */
const ENGINES: readonly {
  readonly scheme: RegExp;
  open(address: string, options: ReadOptions, writes: boolean): Promise<TableSource>;
  /** Files that it reads, for whoever would write over them. */
  files(address: string): readonly string[];
}[] = [
  {
    scheme: /^duckdb:/i,
    async open(address, options, writes) {
      const { duckDbSource } = await import('./duckdb/source.js');
      return duckDbSource(afterScheme(address), options, cellGrammar(options), writes);
    },
    files: (address) => [afterScheme(address)].filter((path) => path !== ''),
  },
  {
    // A slash too few is no file: a message would show it, and its password.
    scheme: /^postgres(?:ql)?:/i,
    async open(address, options) {
      const { postgresSource } = await import('./postgres/source.js');
      return postgresSource(address, options, cellGrammar(options));
    },
    files: () => [],
  },
  {
    scheme: /^sc:\//i,
    async open(address, options) {
      const { sparkSource } = await import('./spark/source.js');
      return sparkSource(address, options, cellGrammar(options));
    },
    files: () => [],
  },
];

/**
 * The source of the table that an input names: a path (CSV, packed or not, or Parquet), a folder or a pattern of such files,
 * `-` for standard input, or an engine: `duckdb:FILE`, `postgres://…`, `sc://…`. The place to add another kind of source; one that is no text refuses
 * the options of its layout, and one that is a single table those that choose one.
 *
 * @param writes whether a table is going to be written beside it
 * @throws InputError for a folder or a pattern without files; UsageError for an option that the source cannot follow
 */
export async function openSource(input: string, options: ReadOptions = {}, writes = false): Promise<TableSource> {
  const engine = engineOf(input);
  if (engine !== undefined) {
    refuseLayout(options);
    return engine.open(input, options, writes);
  }
  refuseRelation(options);
  const { format, paths } = await filesOf(input);
  if (format === 'csv') return csvSource(input, { ...options, paths });
  refuseLayout(options);
  const { parquetSource } = await import('./parquet/source.js');
  return parquetSource(input, paths, cellGrammar(options));
}

/** Whether an input is the address of an engine, and no file. */
export function isEngine(input: string): boolean {
  return engineOf(input) !== undefined;
}

function engineOf(input: string) {
  return ENGINES.find(({ scheme }) => scheme.test(input));
}

function afterScheme(address: string): string {
  return address.slice(address.indexOf(':') + 1);
}

/** The files that an input names, and `-` for standard input. @throws InputError for a folder or a pattern without any */
export async function inputFiles(input: string): Promise<readonly string[]> {
  return engineOf(input)?.files(input) ?? (await filesOf(input)).paths ?? [input];
}

/** Whether a file would be read with an input that names a folder or a pattern, once it is written. */
export async function wouldBeRead(input: string, path: string): Promise<boolean> {
  return !isEngine(input) && wouldBeOneOf(input, path);
}
