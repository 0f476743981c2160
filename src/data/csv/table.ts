import { DataError } from '../../ground/errors.js';
import type { Batch, BatchOptions, OpenTable, WantedColumn } from '../table-source.js';
import type { BlockParser } from './block-pool.js';
import type { BlockTask } from './block-task.js';
import type { Block, BlockMemory } from './blocks.js';
import type { Head } from './head.js';
import { BlockReader } from './parse-block.js';
import type { TableTask } from './plain-block.js';
import type { FileRest, StretchOptions } from './stretches.js';

/** When a table is read by several threads, and how. */
export interface Threading {
  readonly blockBytes: number;
  /** Bytes that csv-parse reads before a thread is started, which takes the time of about 2 MB to load its code. */
  readonly bytesBefore: number;
  start(): BlockParser;
  /** Not there: a file is read as any text is. */
  readonly stretches?: StretchOptions;
}

interface CsvParts {
  readonly layout: Omit<BlockTask, 'block' | 'wanted' | 'cells'>;
  readonly columns: readonly string[];
  readonly unnamed: readonly number[];
  readonly warnings: readonly string[];
  readonly head: Head;
  /** The blocks after the head. */
  readonly rest: AsyncGenerator<Block, void>;
  /** The same of a file, where its text is as it stands there; not there where it may not be. */
  readonly file?: TableFile | undefined;
  /** Where their bytes are. */
  readonly memory: BlockMemory;
  readonly threading: Threading;
}

/** A file whose rows can be read without its blocks, as long as they are plain. */
interface TableFile {
  /** The rows after the head. @returns where other rows begin; undefined where there was none */
  readRows(head: Head, task: TableTask): AsyncGenerator<Batch, FileRest | undefined>;
  blocksFrom(rest: FileRest): AsyncGenerator<Block, void>;
}

/** A CSV text of which the layout is known. */
export class CsvTable implements OpenTable {
  readonly columns: readonly string[];
  readonly unnamed: readonly number[];
  readonly warnings: readonly string[];
  readonly #parts: CsvParts;
  #rest: AsyncGenerator<Block, void>;

  constructor(parts: CsvParts) {
    this.#rest = parts.rest;
    this.columns = parts.columns;
    this.unnamed = parts.unnamed;
    this.warnings = parts.warnings;
    this.#parts = parts;
  }

  async *batches(
    wanted: readonly WantedColumn[],
    { cells = false, goOn = false }: BatchOptions = {},
  ): AsyncGenerator<Batch, void> {
    const { head, layout, memory } = this.#parts;
    const task = { ...layout, header: false, wanted, cells, goOn };
    const taskOf = (block: Block): BlockTask => ({
      ...task,
      block,
      header: layout.header && block === head.blocks[0],
    });
    // Text that is only copied is not worth the way to a thread and back.
    const threading = cells
      ? { ...this.#parts.threading, bytesBefore: Number.POSITIVE_INFINITY }
      : this.#parts.threading;
    // The head is kept.
    const onParsed = ({ block }: BlockTask) => {
      if (!head.blocks.includes(block)) memory.giveBack(block.bytes);
    };
    const reader = new BlockReader();
    const parse = (blocks: AsyncGenerator<Block, void>) => parseBlocks(blocks, taskOf, threading, onParsed, reader);
    let empty = true;
    try {
      for await (const batch of cells ? parse(this.#blocks()) : this.#rows(parse, task)) {
        empty = false;
        yield batch;
      }
    } finally {
      await this.close();
    }
    if (empty) throw new DataError('empty', `${layout.source}: expected rows, found only a header`);
  }

  async close(): Promise<void> {
    await this.#parts.rest.return();
    await this.#rest.return();
  }

  async *#rows(
    parse: (blocks: AsyncGenerator<Block, void>) => AsyncGenerator<Batch, void>,
    task: TableTask,
  ): AsyncGenerator<Batch, void> {
    const { file, head } = this.#parts;
    if (file === undefined) return yield* parse(this.#blocks());
    yield* parse(each(head.blocks));
    const rest = yield* file.readRows(head, task);
    if (rest !== undefined) this.#rest = file.blocksFrom(rest);
    yield* parse(this.#rest);
  }

  async *#blocks(): AsyncGenerator<Block, void> {
    yield* this.#parts.head.blocks;
    yield* this.#rest;
  }
}

async function* each(blocks: readonly Block[]): AsyncGenerator<Block, void> {
  yield* blocks;
}

/**
 * Parses blocks in their order. A plain one is scanned in less time than it takes to a thread and back. csv-parse is ten
 * times as slow, so where it has to read a large table, threads do. A block in which a thread finds something wrong is
 * parsed again here, so that batches and errors are those of one thread.
 *
 * @param onParsed is told of a block that was parsed here, whose bytes nobody reads any more
 */
async function* parseBlocks(
  blocks: AsyncGenerator<Block, void>,
  taskOf: (block: Block) => BlockTask,
  threading: Threading,
  onParsed: (task: BlockTask) => void,
  reader: BlockReader,
): AsyncGenerator<Batch, void> {
  const underWay: { task: BlockTask; parsed: Promise<readonly Batch[] | undefined> }[] = [];
  async function* takeFirst() {
    const { task, parsed } = underWay.shift()!;
    yield* (await parsed) ?? batchesOf(task, reader);
  }
  let parser: BlockParser | undefined;
  let bytesOfCsvParse = 0;
  try {
    for (;;) {
      const next = await blocks.next().catch((error: unknown) => ({ error }));
      if ('error' in next || next.done) {
        // What is wrong with an earlier block comes first.
        while (underWay.length > 0) yield* takeFirst();
        if ('error' in next) throw next.error;
        return;
      }
      const task = taskOf(next.value);
      if (bytesOfCsvParse >= threading.bytesBefore) parser ??= threading.start();
      if (parser === undefined) {
        bytesOfCsvParse += yield* batchesOf(task, reader);
        onParsed(task);
      } else underWay.push({ task, parsed: parser.parse(task) });
      if (parser !== undefined && underWay.length >= parser.capacity) yield* takeFirst();
    }
  } finally {
    await parser?.close();
  }
}

/** @returns bytes that csv-parse has read */
function* batchesOf(task: BlockTask, reader: BlockReader): Generator<Batch, number> {
  const { batches, error, isPlain } = reader.parse(task);
  yield* batches;
  if (error !== undefined) throw error;
  return isPlain ? 0 : task.block.bytes.length;
}
