import { Metadata, type ServerInterceptingCallInterface, type ServerInterceptor, status } from '@grpc/grpc-js';
import { explainLibraryStatus } from './status.js';
import { type CallerIds, echoedIds, metadataIds } from './telemetry/caller-ids.js';

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

class OpenCall implements ObservedCall {
  readonly path: string;
  readonly startedMs = performance.now();
  ids: CallerIds | undefined;
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
    watch(call, observed, maxMessageBytes, (code) => {
      open.add(method.path, -1);
      for (const observer of observers) observer.onEnd?.(observed, code);
    });
    return call as ReturnType<ServerInterceptor>;
  };
}

type PartialStatus = Parameters<ServerInterceptingCallInterface['sendStatus']>[0];
type Echo = (told: PartialStatus) => PartialStatus;

/**
 * A finished call is cancelled once more by the library: only the first end is told.
 *
 * Functions are named before they become properties: V8 takes one that is written where it is assigned for a method, and
 * puts it into the old generation. There it keeps its call alive until a full collection, which costs a third more time.
 */
function watch(
  call: ServerInterceptingCallInterface,
  observed: OpenCall,
  maxMessageBytes: number,
  onEnd: (code: status) => void,
): void {
  let ended = false;
  const end = (code: status) => {
    if (ended) return;
    ended = true;
    onEnd(code);
  };
  let withIds: Echo | undefined;
  const { sendStatus, start } = call;
  const tellStatus: typeof sendStatus = (found) => {
    end(found.code ?? status.UNKNOWN);
    const told = explainLibraryStatus(found, maxMessageBytes);
    sendStatus.call(call, withIds ? withIds(told) : told);
  };
  const listen: typeof start = (listener) => {
    const { onCancel, onReceiveMetadata } = listener;
    const takeMetadata: typeof onReceiveMetadata = (metadata) => {
      observed.ids = metadataIds(metadata);
      if (observed.ids) withIds = echo(call, observed.ids);
      onReceiveMetadata.call(listener, metadata);
    };
    const cancel = () => {
      end(status.CANCELLED);
      onCancel.call(listener);
    };
    listener.onReceiveMetadata = takeMetadata;
    listener.onCancel = cancel;
    start.call(call, listener);
  };
  call.sendStatus = tellStatus;
  call.start = listen;
}

/**
 * Sends a call's ids back in the headers.
 *
 * @returns what adds them to the status of a call that has no headers: an error stays one message on the wire, without
 * which clients would not try again
 */
function echo(call: ServerInterceptingCallInterface, ids: CallerIds): Echo {
  const headers = echoedIds(ids);
  const add = (metadata: Metadata) => {
    for (const [name, value] of headers) metadata.set(name, value);
    return metadata;
  };
  let sent = false;
  const { sendMetadata } = call;
  const sendWithIds: typeof sendMetadata = (metadata) => {
    sent = true;
    sendMetadata.call(call, add(metadata));
  };
  call.sendMetadata = sendWithIds;
  return (told) => (sent ? told : { ...told, metadata: add(told.metadata ?? new Metadata()) });
}
