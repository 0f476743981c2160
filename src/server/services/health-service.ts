import type { handleServerStreamingCall, ServerWritableStream } from '@grpc/grpc-js';
import { type HealthCheckResponse, healthService, type ServingStatus } from '../../protocol/health.js';
import { LIVENESS } from '../../protocol/services.js';
import { quote, Refusal } from '../calls/refusal.js';
import { toStatus } from '../calls/status.js';
import { decode } from '../grpc/decode.js';
import type { Method, MethodOptions } from '../grpc/methods.js';
import { unary } from '../grpc/unary-method.js';
import { watchedCall } from '../grpc/watched-call.js';
import type { ServedModels } from '../models/served-models.js';

type Watcher = ServerWritableStream<Buffer, Buffer>;

interface Watched {
  /** The name that is watched. */
  readonly service: string;
  /** What was sent last. */
  sent: ServingStatus | undefined;
}

/**
 * grpc.health.v1: Check, Watch and List. One state for every service but `LIVENESS`: the server answers for all of them or
 * for none; a model can be one that is not loaded. Its watches can be ended, without which a shutdown would never end.
 * Why: docs/decisions/own-health-and-reflection.md
 */
export class Health {
  readonly #services: ReadonlySet<string>;
  readonly #models: ServedModels;
  readonly #watchers = new Map<Watcher, Watched>();
  #status: ServingStatus = 'SERVING';

  /** @param services beside the server as a whole, "", and its models */
  constructor(services: Iterable<string>, models: ServedModels) {
    this.#services = new Set(['', ...services]);
    this.#models = models;
    models.onChange((name) => {
      for (const [watcher, { service }] of this.#watchers) if (service === name) this.#send(watcher);
    });
  }

  /** Notifies all watchers; new checks get the same answer. */
  stopServing(): void {
    this.#status = 'NOT_SERVING';
    for (const watcher of this.#watchers.keys()) this.#send(watcher);
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
        statuses: Object.fromEntries(this.#names.map((name) => [name, { status: this.#statusOf(name) }])),
      })),
      { path: Watch.path, type: 'serverStream', handler: watch },
    ];
  }

  #check(service: string): HealthCheckResponse {
    const status = this.#statusOf(service);
    if (status !== 'SERVICE_UNKNOWN') return { status };
    throw new Refusal('SERVICE_NOT_FOUND', `expected a service or a model of this server, found ${quote(service)}`);
  }

  #watch(call: Watcher, { reportBug }: MethodOptions): void {
    const watched = watchedCall(call.metadata);
    try {
      const { service } = decode(healthService.Watch, call.request);
      this.#watchers.set(call, { service, sent: undefined });
      call.on('cancelled', () => this.#watchers.delete(call));
      // From now on it is idle: it may be dropped to make room for others.
      watched.forgetMessage();
      this.#send(call);
    } catch (error) {
      call.emit('error', toStatus(error, reportBug, watched.context.ids));
    }
  }

  /** A service is listed once, also where a model has its name. */
  get #names(): string[] {
    return [...new Set([...this.#services, ...this.#models.names])];
  }

  #statusOf(name: string): ServingStatus {
    if (name === LIVENESS) return 'SERVING';
    if (this.#services.has(name)) return this.#status;
    const model = this.#models.stateOf(name);
    if (model === undefined) return 'SERVICE_UNKNOWN';
    return model === 'READY' ? this.#status : 'NOT_SERVING';
  }

  /** Where its status is another one than it was sent last. */
  #send(watcher: Watcher): void {
    const watched = this.#watchers.get(watcher);
    const status = watched && this.#statusOf(watched.service);
    if (!watched || !status || status === watched.sent) return;
    watched.sent = status;
    watcher.write(healthService.Watch.responseSerialize({ status }));
  }
}
