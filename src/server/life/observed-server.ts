import type { Observed } from '../http/metrics-endpoint.js';
import { ServerCounts } from '../telemetry/counts.js';
import { DriftMonitors } from '../telemetry/drift-metric.js';
import {
  countMetrics,
  MOST_VERSIONS,
  modelMetrics,
  promotionMetrics,
  repositoryMetrics,
  rowsOfModels,
} from '../telemetry/metrics.js';
import type { Recorder } from '../telemetry/recorder.js';
import type { ServerOptions } from './options.js';
import { createServer, type RunningServer } from './server.js';

/** Longer than the first answer takes, shorter than the first scrape. */
const SETTLE_MS = 1000;

/**
 * A server with metrics, all in this process.
 *
 * @throws as `createServer` does
 */
export async function createObservedServer(
  options: ServerOptions,
  recorder?: Recorder,
): Promise<RunningServer & Observed> {
  const counts = new ServerCounts(recorder);
  const reloads = { reloaded: 0, failed: 0 };
  const drift = new DriftMonitors();
  const server = await createServer({
    ...counts.observe(options),
    onReload: (outcome) => {
      if (outcome !== 'unchanged') reloads[outcome]++;
      options.onReload?.(outcome);
    },
  });
  // Loading prom-client takes a tenth of the start time: the first callers do not wait for it.
  let opened: ReturnType<typeof openPrometheus> | undefined;
  const open = () => {
    opened ??= openPrometheus().catch((error) => {
      opened = undefined;
      throw error;
    });
    return opened;
  };
  // If it fails now, the next scrape tries again and reports the error.
  setTimeout(() => void open().catch(() => {}), SETTLE_MS).unref();
  const metrics = async () => {
    const { readProcess, writeMetrics } = await open();
    const { fileRefused, served } = server;
    const outcomes = { ...reloads, fileRefused };
    const leaves = served.slice(0, MOST_VERSIONS).map((one) => counts.leaves(one));
    const models = options.models
      ? [
          ...repositoryMetrics(server.models, served, leaves, outcomes),
          rowsOfModels(counts.read().models),
          ...promotionMetrics(server.promotions, server.models, server.shadows),
        ]
      : modelMetrics(server.current, leaves[0], outcomes);
    const ours = [...countMetrics(counts.read()), ...models, drift.metric(served, leaves)];
    return writeMetrics([...ours, ...(await readProcess())]);
  };
  return Object.assign(server, { metrics });
}

async function openPrometheus() {
  const { watchProcess, writeMetrics } = await import('../telemetry/prometheus.js');
  return { readProcess: watchProcess(), writeMetrics };
}
