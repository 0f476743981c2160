import { setFlagsFromString } from 'node:v8';

/**
 * How much the old generation may grow between full collections, in percent of what lived at the last one: ten megabytes
 * in a server. V8 reads it at each: https://github.com/v8/v8/blob/main/src/heap/memory-controller.cc. Its own choice is
 * about 300 here.
 *
 * Small calls leave little there: they are about as fast with less, in two thirds of the memory. The bytes of batches lie
 * outside of the heap but count as its growth: full collections come before the small ones that would have freed them,
 * one after the other, and take half of the processor.
 */
const SMALL_CALLS = 100;
const BATCHES = 400;

/** A message that lies outside of the heap: as much as is read from a socket at once. */
const BATCH_BYTES = 64 * 1024;
/** So many small calls take fifty times as long as a batch: there are hardly any, if one comes now and then. */
const SMALL_IN_A_ROW = 1000;

type SetFlags = (flags: string) => void;

let fit: HeapFit | undefined;

/**
 * For a process that only serves: from now on its heap grows as its messages need.
 * Why: docs/decisions/heap-limits.md
 */
export function fitHeapToMessages(setFlags: SetFlags = setFlagsFromString): void {
  fit = new HeapFit(setFlags);
}

/** To be called for every message. */
export function noteMessage(bytes: number): void {
  fit?.note(bytes);
}

class HeapFit {
  readonly #setFlags: SetFlags;
  #percent = 0;
  #small = 0;

  constructor(setFlags: SetFlags) {
    this.#setFlags = setFlags;
    this.#grow(SMALL_CALLS);
  }

  note(bytes: number): void {
    if (bytes >= BATCH_BYTES) {
      this.#small = 0;
      this.#grow(BATCHES);
    } else if (++this.#small === SMALL_IN_A_ROW) this.#grow(SMALL_CALLS);
  }

  #grow(percent: number): void {
    if (percent === this.#percent) return;
    this.#percent = percent;
    this.#setFlags(`--heap-growing-percent=${percent}`);
  }
}
