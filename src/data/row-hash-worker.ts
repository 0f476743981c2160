import { answerOnce } from '../threads/answer.js';
import { type HashedRows, hashSteps } from './row-hash.js';

/** A range of a table's rows, and the shared memory that their hashes go to. */
export interface RowHashTask {
  readonly table: HashedRows;
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
}

/** A thread that hashes some rows of a table. */
await answerOnce(({ bytes, end, start, table }: RowHashTask) => {
  for (const _ of hashSteps(table, bytes, start, end)) {
    // Nobody else waits for this thread.
  }
  return { answer: null };
});
