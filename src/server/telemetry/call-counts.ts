import type { status } from '@grpc/grpc-js';
import type { CallObserver, ObservedCall, ObservedMethod } from '../calls/observer.js';

/** Upper bounds in seconds: those of gRFC A66 for latencies, without its 0. */
export const latencyBounds: readonly number[] = [
  0.00001, 0.00005, 0.0001, 0.0003, 0.0006, 0.0008, 0.001, 0.002, 0.003, 0.004, 0.005, 0.006, 0.008, 0.01, 0.013, 0.016,
  0.02, 0.025, 0.03, 0.04, 0.05, 0.065, 0.08, 0.1, 0.13, 0.16, 0.2, 0.25, 0.3, 0.4, 0.5, 0.65, 0.8, 1, 2, 5, 10, 20, 50,
  100,
];

/** Codes are 0 to 16. */
const CODE_COUNT = 17;

/** The calls of one method since the start. */
export interface MethodCounts {
  readonly path: string;
  readonly type: ObservedMethod['type'];
  started: number;
  /** By code. */
  readonly handled: Float64Array;
  /** `latencies[i]`: calls that took at most `latencyBounds[i]` and more than the bound before; then those above all. */
  readonly latencies: Float64Array;
  seconds: number;
}

/**
 * Counts calls with a few additions for each; the rest is done when the counts are read.
 * Why: docs/decisions/counters-are-numbers.md
 */
export class CallCounts implements CallObserver {
  readonly #methods = new Map<string, MethodCounts>();

  /** Registered methods, and those that were called. */
  get methods(): MethodCounts[] {
    return [...this.#methods.values()];
  }

  readonly onRegister = (methods: readonly ObservedMethod[]): void => {
    for (const { path, type } of methods) this.#methods.set(path, noCalls(path, type));
  };

  readonly onStart = ({ path }: ObservedCall): void => {
    this.#of(path).started++;
  };

  readonly onEnd = ({ path, startedMs }: ObservedCall, code: status): void => {
    const method = this.#of(path);
    const seconds = (performance.now() - startedMs) / 1000;
    method.handled[code]++;
    method.latencies[bucketOf(seconds)]++;
    method.seconds += seconds;
  };

  #of(path: string): MethodCounts {
    let method = this.#methods.get(path);
    if (!method) {
      method = noCalls(path, 'unary');
      this.#methods.set(path, method);
    }
    return method;
  }
}

export function noCalls(path: string, type: ObservedMethod['type']): MethodCounts {
  return {
    path,
    type,
    started: 0,
    handled: new Float64Array(CODE_COUNT),
    latencies: new Float64Array(latencyBounds.length + 1),
    seconds: 0,
  };
}

/** The index of the first bound that is not below; the number of bounds where all are. */
export function bucketOf(seconds: number): number {
  let start = 0;
  let end = latencyBounds.length;
  while (start < end) {
    const middle = (start + end) >> 1;
    if (seconds <= latencyBounds[middle]) end = middle;
    else start = middle + 1;
  }
  return start;
}
