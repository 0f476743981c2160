import { type ServerInterceptingCallInterface, type ServerInterceptor, status } from '@grpc/grpc-js';
import { explainLibraryStatus } from './status.js';

/** One call, from its first byte to its status. */
export interface ObservedCall {
  /** As in `/ml.IrisPredictor/PredictIrisSpecies`. */
  readonly path: string;
  readonly peer: string;
  /** `performance.now()` at the start. */
  readonly startedMs: number;
}

class OpenCall implements ObservedCall {
  readonly path: string;
  readonly startedMs = performance.now();
  readonly #call: ServerInterceptingCallInterface;

  constructor(path: string, call: ServerInterceptingCallInterface) {
    this.path = path;
    this.#call = call;
  }

  /** Few ask, and the library has it at hand also after the connection has gone. */
  get peer(): string {
    const { remoteAddress, remotePort } = this.#call.getConnectionInfo();
    return remoteAddress === undefined ? 'a local socket' : `${remoteAddress}:${remotePort}`;
  }
}

/**
 * How many calls have started and not ended. Counts, not a Set of the calls: tables that a Set has outgrown keep what was
 * in them until the next full collection, and with it all that belongs to these calls. A third of the time went there.
 */
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

/** Sees every call of a known method start and end, once each. */
export interface CallObserver {
  readonly onStart?: (call: ObservedCall) => void;
  readonly onEnd?: (call: ObservedCall, code: status) => void;
}

/**
 * An interceptor that wraps nothing: it watches the library's own call object, because a wrapping one sees neither
 * deadlines nor cancellations nor oversize messages.
 */
export function observeCalls(
  open: OpenCalls,
  maxMessageBytes: number,
  observers: readonly CallObserver[],
): ServerInterceptor {
  return (method, call) => {
    const observed = new OpenCall(method.path, call);
    open.add(method.path, 1);
    for (const observer of observers) observer.onStart?.(observed);
    watchEnd(call, maxMessageBytes, (code) => {
      open.add(method.path, -1);
      for (const observer of observers) observer.onEnd?.(observed, code);
    });
    return call as ReturnType<ServerInterceptor>;
  };
}

/** A finished call is cancelled once more by the library: only the first end is told. */
function watchEnd(call: ServerInterceptingCallInterface, maxMessageBytes: number, onEnd: (code: status) => void): void {
  let ended = false;
  const end = (code: status) => {
    if (ended) return;
    ended = true;
    onEnd(code);
  };
  const { sendStatus, start } = call;
  call.sendStatus = (found) => {
    end(found.code ?? status.UNKNOWN);
    sendStatus.call(call, explainLibraryStatus(found, maxMessageBytes));
  };
  call.start = (listener) => {
    const { onCancel } = listener;
    listener.onCancel = () => {
      end(status.CANCELLED);
      onCancel.call(listener);
    };
    start.call(call, listener);
  };
}
