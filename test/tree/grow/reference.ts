import { readFileSync } from 'node:fs';
import type { Tree } from '../../../src/tree/tree.js';

/** A tree of scikit-learn as test/fixtures/reference has it. `class_counts` are weighted. */
interface ReferenceTree {
  n_nodes: number;
  n_leaves: number;
  children_left: number[];
  children_right: number[];
  feature: number[];
  threshold: number[];
  impurity: number[];
  n_node_samples: number[];
  class_counts: number[][];
}

export interface ReferenceFit {
  settings: Record<string, unknown>;
  tree: ReferenceTree;
  feature_importances: number[];
  ccp_alphas?: number[];
  ccp_impurities?: number[];
}

export interface Reference {
  features: string[];
  class_order: string[];
  fits: ReferenceFit[];
}

export const referenceNames = ['iris', 'wine', 'breast_cancer', 'continuous_200x4_3', 'continuous_1000x6_2'];

export function readReference(name: string): Reference {
  return JSON.parse(readFileSync(new URL(`../../fixtures/reference/${name}.json`, import.meta.url), 'utf8'));
}

export function fitWith(reference: Reference, settings: Record<string, unknown>): ReferenceFit {
  return reference.fits.find((fit) => JSON.stringify(fit.settings) === JSON.stringify(settings))!;
}

/** Class weights of a fit: rows / (classes * rows of the class) where it was balanced, else null. */
export function weightsOf(reference: Reference, { settings }: ReferenceFit): number[] | null {
  if (settings['class_weight'] !== 'balanced') return null;
  const counts = fitWith(reference, {}).tree.class_counts[0];
  const rows = counts.reduce((sum, count) => sum + count, 0);
  return counts.map((count) => rows / (counts.length * count));
}

/** scikit-learn's own nodes as a `Tree`: renumbered to preorder, counts without their weights. */
export function treeOf(reference: Reference, fit: ReferenceFit): Tree {
  const weights = weightsOf(reference, fit);
  const { children_left, children_right, feature, threshold, impurity, class_counts } = fit.tree;
  const order: number[] = [];
  const visit = (node: number): void => {
    order.push(node);
    if (children_left[node] >= 0) visit(children_left[node]);
    if (children_left[node] >= 0) visit(children_right[node]);
  };
  visit(0);
  const renamed = (child: number): number => (child < 0 ? -1 : order.indexOf(child));
  return {
    nodeCount: order.length,
    classCount: reference.class_order.length,
    featureCount: reference.features.length,
    feature: Int32Array.from(order, (node) => Math.max(feature[node], -1)),
    threshold: Float64Array.from(order, (node) => (children_left[node] < 0 ? 0 : threshold[node])),
    categories: null,
    left: Int32Array.from(order, (node) => renamed(children_left[node])),
    right: Int32Array.from(order, (node) => renamed(children_right[node])),
    missingLeft: new Uint8Array(order.length),
    counts: Uint32Array.from(
      order.flatMap((node) => class_counts[node].map((count, k) => Math.round(count / (weights?.[k] ?? 1)))),
    ),
    impurity: Float64Array.from(order, (node) => impurity[node]),
  };
}
