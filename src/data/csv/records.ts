import { isAscii } from 'node:buffer';
import { type CastingContext, CsvError, type InfoRecord, type Options, parse } from 'csv-parse/sync';
import { DataError } from '../../ground/errors.js';
import { BLANKS, withSingleBlanks } from './blanks.js';
import type { Block } from './blocks.js';

const CARRIAGE_RETURN = 13;

export interface CsvRecord {
  readonly cells: readonly string[];
  readonly line: number;
  /** The bytes of the block up to its end. */
  readonly end: number;
}

/** The first records of a block, and what is wrong with the one after them, if there are fewer than `count`. */
export function firstRecords(
  block: Block,
  delimiter: string,
  source: string,
  count: number,
): { readonly records: readonly CsvRecord[]; readonly error?: DataError } {
  const records: CsvRecord[] = [];
  const text = textOf(block, delimiter);
  try {
    parseCounting(text, { ...optionsOf(text), to: count }, source, (cells, line, end) => {
      records.push({ cells, line, end });
    });
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    return { records, error };
  }
  return { records };
}

/** How records are written. */
interface RecordOptions {
  readonly delimiter: string;
  /** The name of the table, for messages. */
  readonly source: string;
  /** Words for a missing value that are text where they are quoted. */
  readonly words: readonly string[];
}

/** @param quotedWords the columns, if any, in which the cell is a word for a missing value in quotes */
type TakeRecord = (cells: string[], line: number, quotedWords?: readonly number[]) => void;

/**
 * Parses the records of a block with csv-parse and passes them on with the lines on which they begin.
 * @throws DataError for quotes that are not as RFC 4180 wants them, after the records before them
 */
export function parseRecords(block: Block, { delimiter, source, words }: RecordOptions, take: TakeRecord): void {
  const text = textOf(block, delimiter);
  const { bytes, quoted, firstLine, lineCount } = text;
  const options = optionsOf(text);
  // csv-parse makes an account of its position for every record that it is asked for; where each line is a record (no
  // quotes, no empty lines) that is a tenth of the time for nothing.
  const records = quoted ? [] : parse(bytes, options);
  if (!quoted && records.length === lineCount) records.forEach((cells, i) => void take(cells, firstLine + i));
  else if (quoted && hasQuotedWord(text, words)) parseFindingWords(text, options, source, words, take);
  else parseCounting(text, options, source, (cells, line) => void take(cells, line));
}

/** A block, and the one character between its cells. */
interface BlockText extends Block {
  readonly delimiter: string;
}

function textOf(block: Block, delimiter: string): BlockText {
  if (delimiter !== BLANKS) return { ...block, delimiter };
  return { ...block, bytes: withSingleBlanks(block.bytes), delimiter: ' ' };
}

function optionsOf({ bytes, delimiter, quoted }: BlockText): Options {
  return {
    delimiter,
    // What a block does not have need not be looked for at each of its bytes: a quarter of the time.
    encoding: isAscii(bytes) ? 'latin1' : 'utf8',
    quote: quoted ? '"' : null,
    record_delimiter: bytes.includes(CARRIAGE_RETURN) ? ['\r\n', '\n', '\r'] : '\n',
    // Ragged rows are refused by the table, with the line on which they begin.
    relax_column_count: true,
    skip_empty_lines: true,
  };
}

/** Whether quotes can matter to what is missing: mostly not, and then cells need not be looked at one by one. */
function hasQuotedWord({ bytes }: Block, words: readonly string[]): boolean {
  const escaped = words.map((word) => word.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  return words.length > 0 && new RegExp(`"\\s*(?:${escaped.join('|')})\\s*"`).test(bytes.toString());
}

function parseFindingWords(
  text: BlockText,
  options: Options,
  source: string,
  words: readonly string[],
  take: TakeRecord,
): void {
  const isWord = new Set(words);
  let found: number[] = [];
  const cast = (cell: string, { index, quoting }: CastingContext) => {
    if (quoting && isWord.has(cell.trim())) found.push(index);
    return cell;
  };
  parseCounting(text, { ...options, cast }, source, (cells, line) => {
    const quotedWords = found;
    found = [];
    take(cells, line, quotedWords.length > 0 ? quotedWords : undefined);
  });
}

function parseCounting(
  { bytes, firstLine }: BlockText,
  options: Options,
  source: string,
  take: (cells: string[], line: number, end: number) => void,
): void {
  const lines = new LineCount(firstLine);
  const on_record = (cells: string[], info: InfoRecord) => take(cells, lines.beginOf(cells, info), info.bytes);
  try {
    parse(bytes, { ...options, on_record: on_record as unknown as Options['on_record'] });
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw cause;
    const expectation =
      cause.code === 'CSV_QUOTE_NOT_CLOSED'
        ? 'expected a closing quote, found the end of the file'
        : 'expected quotes only around a whole cell (doubled inside it), found one elsewhere';
    const line = lines.after(Number(cause['empty_lines']));
    throw new DataError('syntax', `${source}:${line}: ${expectation}`, { cause });
  }
}

/**
 * The lines on which the records of a block begin. csv-parse counts a CRLF inside quotes as two lines, so where a
 * record spans more than one line, the line ends in its cells are counted here.
 */
class LineCount {
  /** The line after the last record. */
  #next: number;
  /** csv-parse's own counts at the end of the last record. */
  #emptyLines = 0;
  #parserLines = 0;

  constructor(firstLine: number) {
    this.#next = firstLine;
  }

  /** The line on which the next record begins, which has empty lines before it up to the given count. */
  after(emptyLines: number): number {
    return this.#next + emptyLines - this.#emptyLines;
  }

  beginOf(cells: readonly string[], info: InfoRecord): number {
    const begin = this.after(info.empty_lines);
    const spansLines = info.lines - this.#parserLines > begin - this.#next + 1;
    this.#next = begin + 1 + (spansLines ? lineEnds(cells) : 0);
    this.#emptyLines = info.empty_lines;
    this.#parserLines = info.lines;
    return begin;
  }
}

function lineEnds(cells: readonly string[]): number {
  let count = 0;
  for (const cell of cells) count += cell.match(/\r\n|\n|\r/g)?.length ?? 0;
  return count;
}
