const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;
const QUOTE = 34;

/**
 * Empties the lines that begin with a sign, so that those after them keep their numbers. A line within quotes is a part
 * of a cell.
 */
export async function* withoutComments(text: AsyncGenerator<Buffer>, sign: string): AsyncGenerator<Buffer> {
  const blanker = new CommentBlanker(Buffer.from(sign));
  for await (const chunk of text) {
    const kept = blanker.add(chunk);
    if (kept.length > 0) yield kept;
  }
  yield blanker.pending;
}

class CommentBlanker {
  readonly #sign: Buffer;
  /** The beginning of a line that may become the sign. */
  pending: Buffer = Buffer.alloc(0);
  #lineBegins = true;
  #inComment = false;
  #quoted = false;

  constructor(sign: Buffer) {
    this.#sign = sign;
  }

  add(chunk: Buffer): Buffer {
    const bytes = this.pending.length === 0 ? chunk : Buffer.concat([this.pending, chunk]);
    this.pending = Buffer.alloc(0);
    const kept: Buffer[] = [];
    for (let at = 0; at < bytes.length; ) {
      if (this.#lineBegins && !this.#quoted && this.#mayBecomeSign(bytes, at)) {
        this.pending = Buffer.from(bytes.subarray(at));
        break;
      }
      if (this.#lineBegins) this.#inComment = !this.#quoted && this.#isSign(bytes, at);
      const end = lineEnd(bytes, at);
      const line = bytes.subarray(at, end);
      if (!this.#inComment) {
        kept.push(line);
        if (isOdd(line)) this.#quoted = !this.#quoted;
      }
      this.#lineBegins = end < bytes.length;
      // CR and LF end a line each: between the two of a CRLF is no sign.
      if (this.#lineBegins) kept.push(bytes.subarray(end, end + 1));
      at = end + 1;
    }
    return Buffer.concat(kept);
  }

  #isSign(bytes: Buffer, at: number): boolean {
    return bytes.subarray(at, at + this.#sign.length).equals(this.#sign);
  }

  #mayBecomeSign(bytes: Buffer, at: number): boolean {
    const rest = bytes.subarray(at);
    return rest.length < this.#sign.length && this.#sign.subarray(0, rest.length).equals(rest);
  }
}

function lineEnd(bytes: Buffer, start: number): number {
  for (let at = start; at < bytes.length; at++) {
    if (bytes[at] === LINE_FEED || bytes[at] === CARRIAGE_RETURN) return at;
  }
  return bytes.length;
}

function isOdd(line: Buffer): boolean {
  let odd = false;
  for (let at = line.indexOf(QUOTE); at !== -1; at = line.indexOf(QUOTE, at + 1)) odd = !odd;
  return odd;
}
