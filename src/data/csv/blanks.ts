/** The delimiter of tables in which any number of blanks lies between cells, and around a line. */
export const BLANKS = ' +';

const TAB = 9;
const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;
const SPACE = 32;
const QUOTE = 34;

/** Records with one space between cells, and none around a line. What is within quotes stays as it is. */
export function withSingleBlanks(records: Buffer): Buffer {
  const single = Buffer.allocUnsafe(records.length);
  let size = 0;
  let quoted = false;
  let blank = false;
  let lineBegins = true;
  for (const byte of records) {
    if (!quoted && (byte === SPACE || byte === TAB)) {
      blank = true;
      continue;
    }
    const lineEnds = !quoted && (byte === LINE_FEED || byte === CARRIAGE_RETURN);
    if (blank && !lineBegins && !lineEnds) single[size++] = SPACE;
    blank = false;
    lineBegins = lineEnds;
    if (byte === QUOTE) quoted = !quoted;
    single[size++] = byte;
  }
  return single.subarray(0, size);
}
