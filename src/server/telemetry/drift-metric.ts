import type { Model } from '../../model/model.js';
import type { ServedModel } from '../models/served-model.js';
import type { LeafRows } from './counts.js';
import { DriftCells } from './drift-cells.js';
import { DriftMonitor } from './drift-evidence.js';
import type { Metric } from './metrics.js';

/** Features and leaves that have series, of all models together. */
const MOST_SERIES = 1000;

/** The evidence of drift of the models that are served. One that is loaded again begins again. */
export class DriftMonitors {
  readonly #monitors = new WeakMap<Model, DriftMonitor>();

  /** @param leaves of each of the models */
  metric(served: readonly ServedModel[], leaves: readonly LeafRows[]): Metric {
    let series = 0;
    const values = leaves.flatMap(({ cells, version }, index) => {
      const { model, name } = served[index];
      // Empty where a model keeps no histograms, or before a worker has told.
      if (cells.length === 0 || series >= MOST_SERIES) return [];
      const read = this.#of(model).read(cells);
      series += read.length;
      return read.map(({ name: feature, value }) => ({ labels: { model: name, version, feature }, value }));
    });
    return {
      name: 'iris_drift_evidence',
      help: 'Evidence that rows are distributed otherwise than in training: without drift it ever reaches x with probability 10^-x at most.',
      type: 'gauge',
      values: values.slice(0, MOST_SERIES),
    };
  }

  #of(model: Model): DriftMonitor {
    let monitor = this.#monitors.get(model);
    if (!monitor) {
      monitor = new DriftMonitor(new DriftCells(model).trained);
      this.#monitors.set(model, monitor);
    }
    return monitor;
  }
}
