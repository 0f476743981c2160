/** Our own random forest: `src/tree/grow/forest.ts`, on as many threads as are worthwhile. */
import { availableParallelism } from 'node:os';
import type { Dataset } from '../../data/dataset.js';
import { badOption } from '../../ground/errors.js';
import { checkOptions } from '../../ground/options.js';
import { checkHyperParameters, FOREST_PARAMETERS, type HyperParameters } from '../../model/hyper-parameters.js';
import { planForest } from '../../tree/grow/forest.js';
import { forestOf } from '../../tree/grow/forest-pool.js';
import { limitsOf } from '../../tree/grow/limits.js';
import { hasGap } from '../missing-values.js';
import { orderByHash } from '../order-by-hash.js';
import { createPace, inTurns } from '../pace.js';
import { type FitOptions, type ForestTrainer, fitTable, type GrownForest } from '../trainer.js';
import { type ForestThreads, growTrees } from './grow.js';
import { scoreOutOfBag } from './out-of-bag.js';

/** Approximate shares of all work. */
const PLAN_SHARE = 0.02;
const GROW_SHARE = 0.94;

export function createForestTrainer(threads: Omit<ForestThreads, 'jobs'> = {}): ForestTrainer {
  return {
    grows: 'forest',
    engine: 'forest/1',
    honours: FOREST_PARAMETERS,
    fit: (dataset, rows, parameters, classWeights, options = {}) =>
      fitForest(dataset, rows, { parameters, classWeights }, options, threads),
  };
}

export const forestTrainer: ForestTrainer = createForestTrainer();

/** How many features are drawn at a node. @throws UsageError where there are fewer */
export function maxFeaturesOf({ maxFeatures }: HyperParameters, { features }: Dataset): number {
  if (maxFeatures !== null && maxFeatures > features.length) {
    throw badOption('maxFeatures', `at most the number of features, ${features.length}`, maxFeatures);
  }
  return maxFeatures ?? Math.max(1, Math.floor(Math.sqrt(features.length)));
}

interface Asked {
  readonly parameters: HyperParameters;
  readonly classWeights: Float64Array | null;
}

async function fitForest(
  dataset: Dataset,
  rows: Uint32Array,
  { classWeights, parameters }: Asked,
  options: FitOptions,
  threads: Omit<ForestThreads, 'jobs'>,
): Promise<GrownForest> {
  checkOptions(options, fitTable);
  checkHyperParameters(parameters);
  const jobs = options.jobs ?? availableParallelism();
  const pace = createPace(options);
  const ordered = await orderByHash(dataset, rows, { ...options, jobs });
  const columns = dataset.features.map((column) => ({
    values: column.values,
    categoryCount: column.kind === 'category' ? column.categories.length : 0,
  }));
  const labels = Uint16Array.from(ordered, (row) => dataset.labels[row]);
  const classCount = dataset.classes.length;
  const objective = { criterion: parameters.criterion, weights: classWeights };
  const planning = planForest({ columns, rows: ordered, labels, classCount }, objective, limitsOf(parameters), {
    seed: parameters.seed,
    maxFeatures: maxFeaturesOf(parameters, dataset),
    takesMissing: dataset.features.map(hasGap),
    shared: jobs > 1,
  });
  const plan = await inTurns(planning, () => pace(0));
  const counters = new Int32Array(new SharedArrayBuffer(8));
  const task = { plan, treeCount: parameters.trees, counters };
  const trees = await growTrees(task, { ...threads, jobs }, (share) => pace(PLAN_SHARE + GROW_SHARE * share));
  const shape = {
    featureCount: columns.length,
    classCount,
    weights: classWeights,
    hasCategories: columns.some(({ categoryCount }) => categoryCount > 0),
  };
  const turn = () => pace(PLAN_SHARE + GROW_SHARE);
  const ensemble = await inTurns(forestOf(trees, shape), turn);
  return { ensemble, outOfBag: await inTurns(scoreOutOfBag(labels, ensemble, trees), turn) };
}
