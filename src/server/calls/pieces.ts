/** Views of one memory block that wait to be settled: each costs about a hundred bytes beside its content. */
const MAX_VIEWS = 64;
/** Views that are smaller on average are copied. */
const SMALL_BYTES = 512;
/**
 * A buffer for all of it is made when this part of it is there, and for no more than this: large ones would live for long,
 * beside as much that was read and is garbage.
 */
const THERE_PART = 1 / 16;
const WHOLE_BYTES = 1024 * 1024;
/** Copies of small pieces are collected in blocks that begin and end with these sizes. */
const FIRST_BLOCK_BYTES = 1024;
const LAST_BLOCK_BYTES = 64 * 1024;

/**
 * Bytes that come in pieces, in not much more memory than they need, however small the pieces are: about twice their
 * size and a block. A piece is a view of the block of memory that was read from the connection, with whatever else came in
 * it; views that are large and make up most of their block are kept, all others are copied. Where it is known how much
 * comes, the later ones are copied to where they stay.
 * Why: docs/decisions/pieces-are-copied-unless-large.md
 */
export class Pieces {
  /** In order; the last one may be a block with room at its end. */
  #settled: Buffer[] = [];
  /** Of the last of `#settled`, where that is a block of copies. */
  #blockRoom = 0;
  /** Views of the same block of memory, at the end. */
  #views: Buffer[] = [];
  #viewBytes = 0;
  #byteLength = 0;
  #expected = Number.POSITIVE_INFINITY;
  /** As `join` returns it; once much of it is there. */
  #whole: Buffer | undefined;

  get byteLength(): number {
    return this.#byteLength;
  }

  /** @param bytes in all; no more may be added */
  expect(bytes: number): void {
    this.#expected = bytes;
  }

  add(piece: Buffer): void {
    if (this.#views.length > 0 && this.#views[0].buffer !== piece.buffer) this.#settle();
    const at = this.#byteLength;
    this.#byteLength += piece.byteLength;
    if (this.#whole) {
      this.#whole.set(piece, at);
      return;
    }
    this.#views.push(piece);
    this.#viewBytes += piece.byteLength;
    if (this.#views.length === MAX_VIEWS) this.#settle();
  }

  /**
   * All of it. Where it came in several pieces, its end lies at a multiple of eight bytes: what a batch sends raw stands
   * last, and is read where it is if it is aligned.
   */
  join(): Buffer {
    if (this.#whole) return this.#whole.subarray(0, this.#byteLength);
    if (this.#settled.length === 0 && this.#views.length === 1) return this.#views[0];
    return this.#copyAll(this.#byteLength);
  }

  #copyAll(room: number): Buffer {
    const start = -room & 7;
    const whole = Buffer.allocUnsafeSlow(start + room).subarray(start);
    this.#closeBlock();
    let at = 0;
    for (const parts of [this.#settled, this.#views]) {
      for (const part of parts) {
        whole.set(part, at);
        at += part.byteLength;
      }
    }
    return whole;
  }

  /** What is known of the views' block now: whether they are most of it. */
  #settle(): void {
    const isMost = this.#viewBytes * 2 >= this.#views[0].buffer.byteLength;
    if (isMost && this.#viewBytes >= this.#views.length * SMALL_BYTES) {
      this.#closeBlock();
      this.#settled.push(...this.#views);
    } else for (const view of this.#views) this.#copy(view);
    this.#views = [];
    this.#viewBytes = 0;
    if (this.#expected > WHOLE_BYTES || this.#byteLength < this.#expected * THERE_PART) return;
    this.#whole = this.#copyAll(this.#expected);
    this.#settled = [];
  }

  #copy(view: Buffer): void {
    for (let from = 0; from < view.byteLength; ) {
      if (this.#blockRoom === 0) this.#openBlock();
      const block = this.#settled[this.#settled.length - 1];
      const copied = view.copy(block, block.byteLength - this.#blockRoom, from);
      this.#blockRoom -= copied;
      from += copied;
    }
  }

  #openBlock(): void {
    const bytes = Math.min(LAST_BLOCK_BYTES, Math.max(FIRST_BLOCK_BYTES, this.#byteLength));
    this.#settled.push(Buffer.allocUnsafeSlow(bytes));
    this.#blockRoom = bytes;
  }

  #closeBlock(): void {
    if (this.#blockRoom === 0) return;
    const block = this.#settled.pop()!;
    this.#settled.push(Buffer.from(block.subarray(0, block.byteLength - this.#blockRoom)));
    this.#blockRoom = 0;
  }
}
