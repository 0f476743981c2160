/** The bytes of a file, of standard input or of what was packed in one of them. */
export interface NamedBytes {
  /** A path, or `-`. */
  readonly input: string;
  /** The input as messages name it. */
  readonly source: string;
  readonly bytes: AsyncGenerator<Buffer>;
}

/** The first bytes, at least `count` where there are so many, and those after them. */
export async function peek(
  bytes: AsyncGenerator<Buffer>,
  count: number,
): Promise<{ readonly head: Buffer; readonly rest: AsyncGenerator<Buffer> }> {
  let head: Buffer = Buffer.alloc(0);
  while (head.length < count) {
    const { value, done } = await bytes.next();
    if (done) break;
    head = head.length === 0 ? value : Buffer.concat([head, value]);
  }
  return { head, rest: bytes };
}

/** Bytes before others. Ended early, it ends the others too. */
export async function* prepend(head: Buffer, rest: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  try {
    if (head.length > 0) yield head;
    yield* rest;
  } finally {
    await rest.return(undefined);
  }
}
