import { DataError } from '../../ground/errors.js';

/** A longer record is a table with a quote that never closes, or no table: it is not waited for until the memory is full. */
const MAX_RECORD_BYTES = 64 * 1024 * 1024;

const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;
const QUOTE = 34;

/** Whole records of a CSV text. */
export interface Block {
  readonly bytes: Buffer;
  /** Whether a quote is in it, so that a record may span lines. */
  readonly quoted: boolean;
  /** The line of the text on which the block begins, counted from 1. */
  readonly firstLine: number;
  readonly lineCount: number;
}

/**
 * Memory for what is read and for blocks. The pages of a new megabyte take ten times as long to get as a block to copy there,
 * so bytes that nobody reads any more give their memory to the next.
 */
export class BlockMemory {
  readonly #free: ArrayBuffer[] = [];
  /** How many bytes were taken of each. */
  readonly #taken = new WeakMap<ArrayBufferLike, number>();

  take(size: number): Buffer {
    const last = this.#free.findIndex(({ byteLength }) => byteLength >= size);
    // Blocks differ by a record or so.
    const memory = last === -1 ? new ArrayBuffer(size + (size >> 3)) : this.#free.splice(last, 1)[0]!;
    this.#taken.set(memory, size);
    return Buffer.from(memory, 0, size);
  }

  /** The bytes of pieces, one after another. */
  join(pieces: readonly Uint8Array[]): Buffer {
    const bytes = this.take(pieces.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const piece of pieces) {
      bytes.set(piece, at);
      at += piece.length;
    }
    return bytes;
  }

  /** @param bytes that are not to be read afterwards. Only what was taken is kept, and only the whole of it. */
  giveBack({ buffer, length }: Buffer): void {
    if (this.#taken.get(buffer) !== length) return;
    this.#taken.delete(buffer);
    this.#free.push(buffer as ArrayBuffer);
  }
}

/**
 * Cuts a CSV text into blocks of at least `blockBytes` that end where a record ends: after a line end with an even
 * number of quotes before it. (RFC 4180 quotes whole cells and doubles a quote inside; other text is refused by the
 * parser, wherever it was cut.) The last block may be shorter and may lack a line end.
 * @param source the name of the table, for messages
 * @param firstLine the line on which the text begins, counted from 1
 * @param memory where the bytes of the blocks are; chunks of it are given back
 * @throws DataError for a record that does not seem to end
 */
export async function* cutBlocks(
  chunks: AsyncIterable<Buffer>,
  blockBytes: number,
  source: string,
  firstLine = 1,
  memory = new BlockMemory(),
): AsyncGenerator<Block, void> {
  let line = firstLine;
  const blockOf = (bytes: Buffer, quoted: boolean): Block => {
    const block = { bytes, quoted, firstLine: line, lineCount: countLines(bytes) };
    line += block.lineCount;
    return block;
  };
  let pieces: Buffer[] = [];
  /** Those of the pieces. */
  let held: Buffer[] = [];
  let size = 0;
  let quotes = 0;
  for await (const chunk of chunks) {
    const cut =
      size + chunk.length < blockBytes
        ? { end: 0, before: 0, after: countQuotes(chunk) }
        : lastRecordEnd(chunk, quotes);
    const { end } = cut;
    if (end > 0) {
      const block = blockOf(memory.join([...pieces, chunk.subarray(0, end)]), cut.before > 0);
      for (const bytes of held) memory.giveBack(bytes);
      yield block;
      pieces = [];
      held = [];
      size = 0;
      quotes = 0;
    }
    pieces.push(chunk.subarray(end));
    held.push(chunk);
    size += chunk.length - end;
    quotes += cut.after;
    if (size > MAX_RECORD_BYTES) throw endlessRecord(Buffer.concat(pieces), source, line);
  }
  if (size > 0) yield blockOf(memory.join(pieces), quotes > 0);
}

function endlessRecord(bytes: Buffer, source: string, firstLine: number): DataError {
  const { after, end } = lastRecordEnd(bytes, 0);
  const line = firstLine + (end > 0 ? countLines(bytes.subarray(0, end)) : 0);
  const found = after % 2 === 0 ? 'a longer one' : 'a longer one: is a quote not closed?';
  return new DataError(
    'too-large',
    `${source}:${line}: expected a record of at most ${MAX_RECORD_BYTES} bytes, found ${found}`,
  );
}

/**
 * The end of the last record that is sure to end in the chunk (0: none), and how many quotes come before and after it.
 * @param quotes how many came before the chunk since a record began
 */
function lastRecordEnd(chunk: Buffer, quotes: number): { end: number; before: number; after: number } {
  const all = quotes + countQuotes(chunk);
  let after = 0;
  // A CR at the very end may be half a CRLF, so it ends nothing yet; a CR before a LF is passed with it.
  for (let at = chunk.length - 1; at >= 0; at--) {
    const byte = chunk[at];
    if (byte === QUOTE) after++;
    const lineEnd = byte === LINE_FEED || (byte === CARRIAGE_RETURN && at < chunk.length - 1);
    if (lineEnd && (all - after) % 2 === 0) return { end: at + 1, before: all - after, after };
  }
  return { end: 0, before: 0, after };
}

function countQuotes(chunk: Buffer): number {
  let count = 0;
  for (let at = chunk.indexOf(QUOTE); at !== -1; at = chunk.indexOf(QUOTE, at + 1)) count++;
  return count;
}

/** How many lines a text has, whether they end in LF, CRLF or CR; a last one without a line end counts. */
function countLines(bytes: Buffer): number {
  const last = bytes.at(-1);
  let count = last === LINE_FEED || last === CARRIAGE_RETURN ? 0 : 1;
  for (let at = bytes.indexOf(LINE_FEED); at !== -1; at = bytes.indexOf(LINE_FEED, at + 1)) count++;
  for (let at = bytes.indexOf(CARRIAGE_RETURN); at !== -1; at = bytes.indexOf(CARRIAGE_RETURN, at + 1)) {
    if (bytes[at + 1] !== LINE_FEED) count++;
  }
  return count;
}
