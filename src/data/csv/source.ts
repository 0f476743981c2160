import { availableParallelism } from 'node:os';
import { badOption, DataError } from '../../ground/errors.js';
import { quote } from '../../ground/quote.js';
import { cellGrammar, type TableOptions } from '../schema.js';
import type { Batch, OpenTable, TableSource, WantedColumn } from '../table-source.js';
import { type BlockParser, BlockPool, hasThreads } from './block-pool.js';
import { type Block, cutBlocks } from './blocks.js';
import { columnNames, headerWarnings, type Layout } from './header.js';
import { readText, sourceName } from './input.js';
import { type BlockTask, parseBlock } from './parse-block.js';
import { firstRecord } from './records.js';

export interface CsvOptions extends TableOptions {
  /** Threads for a table of some megabytes; 1: none but the caller's. Default: the processors, at most 8. */
  readonly jobs?: number;
}

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
  const threads = size > 1 && hasThreads();
  return {
    blockBytes: threads ? 1 << 19 : 1 << 18,
    bytesBefore: threads ? 1 << 22 : Number.POSITIVE_INFINITY,
    start: () => new BlockPool(size),
  };
}

/**
 * CSV (RFC 4180): quoted cells may hold delimiters, line ends and doubled quotes; lines end in LF, CRLF or CR; a byte
 * order mark and empty lines are skipped. Only some blocks of the text are in memory at a time.
 *
 * @param input a path (of CSV, or CSV in gzip), or `-` for standard input
 * @param threading what is read does not depend on it
 */
export function csvSource(
  input: string,
  options: CsvOptions = {},
  threading: Threading = threadingOf(options.jobs),
): TableSource {
  const origin = { name: sourceName(input), unit: 'line' as const };
  return {
    origin,
    async open(minColumns) {
      const delimiter = checkedDelimiter(options.delimiter ?? ',');
      const { header = true } = options;
      const layout = { source: origin.name, delimiter, grammar: cellGrammar(options), header, minColumns };
      const blocks = cutBlocks(readText(input, options.stdin), threading.blockBytes, origin.name);
      try {
        const { block, record } = await findFirstRecord(blocks, layout);
        return new CsvTable(layout, columnNames(record, layout), block, blocks, threading);
      } catch (error) {
        await blocks.return();
        throw error;
      }
    },
  };
}

/** Blocks before it hold empty lines only. */
async function findFirstRecord(blocks: AsyncGenerator<Block, void>, { delimiter, source }: Layout) {
  for (let next = await blocks.next(); !next.done; next = await blocks.next()) {
    const record = firstRecord(next.value, delimiter, source);
    if (record !== undefined) return { block: next.value, record };
  }
  throw new DataError('empty', `${source}: expected a table, found an empty file`);
}

/** A CSV text of which the first record is known. */
class CsvTable implements OpenTable {
  readonly columns: readonly string[];
  readonly warnings: readonly string[];
  readonly #layout: Layout;
  /** The block that begins with the first record. */
  readonly #first: Block;
  readonly #rest: AsyncGenerator<Block, void>;
  readonly #threading: Threading;

  constructor(
    layout: Layout,
    columns: readonly string[],
    first: Block,
    rest: AsyncGenerator<Block, void>,
    threading: Threading,
  ) {
    this.columns = columns;
    this.warnings = layout.header ? headerWarnings(layout.source, columns) : [];
    this.#layout = layout;
    this.#first = first;
    this.#rest = rest;
    this.#threading = threading;
  }

  async *batches(wanted: readonly WantedColumn[], { cells = false } = {}): AsyncGenerator<Batch, void> {
    const { delimiter, grammar, header, source } = this.#layout;
    const taskOf = (block: Block): BlockTask => ({
      block,
      source,
      delimiter,
      columnCount: this.columns.length,
      header: header && block === this.#first,
      wanted,
      grammar,
      cells,
    });
    // Text that is only copied is not worth the way to a thread and back.
    const threading = cells ? { ...this.#threading, bytesBefore: Number.POSITIVE_INFINITY } : this.#threading;
    let empty = true;
    try {
      for await (const batch of parseBlocks(this.#blocks(), taskOf, threading)) {
        empty = false;
        yield batch;
      }
    } finally {
      await this.close();
    }
    if (empty) throw new DataError('empty', `${source}: expected rows, found only a header`);
  }

  async close(): Promise<void> {
    await this.#rest.return();
  }

  async *#blocks(): AsyncGenerator<Block, void> {
    yield this.#first;
    yield* this.#rest;
  }
}

/**
 * Parses blocks in their order. Most of the time goes into csv-parse, so those of a large table are parsed by threads. A
 * block in which a thread finds something wrong is parsed again here, so that batches and errors are those of one thread.
 */
async function* parseBlocks(
  blocks: AsyncGenerator<Block, void>,
  taskOf: (block: Block) => BlockTask,
  threading: Threading,
): AsyncGenerator<Batch, void> {
  const underWay: { task: BlockTask; parsed: Promise<readonly Batch[] | undefined> }[] = [];
  async function* takeFirst() {
    const { task, parsed } = underWay.shift()!;
    yield* (await parsed) ?? batchesOf(task);
  }
  let parser: BlockParser | undefined;
  let bytesRead = 0;
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
      if (bytesRead >= threading.bytesBefore) parser ??= threading.start();
      bytesRead += task.block.bytes.length;
      if (parser === undefined) yield* batchesOf(task);
      else underWay.push({ task, parsed: parser.parse(task) });
      if (parser !== undefined && underWay.length >= parser.capacity) yield* takeFirst();
    }
  } finally {
    await parser?.close();
  }
}

function* batchesOf(task: BlockTask): Generator<Batch, void> {
  const { batches, error } = parseBlock(task);
  yield* batches;
  if (error !== undefined) throw error;
}

/** @throws UsageError */
function checkedDelimiter(text: string): string {
  const delimiter = text === '\\t' ? '\t' : text;
  if ([...delimiter].length !== 1 || /["\r\n]/.test(delimiter)) {
    const expected = 'one character that is neither a quote nor a line end (\\t for a tab)';
    throw badOption('delimiter', expected, text, { found: quote(text) });
  }
  return delimiter;
}
