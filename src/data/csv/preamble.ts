import { peek, prepend } from './named-bytes.js';

/** A text without the lines before its table. */
export interface TableText {
  readonly bytes: AsyncGenerator<Buffer>;
  /** The line on which `bytes` begins, counted from 1. */
  readonly firstLine: number;
  /** What a line for Excel (`sep=;`) says. */
  readonly delimiter?: string;
}

const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;

const EXCEL_LINE = /^("?)sep=([\t !#-~])\1(?:\r\n|\r|\n|$)/i;
const EXCEL_LINE_BYTES = '"sep=;"\r\n'.length;

/** Leaves out `skipLines` lines, whatever is in them, and a line for Excel. */
export async function afterPreamble(text: AsyncGenerator<Buffer>, skipLines: number): Promise<TableText> {
  const { head, rest } = await peek(await withoutLines(text, skipLines), EXCEL_LINE_BYTES);
  const [line, , delimiter] = EXCEL_LINE.exec(head.toString('latin1', 0, EXCEL_LINE_BYTES)) ?? [];
  if (line === undefined) return { bytes: prepend(head, rest), firstLine: 1 + skipLines };
  return { bytes: prepend(head.subarray(line.length), rest), firstLine: 2 + skipLines, delimiter: delimiter! };
}

async function withoutLines(text: AsyncGenerator<Buffer>, count: number): Promise<AsyncGenerator<Buffer>> {
  let head: Buffer = Buffer.alloc(0);
  for (let left = count; left > 0; ) {
    const { begin, end } = firstLineEnd(head);
    if (end > 0) {
      head = head.subarray(end);
      left--;
      continue;
    }
    const { value, done } = await text.next();
    if (done) return prepend(Buffer.alloc(0), text);
    head = Buffer.concat([head.subarray(begin), value]);
  }
  return prepend(head, text);
}

/** Where the first line end begins and ends; `end` is 0 where it may go on after these bytes. */
function firstLineEnd(bytes: Buffer): { begin: number; end: number } {
  const begin = bytes.findIndex((byte) => byte === LINE_FEED || byte === CARRIAGE_RETURN);
  if (begin === -1) return { begin: bytes.length, end: 0 };
  if (bytes[begin] === LINE_FEED) return { begin, end: begin + 1 };
  if (begin === bytes.length - 1) return { begin, end: 0 };
  return { begin, end: begin + (bytes[begin + 1] === LINE_FEED ? 2 : 1) };
}
