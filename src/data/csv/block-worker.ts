/** A thread that parses blocks, one after another; `undefined` goes back for a block with something wrong in it. */
import { answerEach } from '../../threads/answer.js';
import type { Batch } from '../table-source.js';
import type { BlockTask } from './block-task.js';
import { BlockReader } from './parse-block.js';

const reader = new BlockReader();

answerEach((task: BlockTask) => {
  const { bytes } = task.block;
  // A Buffer arrives as the array that it is made of.
  const block = { ...task.block, bytes: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength) };
  const { batches, error } = reader.parse({ ...task, block });
  // What is wrong is said by the thread that asks, which parses the block again.
  if (error !== undefined) return { answer: undefined };
  const copies = batches.map(copied);
  const columns = copies.flatMap((batch) => batch.columns);
  const arrays = columns.map((column) => (column.kind === 'number' ? column.values : column.codes));
  return { answer: copies, transfer: arrays.map(({ buffer }) => buffer as ArrayBuffer) };
});

/** The reader uses the memory of its numbers again. */
function copied({ columns, places }: Batch): Batch {
  return {
    places: places.slice(),
    columns: columns.map((column) =>
      column.kind === 'number' ? { ...column, values: column.values.slice() } : column,
    ),
  };
}
