/** A thread that parses blocks, one after another; `undefined` goes back for a block with something wrong in it. */
import { answerEach } from '../../threads/answer.js';
import type { BlockTask } from './block-task.js';
import { parseBlock } from './parse-block.js';

answerEach((task: BlockTask) => {
  const { bytes } = task.block;
  // A Buffer arrives as the array that it is made of.
  const block = { ...task.block, bytes: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength) };
  const { batches, error } = parseBlock({ ...task, block });
  // What is wrong is said by the thread that asks, which parses the block again.
  if (error !== undefined) return { answer: undefined };
  const columns = batches.flatMap((batch) => batch.columns);
  const arrays = columns.map((column) => (column.kind === 'number' ? column.values : column.codes));
  return { answer: batches, transfer: arrays.map(({ buffer }) => buffer as ArrayBuffer) };
});
