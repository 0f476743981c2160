import { type RowSink, type SinkColumn, writeInto } from '../row-sink.js';
import { doubleQuoted, namesIn, type Relation } from '../typed/relation.js';
import type { DuckDbAppender, DuckDbConnection } from './library.js';

const TYPES = { number: 'DOUBLE', text: 'VARCHAR' };

/** A table with the columns of a relation and others, in one transaction. @throws OutputError where it is there already */
export async function duckDbSink(
  connection: DuckDbConnection,
  relation: Relation,
  table: string,
  added: readonly SinkColumn[],
): Promise<RowSink> {
  const sink = new DuckDbSink(connection, table);
  try {
    await sink.create(relation, added);
    return sink;
  } catch (error) {
    await sink.close();
    throw error;
  }
}

class DuckDbSink implements RowSink {
  readonly #connection: DuckDbConnection;
  readonly #table: string;
  #appender: DuckDbAppender | undefined;
  /** Columns that are text until all is there. */
  #later: ReadonlyMap<string, string> = new Map();

  constructor(connection: DuckDbConnection, table: string) {
    this.#connection = connection;
    this.#table = table;
  }

  async create(relation: Relation, added: readonly SinkColumn[]): Promise<void> {
    const names = namesIn(this.#table, 'into');
    const quoted = names.map(doubleQuoted).join('.');
    await writeInto(this.#table, async () => {
      await this.#connection.run('BEGIN');
      await this.#connection.run(`CREATE TABLE ${quoted} AS SELECT * FROM ${relation.sql} LIMIT 0`);
      this.#later = await this.#untakenTypes(quoted);
      for (const column of this.#later.keys()) await this.#setType(quoted, column, 'VARCHAR');
      for (const { kind, name } of added) {
        await this.#connection.run(`ALTER TABLE ${quoted} ADD COLUMN ${doubleQuoted(name)} ${TYPES[kind]}`);
      }
      const [name, schema = null, catalog = null] = [...names].reverse();
      this.#appender = await this.#connection.createAppender(name!, schema, catalog);
    });
  }

  /** The columns that an appender makes of no text, by the SQL of their names, and their types. */
  async #untakenTypes(quoted: string): Promise<Map<string, string>> {
    const head = await this.#connection.stream(`FROM ${quoted}`);
    const columns = Array.from({ length: head.columnCount }, (_, column): [string, string] => {
      return [doubleQuoted(head.columnName(column)), String(head.columnType(column))];
    });
    return new Map(columns.filter(([, type]) => /\bINTERVAL\b/.test(type)));
  }

  async #setType(quoted: string, column: string, type: string): Promise<void> {
    await this.#connection.run(`ALTER TABLE ${quoted} ALTER ${column} SET DATA TYPE ${type}`);
  }

  async append(rows: readonly (readonly (string | null)[])[]): Promise<void> {
    const appender = this.#appender!;
    await writeInto(this.#table, async () => {
      for (const row of rows) {
        for (const cell of row) {
          if (cell === null) appender.appendNull();
          else appender.appendVarchar(cell);
        }
        appender.endRow();
      }
      appender.flushSync();
    });
  }

  async commit(): Promise<void> {
    await writeInto(this.#table, async () => {
      this.#appender!.closeSync();
      this.#appender = undefined;
      const quoted = namesIn(this.#table, 'into').map(doubleQuoted).join('.');
      for (const [column, type] of this.#later) await this.#setType(quoted, column, type);
      await this.#connection.run('COMMIT');
    });
    // So that the file alone has the table. Where others read meanwhile it stays in the log beside it, which DuckDB reads too.
    await this.#connection.run('CHECKPOINT').catch(() => undefined);
  }

  async close(): Promise<void> {
    // What was not committed is rolled back with the connection.
    this.#connection.closeSync();
  }
}
