import { checkArgument, checkOptions, type OptionTable, required, wholeNumber } from '../ground/options.js';
import { predictInto } from './predict.js';
import { weightedSamples } from './prune.js';
import { aTree, type Tree } from './tree.js';
import { finish } from './turns.js';

/**
 * The decrease of the impurity by the splits of each feature, weighted by the training rows that they split, normalised
 * to 1; all 0 for a tree of one leaf.
 *
 * @param weights one weight per class; null when every class weighs 1
 */
export function impurityImportances(tree: Tree, weights: ArrayLike<number> | null): Float64Array {
  checkArgument('tree', tree, aTree);
  const { feature, impurity, left, right } = tree;
  const samples = weightedSamples(tree, weights);
  // Divided first: weights may be so large that a product with them is infinite.
  const share = (node: number) => samples[node] / samples[0];
  const importances = new Float64Array(tree.featureCount);
  for (let node = 0; node < tree.nodeCount; node++) {
    if (feature[node] < 0) continue;
    const below = share(left[node]) * impurity[left[node]] + share(right[node]) * impurity[right[node]];
    // Below 0 by rounding only, or where the impurities are not those of the counts.
    importances[feature[node]] += Math.max(0, share(node) * impurity[node] - below);
  }
  const total = importances.reduce((sum, value) => sum + value, 0);
  return total > 0 ? importances.map((value) => value / total) : importances;
}

export interface PermutationOptions {
  readonly seed: number;
  /** How often each feature is shuffled. */
  readonly repeats: number;
}

const permutationTable: OptionTable<PermutationOptions> = {
  seed: required(wholeNumber(0)),
  repeats: required(wholeNumber(1)),
};

/** The loss of accuracy when a feature's values are shuffled among the rows. */
export interface PermutationImportance {
  readonly mean: number;
  /** Over the repeats, of the population; 0 for one repeat. */
  readonly standardDeviation: number;
}

/**
 * Permutation importance (Breiman, Random Forests, 2001), one entry per feature. A feature that the tree never asks
 * for has exactly 0.
 *
 * @param classes predicted class of every node, as `majorityClasses` gives it
 * @param rows row-major, one row per label; rows that the tree was trained on would overstate it
 * @throws UsageError for an option that is unknown or out of its range
 */
export function permutationImportances(
  tree: Tree,
  classes: Int32Array,
  rows: Float64Array,
  labels: ArrayLike<number>,
  options: PermutationOptions,
): PermutationImportance[] {
  checkOptions(options, permutationTable);
  const { feature, featureCount } = tree;
  const predictor: LabelPredictor = {
    featureCount,
    asks: (column) => feature.includes(column),
    labelsInto: (values, rowCount, predicted) => predictInto(tree, values, rowCount, predicted, classes),
  };
  return finish(permutationSteps(predictor, rows, labels, options));
}

/** What predicts labels, of one tree or several. */
export interface LabelPredictor {
  readonly featureCount: number;
  /** Whether it asks for a feature anywhere. */
  asks(feature: number): boolean;
  labelsInto(rows: Float64Array, rowCount: number, labels: Int32Array): void;
}

/** The steps of `permutationImportances`: one for each shuffle. */
export function* permutationSteps(
  predictor: LabelPredictor,
  rows: Float64Array,
  labels: ArrayLike<number>,
  { repeats, seed }: PermutationOptions,
): Generator<void, PermutationImportance[]> {
  const { featureCount } = predictor;
  const predicted = new Int32Array(labels.length);
  const accuracy = (values: Float64Array): number => {
    predictor.labelsInto(values, labels.length, predicted);
    let right = 0;
    for (let row = 0; row < labels.length; row++) if (predicted[row] === labels[row]) right++;
    return right / labels.length;
  };
  const whole = accuracy(rows);
  const random = randomNumbers(seed);
  const importances = Array.from({ length: featureCount }, () => ({ mean: 0, standardDeviation: 0 }));
  for (let column = 0; column < featureCount; column++) {
    if (!predictor.asks(column)) continue;
    const shuffled = rows.slice();
    const losses: number[] = [];
    for (let repeat = 0; repeat < repeats; repeat++) {
      shuffleColumn(shuffled, column, featureCount, random);
      losses.push(whole - accuracy(shuffled));
      yield;
    }
    importances[column] = summarize(losses);
  }
  return importances;
}

/** Fisher and Yates. */
function shuffleColumn(rows: Float64Array, column: number, featureCount: number, random: () => number): void {
  for (let last = rows.length / featureCount - 1; last > 0; last--) {
    const from = Math.floor(random() * (last + 1)) * featureCount + column;
    const to = last * featureCount + column;
    const value = rows[to];
    rows[to] = rows[from];
    rows[from] = value;
  }
}

function summarize(losses: readonly number[]): PermutationImportance {
  const mean = losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
  const variance = losses.reduce((sum, loss) => sum + (loss - mean) * (loss - mean), 0) / losses.length;
  return { mean, standardDeviation: Math.sqrt(variance) };
}

/** Marsaglia's xorshift32 (Xorshift RNGs, 2003) over [0, 1): the same numbers everywhere for a seed. */
function randomNumbers(seed: number): () => number {
  // Knuth's multiplicative hash spreads neighbouring seeds; xorshift must not start at 0.
  let state = Math.imul(seed + 1, 0x9e3779b1) >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 4294967296;
  };
}
