import type { EventEmitter } from 'node:events';
import { serviceOf } from '../../contract/contract.js';
import { parseContract } from '../../contract/proto-text.js';
import { shownLocation } from '../../formats/model-location.js';
import { shownKeyId } from '../../formats/signature.js';
import { badOption } from '../../ground/errors.js';
import { quote } from '../../ground/quote.js';
import { parseHost } from '../../protocol/address.js';
import { fitHeapToMessages } from '../calls/heap.js';
import type { MetricsEndpoint } from '../http/metrics-endpoint.js';
import { isLocal, isUnix, reachableHost } from '../net/listen.js';
import { quietLibrary } from '../telemetry/log.js';
import type { TraceSettings } from '../telemetry/trace-settings.js';
import type { Tracing } from '../telemetry/tracing.js';
import type { HealthSocket } from './health-socket.js';
import { type CompleteOptions, completeOptions, type ServerOptions, type WorkersOptions } from './options.js';
import type { Recording, RecordOptions } from './recording.js';
import { createServer, type RunningServer } from './server.js';

export interface RunOptions extends ServerOptions {
  /** Where /metrics, /healthz and /readyz are answered. */
  readonly metrics?: MetricsOptions | undefined;
  readonly workers?: WorkersOptions | undefined;
  /** Where `iris health` of this machine asks, as `healthSocketPath` takes it. */
  readonly healthSocket?: string | undefined;
  readonly record?: RecordOptions | undefined;
  readonly tracing?: TraceSettings | undefined;
}

export interface MetricsOptions {
  /** Default: the server's; for `unix:`, this machine only. */
  readonly host?: string | undefined;
  /** 0: any free one. */
  readonly port: number;
}

/**
 * Runs a server until a signal ends it: SIGTERM or SIGINT drains, a second one forces, SIGHUP reloads the model.
 *
 * @param signals emits the signals: the process
 */
export async function runServer(
  { healthSocket, metrics, record, tracing: traces, workers, ...options }: RunOptions,
  signals: EventEmitter = process,
): Promise<void> {
  // The first process of a container has no default handlers: listen before the model is loaded.
  const listener = listenForSignals(signals);
  fitHeapToMessages();
  let endpoint: MetricsEndpoint | undefined;
  let health: HealthSocket | undefined;
  let recording: Recording | undefined;
  let tracing: Tracing | undefined;
  try {
    const complete = await withReachableHost(completeOptions({ ...options, signal: listener.starting }));
    logConfiguration(complete, { metrics, healthSocket, record, tracing: traces, workers: workers?.count ?? 1 });
    endpoint = metrics && (await openEndpoint(complete, metrics));
    health = healthSocket === undefined ? undefined : await openHealthSocket(complete, healthSocket);
    recording = record && (await openRecord(record, complete));
    // Workers have spans of their own.
    const single = (workers?.count ?? 1) === 1;
    tracing = traces && single ? await openTraces(traces, complete) : undefined;
    const observed = tracing ? { ...complete, observers: [...complete.observers, tracing.observer] } : complete;
    const server = await listener.untilStarted(start(observed, { workers, endpoint, recording, traces }));
    if (!server) return complete.log.info('stopped');
    health?.observe(server);
    logReady(complete, server, endpoint);
    await listener.untilStopped(server);
  } finally {
    await tracing?.close();
    await recording?.close();
    endpoint?.close();
    health?.close();
    listener.close();
  }
}

async function withReachableHost(options: CompleteOptions): Promise<CompleteOptions> {
  const host = await reachableHost(options.host);
  if (host !== options.host) options.log.info({ host }, 'this system has no IPv6: listening on IPv4');
  return { ...options, host };
}

function logConfiguration(options: CompleteOptions, ofRun: object): void {
  const { contract, log, model, instrument, observers, onReload, signal, verifyKeys, ...logged } = options;
  quietLibrary(log);
  const keys = verifyKeys && { verifyKeys: verifyKeys.map(shownKeyId) };
  const typed = contract === undefined ? {} : { contract: serviceOf(parseContract(contract, 'contract')) };
  log.info({ file: fileOf(model), ...logged, ...keys, ...typed, ...ofRun }, 'configuration');
}

function logReady(
  { host, log, model: source, models, tls }: CompleteOptions,
  server: RunningServer,
  endpoint: MetricsEndpoint | undefined,
): void {
  const { address, httpPort, port } = server;
  if (!tls && !isLocal(host)) log.warn({ host }, 'anyone who reaches this address can call and read the calls: no TLS');
  // Milliseconds since the process began.
  const readyMs = Math.round(performance.now());
  const where = { address, port, httpPort, metrics: endpoint?.address };
  if (models) {
    log.info({ ...where, folder: models.folder, versions: server.served.length, readyMs }, 'ready');
    return;
  }
  const { model, name } = server.current;
  log.info({ ...where, model: name, version: model.version, file: fileOf(source), readyMs }, 'ready');
}

function fileOf(source: CompleteOptions['model']): string | undefined {
  return typeof source === 'string' ? shownLocation(source) : undefined;
}

/** Bound before the model is read: a probe learns that the server is not ready yet. */
async function openEndpoint(
  { allowedHosts, host, log }: CompleteOptions,
  metrics: MetricsOptions,
): Promise<MetricsEndpoint> {
  const { MetricsEndpoint } = await import('../http/metrics-endpoint.js');
  const own = metrics.host === undefined ? undefined : await reachableHost(parseHost(metrics.host));
  if (own !== undefined && isUnix(own))
    throw badOption('metrics.host', 'a name or an address', own, { found: quote(own) });
  const address = { host: own ?? (isUnix(host) ? '127.0.0.1' : host), port: metrics.port };
  return MetricsEndpoint.open(address, log, allowedHosts);
}

async function openHealthSocket({ log, models, name }: CompleteOptions, socket: string): Promise<HealthSocket> {
  const { HealthSocket } = await import('./health-socket.js');
  return HealthSocket.open(socket, models ? undefined : name, log);
}

async function openRecord(record: RecordOptions, options: CompleteOptions): Promise<Recording> {
  const { openRecording } = await import('./recording.js');
  return openRecording(record, options);
}

async function openTraces(traces: TraceSettings, { log }: CompleteOptions): Promise<Tracing> {
  const { openTracing } = await import('../telemetry/tracing.js');
  return openTracing(traces, log);
}

/** What a server has beside its options. */
interface Attached {
  readonly workers: WorkersOptions | undefined;
  readonly endpoint: MetricsEndpoint | undefined;
  readonly recording: Recording | undefined;
  readonly traces: TraceSettings | undefined;
}

/** Loads only the modules that this server needs. */
async function start(
  options: CompleteOptions,
  { endpoint, recording, traces, workers }: Attached,
): Promise<RunningServer> {
  if (workers && workers.count > 1) {
    const { startWorkers } = await import('./workers/start-workers.js');
    const server = await startWorkers(options, workers, { counts: endpoint !== undefined, recording, traces });
    endpoint?.observe(server);
    return server;
  }
  const recorder = recording?.recorder;
  if (!endpoint) return createServer(recorder ? recorder.observe(options) : options);
  const { createObservedServer } = await import('./observed-server.js');
  const server = await createObservedServer(options, recorder);
  endpoint.observe(server);
  return server;
}

function listenForSignals(signals: EventEmitter) {
  let server: RunningServer | undefined;
  let stops = 0;
  const starting = new AbortController();
  let stopped = () => {};
  let stoppedEarly = () => {};
  const early = new Promise<undefined>((resolve) => {
    stoppedEarly = () => resolve(undefined);
  });
  const end = new Promise<void>((resolve) => {
    stopped = resolve;
  });
  const stop = () => {
    if (server && stops > 0) void (stops > 1 ? server.forceClose() : server.close()).then(stopped);
  };
  const onStop = () => {
    stops++;
    stoppedEarly();
    if (!server) starting.abort();
    stop();
  };
  const onReload = () => void server?.reload();
  // By default SIGUSR2 ends the process, and SIGUSR1 opens Node's debugger.
  const ignore = () => {};
  signals.on('SIGTERM', onStop).on('SIGINT', onStop).on('SIGHUP', onReload).on('SIGUSR1', ignore).on('SIGUSR2', ignore);
  return {
    /** Aborted by a signal to stop. */
    starting: starting.signal,
    /** Resolves to undefined when a signal comes first: a start may take long, for example on a pipe without a writer. */
    async untilStarted(server: Promise<RunningServer>): Promise<RunningServer | undefined> {
      const started = await Promise.race([server, early]);
      if (!started) void server.then((late) => late.forceClose()).catch(() => {});
      return started;
    },
    untilStopped(running: RunningServer): Promise<void> {
      server = running;
      stop();
      return end;
    },
    close: () => {
      signals.off('SIGTERM', onStop).off('SIGINT', onStop).off('SIGHUP', onReload);
      signals.off('SIGUSR1', ignore).off('SIGUSR2', ignore);
    },
  };
}
