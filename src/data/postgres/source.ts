import { badOption, DataError, InputError, IrisError, UnavailableError } from '../../ground/errors.js';
import { shownReason } from '../../ground/quote.js';
import type { CellGrammar } from '../cells.js';
import type { TableSource } from '../table-source.js';
import { doubleQuoted, type Relation, type RelationOptions, relationOf } from '../typed/relation.js';
import type { TypedChunk, TypedResult } from '../typed/result.js';
import { type SqlRows, type SqlShape, type SqlTable, sqlRows } from '../typed/sql-table.js';
import { typedTable } from '../typed/table.js';
import { unreadable } from '../unreadable.js';
import { doubleColumn, type PostgresColumn, postgresColumn, type TypeRow, textColumn } from './column-types.js';
import { CopyReader } from './copy-reader.js';
import { postgresDialect } from './dialect.js';
import { type CopyStream, type PostgresClient, type PostgresLibrary, postgresLibrary } from './library.js';
import { postgresSink } from './sink.js';

interface PostgresOptions extends RelationOptions {
  /** Cancels the query in the server. */
  readonly signal?: AbortSignal | undefined;
}

const CONNECT_MS = 10_000;
const SCHEME = /^postgres(?:ql)?:\/\//i;

/**
 * To compile what is asked takes longer than to run it; and a query ends with its client, where the server can look for it
 * (from version 14 on).
 */
const SETTINGS = `SELECT set_config(name, CASE name WHEN 'jit' THEN 'off' ELSE '5s' END, true) FROM pg_settings
  WHERE name IN ('jit', 'client_connection_check_interval')`;

/**
 * A table of PostgreSQL, or the result of a query, in one transaction that sees one state and only reads.
 *
 * @param address `postgres://user:password@host:port/database`; what it leaves out is taken from PGHOST and the like, the
 *   password from PGPASSWORD or ~/.pgpass too
 */
export function postgresSource(address: string, options: PostgresOptions, grammar: CellGrammar): TableSource {
  const relation = relationOf(options, doubleQuoted);
  const origin = { name: relation.name, unit: 'row' as const };
  return {
    origin,
    async open(minColumns) {
      const reading = new Reading(await postgresLibrary(), address, relation, options);
      try {
        return typedTable(origin, await reading.open(), grammar, minColumns);
      } catch (error) {
        await reading.close();
        throw error;
      }
    },
    sink: async (name, added) => {
      const library = await postgresLibrary();
      return postgresSink(library, newClient(library, address), relation, name, added);
    },
    async openSql() {
      const reading = new Reading(await postgresLibrary(), address, relation, options);
      try {
        return await reading.openSql();
      } catch (error) {
        await reading.close();
        throw error;
      }
    },
  };
}

/** The address without what may be secret: user, password and parameters. */
export function shownAddress(address: string): string {
  if (!SCHEME.test(address) || !URL.canParse(address)) return 'postgres://…';
  const { host, pathname, protocol } = new URL(address);
  return `${protocol}//${host}${pathname}`;
}

/** @throws InputError for an address that is none */
function newClient(library: PostgresLibrary, address: string): PostgresClient {
  if (!SCHEME.test(address)) throw noAddress(address);
  try {
    const client = new library.Client({
      connectionString: withModeInFull(address),
      application_name: 'iris',
      connectionTimeoutMillis: CONNECT_MS,
      keepAlive: true,
    });
    // Whatever is under way is told as well.
    return client.on('error', () => undefined);
  } catch (cause) {
    // A certificate or a key that the address names.
    const { path, syscall } = cause as NodeJS.ErrnoException;
    if (syscall !== undefined && path !== undefined) throw new InputError(`${path}: ${unreadable(cause)}`, { cause });
    throw noAddress(address);
  }
}

/** To pg these modes are verify-full as well, but each with a warning on stderr that a later version takes them for less. */
function withModeInFull(address: string): string {
  if (/[?&]uselibpqcompat=true(?:&|$)/.test(address)) return address;
  return address.replace(/(?<=[?&]sslmode=)(?:prefer|require|verify-ca)(?=&|$)/g, 'verify-full');
}

/** Without what was found, or its cause: they may have the address in them. */
function noAddress(address: string): InputError {
  return new InputError(
    `${shownAddress(address)}: expected postgres://user@host:port/database, with signs of user and password percent-encoded, found none`,
  );
}

class Reading {
  readonly #library: PostgresLibrary;
  readonly #address: string;
  readonly #relation: Relation;
  readonly #options: PostgresOptions;
  readonly #client: PostgresClient;
  #copy: CopyStream | undefined;
  #cancelled: Promise<void> | undefined;
  readonly #cancel = () => {
    this.#cancelled ??= this.#cancelBackend();
  };

  constructor(library: PostgresLibrary, address: string, relation: Relation, options: PostgresOptions) {
    this.#library = library;
    this.#address = address;
    this.#relation = relation;
    this.#options = options;
    this.#client = newClient(library, address);
    options.signal?.addEventListener('abort', this.#cancel);
  }

  async open(): Promise<TypedResult> {
    await this.#orFailure('connected', () => this.#client.connect());
    await this.#orFailure('asked', () => this.#client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY'));
    const columns = await this.#orFailure('asked', () => this.#columns());
    return { columns, chunks: (wanted) => this.#chunks(columns, wanted), close: () => this.close() };
  }

  async openSql(): Promise<SqlTable> {
    const { columns } = await this.open();
    await this.#orFailure('asked', () => this.#client.query(SETTINGS));
    const { name, sql: from } = this.#relation;
    return {
      dialect: postgresDialect,
      name,
      from,
      columns,
      ask: (sql, shape) => this.#ask(sql, shape),
      close: () => this.close(),
    };
  }

  async *#ask(sql: string, shape: SqlShape): AsyncGenerator<SqlRows, void> {
    const columns = shape.map((kind, column) =>
      (kind === 'number' ? doubleColumn : textColumn)(`column ${column + 1}`),
    );
    for await (const chunk of this.#copied(sql, columns)) yield await sqlRows(chunk, shape);
  }

  /** A query that is under way ends with its connection. */
  async close(): Promise<void> {
    this.#options.signal?.removeEventListener('abort', this.#cancel);
    this.#copy?.destroy();
    await this.#cancelled;
    await this.#client.end().catch(() => undefined); // it may have ended by itself
  }

  async #columns(): Promise<PostgresColumn[]> {
    // With a value it is one statement to the server: a query that ends the transaction and goes on is refused.
    const { fields } = await this.#client.query(`SELECT * FROM ${this.#relation.sql} LIMIT $1`, [0]);
    const { rows } = await this.#client.query(
      'SELECT oid::int8::float8 AS oid, typname, typcategory, format_type(oid, NULL) AS shown FROM pg_type WHERE oid = ANY ($1)',
      [fields.map(({ dataTypeID }) => dataTypeID)],
    );
    const types = new Map((rows as unknown as readonly TypeRow[]).map((row) => [row.oid, row]));
    return fields.map(({ dataTypeID, name }) => postgresColumn(name, types.get(dataTypeID)!));
  }

  async *#chunks(columns: readonly PostgresColumn[], wanted: readonly number[]): AsyncGenerator<TypedChunk> {
    const asked = wanted.map((column) => columns[column]!);
    const names = asked.map(({ cast, name }) => `${doubleQuoted(name)}${cast ? '::text' : ''}`).join(', ');
    const at = new Map(wanted.map((column, i) => [column, i]));
    const placed = ({ rowCount, values }: TypedChunk) => ({
      rowCount,
      values: (column: number) => values(at.get(column)!),
    });
    for await (const chunk of this.#copied(`SELECT ${names} FROM ${this.#relation.sql}`, asked)) yield placed(chunk);
  }

  async *#copied(query: string, asked: readonly PostgresColumn[]): AsyncGenerator<TypedChunk> {
    const reader = new CopyReader(asked, this.#relation.name);
    this.#copy = this.#client.query(this.#library.copyTo(`COPY (${query}) TO STDOUT (FORMAT binary)`));
    const pieces = this.#copy[Symbol.asyncIterator]();
    for (;;) {
      const next = await this.#orFailure<IteratorResult<Buffer, void>>('read', () => pieces.next());
      if (next.done) break;
      yield* reader.push(next.value);
    }
    yield* reader.finish();
    this.#copy = undefined;
  }

  /** By a connection of its own: the one that waits for the query cannot be asked. */
  async #cancelBackend(): Promise<void> {
    const { processID } = this.#client;
    if (processID === null) return;
    const client = newClient(this.#library, this.#address);
    try {
      await client.connect();
      await client.query('SELECT pg_cancel_backend($1)', [processID]);
    } catch {
      // The server cannot be asked; it ends the query once it finds the connection gone.
    } finally {
      await client.end().catch(() => undefined);
    }
  }

  async #orFailure<Result>(step: Step, ask: () => Promise<Result>): Promise<Result> {
    const { signal } = this.#options;
    signal?.throwIfAborted();
    try {
      return await ask();
    } catch (cause) {
      await this.#cancelled;
      signal?.throwIfAborted();
      throw cause instanceof IrisError ? cause : this.#failure(step, cause as PostgresError);
    }
  }

  #failure(step: Step, cause: PostgresError): IrisError {
    const { query } = this.#options;
    const found = shownReason(reasonOf(cause));
    if (step === 'connected' || !isOfQuery(cause)) {
      const expected = step === 'connected' ? 'a database' : 'an answer';
      return new UnavailableError(`${shownAddress(this.#address)}: expected ${expected}, found: ${found}`, { cause });
    }
    if (step === 'read' && cause.code!.startsWith('22')) {
      return new DataError('cell', `${this.#relation.name}: expected rows, found: ${found}`, { cause });
    }
    if (query !== undefined) return badOption('query', 'SQL of PostgreSQL', query, { found, cause });
    return new InputError(`${this.#relation.name}: expected a table, found: ${found}`, { cause });
  }
}

/** What was asked last. */
type Step = 'connected' | 'asked' | 'read';

interface PostgresError extends Error {
  /** SQLSTATE, or that of a system call. */
  readonly code?: string;
}

/** Whether the server says that something is wrong with the query, and not with itself or the connection. */
function isOfQuery({ code }: PostgresError): boolean {
  return code !== undefined && /^(?:0A|2[12]|25|3D|3F|42|44)/.test(code);
}

/** One line of what the server or the client says, without a user. */
function reasonOf({ code, message }: PostgresError): string {
  if (/^SASL: .*password must be a/.test(message)) return 'no password: PGPASSWORD or ~/.pgpass may have one';
  const [line] = (message || code || 'no answer').split('\n', 1);
  return line!.replace(/\b(user|role) "(?:[^"]|"")*"/g, '$1');
}
