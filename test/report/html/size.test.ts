import { describe, expect, it } from 'vitest';
import { measure } from '../../../src/evaluation/measurement.js';
import { tallyOf } from '../../../src/evaluation/tally.js';
import type { Model } from '../../../src/model/model.js';
import { runSteps } from '../../../src/model/steps.js';
import { evaluationHtml } from '../../../src/report/html/evaluation-html.js';
import { toyParts } from '../../model/toy-model.js';
import { assembleTrained, type TrainedFeature } from '../../model/trained-parts.js';
import { parseElements } from '../elements.js';
import { makeEvaluation } from '../evaluations.js';

const CLASSES = 200;
const FEATURES = 300;
/** A complete tree. */
const DEPTH = 12;

const label = (index: number) => `a class whose name is rather long, number ${String(index).padStart(4, '0')}`;

/** 4095 questions about 300 features, 4096 leaves of one row each, 200 classes. */
function largeModel(): Model {
  const parts = toyParts();
  const leaves = 1 << DEPTH;
  const nodes: { feature: number; left: number; right: number; counts: Uint32Array }[] = [];
  let leaf = 0;
  const grow = (depth: number): number => {
    const counts = new Uint32Array(CLASSES);
    const node = nodes.push({ feature: -1, left: -1, right: -1, counts }) - 1;
    if (depth === 0) counts[leaf++ % CLASSES] = 1;
    else {
      const [left, right] = [grow(depth - 1), grow(depth - 1)];
      for (const child of [left, right]) for (let k = 0; k < CLASSES; k++) counts[k] += nodes[child].counts[k];
      nodes[node] = { feature: node % FEATURES, left, right, counts };
    }
    return node;
  };
  grow(DEPTH);
  const [total] = nodes;
  const features = Array.from({ length: FEATURES }, (_, index): TrainedFeature => {
    const counts = Array.from({ length: 20 }, (_, bin) =>
      Array.from(total.counts, (count, k) => (k % 20 === bin ? count : 0)),
    );
    const edges = Array.from({ length: 21 }, (_, edge) => edge);
    const name = `measurement ${index} of something with a long name`;
    return { name, kind: 'number', min: 0, max: 20, spread: 9.5, missing: 0, histogram: { edges, counts } };
  });
  const tree = {
    nodeCount: nodes.length,
    classCount: CLASSES,
    featureCount: FEATURES,
    feature: Int32Array.from(nodes, ({ feature }) => feature),
    threshold: Float64Array.from(nodes, ({ feature }) => (feature < 0 ? 0 : 10.123456789)),
    categories: null,
    left: Int32Array.from(nodes, ({ left }) => left),
    right: Int32Array.from(nodes, ({ right }) => right),
    missingLeft: new Uint8Array(nodes.length),
    counts: Uint32Array.from(nodes.flatMap(({ counts }) => [...counts])),
    impurity: new Float64Array(nodes.length),
  };
  const training = { ...parts.training, rows: { train: leaves, holdout: 5 } };
  return assembleTrained({
    ...parts,
    features,
    tree,
    training,
    classes: Array.from({ length: CLASSES }, (_, k) => label(k)),
  });
}

/** 500 rows, each with shares of its own, most of them wrong. */
function manyErrors(classes: readonly string[]) {
  const rows = Array.from({ length: 500 }, (_, row) => row);
  const shares = new Float64Array(rows.length * CLASSES).fill(1 / 1024);
  for (const row of rows) shares[row * CLASSES + ((row * 7) % CLASSES)] = 0.5 + row / 2048;
  const labels = rows.map((row) => (row * 13) % CLASSES);
  return tallyOf({ labels, predicted: rows.map((row) => (row * 7) % CLASSES), shares }, classes);
}

describe('the size of the report page', () => {
  it('stays below 500 KB for thousands of nodes and hundreds of classes and features', () => {
    const model = largeModel();
    const tally = manyErrors(model.classes);
    // Intervals take minutes for so many classes, and add a line to a bar.
    const measured = { ...runSteps(measure({ ...tally, counts: new Float64Array(tally.counts.length) }, 0)), tally };
    const page = evaluationHtml(
      { ...makeEvaluation(['a', 'b']), measured },
      { model, path: 'large.json', featureLosses: null },
    );
    expect(Buffer.byteLength(page)).toBeLessThan(500_000);
    expect(() => parseElements(page)).not.toThrow();
  });
});
