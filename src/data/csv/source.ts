import { availableParallelism } from 'node:os';
import { hasAddressLimit } from '../../ground/address-limit.js';
import { badOption } from '../../ground/errors.js';
import { quote } from '../../ground/quote.js';
import { openFiles } from '../files.js';
import { ReadMeter } from '../meter.js';
import { cellGrammar, type TableOptions } from '../schema.js';
import type { OpenTable, SourceFile, TableSource } from '../table-source.js';
import { BlockPool, hasThreads } from './block-pool.js';
import { BlockMemory, cutBlocks } from './blocks.js';
import { withoutComments } from './comments.js';
import { checkedDelimiter, delimiterInWords, likelyDelimiter } from './delimiter.js';
import { type Head, readHead } from './head.js';
import { readHeader } from './header.js';
import { readText, readTextOn, sourceName } from './input.js';
import type { TableTask } from './plain-block.js';
import { afterPreamble } from './preamble.js';
import { expectFile, type FileRest, readStretches, stretchOptions } from './stretches.js';
import { CsvTable, type Threading } from './table.js';

export interface CsvOptions extends TableOptions {
  /** Threads for a large file, or a table of which csv-parse has to read some megabytes; 1: none. Default: the processors, at most 8. */
  readonly jobs?: number;
  /** The files of the input, where it is a folder or a pattern, in their order. */
  readonly paths?: readonly string[] | undefined;
}

const MAX_THREADS = 8;

function threadingOf(jobs = availableParallelism()): Threading {
  const size = Math.min(jobs, MAX_THREADS);
  const threads = size > 1 && hasThreads();
  return {
    blockBytes: 1 << 20,
    bytesBefore: threads ? 1 << 22 : Number.POSITIVE_INFINITY,
    start: () => new BlockPool(size),
    // V8 sets gigabytes of addresses aside for each memory; where it gets none, it collects garbage in all threads in vain.
    ...(!hasAddressLimit() && { stretches: stretchOptions(jobs) }),
  };
}

/**
 * CSV (RFC 4180): quoted cells may hold delimiters, line ends and doubled quotes; lines end in LF, CRLF or CR; a byte
 * order mark and empty lines are skipped. Only some blocks of the text are in memory at a time.
 *
 * @param input a path of CSV, or of CSV packed by gzip, zstd or zip; or `-` for standard input
 * @param threading what is read does not depend on it
 */
export function csvSource(
  input: string,
  options: CsvOptions = {},
  threading: Threading = threadingOf(options.jobs),
): TableSource {
  const files: SourceFile[] = [];
  const origin = { name: sourceName(input), unit: 'line' as const, files };
  const meter = new ReadMeter();
  return {
    origin,
    share: () => meter.share,
    async open(minColumns) {
      const open = (path: string, name: string) => openText(path, name, { ...options, meter }, minColumns, threading);
      const { paths } = options;
      if (input !== '-') await meter.expect(paths ?? [input]);
      if (paths === undefined && threading.stretches) expectFile(meter.total ?? 0, threading.stretches);
      return paths === undefined ? open(input, origin.name) : openFiles(paths, origin, open);
    },
  };
}

async function openText(
  input: string,
  source: string,
  options: CsvOptions & { readonly meter: ReadMeter },
  minColumns: 1 | 2,
  threading: Threading,
): Promise<OpenTable> {
  const { comment, encoding, header = true, skipLines = 0, stdin } = checkedOptions(options);
  const given = options.delimiter === undefined ? undefined : checkedDelimiter(options.delimiter);
  const grammar = cellGrammar(options);
  const memory = new BlockMemory();
  const { meter } = options;
  const before = meter.bytes;
  let isStretched = false;
  const textMeter = {
    add: (count: number) => meter.add(count),
    giveUp: () => {
      if (!isStretched) meter.giveUp();
    },
  };
  const { blockBytes, stretches } = threading;
  const text = readText(input, { chunkBytes: blockBytes, encoding, memory, meter: textMeter, stdin });
  const isFile = input !== '-' && meter.total !== undefined;
  const isAsItIs = isFile && encoding === undefined && comment === undefined;
  const file = isAsItIs &&
    stretches && {
      readRows: (head: Head, task: TableTask) =>
        readStretches(input, head, task, stretches, (position) => {
          isStretched = true;
          meter.reach(before + position);
        }),
      blocksFrom: (rest: FileRest) =>
        cutBlocks(
          readTextOn(input, rest, { chunkBytes: blockBytes, memory, meter }),
          blockBytes,
          source,
          rest.line,
          memory,
        ),
    };
  try {
    const { bytes, delimiter: said, firstLine } = await afterPreamble(text, skipLines);
    const lines = comment === undefined ? bytes : withoutComments(bytes, comment);
    const blocks = cutBlocks(lines, blockBytes, source, firstLine, memory);
    const head = await readHead(blocks, source);
    const delimiter = given ?? said ?? likelyDelimiter(head, { header, mayBeOneColumn: minColumns === 1 });
    const { columns, trailing, unnamed, warnings } = readHeader(head, { source, delimiter, header, minColumns });
    const likely = (given ?? said) === undefined && delimiter !== ',';
    return new CsvTable({
      layout: { source, delimiter, grammar, header, columnCount: columns.length, trailing },
      columns,
      unnamed,
      warnings: likely ? [delimiterNote(source, delimiter), ...warnings] : warnings,
      head,
      rest: blocks,
      file: file || undefined,
      memory,
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
