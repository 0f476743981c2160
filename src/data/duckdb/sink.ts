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
      for (const { kind, name } of added) {
        await this.#connection.run(`ALTER TABLE ${quoted} ADD COLUMN ${doubleQuoted(name)} ${TYPES[kind]}`);
      }
      const [name, schema = null, catalog = null] = [...names].reverse();
      this.#appender = await this.#connection.createAppender(name!, schema, catalog);
    });
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
      await this.#connection.run('COMMIT');
    });
  }

  async close(): Promise<void> {
    // What was not committed is rolled back with the connection.
    this.#connection.closeSync();
  }
}
