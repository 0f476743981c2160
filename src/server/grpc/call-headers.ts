import type { ServerHttp2Stream } from 'node:http2';

/** What an open call takes beside its messages: the stream of HTTP/2, what watches it, what answers it. */
const CALL_BYTES = 8 * 1024;
/** What a pair takes beside its text, in an object of a thousand of them. */
const PAIR_BYTES = 300;

/** Those of calls that the library answers. */
const held = new WeakMap<ServerHttp2Stream, number>();

/** What a call holds as long as it is open, about. @param rawHeaders names and values in turn */
export function openCallBytes(rawHeaders: readonly string[]): number {
  let bytes = CALL_BYTES + (rawHeaders.length / 2) * PAIR_BYTES;
  for (let at = 0; at < rawHeaders.length; at++) bytes += rawHeaders[at].length;
  return bytes;
}

/** For `heldBytes`, where another than who sees the headers handles the call. */
export function noteHeldBytes(stream: ServerHttp2Stream, bytes: number): void {
  held.set(stream, bytes);
}

export function heldBytes(stream: ServerHttp2Stream): number {
  return held.get(stream) ?? CALL_BYTES;
}

/** Pairs of a call that cost nothing here. */
const FREE_PAIRS = 64;
/** Of the pairs above that, a connection may send so many a second, and so many at once: each takes half a microsecond. */
const PAIRS_PER_SECOND = 20_000;

/** Counts the headers that a connection sends: with references to earlier ones, a byte is a pair. */
export class HeaderRate {
  #pairs = 0;
  #sinceMs = 0;

  /** @returns whether these are too many */
  note(pairs: number, nowMs: () => number = () => performance.now()): boolean {
    if (pairs <= FREE_PAIRS) return false;
    const now = nowMs();
    this.#pairs = Math.max(0, this.#pairs - ((now - this.#sinceMs) * PAIRS_PER_SECOND) / 1000) + pairs - FREE_PAIRS;
    this.#sinceMs = now;
    return this.#pairs > PAIRS_PER_SECOND;
  }
}
