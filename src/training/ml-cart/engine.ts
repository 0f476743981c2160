import { type Dataset, rowInWords } from '../../data/dataset.js';
import { UsageError } from '../../ground/errors.js';
import { packageFile } from '../../ground/package-files.js';
import { nameInWords } from '../../ground/quote.js';
import { runTask } from '../../threads/task.js';
import type { Tree } from '../../tree/tree.js';
import { classCounts } from '../class-weights.js';
import { gatherRows } from '../gather-rows.js';
import type { TrainingParameters } from '../parameters.js';
import type { Trainer } from '../trainer.js';
import { fitPackage } from './fit.js';

/** How the engine uses its thread. It does not affect the tree. */
export interface MlCartOptions {
  /** A fit expected to take at least this many seconds runs on its own thread, so that it can be stopped. */
  readonly threadFrom?: number;
  /** The script that the thread runs. */
  readonly workerScript?: URL;
}

/**
 * The npm package ml-cart behind the interface of our own engine. `minSamplesSplit` is its minNumSamples (a node with
 * at most that many rows is a leaf), `minImpurityDecrease` its gainThreshold (a node whose gain, not scaled by its
 * share of the rows, is at most that is a leaf), `maxDepth` is its maxDepth.
 */
export function createMlCartTrainer({ threadFrom = 0.2, workerScript }: MlCartOptions = {}): Trainer {
  return {
    engine: 'ml-cart/2.1.1',

    async fit(dataset, rows, parameters, classWeights, { signal } = {}): Promise<Tree> {
      refuseTheImpossible(dataset, rows, parameters, classWeights);
      signal?.throwIfAborted();
      // The package's tree depends on the order of the rows, so they are sorted into table order.
      const ordered = rows.slice().sort();
      const job = {
        parameters,
        rows: {
          values: gatherRows(dataset, ordered),
          labels: Array.from(ordered, (row) => dataset.labels[row]),
          featureCount: dataset.features.length,
          classCount: dataset.classes.length,
        },
      };
      if (expectSeconds(dataset, rows) < threadFrom) return fitPackage(job);
      const script = workerScript ?? packageFile('training/ml-cart/worker.js');
      return runTask(script, { name: 'the training thread', data: job }, signal);
    },
  };
}

export const mlCartTrainer: Trainer = createMlCartTrainer();

function refuseTheImpossible(
  dataset: Dataset,
  rows: Uint32Array,
  parameters: TrainingParameters,
  classWeights: Float64Array | null,
): void {
  refuse(parameters.criterion !== 'gini', 'criterion', 'gini, the only criterion it has', parameters.criterion);
  refuse(parameters.minSamplesLeaf !== 1, 'minSamplesLeaf', '1: it has no such bound', parameters.minSamplesLeaf);
  refuse(parameters.maxLeafNodes !== null, 'maxLeafNodes', 'none: it has no such bound', parameters.maxLeafNodes);
  refuse(classWeights !== null, 'classWeight', 'none: it has no weights', classWeights?.join(', '));
  refuse(parameters.ccpAlpha !== 0, 'ccpAlpha', '0: it does not prune', parameters.ccpAlpha);
  for (const { kind, name, values } of dataset.features) {
    refuse(kind !== 'number', `feature ${nameInWords(name)}`, 'numbers, all it can split', 'categories');
    const missing = rows.find((row) => Number.isNaN(values[row]));
    refuse(
      missing !== undefined,
      `feature ${nameInWords(name)}`,
      'a number in every row',
      `none at ${rowInWords(dataset, missing ?? 0)}`,
    );
  }
}

function refuse(impossible: boolean, what: string, expected: string, found: unknown): void {
  if (impossible) throw new UsageError(`engine ml-cart: ${what}: expected ${expected}; found ${String(found)}`);
}

/** A warning if the fit is expected to take over a minute. */
export function warnOfSlowFit(dataset: Dataset, rows: Uint32Array): string[] {
  const seconds = expectSeconds(dataset, rows);
  if (seconds <= 60) return [];
  return [
    `engine ml-cart: fitting ${rows.length} rows of ${dataset.features.length} features is expected to take about ` +
      `${describeDuration(seconds)}, growing with the square of the rows; the engine cart takes seconds`,
  ];
}

/**
 * The package partitions the labels anew at every candidate split of the root (one wherever neighbouring labels
 * differ) and searches for the first row of each row's class. The two times, in ns, are measured; the estimate is
 * within a factor of two from 500 to 5000 rows, in any row order.
 */
function expectSeconds(dataset: Dataset, rows: Uint32Array): number {
  const ordered = rows.slice().sort();
  const first = new Map<number, number>();
  let lookups = 0;
  ordered.forEach((row, i) => {
    const label = dataset.labels[row];
    if (!first.has(label)) first.set(label, i);
    lookups += first.get(label)!;
  });
  const n = rows.length;
  const sameClass = classCounts(dataset, rows).reduce((sum, count) => sum + (count / n) * (count / n), 0);
  const candidates = dataset.features.length * n * (1 - sameClass);
  return candidates * (n * 80 + lookups * 2.8) * 1e-9;
}

function describeDuration(seconds: number): string {
  const minutes = seconds / 60;
  if (minutes < 120) return `${Math.round(minutes)} min`;
  return minutes < 60 * 48 ? `${Math.round(minutes / 60)} h` : `${Math.round(minutes / 1440)} days`;
}
