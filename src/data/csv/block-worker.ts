/** A thread that parses blocks, one after another; `undefined` goes back for a block with something wrong in it. */
import { answerEach } from '../../threads/answer.js';
import { type BlockTask, parseBlock } from './parsed-block.js';

answerEach((task: BlockTask) => {
  const { bytes } = task.block;
  // A Buffer arrives as the array that it is made of.
  const block = { ...task.block, bytes: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength) };
  const answer = parseBlock({ ...task, block });
  const arrays = answer?.columns.map((column) => (column.kind === 'number' ? column.values : column.codes)) ?? [];
  return { answer, transfer: arrays.map(({ buffer }) => buffer as ArrayBuffer) };
});
