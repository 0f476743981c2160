import { badOption, DataError, InputError, IrisError, UnavailableError } from '../../ground/errors.js';
import { shownReason } from '../../ground/quote.js';
import type { CellGrammar } from '../cells.js';
import type { TableSource } from '../table-source.js';
import { type Relation, type RelationOptions, relationOf } from '../typed/relation.js';
import type { TypedChunk, TypedResult } from '../typed/result.js';
import { type SqlRows, type SqlShape, type SqlTable, sqlRows } from '../typed/sql-table.js';
import { typedTable } from '../typed/table.js';
import { type SparkAddress, sparkAddress } from './address.js';
import { type ArrowColumn, type ArrowLibrary, arrowChunks, arrowColumns, arrowLibrary } from './arrow.js';
import type { SparkConnection } from './connection.js';
import { inBackticks, sparkDialect } from './dialect.js';

interface SparkOptions extends RelationOptions {
  /** Interrupts the query in the server. */
  readonly signal?: AbortSignal | undefined;
}

/** A table of Spark, or the result of a query, over Spark Connect. @param address see `sparkAddress` */
export function sparkSource(address: string, options: SparkOptions, grammar: CellGrammar): TableSource {
  const relation = relationOf(options, inBackticks);
  const place = sparkAddress(address, process.env);
  const origin = { name: relation.name, unit: 'row' as const };
  return {
    origin,
    async open(minColumns) {
      const reading = await begin();
      try {
        return typedTable(origin, await reading.open(), grammar, minColumns);
      } catch (error) {
        await reading.close();
        throw error;
      }
    },
    async openSql() {
      const reading = await begin();
      try {
        return await reading.openSql();
      } catch (error) {
        await reading.close();
        throw error;
      }
    },
  };
  async function begin(): Promise<Reading> {
    const arrow = await arrowLibrary();
    // gRPC takes long to load, and nothing else of reading a table needs it.
    const { SparkConnection: Connection } = await import('./connection.js');
    return new Reading(arrow, new Connection(place), { place, relation, options });
  }
}

interface ReadingParts {
  readonly place: SparkAddress;
  readonly relation: Relation;
  readonly options: SparkOptions;
}

class Reading {
  readonly #arrow: ArrowLibrary;
  readonly #connection: SparkConnection;
  readonly #parts: ReadingParts;
  #interrupted: Promise<void> | undefined;
  readonly #interrupt = () => {
    this.#interrupted ??= this.#connection.interrupt();
  };

  constructor(arrow: ArrowLibrary, connection: SparkConnection, parts: ReadingParts) {
    this.#arrow = arrow;
    this.#connection = connection;
    this.#parts = parts;
    parts.options.signal?.addEventListener('abort', this.#interrupt);
  }

  async open(): Promise<TypedResult> {
    let columns: ArrowColumn[] = [];
    for await (const bytes of this.#execute(`SELECT * FROM ${this.#parts.relation.sql} LIMIT 0`)) {
      columns = arrowColumns(this.#arrow, bytes);
    }
    return { columns, chunks: (wanted) => this.#chunks(columns, wanted), close: () => this.close() };
  }

  async openSql(): Promise<SqlTable> {
    const { columns } = await this.open();
    const { name, sql: from } = this.#parts.relation;
    return {
      dialect: sparkDialect,
      name,
      from,
      columns,
      ask: (sql, shape) => this.#ask(sql, shape),
      close: () => this.close(),
    };
  }

  async *#ask(sql: string, shape: SqlShape): AsyncGenerator<SqlRows, void> {
    for await (const bytes of this.#execute(sql)) {
      const columns = new Map(arrowColumns(this.#arrow, bytes).entries());
      for (const chunk of arrowChunks(this.#arrow, bytes, columns)) yield await sqlRows(chunk, shape);
    }
  }

  async close(): Promise<void> {
    this.#parts.options.signal?.removeEventListener('abort', this.#interrupt);
    await this.#interrupted;
    await this.#connection.close();
  }

  async *#chunks(columns: readonly ArrowColumn[], wanted: readonly number[]): AsyncGenerator<TypedChunk> {
    const asked = new Map(wanted.map((column) => [column, columns[column]!]));
    const names = [...asked.values()].map(({ name }) => inBackticks(name)).join(', ');
    const sql = `SELECT ${names} FROM ${this.#parts.relation.sql}`;
    for await (const bytes of this.#execute(sql)) yield* arrowChunks(this.#arrow, bytes, asked);
  }

  async *#execute(sql: string): AsyncGenerator<Buffer, void> {
    const { signal } = this.#parts.options;
    signal?.throwIfAborted();
    let hasRows = false;
    try {
      for await (const bytes of this.#connection.execute(sql)) {
        hasRows = true;
        yield bytes;
        signal?.throwIfAborted();
      }
    } catch (cause) {
      await this.#interrupted;
      signal?.throwIfAborted();
      throw cause instanceof IrisError ? cause : this.#failure(cause as Error & { details?: string }, hasRows);
    }
  }

  #failure(cause: Error & { readonly details?: string }, hasRows: boolean): IrisError {
    const { options, place, relation } = this.#parts;
    const found = shownReason((cause.details || cause.message).trim().split('\n', 1)[0]!);
    // Spark names the class of what is wrong with a query: [PARSE_SYNTAX_ERROR].
    const [, kind] = /^\[([A-Z_.]+)\]/.exec(found) ?? [];
    if (kind === undefined || /^(?:INVALID_HANDLE|INTERNAL)/.test(kind)) {
      return new UnavailableError(`${place.shown}: expected a server of Spark Connect, found: ${found}`, { cause });
    }
    if (hasRows || RUNTIME.test(kind)) {
      return new DataError('cell', `${relation.name}: expected rows, found: ${found}`, { cause });
    }
    if (options.query !== undefined) return badOption('query', 'SQL of Spark', options.query, { found, cause });
    return new InputError(`${relation.name}: expected a table, found: ${found}`, { cause });
  }
}

/** What is wrong with a value. */
const RUNTIME = /^(?:DIVIDE_BY_ZERO|CAST_|ARITHMETIC_|NUMERIC_|INVALID_ARRAY|USER_RAISED)/;
