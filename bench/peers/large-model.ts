import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { RecordedParameters } from '../../src/model/hyper-parameters.js';
import type { ModelParts } from '../../src/model/model.js';
import type { NumberSummary } from '../../src/model/provenance.js';
import type { Tree } from '../../src/tree/tree.js';

// The product as it is shipped; IRIS_DIST is for a build elsewhere.
const dist = process.env['IRIS_DIST'] ?? fileURLToPath(new URL('../../dist', import.meta.url));
const { defaultHyperParameters }: typeof import('../../src/model/hyper-parameters.js') = await import(
  join(dist, 'model/hyper-parameters.js')
);

/** Nodes whose artifact has about a megabyte of text. */
export const NODES_PER_MB = 36_000;

const NAMES = ['sepal_length', 'sepal_width', 'petal_length', 'petal_width'];
const CLASSES = ['setosa', 'versicolor', 'virginica'];
/** Above every threshold. */
const MAX_VALUE = 8;

/**
 * The parts of a model of iris with a balanced tree, as large as one wants it: thresholds have all their digits, as those
 * of real measurements have.
 *
 * @param nodes how many the tree has: an odd number
 * @param seed another one gives another model of the same size
 */
export function largeModelParts(nodes: number, seed = 1): ModelParts {
  const tree = balancedTree(nodes, seed);
  const train = tree.counts.subarray(0, CLASSES.length).reduce((sum, count) => sum + count, 0);
  return {
    features: NAMES.map((name) => ({ name, kind: 'number', missing: false })),
    classes: CLASSES,
    scorer: { kind: 'tree', tree, classWeight: null },
    provenance: {
      training: {
        ...(defaultHyperParameters as RecordedParameters),
        engine: 'cart/1',
        target: 'species',
        holdout: 0,
        rows: { train, holdout: 0 },
      },
      metrics: { train: { accuracy: 1, logLoss: 0 }, holdout: null },
      summaries: NAMES.map(() => summary(tree)),
      data: { hash: 'rows/2', sha256: '0123456789abcdef'.repeat(4) },
      partition: { rule: 'hash-rank/2', cuts: CLASSES.map(() => null) },
      sketch: null,
      decimals: null,
    },
  };
}

function summary({ counts }: Tree): NumberSummary {
  const perClass = [...counts.subarray(0, CLASSES.length)];
  const histogram = { edges: [0.001, MAX_VALUE], counts: [perClass] };
  return { kind: 'number', min: 0.001, max: MAX_VALUE, spread: 1, missing: 0, histogram };
}

function balancedTree(nodeCount: number, seed: number): Tree {
  const classCount = CLASSES.length;
  const tree = {
    nodeCount,
    classCount,
    featureCount: NAMES.length,
    feature: new Int32Array(nodeCount).fill(-1),
    threshold: new Float64Array(nodeCount),
    categories: null,
    left: new Int32Array(nodeCount).fill(-1),
    right: new Int32Array(nodeCount).fill(-1),
    missingLeft: new Uint8Array(nodeCount),
    counts: new Uint32Array(nodeCount * classCount),
    impurity: new Float64Array(nodeCount),
  };
  // How many nodes the branch has that begins at a node.
  const sizes = new Int32Array(nodeCount);
  sizes[0] = nodeCount;
  for (let node = 0; node < nodeCount; node++) {
    const below = sizes[node] - 1;
    if (below === 0) {
      tree.counts[node * classCount + ((node * 7 + seed) % classCount)] = 1 + (node % 9);
      continue;
    }
    const inLeft = 2 * Math.floor(below / 4) + 1;
    tree.feature[node] = node % NAMES.length;
    tree.threshold[node] = 0.01 + (MAX_VALUE - 0.01) * fraction(node * 0.6180339887498949 + seed * 0.1);
    tree.left[node] = node + 1;
    tree.right[node] = node + 1 + inLeft;
    sizes[node + 1] = inLeft;
    sizes[node + 1 + inLeft] = below - inLeft;
  }
  for (let node = nodeCount - 1; node >= 0; node--) sumUp(tree, node);
  return tree;
}

/** Counts of a split from its children's, and its impurity. */
function sumUp({ classCount, counts, impurity, left, right }: Tree, node: number): void {
  let total = 0;
  for (let k = 0; k < classCount; k++) {
    const at = node * classCount + k;
    if (left[node] >= 0) counts[at] = counts[left[node] * classCount + k] + counts[right[node] * classCount + k];
    total += counts[at];
  }
  impurity[node] = 1;
  for (let k = 0; k < classCount; k++) impurity[node] -= (counts[node * classCount + k] / total) ** 2;
}

function fraction(value: number): number {
  return value - Math.floor(value);
}
