import type { Model } from '../../model/model.js';
import { ensembleOf, requireTree } from '../../model/single-tree.js';
import { firstTrees } from './first-trees.js';

/** What the splits of a model, of very many trees of its first ones, ask of one feature that is a number. */
export interface AskedThresholds {
  /** Each once, by the training rows that reach them, those of the most first; of many trees a part of them. */
  readonly marked: readonly number[];
  /** The lowest and the highest; NaN where there is none. */
  readonly lowest: number;
  readonly highest: number;
  /** Whether all lie at integers or in the middle of two. */
  readonly areMidpoints: boolean;
}

/** Of many trees, splits that fewer of their training rows reach are not marked. */
const LEAST_SHARE = 1 / 8;

/** A page asks about each feature several times. */
const known = new WeakMap<Model['scorer'], readonly AskedThresholds[]>();

export function thresholdsOf(model: Model, feature: number): AskedThresholds {
  const found = known.get(model.scorer) ?? gather(model);
  known.set(model.scorer, found);
  return found[feature];
}

interface Gathered {
  rows: Map<number, number>;
  lowest: number;
  highest: number;
  areMidpoints: boolean;
}

function gather(model: Model): AskedThresholds[] {
  const gathered = model.features.map(
    (): Gathered => ({ rows: new Map(), lowest: Number.NaN, highest: Number.NaN, areMidpoints: true }),
  );
  const { feature, isMarked, rowsAt, threshold } = splitsOf(firstTrees(model));
  for (let node = 0; node < feature.length; node++) {
    const index = feature[node];
    if (index < 0 || model.features[index].kind === 'category') continue;
    const own = gathered[index];
    const value = threshold[node];
    if (isMarked(node)) own.rows.set(value, Math.max(own.rows.get(value) ?? 0, rowsAt(node)));
    // It only asks whether there is a value.
    if (value === Number.MAX_VALUE) continue;
    if (!(own.lowest <= value)) own.lowest = value;
    if (!(own.highest >= value)) own.highest = value;
    own.areMidpoints &&= Number.isInteger(2 * value);
  }
  return gathered.map(({ rows, ...bounds }) => {
    const marked = [...rows].sort(([, a], [, b]) => b - a).map(([value]) => value);
    return { ...bounds, marked };
  });
}

function splitsOf(model: Model) {
  const scorer = ensembleOf(model);
  if (scorer === null) {
    const { samples, tree } = requireTree(model, 'a playground');
    const { feature, threshold } = tree;
    return { feature, threshold, isMarked: () => true, rowsAt: (node: number) => samples[node] };
  }
  const { cover, feature, roots, threshold } = scorer.ensemble.trees;
  let tree = 0;
  // Nodes are asked about in their order.
  const rowsAt = (node: number) => {
    while (node >= roots[tree + 1]) tree++;
    // Without covers the roots alone are known to be reached by all.
    return cover === null ? Number(node === roots[tree]) : cover[node] / cover[roots[tree]];
  };
  return { feature, threshold, isMarked: (node: number) => rowsAt(node) >= LEAST_SHARE, rowsAt };
}
