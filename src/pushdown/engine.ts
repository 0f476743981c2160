import type { SqlRows, SqlShape, SqlTable } from '../data/typed/sql-table.js';

const NUMBER_BYTES = 8;

/** What was asked of an engine so far. */
export interface Asked {
  readonly queries: number;
  /** Of the values that came, about. */
  readonly bytes: number;
}

/** Asks a table's engine, and counts. */
export class Engine implements Asked {
  readonly table: SqlTable;
  queries = 0;
  bytes = 0;
  readonly #signal: AbortSignal | undefined;

  constructor(table: SqlTable, signal: AbortSignal | undefined) {
    this.table = table;
    this.#signal = signal;
  }

  async *ask(sql: string, shape: SqlShape): AsyncGenerator<SqlRows, void> {
    this.#signal?.throwIfAborted();
    this.queries++;
    for await (const rows of this.table.ask(sql, shape)) {
      this.#signal?.throwIfAborted();
      yield rows;
      for (const [column, kind] of shape.entries()) this.bytes += bytesOf(rows, column, kind);
    }
  }
}

function bytesOf(rows: SqlRows, column: number, kind: SqlShape[number]): number {
  if (kind === 'number') return NUMBER_BYTES * rows.rowCount;
  return rows.texts(column).reduce((sum, text) => sum + (text?.length ?? 0), 0);
}
