import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { serializeModel } from '../../../src/formats/iris-json/format.js';
import type { NumberSummary } from '../../../src/model/provenance.js';
import { modelParts } from '../../arbitraries/model.js';
import { toyParts } from '../../model/toy-model.js';
import { assembleTrained, SECOND_ORIGIN } from '../../model/trained-parts.js';
import type { Document } from './document.js';
import { recorded, walk } from './walker.js';

const written = (parts: Parameters<typeof assembleTrained>[0]): Document =>
  JSON.parse(serializeModel(assembleTrained(parts)));

describe('verification rows', () => {
  it('are predicted alike by a reader that shares no code with the product', () => {
    fc.assert(
      fc.property(modelParts, (parts) => {
        const document = written(parts);
        for (const row of document.verification) {
          expect(walk(document, row.input)).toEqual(recorded(row));
        }
      }),
    );
  });

  it('have a missing value only where training had some', () => {
    fc.assert(
      fc.property(modelParts, (parts) => {
        const { features, verification } = written(parts);
        for (const { input } of verification) {
          input.forEach((value: number | null, index: number) => {
            if (value === null) expect(Number(features[index].missing)).toBeGreaterThan(0);
          });
        }
      }),
    );
  });

  it('stand on the threshold and one double above it, for each split of the toy model', () => {
    const { verification } = assembleTrained(toyParts());
    expect(verification.map(({ input }) => input)).toEqual([
      [1.5, null, null],
      [1.5000000000000002, null, null],
      [1.5, null, 0],
      [1.5, null, 1],
      [1.5000000000000002, 10, null],
      [1.5000000000000002, 10.000000000000002, null],
    ]);
  });

  it('are those of the first sixteen splits in preorder', () => {
    const { verification } = assembleTrained(chain(20));
    expect(verification).toHaveLength(32);
    expect(verification.map(({ input }) => input[0])).toEqual(
      Array.from({ length: 16 }, (_, index) => [20 - index, nextAbove(20 - index)]).flat(),
    );
  });

  it('are none for a tree of one leaf in version 1, and one in version 2', () => {
    expect(assembleTrained(chain(0)).verification).toEqual([]);
    expect(assembleTrained({ ...chain(0), origin: SECOND_ORIGIN }).verification).toEqual([
      { input: [0], label: 0, shares: [1, 0], leaves: [0] },
    ]);
  });

  it('are fewer where classes are many, and at least those of one split', () => {
    const wide = (classes: number) => {
      const parts = chain(20);
      const counts = new Uint32Array(41 * classes);
      parts.tree.counts.forEach((count, at) => {
        counts[(at >> 1) * classes + (at % 2)] = count;
      });
      return assembleTrained({
        ...parts,
        origin: { ...SECOND_ORIGIN, partition: null },
        classes: Array.from({ length: classes }, (_, k) => `c${k}`),
        tree: { ...parts.tree, classCount: classes, counts },
        features: [
          {
            ...(parts.features[0] as NumberSummary & { name: string }),
            histogram: { edges: [0, 1], counts: [Array.from({ length: classes }, (_, k) => (k === 0 ? 21 : 0))] },
          },
        ],
      }).verification.length;
    };
    expect([2, 1000, 5000].map(wide)).toEqual([32, 8, 2]);
  });

  it('use a missing value where no number comes so far, and leave out what nothing reaches', () => {
    const parts = chain(2);
    const tree = { ...parts.tree, threshold: Float64Array.of(1, 1, 0, 0, 0) };
    const [feature] = parts.features;
    const inputs = (missing: number, missingLeft: number) =>
      assembleTrained({
        ...parts,
        features: [{ ...feature, missing, histogram: { edges: [0, 1], counts: [[3 - missing, 0]] } } as typeof feature],
        tree: { ...tree, missingLeft: Uint8Array.of(missingLeft, 0, 0, 0, 0) },
      }).verification.map(({ input }) => input[0]);
    expect(inputs(0, 0)).toEqual([1, nextAbove(1), 1]);
    expect(inputs(1, 0)).toEqual([1, nextAbove(1), 1]);
    expect(inputs(1, 1)).toEqual([1, nextAbove(1), 1, null]);
  });

  it('stay within the doubles where only missing values go right', () => {
    const parts = chain(1);
    const [feature] = parts.features;
    const model = assembleTrained({
      ...parts,
      features: [{ ...feature, missing: 1, histogram: { edges: [0, 1], counts: [[1, 0]] } } as typeof feature],
      tree: { ...parts.tree, threshold: Float64Array.of(Number.MAX_VALUE, 0, 0) },
    });
    expect(model.verification.map(({ input }) => input[0])).toEqual([Number.MAX_VALUE, null]);
  });
});

/** One feature; splits 0, 1, 2, … at the thresholds n, n - 1, …, 1, each the left child of the one before. */
function chain(splits: number): ReturnType<typeof toyParts> {
  const nodeCount = 2 * splits + 1;
  const nodes = Array.from({ length: nodeCount }, (_, node) => node);
  const isSplit = (node: number) => node < splits;
  return {
    ...toyParts(),
    features: [
      {
        name: 'x',
        kind: 'number',
        min: 0,
        max: 1,
        spread: 0,
        missing: 0,
        histogram: { edges: [0, 1], counts: [[splits + 1, 0]] },
      },
    ],
    tree: {
      nodeCount,
      classCount: 2,
      featureCount: 1,
      feature: Int32Array.from(nodes, (node) => (isSplit(node) ? 0 : -1)),
      threshold: Float64Array.from(nodes, (node) => (isSplit(node) ? splits - node : 0)),
      categories: null,
      left: Int32Array.from(nodes, (node) => (isSplit(node) ? node + 1 : -1)),
      right: Int32Array.from(nodes, (node) => (isSplit(node) ? nodeCount - 1 - node : -1)),
      missingLeft: new Uint8Array(nodeCount),
      counts: Uint32Array.from(nodes.flatMap((node) => [isSplit(node) ? splits + 1 - node : 1, 0])),
      impurity: new Float64Array(nodeCount),
    },
    training: { ...toyParts().training, rows: { train: splits + 1, holdout: 5 } },
  };
}

/** The next double, found by halving the step until it vanishes. */
function nextAbove(value: number): number {
  let step = value;
  while (value + step / 2 > value) step /= 2;
  return value + step;
}
