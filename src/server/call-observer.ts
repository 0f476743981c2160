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

/** Sees every call of a known method start and end, once each. */
export interface CallObserver {
  readonly onStart?: (call: ObservedCall) => void;
  readonly onEnd?: (call: ObservedCall, code: status) => void;
}

/**
 * An interceptor that wraps nothing: it watches the library's own call object, because a wrapping one sees neither
 * deadlines nor cancellations nor oversize messages. A finished call is cancelled once more by the library: the set of
 * open calls tells the first end from the second.
 *
 * @param open receives the calls that have started and not ended
 */
export function observeCalls(
  open: Set<ObservedCall>,
  maxMessageBytes: number,
  observers: readonly CallObserver[],
): ServerInterceptor {
  return (method, call) => {
    const observed = new OpenCall(method.path, call);
    open.add(observed);
    for (const observer of observers) observer.onStart?.(observed);
    watchEnd(call, maxMessageBytes, (code) => {
      if (!open.delete(observed)) return;
      for (const observer of observers) observer.onEnd?.(observed, code);
    });
    return call as ReturnType<ServerInterceptor>;
  };
}

function watchEnd(call: ServerInterceptingCallInterface, maxMessageBytes: number, onEnd: (code: status) => void): void {
  const sendStatus = call.sendStatus.bind(call);
  call.sendStatus = (found) => {
    onEnd(found.code ?? status.UNKNOWN);
    sendStatus(explainLibraryStatus(found, maxMessageBytes));
  };
  const start = call.start.bind(call);
  call.start = (listener) => {
    const onCancel = listener.onCancel.bind(listener);
    listener.onCancel = () => {
      onEnd(status.CANCELLED);
      onCancel();
    };
    start(listener);
  };
}
