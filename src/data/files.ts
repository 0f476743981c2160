import { type Dirent, readdir as readdirThen } from 'node:fs';
import { open, readdir, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { DataError, InputError } from '../ground/errors.js';
import { namesInWords, quote } from '../ground/quote.js';
import { compareCodePoints } from './cells.js';
import type { Batch, BatchOptions, OpenTable, Origin, SourceFile, WantedColumn } from './table-source.js';

/** What the files of a table are written in. */
export type FileFormat = 'csv' | 'parquet';

const PARQUET_NAME = /\.parquet$/i;
const TEXT_NAME = /\.(?:csv|tsv)(?:\.(?:gz|zst|zip))?$/i;
/** What of a folder is read: no hidden file, which names with _ are too where Spark or Hive write. */
const TABLE_NAME = /^[^._].*\.(?:(?:csv|tsv)(?:\.(?:gz|zst|zip))?|parquet)$/i;

/** The files of an input. */
export interface InputFiles {
  readonly format: FileFormat;
  /** Those of a folder or a pattern, by name; undefined for anything else, a file whose name looks like a pattern too. */
  readonly paths: readonly string[] | undefined;
}

/**
 * The files that an input names.
 * @throws InputError for a folder or a pattern without any, or with CSV and Parquet
 */
export async function filesOf(input: string): Promise<InputFiles> {
  const kind = input === '-' ? 'file' : await kindOf(input);
  if (kind === 'file') return { format: input === '-' ? 'csv' : await formatOf(input), paths: undefined };
  const [found, expected] =
    kind === 'folder'
      ? [await filesIn(input), 'tables (*.csv, *.tsv, *.parquet) in the folder']
      : [await filesLike(input), 'files that match the pattern'];
  if (found.length === 0)
    throw new InputError(`${input}: expected ${expected}, found none${await deeperHint(kind, input)}`);
  const paths = found.sort(compareCodePoints);
  const formats: FileFormat[] = [];
  for (const path of paths) formats.push(await formatOf(path));
  const format = formats[0]!;
  const other = formats.findIndex((one) => one !== format);
  if (other === -1) return { format, paths };
  const both = `${quote(basename(paths[0]!))} and ${quote(basename(paths[other]!))}`;
  throw new InputError(`${input}: expected files of one format, found ${both}: a pattern such as '*.csv' names some`);
}

/** What reads the folders in a folder, where there are any. */
async function deeperHint(kind: 'folder' | 'pattern', input: string): Promise<string> {
  if (kind === 'pattern') return '';
  const folders = (await readdir(input, { withFileTypes: true })).filter((entry) => entry.isDirectory());
  const first = folders.map(({ name }) => name).sort(compareCodePoints)[0];
  if (first === undefined) return '';
  const [column] = /^([^=]+)=/.exec(first) ?? [];
  const hint = `; a pattern such as '${join(input, '**', '*.parquet')}' reads those of the folders in it`;
  return column === undefined ? hint : `${hint}, without the column ${quote(column.slice(0, -1))} of their names`;
}

/** By its name, or what is in it where the name says nothing. */
async function formatOf(path: string): Promise<FileFormat> {
  if (PARQUET_NAME.test(path)) return 'parquet';
  return !TEXT_NAME.test(path) && (await isParquet(path)) ? 'parquet' : 'csv';
}

/** What a Parquet file begins and ends with; before its end stand four bytes, the size of what describes it. */
const PARQUET_MARK = 'PAR1';
const PARQUET_ENDS = 12;

/** Of a pipe nothing is taken. What cannot be read is said where it is opened. */
async function isParquet(path: string): Promise<boolean> {
  if (!(await stat(path).catch(() => undefined))?.isFile()) return false;
  const file = await open(path).catch(() => undefined);
  if (file === undefined) return false;
  try {
    const { size } = await file.stat();
    if (size < PARQUET_ENDS) return false;
    const ends = Buffer.alloc(PARQUET_ENDS);
    await file.read(ends, 0, 4, 0);
    await file.read(ends, 4, 8, size - 8);
    const isMarked = [0, 8].every((at) => ends.toString('latin1', at, at + 4) === PARQUET_MARK);
    return isMarked && ends.readUInt32LE(4) <= size - PARQUET_ENDS;
  } finally {
    await file.close();
  }
}

async function filesLike(pattern: string): Promise<string[]> {
  const { glob } = await import('tinyglobby');
  return glob(pattern, { expandDirectories: false });
}

/** Whether a file would be one of those of a folder or a pattern as soon as it is there. */
export async function wouldBeOneOf(input: string, path: string): Promise<boolean> {
  const kind = input === '-' ? 'file' : await kindOf(input);
  if (kind === 'file') return false;
  if (kind === 'folder') return TABLE_NAME.test(basename(path)) && (await isIn(input, path));
  const { glob } = await import('tinyglobby');
  const options = { absolute: true, expandDirectories: false, fs: { readdir: readdirWith(resolve(path)) } };
  return (await glob(input, options)).some((found) => resolve(found) === resolve(path));
}

async function kindOf(input: string): Promise<'file' | 'folder' | 'pattern'> {
  const found = await stat(input).catch(() => undefined); // what is wrong is said where it is opened
  if (found?.isDirectory()) return 'folder';
  return found === undefined && /[*?[{]/.test(input) ? 'pattern' : 'file';
}

async function isIn(folder: string, path: string): Promise<boolean> {
  const [a, b] = await Promise.all([folder, dirname(path)].map((name) => realpath(name).catch(() => undefined)));
  return a !== undefined && a === b;
}

type Listed = (error: NodeJS.ErrnoException | null, entries: Dirent[]) => void;

/** Lists a folder as if a path were there, with the folders that lead to it. */
function readdirWith(path: string) {
  const list = (folder: string, options: { readonly withFileTypes: true }, listed: Listed) =>
    readdirThen(folder, options, (error, entries = []) => {
      const base = resolve(folder);
      const inside = base.endsWith(sep) ? base : `${base}${sep}`;
      if (!path.startsWith(inside)) return listed(error, entries);
      const [name, ...deeper] = path.slice(inside.length).split(sep) as [string, ...string[]];
      if (entries.some((entry) => entry.name === name)) return listed(error, entries);
      listed(null, [...entries, imagined(name, deeper.length > 0)]);
    });
  return list as typeof readdirThen;
}

function imagined(name: string, isFolder: boolean): Dirent {
  const entry = { name, isDirectory: () => isFolder, isFile: () => !isFolder, isSymbolicLink: () => false };
  return entry as Dirent;
}

async function filesIn(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch((cause: unknown) => {
    throw new InputError(`${folder}: expected a readable folder, found: ${(cause as Error).message}`, { cause });
  });
  return names.filter((name) => TABLE_NAME.test(name)).map((name) => join(folder, name));
}

type Open = (path: string, name: string) => Promise<OpenTable>;

/** Opens several files of one header as one table. @throws as opening the first does */
export async function openFiles(
  paths: readonly string[],
  origin: Origin & { readonly files: SourceFile[] },
  open: Open,
): Promise<OpenTable> {
  const names = paths.map((path) => basename(path));
  const files = paths.map((path, i) => ({ path, name: new Set(names).size === paths.length ? names[i]! : path }));
  return new FilesTable(files, origin, open, await open(files[0]!.path, files[0]!.name));
}

interface NamedFile {
  readonly path: string;
  /** For messages. */
  readonly name: string;
}

class FilesTable implements OpenTable {
  readonly columns: readonly string[];
  readonly unnamed: readonly number[];
  /** Those of the first, as the others are written in the same way, and of the folders of all. */
  readonly warnings: readonly string[];
  readonly #files: readonly NamedFile[];
  readonly #origin: Origin & { readonly files: SourceFile[] };
  readonly #open: Open;
  #table: OpenTable;

  constructor(
    files: readonly NamedFile[],
    origin: Origin & { readonly files: SourceFile[] },
    open: Open,
    first: OpenTable,
  ) {
    this.columns = first.columns;
    this.unnamed = first.unnamed ?? [];
    this.warnings = [...first.warnings, ...lostColumns(files, origin.name, first.columns)];
    this.#files = files;
    this.#origin = origin;
    this.#open = open;
    this.#table = first;
  }

  async *batches(wanted: readonly WantedColumn[], options?: BatchOptions): AsyncGenerator<Batch, void> {
    let before = 0;
    for (const [i, file] of this.#files.entries()) {
      if (i > 0) this.#table = await this.#openNext(file);
      this.#origin.files.push({ name: file.name, before });
      let last = before;
      for await (const batch of rowsOf(this.#table, wanted, options)) {
        const places = batch.places.map((place) => place + before);
        last = places.at(-1)!;
        yield { ...batch, places };
      }
      before = last;
    }
    if (before === 0) throw new DataError('empty', `${this.#origin.name}: expected rows, found only headers`);
  }

  close(): Promise<void> {
    return this.#table.close();
  }

  async #openNext({ name, path }: NamedFile): Promise<OpenTable> {
    const table = await this.#open(path, name);
    const difference = differenceInWords(this.columns, table.columns);
    if (difference === undefined) return table;
    await table.close();
    throw new DataError('columns', `${name}: expected the columns of ${this.#files[0]!.name}, found ${difference}`);
  }
}

/** What differs in the names of folders such as `country=DE`, and is no column of the files, as Hive and Spark partition tables. */
function lostColumns(files: readonly NamedFile[], source: string, columns: readonly string[]): string[] {
  const valuesOf = new Map<string, Set<string>>();
  for (const { path } of files) {
    for (const folder of dirname(path).split(/[/\\]/)) {
      const [, name, value] = /^([^=]+)=(.*)$/.exec(folder) ?? [];
      if (name !== undefined) valuesOf.set(name, (valuesOf.get(name) ?? new Set()).add(value!));
    }
  }
  const lost = [...valuesOf.keys()].filter((name) => valuesOf.get(name)!.size > 1 && !columns.includes(name));
  if (lost.length === 0) return [];
  return [`${source}: ${namesInWords(lost)}, which only the names of folders have, is not read; duckdb: reads it too`];
}

/** A file of several may have no rows. */
async function* rowsOf(...[table, wanted, options]: [OpenTable, ...Parameters<OpenTable['batches']>]) {
  try {
    yield* table.batches(wanted, options);
  } catch (error) {
    if (!(error instanceof DataError && error.reason === 'empty')) throw error;
  }
}

function differenceInWords(expected: readonly string[], found: readonly string[]): string | undefined {
  const length = Math.max(expected.length, found.length);
  for (let column = 0; column < length; column++) {
    const [a, b] = [expected[column], found[column]];
    if (a === b) continue;
    if (b === undefined) return `no column ${column + 1}, ${quote(a!)}`;
    if (a === undefined) return `one more, ${quote(b)}`;
    return `${quote(b)} for column ${column + 1}, ${quote(a)}`;
  }
  return undefined;
}
