import { setFlagsFromString } from 'node:v8';
import { type Collect, garbageCollector, type SetFlags } from '../../ground/garbage.js';
import { memoryLimit } from '../../ground/system-limit.js';

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

/** A process that may have less would be killed for what V8 leaves for later. */
const ENOUGH_BYTES = 256 * 1024 * 1024;

/**
 * What holds memory down in a process that runs already; limits of the heap itself can only be given to a new one. The
 * young generation does not grow, the old one is collected when it has grown by half, and no code is made that is large
 * for its speed, nor any from large functions or ones that many others are copied into: the compiler takes ten megabytes for
 * them. So does Maglev, the compiler before the last one, for a server at full speed.
 */
const LITTLE_MEMORY = [
  '--semi-space-growth-factor=1',
  '--heap-growing-percent=50',
  '--optimize-for-size',
  '--max-optimized-bytecode-size=6000',
  '--max-inlined-bytecode-size-cumulative=200',
  '--no-maglev',
];

/** Requests of so much of the memory are received between full collections. */
const COLLECTED_PART = 1 / 32;

let fit: HeapFit | undefined;
let held: HeldHeap | undefined;

/**
 * For a process that only serves: from now on its heap grows as its messages need, or as little as its memory wants.
 * Why: docs/decisions/heap-limits.md
 *
 * @param memoryBytes that the process may have
 */
export function fitHeapToMessages(
  memoryBytes = memoryLimit(),
  setFlags: SetFlags = setFlagsFromString,
  collector: (setFlags: SetFlags) => Collect = garbageCollector,
): void {
  const isEnough = memoryBytes >= ENOUGH_BYTES;
  fit = isEnough ? new HeapFit(setFlags) : undefined;
  held = isEnough ? undefined : new HeldHeap(memoryBytes, setFlags, collector(setFlags));
}

/** To be called for every message. */
export function noteMessage(bytes: number): void {
  fit?.note(bytes);
}

/** To be called for every piece of a request, also of one that is refused. */
export function noteReceived(bytes: number): void {
  held?.note(bytes);
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

/**
 * A heap in little memory. What it keeps of messages lies outside of it, where V8 lets more than half of 128 MB stand
 * before it looks for garbage: requests that were refused above all.
 */
class HeldHeap {
  readonly #collect: Collect;
  readonly #mostBytes: number;
  #bytes = 0;

  constructor(memoryBytes: number, setFlags: SetFlags, collect: Collect) {
    this.#collect = collect;
    this.#mostBytes = memoryBytes * COLLECTED_PART;
    for (const flag of LITTLE_MEMORY) setFlags(flag);
    // How far the old generation may grow is computed after a full collection; before the first one it is 128 MB. This one
    // also takes back what the young one grew by. Node 20 takes any argument for the wish for a small collection.
    collect({ type: 'major', flavor: 'last-resort' });
    collect();
  }

  note(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes < this.#mostBytes) return;
    this.#bytes = 0;
    this.#collect();
  }
}
