import { availableParallelism } from 'node:os';
import { badOption, DataError } from '../../ground/errors.js';
import { quote } from '../../ground/quote.js';
import { cellGrammar, type TableOptions } from '../schema.js';
import type { Batch, OpenTable, TableSource, WantedColumn } from '../table-source.js';
import { type BlockParser, BlockPool, hasThreads } from './block-pool.js';
import { type Block, cutBlocks } from './blocks.js';
import { withoutComments } from './comments.js';
import { checkedDelimiter, delimiterInWords, likelyDelimiter } from './delimiter.js';
import { type Head, readHead } from './head.js';
import { readHeader } from './header.js';
import { readText, sourceName } from './input.js';
import { type BlockTask, parseBlock } from './parse-block.js';
import { afterPreamble } from './preamble.js';

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
 * @param input a path (of CSV, or of CSV packed by gzip, zstd or zip), or `-` for standard input
 * @param threading what is read does not depend on it
 */
export function csvSource(
  input: string,
  options: CsvOptions = {},
  threading: Threading = threadingOf(options.jobs),
): TableSource {
  const origin = { name: sourceName(input), unit: 'line' as const };
  return { origin, open: (minColumns) => openText(input, options, origin.name, minColumns, threading) };
}

async function openText(
  input: string,
  options: CsvOptions,
  source: string,
  minColumns: 1 | 2,
  threading: Threading,
): Promise<OpenTable> {
  const { comment, encoding, header = true, skipLines = 0, stdin } = checkedOptions(options);
  const given = options.delimiter === undefined ? undefined : checkedDelimiter(options.delimiter);
  const grammar = cellGrammar(options);
  const text = readText(input, { encoding, stdin });
  try {
    const { bytes, delimiter: said, firstLine } = await afterPreamble(text, skipLines);
    const lines = comment === undefined ? bytes : withoutComments(bytes, comment);
    const blocks = cutBlocks(lines, threading.blockBytes, source, firstLine);
    const head = await readHead(blocks, source);
    const delimiter = given ?? said ?? likelyDelimiter(head, minColumns);
    const { columns, trailing, unnamed, warnings } = readHeader(head, { source, delimiter, header, minColumns });
    const likely = (given ?? said) === undefined && delimiter !== ',';
    return new CsvTable({
      layout: { source, delimiter, grammar, header, columnCount: columns.length, trailing },
      columns,
      unnamed,
      warnings: likely ? [delimiterNote(source, delimiter), ...warnings] : warnings,
      head,
      rest: blocks,
      threading,
    });
  } catch (error) {
    await text.return(undefined);
    throw error;
  }
}

function delimiterNote(source: string, delimiter: string): string {
  return `${source}: read with the delimiter ${delimiterInWords(delimiter)}, as its first lines show`;
}

/** @throws UsageError */
function checkedOptions(options: CsvOptions): CsvOptions {
  const { comment, skipLines = 0 } = options;
  if (!(Number.isInteger(skipLines) && skipLines >= 0)) {
    throw badOption('skipLines', 'a whole number of at least 0', skipLines);
  }
  if (comment !== undefined && !/^[^"\r\n]+$/.test(comment)) {
    const expected = 'what comments begin with, without a quote or a line end';
    throw badOption('comment', expected, comment, { found: quote(comment) });
  }
  return options;
}

interface CsvParts {
  readonly layout: Omit<BlockTask, 'block' | 'wanted' | 'cells'>;
  readonly columns: readonly string[];
  readonly unnamed: readonly number[];
  readonly warnings: readonly string[];
  readonly head: Head;
  /** The blocks after the head. */
  readonly rest: AsyncGenerator<Block, void>;
  readonly threading: Threading;
}

/** A CSV text of which the layout is known. */
class CsvTable implements OpenTable {
  readonly columns: readonly string[];
  readonly unnamed: readonly number[];
  readonly warnings: readonly string[];
  readonly #parts: CsvParts;

  constructor(parts: CsvParts) {
    this.columns = parts.columns;
    this.unnamed = parts.unnamed;
    this.warnings = parts.warnings;
    this.#parts = parts;
  }

  async *batches(wanted: readonly WantedColumn[], { cells = false } = {}): AsyncGenerator<Batch, void> {
    const { head, layout } = this.#parts;
    const { header, ...same } = layout;
    const taskOf = (block: Block): BlockTask => ({
      ...same,
      block,
      header: header && block === head.blocks[0],
      wanted,
      cells,
    });
    // Text that is only copied is not worth the way to a thread and back.
    const threading = cells
      ? { ...this.#parts.threading, bytesBefore: Number.POSITIVE_INFINITY }
      : this.#parts.threading;
    let empty = true;
    try {
      for await (const batch of parseBlocks(this.#blocks(), taskOf, threading)) {
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
  }

  async *#blocks(): AsyncGenerator<Block, void> {
    yield* this.#parts.head.blocks;
    yield* this.#parts.rest;
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
