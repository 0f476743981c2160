import type { Model } from '../model/model.js';

/** What a drawing of a model's tree needs to know of one node. */
export interface NodeWords {
  /** Training rows per class. */
  readonly counts: readonly number[];
  /** Counts times class weights, normalised to 1. */
  readonly shares: readonly number[];
  /** The label of the largest share, the first one on ties. */
  readonly label: string;
  /** What a row that goes left, or right, answers; null at a leaf. */
  readonly test: { readonly left: string; readonly right: string } | null;
}

export function describeNode(model: Model, node: number): NodeWords {
  const { classCount, counts: all } = model.tree;
  const counts = [...all.subarray(node * classCount, (node + 1) * classCount)];
  const weights = counts.map((count, index) => count * (model.training.classWeight?.[index] ?? 1));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const shares = weights.map((weight) => weight / total);
  return { counts, shares, label: model.classes[shares.indexOf(Math.max(...shares))], test: describeTest(model, node) };
}

/** As in `petal_length <= 2.45` and `petal_length > 2.45`; the side that missing values take says so. */
function describeTest({ features, tree }: Model, node: number): NodeWords['test'] {
  if (tree.left[node] < 0) return null;
  const feature = features[tree.feature[node]];
  const { name } = feature;
  const missingLeft = tree.missingLeft[node] === 1;
  const threshold = tree.threshold[node];
  if (feature.kind === 'number' && threshold === Number.MAX_VALUE && !missingLeft) {
    return { left: `${name} has a value`, right: `${name} is missing` };
  }
  const left = missingLeft && feature.missing > 0 ? ' or missing' : '';
  const right = !missingLeft && feature.missing > 0 ? ' or missing' : '';
  if (feature.kind === 'number') {
    return { left: `${name} <= ${threshold}${left}`, right: `${name} > ${threshold}${right}` };
  }
  const set = tree.categories![node]!;
  const others = feature.categories.map((_, index) => index).filter((index) => !set.includes(index));
  const list = (indices: readonly number[]) => indices.map((index) => feature.categories[index]).join(', ');
  return { left: `${name} in {${list(set)}}${left}`, right: `${name} in {${list(others)}}${right}` };
}
