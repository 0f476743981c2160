import type { Model } from '../../src/model/model.js';
import type { Tree } from '../../src/tree/tree.js';
import { assembleTrained, RECORDED_DEFAULTS, type TrainedFeature } from '../model/trained-parts.js';

interface ModelShape {
  /** Name → smallest value in training. */
  readonly features?: readonly (readonly [name: string, min: number])[];
  readonly classes?: readonly string[];
  /** The first feature's threshold: one more model with the same shape. */
  readonly threshold?: number;
  /** Training rows without a value, per feature. */
  readonly missing?: number;
}

const irisFeatures = [
  ['sepal_length', 4.3],
  ['sepal_width', 2],
  ['petal_length', 1],
  ['petal_width', 0.1],
] as const;

/**
 * Two questions, three leaves: feature 2 <= threshold → class 0 (node 1), feature 3 <= 1.7 → class 1 (node 3),
 * else class 2 (node 4). Shares are 1 0 0, 0 0.9 0.1 and 0 0.25 0.75.
 */
export function irisModel({
  classes = ['setosa', 'versicolor', 'virginica'],
  features = irisFeatures,
  missing = 0,
  threshold = 2.5,
}: ModelShape = {}): Model {
  const tree: Tree = {
    nodeCount: 5,
    classCount: 3,
    featureCount: features.length,
    feature: Int32Array.of(2, -1, 3, -1, -1),
    threshold: Float64Array.of(threshold, 0, 1.7, 0, 0),
    categories: null,
    left: Int32Array.of(1, -1, 3, -1, -1),
    right: Int32Array.of(2, -1, 4, -1, -1),
    missingLeft: Uint8Array.of(0, 0, missing > 0 ? 1 : 0, 0, 0),
    counts: Uint32Array.of(10, 12, 10, 10, 0, 0, 0, 12, 10, 0, 9, 1, 0, 3, 9),
    impurity: Float64Array.of(0.66, 0, 0.49, 0.18, 0.375),
  };
  return assemble(
    features.map(([name, min]) => numberFeature(name, min, missing, [10, 12, 10])),
    classes,
    tree,
  );
}

/**
 * A tree of one way down: `depth` questions, at each of which a value of at most 1, 2, 3, … goes left to a leaf. Rows of
 * `depth + 1` go all the way.
 */
export function deepModel(
  depth: number,
  features: readonly (readonly [name: string, min: number])[] = irisFeatures,
): Model {
  const nodeCount = 2 * depth + 1;
  const questions = (value: (index: number) => number, leaf: number) =>
    Array.from({ length: nodeCount }, (_, node) => (node % 2 === 0 && node < 2 * depth ? value(node / 2) : leaf));
  const tree: Tree = {
    nodeCount,
    classCount: 2,
    featureCount: features.length,
    feature: Int32Array.from(questions((index) => index % features.length, -1)),
    threshold: Float64Array.from(questions((index) => index + 1, 0)),
    categories: null,
    left: Int32Array.from(questions((index) => 2 * index + 1, -1)),
    right: Int32Array.from(questions((index) => 2 * index + 2, -1)),
    missingLeft: new Uint8Array(nodeCount),
    // Leaves on the left have one row of the first class each, the last one has one of the second.
    counts: Uint32Array.from({ length: 2 * nodeCount }, (_, at) => {
      const node = at >> 1;
      if (at % 2 === 1) return node % 2 === 0 ? 1 : 0;
      return node % 2 === 0 ? depth - node / 2 : 1;
    }),
    impurity: new Float64Array(nodeCount),
  };
  return assemble(
    features.map(([name, min]) => numberFeature(name, min, 0, [depth, 1])),
    ['a', 'b'],
    tree,
  );
}

/** One number with missing values, one category: colour in {green, red} → class a (node 1), else size <= 5 → a, b. */
export function mixedModel(): Model {
  const tree: Tree = {
    nodeCount: 5,
    classCount: 2,
    featureCount: 2,
    feature: Int32Array.of(1, -1, 0, -1, -1),
    threshold: Float64Array.of(0, 0, 5, 0, 0),
    categories: [[1, 2], null, null, null, null],
    left: Int32Array.of(1, -1, 3, -1, -1),
    right: Int32Array.of(2, -1, 4, -1, -1),
    missingLeft: Uint8Array.of(0, 0, 1, 0, 0),
    counts: Uint32Array.of(8, 6, 4, 0, 4, 6, 4, 1, 0, 5),
    impurity: Float64Array.of(0.49, 0, 0.48, 0.32, 0),
  };
  return assemble([numberFeature('size', -3, 2, [8, 6]), colour], ['a', 'b'], tree);
}

const colour: TrainedFeature = {
  name: 'colour',
  kind: 'category',
  missing: 0,
  categories: ['blue', 'green', 'red'],
  histogram: {
    counts: [
      [4, 6],
      [2, 0],
      [2, 0],
    ],
  },
};

/** One category: colour in {green, red} → class a (node 1), else b (node 2). */
export function colourModel(): Model {
  const tree: Tree = {
    nodeCount: 3,
    classCount: 2,
    featureCount: 1,
    feature: Int32Array.of(0, -1, -1),
    threshold: new Float64Array(3),
    categories: [[1, 2], null, null],
    left: Int32Array.of(1, -1, -1),
    right: Int32Array.of(2, -1, -1),
    missingLeft: new Uint8Array(3),
    counts: Uint32Array.of(8, 6, 4, 0, 4, 6),
    impurity: Float64Array.of(0.49, 0, 0.48),
  };
  return assemble([colour], ['a', 'b'], tree);
}

/** All training rows are in one bin, but for the missing ones, which are of class 0. */
function numberFeature(
  name: string,
  min: number,
  missing: number,
  [first, ...rest]: readonly number[],
): TrainedFeature {
  const counts = [[first - missing, ...rest]];
  return {
    name,
    kind: 'number',
    min,
    max: min + 10,
    spread: 1,
    missing,
    histogram: { edges: [min, min + 10], counts },
  };
}

function assemble(features: readonly TrainedFeature[], classes: readonly string[], tree: Tree): Model {
  return assembleTrained({
    features,
    classes,
    tree,
    training: {
      ...RECORDED_DEFAULTS,
      engine: 'cart/1',
      target: 'species',
      holdout: 0,
      rows: { train: tree.counts.slice(0, tree.classCount).reduce((sum, count) => sum + count, 0), holdout: 0 },
    },
    origin: {
      data: { hash: 'csv/1', sha256: '0'.repeat(64) },
      partition: { rule: 'hash-rank/1', cuts: null },
      sketch: null,
    },
    metrics: { train: { accuracy: 0.9, logLoss: 0.2 }, holdout: null },
  });
}
