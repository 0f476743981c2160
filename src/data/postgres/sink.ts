import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { type RowSink, type SinkColumn, writeInto } from '../row-sink.js';
import { doubleQuoted, namesIn, type Relation } from '../typed/relation.js';
import type { PostgresClient, PostgresLibrary } from './library.js';

const TYPES = { number: 'float8', text: 'text' };

/** A table with the columns of a relation and others, in one transaction on a connection of its own. @throws OutputError */
export async function postgresSink(
  library: PostgresLibrary,
  client: PostgresClient,
  relation: Relation,
  table: string,
  added: readonly SinkColumn[],
): Promise<RowSink> {
  const sink = new PostgresSink(library, client, table);
  try {
    await sink.create(relation, added);
    return sink;
  } catch (error) {
    await sink.close();
    throw error;
  }
}

class PostgresSink implements RowSink {
  readonly #library: PostgresLibrary;
  readonly #client: PostgresClient;
  readonly #table: string;
  #copy: Writable | undefined;
  #ended: Promise<unknown> | undefined;

  constructor(library: PostgresLibrary, client: PostgresClient, table: string) {
    this.#library = library;
    this.#client = client;
    this.#table = table;
  }

  async create(relation: Relation, added: readonly SinkColumn[]): Promise<void> {
    const quoted = namesIn(this.#table, 'into').map(doubleQuoted).join('.');
    await writeInto(this.#table, async () => {
      await this.#client.connect();
      await this.#client.query('BEGIN');
      await this.#client.query(`CREATE TABLE ${quoted} AS SELECT * FROM ${relation.sql} WITH NO DATA`);
      const columns = added.map(({ kind, name }) => `ADD COLUMN ${doubleQuoted(name)} ${TYPES[kind]}`);
      await this.#client.query(`ALTER TABLE ${quoted} ${columns.join(', ')}`);
      this.#copy = this.#client.query(this.#library.copyFrom(`COPY ${quoted} FROM STDIN (FORMAT csv, NULL '')`));
      this.#ended = once(this.#copy, 'finish');
      // Whoever writes next, or commits, is told.
      this.#ended.catch(() => undefined);
    });
  }

  async append(rows: readonly (readonly (string | null)[])[]): Promise<void> {
    const copy = this.#copy!;
    await writeInto(this.#table, async () => {
      if (copy.destroyed || copy.errored !== null) await this.#ended;
      if (!copy.write(rows.map(csvLine).join(''))) await Promise.race([once(copy, 'drain'), this.#ended]);
    });
  }

  async commit(): Promise<void> {
    await writeInto(this.#table, async () => {
      this.#copy!.end();
      await this.#ended;
      this.#copy = undefined;
      await this.#client.query('COMMIT');
    });
  }

  async close(): Promise<void> {
    this.#copy?.destroy();
    await this.#client.end().catch(() => undefined); // it may have ended by itself
  }
}

/** What is quoted is no NULL. */
function csvLine(cells: readonly (string | null)[]): string {
  return `${cells.map((cell) => (cell === null ? '' : `"${cell.replaceAll('"', '""')}"`)).join(',')}\n`;
}
