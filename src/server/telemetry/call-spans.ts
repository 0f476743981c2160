import { status } from '@grpc/grpc-js';
import type { Attributes, Context, Span, SpanContext, SpanKind, SpanStatusCode, Tracer } from '@opentelemetry/api';
import type { CallObserver, ObservedCall, ObservedMethod, Phase, PhaseWatch } from '../calls/observer.js';

/** What is used of OpenTelemetry's interface: it is loaded where there are spans. */
export interface SpanMaker {
  readonly tracer: Tracer;
  /** A context whose span is this one. */
  readonly contextOf: (parent: Span) => Context;
  /** A context of a caller, in another process; without one, of nobody. */
  readonly remoteContext: (caller: SpanContext | undefined) => Context;
  readonly kind: { readonly SERVER: SpanKind; readonly INTERNAL: SpanKind };
  readonly ERROR: SpanStatusCode;
}

/** Statuses that are an error of the server: https://opentelemetry.io/docs/specs/semconv/rpc/grpc/ */
const serverErrors: ReadonlySet<status> = new Set([
  status.UNKNOWN,
  status.DEADLINE_EXCEEDED,
  status.UNIMPLEMENTED,
  status.INTERNAL,
  status.UNAVAILABLE,
  status.DATA_LOSS,
]);

/**
 * A span of each call that is sampled, by the conventions for RPC, and in it those of the parts of its work. A stream has
 * no parts, and its span is made when it ends: its caller is known only after its start.
 */
export class CallSpans implements CallObserver {
  readonly #maker: SpanMaker;
  readonly #streams = new Set<string>();

  constructor(maker: SpanMaker) {
    this.#maker = maker;
  }

  readonly onRegister = (methods: readonly ObservedMethod[]): void => {
    for (const { path, type } of methods) if (type !== 'unary') this.#streams.add(path);
  };

  readonly onStart = (call: ObservedCall): void => {
    if (this.#streams.has(call.path)) return;
    const span = this.#start(call);
    if (span.isRecording()) call.phases = new RecordedCall(this.#maker, span);
  };

  readonly onEnd = (call: ObservedCall, code: status): void => {
    const { phases } = call;
    if (phases instanceof RecordedCall) {
      phases.end();
      finish(phases.span, call, code, this.#maker.ERROR);
    } else if (this.#streams.has(call.path)) {
      const span = this.#start(call);
      if (span.isRecording()) finish(span, call, code, this.#maker.ERROR);
    }
  };

  #start({ ids, path, startedMs }: ObservedCall): Span {
    const { kind, remoteContext, tracer } = this.#maker;
    const attributes = methodOf(path);
    const name = String(attributes['rpc.method']);
    const startTime = performance.timeOrigin + startedMs;
    return tracer.startSpan(
      name,
      { kind: kind.SERVER, attributes, startTime },
      remoteContext(callerOf(ids?.traceparent)),
    );
  }
}

/** A call that is sampled, while it is worked on. */
class RecordedCall implements PhaseWatch {
  readonly span: Span;
  readonly #maker: SpanMaker;
  #phase: Phase | undefined;
  #part: Span | undefined;

  constructor(maker: SpanMaker, span: Span) {
    this.#maker = maker;
    this.span = span;
  }

  begin(phase: Phase): void {
    if (phase === this.#phase || !this.span.isRecording()) return;
    const { contextOf, kind, tracer } = this.#maker;
    const startTime = nowMs();
    this.#part?.end(startTime);
    this.#phase = phase;
    this.#part = tracer.startSpan(phase, { kind: kind.INTERNAL, startTime }, contextOf(this.span));
  }

  end(): void {
    this.#part?.end(nowMs());
  }
}

function finish(span: Span, call: ObservedCall, code: status, ERROR: SpanStatusCode): void {
  const name = status[code];
  span.setAttributes({ ...peerOf(call.peer), ...modelOf(call), 'rpc.response.status_code': name });
  if (serverErrors.has(code)) span.setAttribute('error.type', name).setStatus({ code: ERROR });
  span.end(nowMs());
}

/** Milliseconds since 1970 by the clock of `performance`, which never goes back. */
function nowMs(): number {
  return performance.timeOrigin + performance.now();
}

const HTTP = '/http/';

/** Calls over HTTP have the names that gRPC has for them. */
function methodOf(path: string): Attributes {
  if (path.startsWith(HTTP)) return { 'rpc.system.name': 'open_inference_rest', 'rpc.method': path.slice(HTTP.length) };
  return { 'rpc.system.name': 'grpc', 'rpc.method': path.slice(1) };
}

function peerOf(peer: string): Attributes {
  const [, address, port] = /^(.+):(\d+)$/.exec(peer) ?? [];
  if (address === undefined) return {};
  const [host, number] = [address, Number(port)];
  return {
    'client.address': host,
    'client.port': number,
    'network.peer.address': host,
    'network.peer.port': number,
  };
}

function modelOf({ model }: ObservedCall): Attributes {
  return model === undefined ? {} : { 'iris.model.name': model.name, 'iris.model.version': model.model.version };
}

/** Of a valid header: https://www.w3.org/TR/trace-context/#traceparent-header */
function callerOf(traceparent: string | undefined): SpanContext | undefined {
  if (traceparent === undefined) return undefined;
  const [, traceId, spanId, flags] = traceparent.split('-');
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true };
}
