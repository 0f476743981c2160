import type { handleServerStreamingCall, ServerWritableStream } from '@grpc/grpc-js';
import { type HealthCheckResponse, healthService, type ServingStatus } from '../../protocol/health.js';
import { LIVENESS } from '../../protocol/services.js';
import { quote, Refusal } from '../calls/refusal.js';
import { toStatus } from '../calls/status.js';
import { decode } from '../grpc/decode.js';
import type { Method, MethodOptions } from '../grpc/methods.js';
import { unary } from '../grpc/unary-method.js';
import { watchedCall } from '../grpc/watched-call.js';

type Watcher = ServerWritableStream<Buffer, Buffer>;

/**
 * grpc.health.v1: Check, Watch and List. One state for every name but `LIVENESS`: the server answers for all of them or for
 * none. Its watches can be ended, without which a shutdown would never end.
 * Why: docs/decisions/own-health-and-reflection.md
 */
export class Health {
  readonly #names: ReadonlySet<string>;
  /** Watcher → the name that it watches. */
  readonly #watchers = new Map<Watcher, string>();
  #status: ServingStatus = 'SERVING';

  /** @param names services and models; the server as a whole, "", is added */
  constructor(names: Iterable<string>) {
    this.#names = new Set(['', ...names]);
  }

  /** Notifies all watchers; new checks get the same answer. */
  stopServing(): void {
    this.#status = 'NOT_SERVING';
    for (const [watcher, name] of this.#watchers) if (this.#drains(name)) this.#send(watcher, this.#status);
  }

  /** Ends every watch, as the last step before the connections close. */
  releaseWatchers(): void {
    for (const watcher of this.#watchers.keys()) watcher.end();
    this.#watchers.clear();
  }

  methods(options: MethodOptions): Method[] {
    const { Check, List, Watch } = healthService;
    const watch: handleServerStreamingCall<Buffer, Buffer> = (call) => this.#watch(call, options);
    return [
      unary(Check, options, ({ service }) => this.#check(service)),
      unary(List, options, () => ({
        statuses: Object.fromEntries(Array.from(this.#names, (name) => [name, { status: this.#statusOf(name) }])),
      })),
      { path: Watch.path, type: 'serverStream', handler: watch },
    ];
  }

  #check(service: string): HealthCheckResponse {
    if (this.#names.has(service)) return { status: this.#statusOf(service) };
    throw new Refusal('SERVICE_NOT_FOUND', `expected a service or a model of this server, found ${quote(service)}`);
  }

  #watch(call: Watcher, { reportBug }: MethodOptions): void {
    const watched = watchedCall(call.metadata);
    try {
      const { service } = decode(healthService.Watch, call.request);
      this.#watchers.set(call, service);
      call.on('cancelled', () => this.#watchers.delete(call));
      // From now on it is idle: it may be dropped to make room for others.
      watched.forgetMessage();
      this.#send(call, this.#names.has(service) ? this.#statusOf(service) : 'SERVICE_UNKNOWN');
    } catch (error) {
      call.emit('error', toStatus(error, reportBug, watched.context.ids));
    }
  }

  #statusOf(name: string): ServingStatus {
    return this.#drains(name) ? this.#status : 'SERVING';
  }

  /** Whether the end of the server changes its status. */
  #drains(name: string): boolean {
    return name !== LIVENESS && this.#names.has(name);
  }

  #send(watcher: Watcher, status: ServingStatus): void {
    watcher.write(healthService.Watch.responseSerialize({ status }));
  }
}
