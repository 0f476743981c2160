import cluster from 'node:cluster';
import { fileURLToPath } from 'node:url';
import type { Observed } from '../../http/metrics-endpoint.js';
import { type ModelControl, NO_PROMOTIONS } from '../../models/served-models.js';
import { describeAddress, makeRoom } from '../../net/listen.js';
import { addLeaves } from '../../telemetry/counts.js';
import { DriftMonitors } from '../../telemetry/drift-metric.js';
import { droppedLogLines, type LogLevel, logOutput } from '../../telemetry/log.js';
import {
  countMetrics,
  MOST_VERSIONS,
  modelMetrics,
  promotionMetrics,
  type ReloadCounts,
  repositoryMetrics,
  rowsOfModels,
  workerMetrics,
} from '../../telemetry/metrics.js';
import type { TraceSettings } from '../../telemetry/trace-settings.js';
import { type LiveModels, openModels } from '../open-models.js';
import type { CompleteOptions, WorkersOptions } from '../options.js';
import type { Recording } from '../recording.js';
import type { RunningServer } from '../server.js';
import type { ControlAction, Ports, SentOptions } from './messages.js';
import { ModelSender } from './model-sender.js';
import { WorkerPool } from './worker-pool.js';

/** What workers do beside answering. */
export interface WorkerDuties {
  /** Whether someone will ask for metrics. */
  readonly counts: boolean;
  /** What they send their lines to. */
  readonly recording: Pick<Recording, 'file' | 'share'> | undefined;
  readonly traces: TraceSettings | undefined;
}

/**
 * A server of several processes. This one reads the model, now and at each reload, and sends it to the workers, so that
 * all have the same, replacements included. The workers share the ports and answer.
 *
 * @throws as `createServer` does
 */
export async function startWorkers(
  options: CompleteOptions,
  workers: WorkersOptions,
  { counts, recording, traces }: WorkerDuties,
): Promise<RunningServer & Observed> {
  const { host, log } = options;
  const reloads = { reloaded: 0, failed: 0 };
  const counted: CompleteOptions = {
    ...options,
    // Workers ask the second versions: they have the calls.
    models: options.models && { ...options.models, shadow: undefined },
    onReload: (outcome) => {
      if (outcome !== 'unchanged') reloads[outcome]++;
      options.onReload(outcome);
    },
  };
  const live = await openModels(counted);
  const sender = new ModelSender(live, (delivery) => pool?.deliver(delivery));
  // Workers do it too, but would take the socket of the first one for a dead one.
  await makeRoom(host);
  cluster.schedulingPolicy = cluster.SCHED_RR;
  cluster.setupPrimary({
    exec: fileURLToPath(workers.entry),
    args: [],
    execArgv: [...process.execArgv, ...withoutInspector()],
    serialization: 'advanced',
    // This process alone writes the log: children that have its stderr would make it blocking again.
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let pool: WorkerPool | undefined;
  pool = await WorkerPool.open({
    count: workers.count,
    graceMs: options.graceMs,
    log,
    writeLines: (lines) => logOutput().write(lines),
    record: async (lines) => recording?.file.write(lines),
    models: () => sender.all(),
    onControl: async (action) => {
      await carryOut(action, live.control);
      await pool?.untilAdopted();
    },
    start: (worker, ports) => ({
      type: 'start',
      worker,
      options: sentOptions(options, ports),
      logLevel: log.level as LogLevel,
      counts,
      recordShare: recording?.share,
      traces,
    }),
  });
  if (options.watch || options.models) live.watch();
  return running(pool, live, options, counts ? await metricsOf(pool, live, options, reloads) : async () => '');
}

function carryOut(action: ControlAction, control: ModelControl): Promise<void> {
  if (action.do === 'discover') return control.discover();
  return action.do === 'promote' ? control.promote(action.name, action.version) : control[action.do](action.name);
}

/** Keeps SIGUSR1 from opening the inspector, also before a worker listens to signals; Node 20 lacks the flag. */
function withoutInspector(): readonly string[] {
  const flag = '--disable-sigusr1';
  return process.allowedNodeEnvironmentFlags.has(flag) ? [flag] : [];
}

function sentOptions(complete: CompleteOptions, ports: Ports | undefined): SentOptions {
  const { http, instrument, log, model, observers, onReload, signal, verifyKeys, watch, ...sent } = complete;
  const port = ports?.port ?? sent.port;
  const { site, ...connections } = http ?? { port: 0 };
  return { ...sent, port, http: http && { ...connections, port: ports?.httpPort ?? http.port } };
}

async function metricsOf(
  pool: WorkerPool,
  live: LiveModels,
  { models: several }: CompleteOptions,
  reloads: ReloadCounts,
): Promise<Observed['metrics']> {
  const { watchProcess, writeMetrics } = await import('../../telemetry/prometheus.js');
  const readProcess = watchProcess({ worker: 'primary' });
  const drift = new DriftMonitors();
  return async () => {
    const { counts, leaves, processes } = await pool.report();
    const { fileRefused, models } = live;
    const { served } = models;
    const outcomes = { ...reloads, fileRefused };
    const sums = served.slice(0, MOST_VERSIONS).map((one) => addLeaves(leaves, one));
    const ofModels = several
      ? [
          ...repositoryMetrics(models.index(), served, sums, outcomes),
          rowsOfModels(counts.models),
          ...promotionMetrics(live.promotions ?? NO_PROMOTIONS, models.index(), counts.shadows ?? []),
        ]
      : modelMetrics(served[0], sums[0], outcomes);
    return writeMetrics([
      ...countMetrics({ ...counts, droppedLogLines: counts.droppedLogLines + droppedLogLines() }),
      ...ofModels,
      drift.metric(served, sums),
      ...workerMetrics(pool),
      ...processes,
      ...(await readProcess()),
    ]);
  };
}

function running(
  pool: WorkerPool,
  live: LiveModels,
  { host, log }: CompleteOptions,
  metrics: Observed['metrics'],
): RunningServer & Observed {
  let closing: Promise<void> | undefined;
  const shutDown = async () => {
    live.close();
    await pool.close();
    log.info('stopped');
  };
  const close = () => {
    closing ??= shutDown();
    return closing;
  };
  return {
    ...pool.ports,
    address: describeAddress({ host, port: pool.ports.port }),
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
    /** Those that the workers told last. */
    get shadows() {
      return pool.shadows;
    },
    get ready() {
      return closing === undefined && pool.ready > 0;
    },
    reload: () => live.reload(),
    metrics,
    close,
    forceClose: () => {
      void pool.forceClose();
      return close();
    },
  };
}
