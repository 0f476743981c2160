import type { status } from '@grpc/grpc-js';
import type { CallerIds } from './caller-ids.js';

/** A model that is served: what a call says of the one that answered it. */
export interface TakenModel {
  readonly name: string;
  readonly model: { readonly version: string };
}

/** The parts of the work of a call, in their order. */
export type Phase = 'decode' | 'predict' | 'encode';

/** Learns when a part of a call's work begins. */
export interface PhaseWatch {
  /** The part before it, if there is one, has ended. The same one may come again: it goes on. */
  begin(phase: Phase): void;
}

/** One call, from its first byte to its status: the same object at its start and at its end. */
export interface ObservedCall {
  /** As in `/ml.IrisPredictor/PredictIrisSpecies`. */
  readonly path: string;
  readonly peer: string;
  /** `performance.now()` at the start. */
  readonly startedMs: number;
  /** What the caller calls it; known once its metadata is there. */
  readonly ids?: CallerIds | undefined;
  /** When its caller stops waiting, by `performance.now()`; infinity where it does not say. */
  readonly deadlineMs: number;
  /** The model that it is answered from, once it is taken: of a refused call too. */
  readonly model?: TakenModel | undefined;
  /** Set by an observer, at the start, that wants to know. */
  phases?: PhaseWatch | undefined;
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
  /** Called once, before the first call. */
  readonly onRegister?: (methods: readonly ObservedMethod[]) => void;
  readonly onStart?: (call: ObservedCall) => void;
  readonly onEnd?: (call: ObservedCall, code: status) => void;
}

/** Where the calls of a server are counted, and who sees them. */
export interface CallWatch {
  /** The header that tells callers apart, in lower case. */
  readonly callerHeader?: string | undefined;
  readonly open: OpenCalls;
  readonly observers: readonly CallObserver[];
}

/** What holds for every call over gRPC. */
export interface Watch extends CallWatch {
  readonly maxMessageBytes: number;
  /** How long a client may take to send a message, or to read a reply. */
  readonly clientTimeoutMs: number;
}
