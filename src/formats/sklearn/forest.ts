import { refuseValue } from '../foreign-value.js';
import { PoolBuilder } from '../pool-builder.js';
import type { Estimator, EstimatorModel } from './estimator.js';
import type { SkopsObject } from './skops.js';
import { sklearnTree } from './tree.js';

/** Values are rounded to 32 bits, thresholds are not; shares are added in the order of the trees. */
export function readForest({ classCount, featureCount, object }: Estimator): EstimatorModel {
  return forestOf(
    object.nodes('estimators_').map((node) => node.object()),
    classCount,
    featureCount,
  );
}

export function readTreeAsForest({ classCount, featureCount, object }: Estimator): EstimatorModel {
  return forestOf([object], classCount, featureCount);
}

function forestOf(estimators: readonly SkopsObject[], classCount: number, featureCount: number): EstimatorModel {
  if (estimators.length === 0) refuseValue('estimators_', 'at least one tree', estimators);
  const pool = new PoolBuilder({ outputs: classCount, categoryCounts: new Array<number>(featureCount).fill(0) });
  for (const estimator of estimators)
    pool.add(sklearnTree(estimator, { output: null, outputs: classCount, weight: 1 }));
  return {
    kind: 'forest',
    takesMissing: true,
    ensemble: {
      trees: pool.pool(),
      arithmetic: { input: 'float32', split: '<=', sum: 'float64', zero: 0 },
      combine: { by: 'mean', base: null, outputs: classCount, link: 'none', scale: 1, function: 'float64/1' },
    },
  };
}
