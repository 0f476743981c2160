import { availableParallelism } from 'node:os';
import type { CellReader } from '../cell-readers.js';
import type { TableOptions } from '../schema.js';
import type { TableBuilder } from '../table-builder.js';
import { type BlockParser, BlockPool, hasThreads } from './block-pool.js';
import { type Block, cutBlocks } from './blocks.js';
import { Table } from './csv.js';
import { readText, sourceName } from './input.js';
import type { ParsedBlock } from './parsed-block.js';

/** When a table is read by several threads, and how. */
export interface Threading {
  readonly blockBytes: number;
  /** Bytes read before a thread is started. One that starts and loads its code takes the time of about 2 MB. */
  readonly bytesBefore: number;
  start(): BlockParser;
}

const MAX_THREADS = 8;

function threadingOf(jobs = availableParallelism()): Threading {
  const size = Math.min(jobs, MAX_THREADS);
  return {
    blockBytes: 1 << 19,
    bytesBefore: size > 1 && hasThreads() ? 1 << 22 : Number.POSITIVE_INFINITY,
    start: () => new BlockPool(size),
  };
}

/**
 * Reads a table into a builder. Most of the time goes into csv-parse, so the blocks of a large table are parsed by
 * threads; they are taken in in order. A block in which a thread finds something wrong is read again here, row by row,
 * so that the result and the error are those of one thread.
 */
export async function readTable<F extends CellReader, L extends CellReader>(
  input: string,
  options: TableOptions & { readonly jobs?: number },
  builder: TableBuilder<F, L>,
  threading: Threading = threadingOf(options.jobs),
): Promise<void> {
  const table = new Table<never>(input, options, builder);
  const underWay: { block: Block; parsed: Promise<ParsedBlock | undefined> }[] = [];
  const takeIn = async () => {
    const { block, parsed } = underWay.shift()!;
    const rows = await parsed;
    if (rows === undefined || !builder.append(rows)) table.read(block);
  };
  const finishAll = async () => {
    while (underWay.length > 0) await takeIn();
  };
  let parser: BlockParser | undefined;
  let bytesRead = 0;
  try {
    const blocks = cutBlocks(readText(input, options.stdin), threading.blockBytes, sourceName(input));
    for await (const block of failingAfter(blocks, finishAll)) {
      if (bytesRead >= threading.bytesBefore && builder.rowCount > 0) parser ??= threading.start();
      bytesRead += block.bytes.length;
      if (parser === undefined) {
        table.read(block);
        continue;
      }
      const task = { ...table.layout, columns: builder.columnsRead, block };
      underWay.push({ block, parsed: parser.parse(task) });
      if (underWay.length >= parser.capacity) await takeIn();
    }
    await finishAll();
  } finally {
    await parser?.close();
  }
  table.end();
}

/** The blocks; an error in reading them is thrown after what was done with the blocks before it, which may fail first. */
async function* failingAfter(
  blocks: AsyncIterable<Block>,
  finishAll: () => Promise<void>,
): AsyncGenerator<Block, void> {
  try {
    yield* blocks;
  } catch (error) {
    await finishAll();
    throw error;
  }
}
