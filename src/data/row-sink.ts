import { OutputError } from '../ground/errors.js';
import { shownReason } from '../ground/quote.js';

/** A new table that rows are written into, beside the one that they come from: all of them, or none. */
export interface RowSink {
  /** @param rows cells as text, those of the source's columns first; null where missing. @throws OutputError */
  append(rows: readonly (readonly (string | null)[])[]): Promise<void>;
  /** Makes the table there for others. @throws OutputError */
  commit(): Promise<void>;
  /** Ends the writing. What is not committed is gone, the table too. */
  close(): Promise<void>;
}

/** A column that the new table has beside those of the source. */
export interface SinkColumn {
  readonly name: string;
  readonly kind: 'number' | 'text';
}

/** What an engine says of a write, as an error of the table. @throws OutputError */
export async function writeInto(table: string, write: () => Promise<void>): Promise<void> {
  try {
    await write();
  } catch (cause) {
    const found = shownReason((cause as Error).message.split('\n', 1)[0]!);
    throw new OutputError(`${table}: expected a new table to write into, found: ${found}`, { cause });
  }
}
