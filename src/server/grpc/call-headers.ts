import type { ServerHttp2Stream } from 'node:http2';

/** Memory of an open call beside its messages: the HTTP/2 stream, what watches it, what answers it. */
const CALL_BYTES = 8 * 1024;
/** Memory of a header pair beside its text, in an object of a thousand pairs. */
const PAIR_BYTES = 300;

/** Held bytes of the calls that the library answers. */
const held = new WeakMap<ServerHttp2Stream, number>();

/**
 * Roughly the memory that a call holds while it is open. @param rawHeaders names and values in turn
 * Why: docs/decisions/open-calls-count-as-memory.md
 */
export function openCallBytes(rawHeaders: readonly string[]): number {
  let bytes = CALL_BYTES + (rawHeaders.length / 2) * PAIR_BYTES;
  for (let at = 0; at < rawHeaders.length; at++) bytes += rawHeaders[at].length;
  return bytes;
}

/** Keeps the bytes for `heldBytes`: the library handles the call, and it does not pass the raw headers on. */
export function noteHeldBytes(stream: ServerHttp2Stream, bytes: number): void {
  held.set(stream, bytes);
}

export function heldBytes(stream: ServerHttp2Stream): number {
  return held.get(stream) ?? CALL_BYTES;
}

/** Header pairs of a call that are free. */
const FREE_PAIRS = 64;
/** Further pairs that a connection may send per second, and in one burst: each takes half a microsecond. */
const PAIRS_PER_SECOND = 20_000;

/** Limits the headers that a connection sends: with references to earlier headers, one byte is a pair. */
export class HeaderRate {
  #pairs = 0;
  #sinceMs = 0;

  /** @returns whether the limit is exceeded */
  note(pairs: number, nowMs: () => number = () => performance.now()): boolean {
    if (pairs <= FREE_PAIRS) return false;
    const now = nowMs();
    this.#pairs = Math.max(0, this.#pairs - ((now - this.#sinceMs) * PAIRS_PER_SECOND) / 1000) + pairs - FREE_PAIRS;
    this.#sinceMs = now;
    return this.#pairs > PAIRS_PER_SECOND;
  }
}
