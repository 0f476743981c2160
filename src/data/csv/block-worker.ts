import { parentPort } from 'node:worker_threads';
import { type BlockTask, parseBlock } from './parsed-block.js';

/** A thread that parses blocks, one after another; `undefined` goes back for a block with something wrong in it. */
parentPort!.on('message', (task: BlockTask) => {
  const { bytes } = task.block;
  // A Buffer arrives as the array that it is made of.
  const block = { ...task.block, bytes: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength) };
  const parsed = parseBlock({ ...task, block });
  const arrays = parsed?.columns.map((column) => (column.kind === 'number' ? column.values : column.codes)) ?? [];
  parentPort!.postMessage(parsed, [...arrays.map(({ buffer }) => buffer as ArrayBuffer)]);
});
