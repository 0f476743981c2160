/** Growing a tree from columns in memory, in one call. */

import { DataError } from '../../ground/errors.js';
import { MAX_CATEGORIES, MAX_CLASSES, MAX_ROWS } from '../../ground/limits.js';
import { anObject, checkArgument, listOf, type OptionRange, requireKnownOptions } from '../../ground/options.js';
import { expectInTable, expectThat } from '../../ground/parameter-table.js';
import type { Tree } from '../tree.js';
import { finish } from '../turns.js';
import { isTerminal } from './grow.js';
import { defaultGrowth, type GrowthParameters, growthTable, limitsOf } from './limits.js';
import { createMember, perform } from './parallel.js';
import { addRoot, growRoot, planGrowth, releasePlan, type TrainingColumn, treeOf } from './training-rows.js';

export interface GrowOptions extends Partial<GrowthParameters> {
  /** Default: one more than the largest label. */
  readonly classCount?: number;
  /** One positive weight per class; default: every class weighs 1. */
  readonly classWeights?: ArrayLike<number> | null;
}

/**
 * Grows a CART tree as the engine `cart` does, on the caller's thread, and prunes nothing.
 *
 *     const tree = growTree([Float64Array.of(1, 2, 3, 4)], [0, 0, 1, 1], { maxDepth: 3 });
 *     predictLeaf(tree, Float64Array.of(2.5));
 *
 * @param columns one per feature, with a value per row: numbers, NaN where missing; or with a `categoryCount` above 0,
 *   indices below it
 * @param labels the class of each row, an integer from 0 on
 * @throws UsageError for an option out of its range
 * @throws DataError for columns and labels that are no table
 */
export function growTree(
  columns: readonly (Float64Array | TrainingColumn)[],
  labels: ArrayLike<number>,
  options: GrowOptions = {},
): Tree {
  checkArgument('columns', columns, listOf('columns', isObjectOrArray));
  checkArgument('labels', labels, arrayLike);
  checkArgument('options', options, anObject);
  requireKnownOptions(options, [...Object.keys(defaultGrowth), 'classCount', 'classWeights']);
  const parameters = { ...defaultGrowth, ...options };
  expectInTable(growthTable, parameters);
  const highest = checkLabels(labels, options.classCount ?? MAX_CLASSES);
  const { classCount = highest + 1, classWeights = null } = options;
  const training = {
    columns: columns.map((column) => (column instanceof Float64Array ? { values: column, categoryCount: 0 } : column)),
    rows: new Uint32Array(labels.length).map((_, row) => row),
    labels,
    classCount,
  };
  checkWeights(classWeights, classCount);
  if (columns.length === 0) throw new DataError('columns', 'columns: expected at least one, found none');
  training.columns.forEach((column, feature) => void checkColumn(column, feature, labels.length));
  const objective = { criterion: parameters.criterion, weights: classWeights && Float64Array.from(classWeights) };
  const plan = finish(planGrowth(training, objective, limitsOf(parameters), { members: 1 }));
  try {
    const member = createMember(plan);
    finish(perform(member, { kind: 'presort' }));
    const root = addRoot(member);
    if (!isTerminal(member.grower, root)) finish(growRoot(member, root));
    return finish(treeOf(member));
  } finally {
    releasePlan(plan);
  }
}

function checkWeights(weights: ArrayLike<number> | null, classCount: number): void {
  if (weights === null) return;
  expectThat('classWeights', weights.length === classCount, `${classCount} weights`, weights.length);
  for (let k = 0; k < classCount; k++) {
    const weight = weights[k];
    expectThat(`classWeights[${k}]`, weight > 0 && Number.isFinite(weight), 'a finite number above 0', weight);
  }
}

const isObjectOrArray = (value: unknown) => typeof value === 'object' && value !== null;

const arrayLike: OptionRange = {
  expected: 'an array of classes',
  takes: (value) => isObjectOrArray(value) && typeof (value as ArrayLike<number>).length === 'number',
};

/** @returns the highest label */
function checkLabels(labels: ArrayLike<number>, classCount: number): number {
  const isCount = Number.isInteger(classCount) && classCount >= 1 && classCount <= MAX_CLASSES;
  expectThat('classCount', isCount, `a whole number from 1 to ${MAX_CLASSES}`, classCount);
  if (labels.length === 0 || labels.length > MAX_ROWS) {
    throw new DataError(
      labels.length === 0 ? 'empty' : 'too-large',
      `labels: expected 1 to ${MAX_ROWS} rows, found ${labels.length}`,
    );
  }
  let highest = 0;
  for (let row = 0; row < labels.length; row++) {
    const label = labels[row];
    if (!Number.isInteger(label) || label < 0 || label >= classCount) {
      throw new DataError('cell', `labels[${row}]: expected an integer from 0 to ${classCount - 1}, found ${label}`);
    }
    highest = Math.max(highest, label);
  }
  return highest;
}

function checkColumn({ values, categoryCount }: TrainingColumn, feature: number, rowCount: number): void {
  const where = `columns[${feature}]`;
  if (values.length !== rowCount) {
    throw new DataError('columns', `${where}: expected ${rowCount} values, one per label, found ${values.length}`);
  }
  if (!Number.isInteger(categoryCount) || categoryCount < 0 || categoryCount > MAX_CATEGORIES) {
    throw new DataError('columns', `${where}: expected 0 to ${MAX_CATEGORIES} categories, found ${categoryCount}`);
  }
  for (let row = 0; row < rowCount; row++) {
    const value = values[row];
    if (Number.isNaN(value)) continue;
    if (categoryCount === 0 && Number.isFinite(value)) continue;
    if (Number.isInteger(value) && value >= 0 && value < categoryCount) continue;
    const expected = categoryCount === 0 ? 'a finite number' : `an integer from 0 to ${categoryCount - 1}`;
    throw new DataError('cell', `${where}[${row}]: expected ${expected}, or NaN where missing, found ${value}`);
  }
}
