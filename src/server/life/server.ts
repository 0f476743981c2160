import { readFileSync } from 'node:fs';
import { Server, ServerCredentials, status } from '@grpc/grpc-js';
import type { Logger } from 'pino';
import { serviceOf } from '../../contract/contract.js';
import { parseContract } from '../../contract/proto-text.js';
import { packageFile } from '../../ground/package-files.js';
import { serviceNames } from '../../protocol/services.js';
import type { CallContext } from '../calls/call-context.js';
import { loggedIds } from '../calls/caller-ids.js';
import { SharedLimits } from '../calls/connection-share.js';
import { CallGate, openGate } from '../calls/gate.js';
import { type CallObserver, OpenCalls, type Watch } from '../calls/observer.js';
import type { ReportBug } from '../calls/status.js';

import { Connections } from '../grpc/connections.js';
import { type MethodOptions, registerStreams, unaryHandlers } from '../grpc/methods.js';
import { listeners, setMaxHeaderPairs } from '../grpc/seams.js';
import { answerUnaryCalls } from '../grpc/unary-calls.js';
import { watchCalls } from '../grpc/watched-call.js';
import type { HttpState } from '../http/app.js';
import type { HttpServer } from '../http/http-server.js';
import { httpMethods } from '../http/methods.js';
import type { ReloadOutcome } from '../models/holder.js';
import type { ServedModel } from '../models/served-model.js';
import { type ModelStatus, NO_PROMOTIONS, type Promotions } from '../models/served-models.js';
import type { ShadowCounts } from '../models/shadow-comparison.js';
import { CertificateFiles } from '../net/certificates.js';
import { describeAddress, isUnix, listen } from '../net/listen.js';
import { untilQuiet } from '../net/until-quiet.js';
import { contractService } from '../services/contract-service.js';
import { Health } from '../services/health-service.js';
import { inferenceService } from '../services/inference-service.js';
import { irisService } from '../services/iris-service.js';
import { notOfferedMethods } from '../services/not-offered.js';
import { reflectionService } from '../services/reflection-service.js';
import { drain } from './drain.js';
import { type LiveModels, openModels } from './open-models.js';
import { type CompleteOptions, completeOptions, type ServerOptions } from './options.js';

/**
 * More than a header block of 64 KiB, Node's limit, can have: RFC 9113 counts 32 bytes for each pair beside its text.
 * https://www.rfc-editor.org/rfc/rfc9113#section-6.5.2
 * Why: docs/decisions/metadata-are-bounded-by-bytes.md
 */
const MORE_PAIRS_THAN_FIT = 2048;

/** A server that answers. */
export interface RunningServer {
  /** The port that it has; 0 for a Unix socket. */
  readonly port: number;
  /** The port of the REST form; undefined where there is none. */
  readonly httpPort: number | undefined;
  /** As a client writes it. */
  readonly address: string;
  /**
   * What is served now; of several models the one that answers services whose requests name none.
   *
   * @throws where that one is not loaded
   */
  readonly current: ServedModel;
  /** Every version of every model that is served now. */
  readonly served: readonly ServedModel[];
  /** Every version of every model, those that are not served with the reason. */
  readonly models: readonly ModelStatus[];
  /** Whether the last reload refused a model's file: it is another one than the model that is served. */
  readonly fileRefused: boolean;
  /** How often calls changed which version answers, by model. */
  readonly promotions: Promotions;
  /** How second versions answer what callers ask the first ones. */
  readonly shadows: readonly ShadowCounts[];
  /** Whether calls are welcome: false while draining. */
  readonly ready: boolean;
  /** Reads what has changed of the models' files. A failure is logged and leaves all models as they are. Never rejects. */
  reload(): Promise<ReloadOutcome>;
  /** Drains and ends the server; a second call gets the first one's promise. Never rejects. */
  close(): Promise<void>;
  /** Ends the server now, also while it drains. */
  forceClose(): Promise<void>;
}

/**
 * Loads the model, then binds the port: every client that can connect gets answers.
 *
 * @throws UsageError, InputError, ArtifactError, UnavailableError
 */
export async function createServer(options: ServerOptions): Promise<RunningServer> {
  const complete = completeOptions(options);
  return serveModels(complete, await openModels(complete));
}

/** Binds the port, for models that are loaded. */
export async function serveModels(complete: CompleteOptions, live: LiveModels): Promise<RunningServer> {
  const { log } = complete;
  const parts = assemble(complete, live);
  const certificates = complete.tls && (await CertificateFiles.open(complete.tls, complete.certificateRefreshMs, log));
  const { connections } = parts;
  try {
    const credentials = certificates?.credentials() ?? ServerCredentials.createInsecure();
    const port = await listen(parts.server, complete, credentials);
    connections.watch(parts.server);
    for (const listener of listeners(parts.server).keys()) certificates?.refusedHandshakes.watch(listener);
    const http = await openHttp(complete, parts.http, certificates, port);
    if (complete.watch || complete.models) live.watch();
    return running({ ...parts, http }, complete, live, port, () => certificates?.close());
  } catch (error) {
    certificates?.close();
    connections.cut();
    throw error;
  }
}

/** The HTTP libraries are loaded only where HTTP is served. For a Unix socket the HTTP port is on the loopback address. */
async function openHttp(
  { allowedHosts, host, http }: CompleteOptions,
  state: HttpState,
  certificates: CertificateFiles | undefined,
  grpcPort: number,
): Promise<HttpServer | undefined> {
  if (http === undefined) return undefined;
  const { startHttp } = await import('../http/http-server.js');
  const [address, grpc] = isUnix(host) ? ['127.0.0.1', 'at a Unix socket'] : [host, `on port ${grpcPort}`];
  const connections = { allowedHosts, grpc, keepAliveMs: http.keepAliveMs };
  return startHttp(state, { host: address, port: http.port }, certificates, connections);
}

interface Parts {
  readonly server: Server;
  readonly connections: Connections;
  readonly gate: CallGate;
  readonly health: Health;
  readonly lifecycle: { ready: boolean };
  readonly openCalls: OpenCalls;
  /** What the REST form shares with gRPC. */
  readonly http: HttpState;
}

/** Those of a server that listens. */
interface RunningParts extends Omit<Parts, 'http'> {
  readonly http: HttpServer | undefined;
}

function assemble(options: CompleteOptions, { control, gatherStatistics, models }: LiveModels): Parts {
  const { log, maxMessageBytes } = options;
  const gate = new CallGate();
  const sharedLimits = new SharedLimits(options);
  const connections = new Connections(sharedLimits, options, log);
  const reportBug: ReportBug = (err, requestId, ids) =>
    log.error({ err, ...loggedIds(ids), requestId }, 'internal error');
  const work = { gate, reportBug };
  const probes: MethodOptions = { gate: openGate, reportBug };
  const contract = options.contract === undefined ? undefined : parseContract(options.contract, 'contract');
  const health = new Health(serviceNames(contract && serviceOf(contract)), models);
  const lifecycle = { ready: true };
  const openCalls = new OpenCalls();
  const observers = log.isLevelEnabled('debug') ? [...options.observers, debugObserver(log)] : options.observers;
  const current = (context: CallContext) => models.current(context);
  const state = {
    models,
    control,
    gatherStatistics,
    isReady: () => lifecycle.ready,
    limits: options,
    version: packageVersion(),
  };
  const methods = [
    ...irisService(current, work, options),
    ...(contract ? contractService(contract, current, work, options) : []),
    ...inferenceService(state, work, probes),
    ...health.methods(probes),
    ...(options.reflection ? reflectionService(probes, contract) : []),
  ];
  const { clientTimeoutMs } = options;
  const { split, splitHeader } = options.models ?? {};
  const callerHeader = split === undefined ? undefined : splitHeader;
  const watch: Watch = { open: openCalls, observers, maxMessageBytes, clientTimeoutMs, callerHeader };
  const server = new Server({
    // It is not served, and costs 3 % of every call.
    // Why: docs/decisions/channelz-is-off.md
    'grpc.enable_channelz': 0,
    'grpc.max_receive_message_length': maxMessageBytes,
    'grpc.max_concurrent_streams': options.maxConcurrentStreams,
    // Keepalive and connection age are our own: the library's pings break connections that are closing.
    interceptors: [watchCalls(watch, connections)],
  });
  setMaxHeaderPairs(server, MORE_PAIRS_THAN_FIT);
  // Not registered with observers: each would be a dozen series in every scrape.
  answerUnaryCalls(server, unaryHandlers([...methods, ...notOfferedMethods(probes)]), watch, connections);
  registerStreams(server, methods);
  const observed = options.http === undefined ? methods : [...methods, ...httpMethods];
  for (const observer of observers) observer.onRegister?.(observed);
  const http = { ...state, gate, sharedLimits, reportBug, watch, site: options.http?.site };
  return { server, connections, gate, health, lifecycle, openCalls, http };
}

function running(
  { connections, gate, health, http, lifecycle, openCalls, server }: RunningParts,
  options: CompleteOptions,
  live: LiveModels,
  port: number,
  closeCertificates: () => void,
): RunningServer {
  const force = new AbortController();
  const shutDown = async (): Promise<void> => {
    const { drainDelayMs, graceMs, log } = options;
    await drain({
      finish: () => Promise.all([untilQuiet(() => openCalls.total, finishGrpc(server)), http?.finish()]),
      delayMs: drainDelayMs,
      graceMs,
      force: force.signal,
      announce: () => {
        log.info({ drainDelayMs, graceMs, calls: openCalls.total }, 'draining');
        lifecycle.ready = false;
        health.stopServing();
        live.close();
      },
      sendAway: () => connections.sendAway(),
      cut: () => {
        logCut(log, openCalls);
        connections.cutCalls();
      },
      refuse: () => {
        gate.close();
        health.releaseWatchers();
      },
    });
    connections.cut();
    http?.forceClose();
    closeCertificates();
    log.info('stopped');
  };
  let closing: Promise<void> | undefined;
  const close = () => {
    closing ??= shutDown();
    return closing;
  };
  return {
    port,
    httpPort: http?.port,
    address: describeAddress({ host: options.host, port }),
    get current() {
      return live.models.current();
    },
    get served() {
      return live.models.served;
    },
    get models() {
      return live.models.index();
    },
    get fileRefused() {
      return live.fileRefused;
    },
    get promotions() {
      return live.promotions ?? NO_PROMOTIONS;
    },
    get shadows() {
      return live.shadows?.counts ?? [];
    },
    get ready() {
      return lifecycle.ready;
    },
    reload: () => live.reload(),
    close,
    forceClose: () => {
      force.abort();
      return close();
    },
  };
}

function finishGrpc(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.tryShutdown((error) => (error ? reject(error) : resolve()));
  });
}

/** One log line for all calls that get no answer. */
function logCut(log: Logger, { byPath: paths, total: calls }: OpenCalls): void {
  if (calls > 0) log.warn({ calls, paths }, 'calls cut: they were not done when the server had to end');
}

function debugObserver(log: Logger): CallObserver {
  return {
    onEnd: ({ ids, path, peer, startedMs }, code) =>
      log.debug({ path, peer, code: status[code], ms: performance.now() - startedMs, ...loggedIds(ids) }, 'call'),
  };
}

/** The version of this package, from the package.json that is above src/ and above dist/. */
function packageVersion(): string {
  return JSON.parse(readFileSync(packageFile('../package.json'), 'utf8')).version;
}
