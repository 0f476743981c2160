import cluster from 'node:cluster';
import { fileURLToPath } from 'node:url';
import { badOption } from '../../../ground/errors.js';
import { packModel } from '../../../model/packed-model.js';
import type { Observed } from '../../http/metrics-endpoint.js';
import { loadModel, ModelHolder } from '../../models/holder.js';
import { describeAddress, makeRoom } from '../../net/listen.js';
import { addLeaves } from '../../telemetry/counts.js';
import { droppedLogLines, type LogLevel, logOutput } from '../../telemetry/log.js';
import { countMetrics, modelMetrics, type ReloadCounts, workerMetrics } from '../../telemetry/metrics.js';
import { modelSource } from '../open-models.js';
import type { CompleteOptions, WorkersOptions } from '../options.js';
import type { Recording } from '../recording.js';
import type { RunningServer } from '../server.js';
import type { Ports, SentOptions } from './messages.js';
import { WorkerPool } from './worker-pool.js';

/**
 * A server of several processes. This one reads the model, now and at each reload, and sends it to the workers, so that
 * all have the same, replacements included. The workers share the ports and answer.
 *
 * @param counts whether someone will ask for metrics
 * @param recording what workers send their lines to
 * @throws as `createServer` does
 */
export async function startWorkers(
  options: CompleteOptions,
  workers: WorkersOptions,
  counts: boolean,
  recording?: Pick<Recording, 'file' | 'share'>,
): Promise<RunningServer & Observed> {
  const { host, log } = options;
  const reloads = { reloaded: 0, failed: 0 };
  if (options.models) throw badOption('workers', '1 beside models', workers.count);
  const source = modelSource(options);
  const holder: ModelHolder = new ModelHolder(source, await loadModel(source), log, (outcome) => {
    if (outcome === 'unchanged') return;
    reloads[outcome]++;
    if (outcome === 'reloaded') pool.serve(packed());
  });
  const packed = () => packModel(holder.current.model);
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
  const pool = await WorkerPool.open({
    count: workers.count,
    graceMs: options.graceMs,
    log,
    writeLines: (lines) => logOutput().write(lines),
    record: async (lines) => recording?.file.write(lines),
    model: packed,
    start: (worker, ports) => ({
      type: 'start',
      worker,
      options: sentOptions(options, ports),
      logLevel: log.level as LogLevel,
      counts,
      recordShare: recording?.share,
    }),
  });
  if (options.watch) holder.watch();
  return running(pool, holder, options, counts ? await metricsOf(pool, holder, reloads) : async () => '');
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

async function metricsOf(pool: WorkerPool, holder: ModelHolder, reloads: ReloadCounts): Promise<Observed['metrics']> {
  const { watchProcess, writeMetrics } = await import('../../telemetry/prometheus.js');
  const readProcess = watchProcess({ worker: 'primary' });
  return async () => {
    const { counts, leaves, processes } = await pool.report();
    const { current, fileRefused } = holder;
    const model = modelMetrics(current, addLeaves(leaves, current), { ...reloads, fileRefused });
    return writeMetrics([
      ...countMetrics({ ...counts, droppedLogLines: counts.droppedLogLines + droppedLogLines() }),
      ...model,
      ...workerMetrics(pool),
      ...processes,
      ...(await readProcess()),
    ]);
  };
}

function running(
  pool: WorkerPool,
  holder: ModelHolder,
  { host, log }: CompleteOptions,
  metrics: Observed['metrics'],
): RunningServer & Observed {
  let closing: Promise<void> | undefined;
  const shutDown = async () => {
    holder.close();
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
      return holder.current;
    },
    get served() {
      return holder.models.served;
    },
    get models() {
      return holder.models.index();
    },
    get fileRefused() {
      return holder.fileRefused;
    },
    get ready() {
      return closing === undefined && pool.ready > 0;
    },
    reload: () => holder.reload(),
    metrics,
    close,
    forceClose: () => {
      void pool.forceClose();
      return close();
    },
  };
}
