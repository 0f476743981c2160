import type { ServerOptions } from '../options.js';
import { createServer, type RunningServer } from '../server.js';
import { ServerCounts } from './counts.js';
import { countMetrics, modelMetrics } from './metrics.js';
import type { Observed } from './metrics-endpoint.js';

/**
 * A server with metrics, all in this process.
 *
 * @throws as `createServer` does
 */
export async function createObservedServer(options: ServerOptions): Promise<RunningServer & Observed> {
  const counts = new ServerCounts();
  const reloads = { reloaded: 0, failed: 0 };
  const server = await createServer({
    ...counts.observe(options),
    onReload: (outcome) => {
      if (outcome !== 'unchanged') reloads[outcome]++;
      options.onReload?.(outcome);
    },
  });
  // Takes as long as the port: calls are answered meanwhile.
  const { watchProcess, writeMetrics } = await import('./prometheus.js');
  const readProcess = watchProcess();
  const metrics = async () => {
    const { current } = server;
    const ours = [...countMetrics(counts.read()), ...modelMetrics(current, counts.leaves(current), reloads)];
    return writeMetrics([...ours, ...(await readProcess())]);
  };
  return Object.assign(server, { metrics });
}
