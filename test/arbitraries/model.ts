import fc from 'fast-check';
import type { ModelParts } from '../../src/model/model.js';
import type { TrainingRecord } from '../../src/model/training-record.js';
import type { Tree } from '../../src/tree/tree.js';
import { modelPartsOf, type TrainedFeature, type TrainedParts } from '../model/trained-parts.js';
import { recordedParameters } from './hyper-parameters.js';

interface Leaf {
  counts: number[];
}

interface Split {
  feature: number;
  threshold: number;
  set: number[];
  missingLeft: boolean;
  left: Leaf | Split;
  right: Leaf | Split;
}

/** Categories per feature; 0 for a number. */
type Kinds = number[];

const finite = fc.double({ noNaN: true, noDefaultInfinity: true });
const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 6 });
const names = (length: number) => fc.uniqueArray(name, { minLength: length, maxLength: length });

function nodes(kinds: Kinds, classCount: number): fc.Arbitrary<Leaf | Split> {
  const leaf = fc
    .array(fc.nat(40), { minLength: classCount, maxLength: classCount })
    .filter((counts) => counts.some((count) => count > 0))
    .map((counts) => ({ counts }));
  const split = (child: fc.Arbitrary<unknown>) =>
    fc.nat(kinds.length - 1).chain((feature) =>
      fc.record({
        feature: fc.constant(feature),
        threshold: kinds[feature] > 0 ? fc.constant(0) : fc.oneof(finite, fc.constant(Number.MAX_VALUE)),
        set: fc.subarray([...Array(kinds[feature]).keys()], { minLength: Math.min(1, kinds[feature]) }),
        missingLeft: fc.boolean(),
        left: child,
        right: child,
      }),
    );
  return fc.letrec((tie) => ({
    node: fc.oneof({ maxDepth: 4, depthIdentifier: 'tree' }, leaf, split(tie('node'))),
  })).node as fc.Arbitrary<Leaf | Split>;
}

/** Nodes in preorder; the counts of a split are the sums of its children's. */
function flatten(root: Leaf | Split, kinds: Kinds, classCount: number): Tree {
  const rows: { feature: number; threshold: number; set: number[] | null; missing: number; counts: number[] }[] = [];
  const left: number[] = [];
  const right: number[] = [];
  const visit = (node: Leaf | Split): number[] => {
    const id = rows.length;
    const row = { feature: -1, threshold: 0, set: null as number[] | null, missing: 0, counts: [] as number[] };
    rows.push(row);
    left.push(-1);
    right.push(-1);
    if ('counts' in node) {
      row.counts = node.counts;
      return row.counts;
    }
    row.feature = node.feature;
    row.threshold = node.threshold;
    row.set = kinds[node.feature] > 0 ? node.set : null;
    row.missing = Number(node.missingLeft);
    left[id] = rows.length;
    const leftCounts = visit(node.left);
    right[id] = rows.length;
    const rightCounts = visit(node.right);
    row.counts = leftCounts.map((count, index) => count + rightCounts[index]);
    return row.counts;
  };
  visit(root);
  return {
    nodeCount: rows.length,
    classCount,
    featureCount: kinds.length,
    feature: Int32Array.from(rows, (row) => row.feature),
    threshold: Float64Array.from(rows, (row) => row.threshold),
    categories: kinds.some((count) => count > 0) ? rows.map((row) => row.set) : null,
    left: Int32Array.from(left),
    right: Int32Array.from(right),
    missingLeft: Uint8Array.from(rows, (row) => row.missing),
    counts: Uint32Array.from(rows.flatMap((row) => row.counts)),
    impurity: Float64Array.from(rows, (_, index) => 1 / (index + 3)),
  };
}

function feature(categoryCount: number, featureName: string, rows: number): fc.Arbitrary<TrainedFeature> {
  const missing = fc.constantFrom(0, 1);
  if (categoryCount > 0) {
    return fc.record({ missing, categories: names(categoryCount) }).map(({ missing, categories }) => ({
      name: featureName,
      kind: 'category',
      missing,
      histogram: { counts: categories.map((_, index) => [index === 0 ? rows - missing : 0, 0, 0]) },
      categories,
    }));
  }
  return fc
    .record({ missing, edges: fc.uniqueArray(finite, { minLength: 2, maxLength: 5, comparator: 'SameValueZero' }) })
    .map(({ missing, edges }) => {
      edges.sort((a, b) => a - b);
      const counts = edges.slice(1).map((_, index) => [0, index === 0 ? rows - missing : 0, 0]);
      return {
        name: featureName,
        kind: 'number',
        min: edges[0],
        max: edges[edges.length - 1],
        spread: 1 / 3,
        missing,
        histogram: { edges, counts },
      };
    });
}

function record(rows: number): fc.Arbitrary<TrainingRecord> {
  return fc
    .record({
      parameters: recordedParameters(3),
      engine: fc.constantFrom('cart/1', 'ml-cart/2.1.1.1'),
      target: name,
      holdout: fc.nat(20),
    })
    .map(({ engine, holdout, parameters, target }) => ({
      ...parameters,
      engine,
      target,
      rows: { train: rows, holdout },
    }));
}

const hex = (digits: number) => fc.stringMatching(new RegExp(`^[0-9a-f]{${digits}}$`));

/** What version 1 of the artifact knows of a table. */
const firstOrigin = hex(64).map((sha256) => ({
  data: { hash: 'csv/1', sha256 },
  partition: { rule: 'hash-rank/1', cuts: null },
  sketch: null,
}));

/** What version 2 knows. */
const secondOrigin = fc
  .record({
    sha256: hex(64),
    cuts: fc.tuple(fc.option(hex(16)), fc.option(hex(16)), fc.option(hex(16))),
    sketch: fc.option(fc.uniqueArray(hex(32), { minLength: 1, maxLength: 5 })),
  })
  .map(({ cuts, sha256, sketch }) => ({
    data: { hash: 'rows/2', sha256 },
    partition: { rule: 'hash-rank/2', cuts },
    sketch: sketch?.toSorted() ?? null,
  }));

const score = fc.record({
  accuracy: fc.double({ min: 0, max: 1, noNaN: true }),
  logLoss: fc.double({ min: 0, max: 40, noNaN: true }),
});

/** Any model of three classes that obeys the format, in either version, with features of both kinds. */
export const modelParts: fc.Arbitrary<TrainedParts> = fc
  .array(fc.constantFrom(0, 0, 1, 2, 5), { minLength: 1, maxLength: 4 })
  .chain((kinds) => fc.tuple(fc.constant(kinds), nodes(kinds, 3)))
  .chain(([kinds, root]) => {
    const tree = flatten(root, kinds, 3);
    const rows = tree.counts.subarray(0, 3).reduce((sum, count) => sum + count, 0);
    return fc
      .tuple(
        names(kinds.length),
        names(3),
        record(rows),
        score,
        score,
        fc.oneof(firstOrigin, secondOrigin),
        fc.nat(100),
      )
      .chain(([featureNames, classes, training, train, holdout, from, decimals]) =>
        fc.tuple(...kinds.map((count, index) => feature(count, featureNames[index], rows))).map((features) => ({
          features,
          classes,
          tree,
          training,
          origin: {
            ...from,
            decimals: from.sketch === null ? null : features.map(({ kind }) => (kind === 'number' ? decimals : null)),
          },
          metrics: { train, holdout: training.rows.holdout === 0 ? null : holdout },
        })),
      );
  });

/** The same without what a model need not know of itself. */
export const partlyKnownParts: fc.Arbitrary<ModelParts> = fc
  .tuple(
    modelParts,
    fc.subarray(['training', 'metrics', 'summaries', 'data', 'partition', 'sketch', 'decimals'] as const, {
      minLength: 1,
    }),
  )
  .filter(([{ origin }, unknown]) => origin.data?.hash !== 'csv/1' || unknown.includes('data'))
  .map(([trained, unknown]) => {
    const parts = modelPartsOf(trained);
    const without = Object.fromEntries(unknown.map((part) => [part, null]));
    return { ...parts, provenance: { ...parts.provenance, ...without } };
  });
