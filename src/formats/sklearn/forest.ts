import { refuseValue } from '../foreign-value.js';
import { PoolBuilder } from '../pool-builder.js';
import type { Estimator, EstimatorModel } from './estimator.js';
import type { SkopsObject } from './skops.js';
import { sklearnTree } from './tree.js';

/** The first version 1.x in which an estimator takes missing values. */
const MISSING_SINCE: Readonly<Record<string, number>> = {
  DecisionTreeClassifier: 3,
  RandomForestClassifier: 4,
  ExtraTreeClassifier: 6,
  ExtraTreesClassifier: 6,
};

/** Values are rounded to 32 bits, thresholds are not; shares are added in the order of the trees. */
export function readForest(estimator: Estimator): EstimatorModel {
  const trees = estimator.object.nodes('estimators_').map((node) => node.object());
  return forestOf(trees, estimator);
}

export function readTreeAsForest(estimator: Estimator): EstimatorModel {
  return forestOf([estimator.object], estimator);
}

function forestOf(
  estimators: readonly SkopsObject[],
  { classCount, featureCount, object, version }: Estimator,
): EstimatorModel {
  if (estimators.length === 0) refuseValue('estimators_', 'at least one tree', estimators);
  const pool = new PoolBuilder({ outputs: classCount, categoryCounts: new Array<number>(featureCount).fill(0) });
  for (const estimator of estimators)
    pool.add(sklearnTree(estimator, { output: null, outputs: classCount, weight: 1 }));
  return {
    kind: 'forest',
    takesMissing: takesMissing(object.className, version),
    ensemble: {
      trees: pool.pool(),
      arithmetic: { input: 'float32', split: '<=', sum: 'float64', zero: 0 },
      combine: { by: 'mean', base: null, outputs: classCount, link: 'none', scale: 1, function: 'float64/1' },
    },
  };
}

function takesMissing(className: string, version: string): boolean {
  const [major, minor] = version.split('.').map(Number);
  return major > 1 || minor >= MISSING_SINCE[className];
}
