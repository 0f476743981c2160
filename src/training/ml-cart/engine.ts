import { type Dataset, rowInWords } from '../../data/dataset.js';
import { UsageError } from '../../ground/errors.js';
import { checkOptions } from '../../ground/options.js';
import { threadScript } from '../../ground/package-files.js';
import { expectThat } from '../../ground/parameter-table.js';
import { nameInWords } from '../../ground/quote.js';
import { checkHyperParameters } from '../../model/hyper-parameters.js';
import { runTask } from '../../threads/task.js';
import { canRunThread } from '../../threads/thread.js';
import type { Tree } from '../../tree/tree.js';
import { classCounts } from '../class-weights.js';
import { gatherRows } from '../gather-rows.js';
import { requireHonoured } from '../honoured.js';
import { orderByHash } from '../order-by-hash.js';
import { fitTable, type TreeTrainer } from '../trainer.js';
import { fitPackage } from './fit.js';

/** How the engine uses its thread. It does not affect the tree. */
export interface MlCartOptions {
  /** A fit expected to take at least this many seconds runs on its own thread, so that it can be stopped. */
  readonly threadFrom?: number;
  /** The script that the thread runs. */
  readonly workerScript?: URL;
}

type Version = Pick<TreeTrainer, 'engine' | 'dependsOnOrder'>;

/** The package's version, and how often the way in which it is used has changed since. */
const VERSION: Version = { engine: 'ml-cart/2.1.1.1' };
const IN_TABLE_ORDER: Version = { engine: 'ml-cart/2.1.1', dependsOnOrder: true };

/**
 * The npm package ml-cart behind the interface of our own engine. `minSamplesSplit` is its minNumSamples (a node with
 * at most that many rows is a leaf), `minImpurityDecrease` its gainThreshold (a node whose gain, not scaled by its
 * share of the rows, is at most that is a leaf), `maxDepth` is its maxDepth.
 */
export function createMlCartTrainer(
  { threadFrom = 0.2, workerScript }: MlCartOptions = {},
  version = VERSION,
): TreeTrainer {
  const spec = { ...version, grows: 'tree', honours: ['maxDepth', 'minSamplesSplit', 'minImpurityDecrease'] } as const;
  return {
    ...spec,
    async fit(dataset, rows, parameters, classWeights, options = {}): Promise<Tree> {
      checkOptions(options, fitTable);
      checkHyperParameters(parameters);
      const { signal } = options;
      requireHonoured(spec, parameters);
      expectThat('classWeights', classWeights === null, 'null, as the engine ml-cart has no weights', classWeights);
      refuseColumns(dataset, rows);
      signal?.throwIfAborted();
      const ordered = version.dependsOnOrder ? rows.slice().sort() : await orderByHash(dataset, rows, options);
      const labels = Array.from(ordered, (row) => dataset.labels[row]);
      const job = {
        parameters,
        rows: {
          values: gatherRows(dataset, ordered),
          labels,
          featureCount: dataset.features.length,
          classCount: dataset.classes.length,
        },
      };
      const script = workerScript ?? threadScript('training/ml-cart/worker.js');
      const seconds = expectSeconds(dataset, rows, countLookups(labels));
      if (seconds < threadFrom || !canRunThread(script)) return fitPackage(job);
      return runTask(script, { name: 'the training thread', data: job }, signal);
    },
  };
}

export const mlCartTrainer: TreeTrainer = createMlCartTrainer();
/** Of earlier models. */
export const mlCartInTableOrder: TreeTrainer = createMlCartTrainer({}, IN_TABLE_ORDER);

/** @throws UsageError for a column that the package cannot split */
function refuseColumns(dataset: Dataset, rows: Uint32Array): void {
  dataset.features.forEach(({ kind, name, values }) => {
    if (kind !== 'number') throw columnError(name, 'numbers, all it can split; found categories', 'splits categories');
    const gap = rows.find((row) => Number.isNaN(values[row]));
    if (gap === undefined) return;
    const found = `a number in every row; found none at ${rowInWords(dataset, gap)}`;
    throw columnError(name, found, 'takes missing values');
  });
}

function columnError(name: string, expectedAndFound: string, effect: string): UsageError {
  const advice = { option: 'engine', value: 'cart', effect };
  return new UsageError(`engine ml-cart: feature ${nameInWords(name)}: expected ${expectedAndFound}`, { advice });
}

/** A warning if the fit is expected to take over a minute. */
export function warnOfSlowFit(dataset: Dataset, rows: Uint32Array): string[] {
  // In a random order the first of m rows of a class is row n / (m + 1), on average.
  const seconds = expectSeconds(dataset, rows, rows.length * dataset.classes.length);
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
 *
 * @param lookups rows that are passed on all those searches
 */
function expectSeconds(dataset: Dataset, rows: Uint32Array, lookups: number): number {
  const n = rows.length;
  const sameClass = classCounts(dataset, rows).reduce((sum, count) => sum + (count / n) * (count / n), 0);
  const candidates = dataset.features.length * n * (1 - sameClass);
  return candidates * (n * 80 + lookups * 2.8) * 1e-9;
}

function countLookups(labels: readonly number[]): number {
  const first = new Map<number, number>();
  let lookups = 0;
  labels.forEach((label, i) => {
    if (!first.has(label)) first.set(label, i);
    lookups += first.get(label)!;
  });
  return lookups;
}

function describeDuration(seconds: number): string {
  const minutes = seconds / 60;
  if (minutes < 120) return `${Math.round(minutes)} min`;
  return minutes < 60 * 48 ? `${Math.round(minutes / 60)} h` : `${Math.round(minutes / 1440)} days`;
}
