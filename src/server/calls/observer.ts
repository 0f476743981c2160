import type { status } from '@grpc/grpc-js';
import type { CallerIds } from './caller-ids.js';

/** One call, from its first byte to its status. */
export interface ObservedCall {
  /** As in `/ml.IrisPredictor/PredictIrisSpecies`. */
  readonly path: string;
  readonly peer: string;
  /** `performance.now()` at the start. */
  readonly startedMs: number;
  /** What the caller calls it; known once its metadata is there. */
  readonly ids?: CallerIds | undefined;
}

/** How many calls have started and not ended. */
export class OpenCalls {
  readonly #counts = new Map<string, number>();
  #total = 0;

  get total(): number {
    return this.#total;
  }

  /** Those that have some. */
  get byPath(): Record<string, number> {
    return Object.fromEntries([...this.#counts].filter(([, count]) => count > 0));
  }

  add(path: string, count: 1 | -1): void {
    this.#counts.set(path, (this.#counts.get(path) ?? 0) + count);
    this.#total += count;
  }
}

/** A method that can be called. */
export interface ObservedMethod {
  readonly path: string;
  readonly type: 'unary' | 'serverStream' | 'bidi';
}

/** Sees every call of a known method start and end, once each. */
export interface CallObserver {
  /** Told once, before the first call. */
  readonly onRegister?: (methods: readonly ObservedMethod[]) => void;
  readonly onStart?: (call: ObservedCall) => void;
  readonly onEnd?: (call: ObservedCall, code: status) => void;
}

/** What is told of calls, and to whom. */
export interface Watch {
  readonly open: OpenCalls;
  readonly observers: readonly CallObserver[];
  readonly maxMessageBytes: number;
  /** How long a client may take to send a message, or to read a reply. */
  readonly clientTimeoutMs: number;
}
