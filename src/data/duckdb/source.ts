import { open, stat } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { badOption, DataError, InputError, type IrisError, UnavailableError } from '../../ground/errors.js';
import { quote, shownReason } from '../../ground/quote.js';
import type { CellGrammar } from '../cells.js';
import type { SinkColumn } from '../row-sink.js';
import type { TableSource } from '../table-source.js';
import { doubleQuoted, type Relation, type RelationOptions, relationOf } from '../typed/relation.js';
import type { TypedColumn, TypedResult } from '../typed/result.js';
import { type SqlRows, type SqlShape, type SqlTable, sqlRows } from '../typed/sql-table.js';
import { typedTable } from '../typed/table.js';
import { unreadable } from '../unreadable.js';
import { type DuckDbColumn, duckDbColumn } from './column-types.js';
import { duckDbDialect } from './dialect.js';
import {
  type DuckDbChunk,
  type DuckDbConnection,
  type DuckDbInstance,
  type DuckDbResult,
  duckDbLibrary,
} from './library.js';
import { duckDbSink } from './sink.js';

interface DuckDbOptions extends RelationOptions {
  /** Interrupts the query. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * A table of a DuckDB database, or the result of a query, or a file that DuckDB reads. Nothing is written, but into a sink.
 *
 * @param path of a database, or of another file, or a pattern of such; empty: a query reads files itself
 */
export function duckDbSource(path: string, options: DuckDbOptions, grammar: CellGrammar, writes = false): TableSource {
  /** For the table that is written, which outlives the reading. */
  let writer: DuckDbConnection | undefined;
  let relation: Relation | undefined;
  const { query, table } = options;
  const origin = { name: table ?? (query === undefined ? basename(path) : 'query'), unit: 'row' as const };
  return {
    origin,
    async open(minColumns) {
      const reading = await begin();
      try {
        return typedTable(origin, await reading.open(), grammar, minColumns);
      } catch (error) {
        reading.close();
        throw error;
      }
    },
    ...(writes && {
      sink: (name: string, added: readonly SinkColumn[]) => duckDbSink(writer!, relation!, name, added),
    }),
    async openSql({ memoryBytes }) {
      const counting = await begin(limitsOf(memoryBytes));
      try {
        return await counting.openSql();
      } catch (error) {
        counting.close();
        throw error;
      }
    },
  };
  async function begin(limits: Readonly<Record<string, string>> = {}): Promise<Reading> {
    const library = await duckDbLibrary();
    const isDatabase = path !== '' && (await holdsDatabase(path));
    if (writes && !isDatabase)
      throw badOption('into', 'a DuckDB database to write into', path, { found: basename(path) || 'none' });
    const isFile = path !== '' && !isDatabase && query === undefined;
    relation = isFile ? fileRelation(path, table) : relationOf(options, doubleQuoted);
    const instance = await library.DuckDBInstance.create(isDatabase ? path : ':memory:', {
      ...(isDatabase && { access_mode: writes ? 'READ_WRITE' : 'READ_ONLY' }),
      // It would fetch code from the network.
      autoinstall_known_extensions: 'false',
      ...limits,
    }).catch((cause: Error) => {
      throw new InputError(`${path}: expected a DuckDB database, found: ${firstLine(cause)}`, { cause });
    });
    if (writes) writer = await instance.connect();
    return new Reading(instance, await instance.connect(), relation, options);
  }
}

/** Below it DuckDB does not sort at all. */
const LEAST_MEMORY = 1 << 26;
/** Each thread holds what its part of a query comes to. */
const THREAD_MEMORY = 1 << 25;

/** What it cannot hold it writes into files, which it removes. */
function limitsOf(memoryBytes: number): Readonly<Record<string, string>> {
  const memory = Math.max(LEAST_MEMORY, Math.floor(memoryBytes));
  return {
    memory_limit: `${memory}B`,
    threads: String(Math.min(availableParallelism(), Math.floor(memory / THREAD_MEMORY))),
    temp_directory: join(tmpdir(), `iris-duckdb-${process.pid}`),
    preserve_insertion_order: 'false',
  };
}

/** A file that is no database. @throws UsageError for a table, which it has not */
function fileRelation(path: string, table: string | undefined): Relation {
  if (table !== undefined) throw badOption('table', 'none, as the file is no DuckDB database', table);
  const literal = `'${path.replaceAll("'", "''")}'`;
  // Its reader of CSV would guess types by other rules: text is what the cells are read from here.
  const isCsv = /\.(?:csv|tsv)(?:\.(?:gz|zst))?$/i.test(path);
  const sql = isCsv ? `read_csv(${literal}, all_varchar = true, header = true, nullstr = '')` : doubleQuoted(path);
  return { name: basename(path), sql };
}

/** Where the mark of a DuckDB database stands. */
const MARK = { at: 8, text: 'DUCK' };

/** @throws InputError for a file that cannot be read */
async function holdsDatabase(path: string): Promise<boolean> {
  // A pattern, which DuckDB resolves.
  if (/[*?[]/.test(path) && (await stat(path).catch(() => undefined)) === undefined) return false;
  try {
    const file = await open(path);
    try {
      const { buffer } = await file.read({ buffer: Buffer.alloc(MARK.text.length), position: MARK.at });
      return buffer.toString('latin1') === MARK.text;
    } finally {
      await file.close();
    }
  } catch (cause) {
    throw new InputError(`${path}: ${unreadable(cause)}`, { cause });
  }
}

/** Between two interrupts of one that does not end. */
const INTERRUPT_MS = 100;

/** What was asked last: whether there is such a table, its rows, or a query of ours. */
type Step = 'asked' | 'read' | 'counted';

class Reading {
  readonly #instance: DuckDbInstance;
  readonly #connection: DuckDbConnection;
  readonly #relation: Relation;
  readonly #options: DuckDbOptions;
  readonly #interrupt: () => void;
  #again: NodeJS.Timeout | undefined;

  constructor(instance: DuckDbInstance, connection: DuckDbConnection, relation: Relation, options: DuckDbOptions) {
    this.#instance = instance;
    this.#connection = connection;
    this.#relation = relation;
    this.#options = options;
    this.#interrupt = () => {
      connection.interrupt();
      // A query that has not begun yet does not hear it.
      this.#again = setInterval(() => connection.interrupt(), INTERRUPT_MS).unref();
    };
    options.signal?.addEventListener('abort', this.#interrupt);
  }

  async open(): Promise<TypedResult> {
    const { sql } = this.#relation;
    const names = await this.#namesInQuery();
    const head = await this.#orFailure(() => this.#connection.stream(`SELECT * FROM ${sql} LIMIT 0`), 'asked');
    const columns = Array.from({ length: head.columnCount }, (_, column) => ({
      name: head.columnName(column),
      ...duckDbColumn(String(head.columnType(column))),
    }));
    if (names !== undefined) this.#requireNames(names, columns);
    return {
      columns,
      chunks: (wanted) => this.#chunks(columns, wanted),
      close: async () => this.close(),
    };
  }

  /** By itself it has to be one statement: within ours it could end that and go on. */
  async #namesInQuery(): Promise<string[] | undefined> {
    const { query } = this.#options;
    if (query === undefined) return undefined;
    const prepared = await this.#orFailure(() => this.#connection.prepare(query), 'asked');
    const names = Array.from({ length: prepared.columnCount }, (_, column) => prepared.columnName(column));
    prepared.destroySync();
    return names;
  }

  /**
   * DuckDB renames columns of a query that it takes for one, in a query of it.
   * @throws DataError
   */
  #requireNames(names: readonly string[], columns: readonly { readonly name: string }[]): void {
    const second = names.findIndex((name, column) => name !== columns[column]?.name);
    if (second === -1) return;
    const first = names.findIndex((name) => name.toLowerCase() === names[second]!.toLowerCase());
    const found = `${quote(names[first]!)} and ${quote(names[second]!)} for columns ${first + 1} and ${second + 1}`;
    const { name } = this.#relation;
    throw new DataError('header', `${name}: expected different column names, whatever their capitals, found ${found}`);
  }

  async openSql(): Promise<SqlTable> {
    const { columns } = await this.open();
    const { name, sql: from } = this.#relation;
    return {
      dialect: duckDbDialect,
      name,
      from,
      columns,
      ask: (sql, shape) => this.#ask(sql, shape),
      close: async () => this.close(),
    };
  }

  async *#ask(sql: string, shape: SqlShape): AsyncGenerator<SqlRows, void> {
    const result = await this.#orFailure(() => this.#connection.stream(sql), 'counted');
    const types = shape.map((_, column) => duckDbColumn(String(result.columnType(column))));
    const ballast = new Ballast();
    for (;;) {
      const chunk = await this.#orFailure<DuckDbChunk | null>(() => result.fetchChunk(), 'counted');
      if (chunk === null || chunk.rowCount === 0) return;
      const { rowCount } = chunk;
      ballast.add(shape.length * CHUNK_ROWS);
      yield await sqlRows(
        { rowCount, values: (column) => types[column]!.read(chunk.getColumnVector(column), rowCount) },
        shape,
      );
    }
  }

  close(): void {
    this.#options.signal?.removeEventListener('abort', this.#interrupt);
    clearInterval(this.#again);
    this.#connection.closeSync();
    this.#instance.closeSync();
  }

  async *#chunks(columns: readonly (DuckDbColumn & { readonly name: string })[], wanted: readonly number[]) {
    const cells = wanted.map((column) => cellOf(columns[column]!)).join(', ');
    const sql = `SELECT ${cells} FROM ${this.#relation.sql}`;
    const result = await this.#orFailure(() => this.#connection.stream(sql), 'asked');
    const at = new Map(wanted.map((column, i) => [column, i]));
    for (;;) {
      const chunk = await this.#orFailure<Awaited<ReturnType<DuckDbResult['fetchChunk']>>>(
        () => result.fetchChunk(),
        'read',
      );
      if (chunk === null || chunk.rowCount === 0) return;
      const { rowCount } = chunk;
      yield {
        rowCount,
        values: (column: number) => columns[column]!.read(chunk.getColumnVector(at.get(column)!), rowCount),
      };
    }
  }

  async #orFailure<Result>(ask: () => Promise<Result>, step: Step): Promise<Result> {
    const { query, signal } = this.#options;
    signal?.throwIfAborted();
    try {
      return await ask();
    } catch (cause) {
      signal?.throwIfAborted();
      throw this.#failure(firstLine(cause), step, cause, query);
    }
  }

  #failure(found: string, step: Step, cause: unknown, query: string | undefined): IrisError {
    if (found.startsWith('Out of Memory')) {
      const advice = { option: 'memory', value: '1GB', effect: 'gives it more' };
      const expected = `expected enough memory for DuckDB to ${step === 'counted' ? 'count' : 'read'}`;
      const options = step === 'counted' ? { advice, cause } : { cause };
      return new UnavailableError(`${this.#relation.name}: ${expected}, found: ${found}`, options);
    }
    if (step === 'read' || step === 'counted')
      return new DataError('cell', `${this.#relation.name}: expected rows, found: ${found}`, { cause });
    if (query !== undefined) return badOption('query', 'SQL of DuckDB', query, { found, cause });
    const message = `${this.#relation.name}: expected a table, found: ${found}`;
    return isOfBytes(found) ? new DataError('syntax', message, { cause }) : new InputError(message, { cause });
  }
}

/** A chunk has room for so many, however few are in it. */
const CHUNK_ROWS = 2048;
/** Elements of an array that V8 makes among the young objects. */
const YOUNG = 8192;

/**
 * A chunk lies outside of the heap until V8 finds that nobody has it, and of its size V8 knows nothing. So as much is taken in
 * the heap, and let go: V8 looks as often as it would if chunks lay there.
 */
class Ballast {
  /** Kept, or V8 would not make it at all. */
  last: readonly number[] = [];

  add(values: number): void {
    for (let left = values; left > 0; left -= YOUNG) this.last = new Array<number>(YOUNG);
  }
}

/** Of what no feature is made DuckDB's own text, which it reads as the same again. */
function cellOf({ name, type }: TypedColumn): string {
  const quoted = doubleQuoted(name);
  return type.kind === 'foreign' ? `CAST(${quoted} AS VARCHAR)` : quoted;
}

/** Whether it is what stands in a file that DuckDB cannot read, and not that there is none, or no name or extension for it. */
function isOfBytes(found: string): boolean {
  return !/^(?:Catalog|Binder|Missing Extension|Permission|HTTP|Autoload)|^IO Error: (?:No files found|Cannot open file)/.test(
    found,
  );
}

/** The rest shows the query, and where in it. */
function firstLine(cause: unknown): string {
  return shownReason((cause as Error).message.split('\n', 1)[0]!);
}
