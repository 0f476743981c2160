import { AggregatorRegistry, collectDefaultMetrics, Registry } from 'prom-client';
import type { Metric } from './metrics.js';

/** The only module that loads prom-client: it is imported where metrics are asked for. */

/** Gauges with the name of a counter; each is the sum of one that stays, by type. */
const misnamed = ['nodejs_active_handles_total', 'nodejs_active_requests_total', 'nodejs_active_resources_total'];

/**
 * Begins to watch this process: processor, memory, event loop, garbage collector.
 *
 * @param labels of every value
 * @returns what reads the values
 */
export function watchProcess(labels: Readonly<Record<string, string>> = {}): () => Promise<Metric[]> {
  const register = new Registry();
  collectDefaultMetrics({ register, labels });
  for (const name of misnamed) register.removeSingleMetric(name);
  return () => register.getMetricsAsJSON() as unknown as Promise<Metric[]>;
}

/** Prometheus' text format. A metric may come in several parts, whose labels differ. */
export function writeMetrics(metrics: readonly Metric[]): Promise<string> {
  const unsummed = metrics.map((metric) => ({ ...metric, aggregator: 'first' }));
  return AggregatorRegistry.aggregate([unsummed]).metrics();
}
