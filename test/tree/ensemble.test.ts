import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EnsembleScorer } from '../../src/model/model.js';
import type { Ensemble } from '../../src/tree/ensemble.js';
import { ensemblePredictor } from '../../src/tree/predict-ensemble.js';
import { RowWalker } from '../../src/tree/row-walker.js';
import { type DrawnEnsemble, type EnsembleNode, ensembleParts, ensembles, rowsOf } from '../arbitraries/ensembles.js';

/** The node of a row's leaf, counted in preorder, and its values: by the words of docs/artifact.md, with nothing of ours. */
function leafOf({ arithmetic }: DrawnEnsemble, root: EnsembleNode, row: readonly number[]) {
  let node = root;
  let id = 0;
  while (!('values' in node)) {
    let value = arithmetic.input === 'float32' ? Math.fround(row[node.feature]) : row[node.feature];
    if (Math.abs(value) <= arithmetic.zero) value = 0;
    let left: boolean;
    if (Number.isNaN(value) || (node.zeroIsMissing && value === 0)) left = node.missingLeft;
    else if (node.set !== null) left = value === -1 ? node.unknownLeft : node.set.includes(value);
    else left = arithmetic.split === '<' ? value < node.threshold : value <= node.threshold;
    id += left ? 1 : 1 + sizeOf(node.left);
    node = left ? node.left : node.right;
  }
  return { id, values: node.values };
}

function sizeOf(node: EnsembleNode): number {
  return 'values' in node ? 1 : 1 + sizeOf(node.left) + sizeOf(node.right);
}

function answerOf(drawn: DrawnEnsemble, row: readonly number[]) {
  const { arithmetic, combine, trees } = drawn;
  const round = arithmetic.sum === 'float32' ? Math.fround : (value: number) => value;
  const sums = Array.from({ length: combine.outputs }, (_, k) => combine.base?.[k] ?? 0);
  const leaves = trees.map(({ output, root, weight }) => {
    const { id, values } = leafOf(drawn, root, row);
    for (const [k, value] of values.entries()) {
      const to = output ?? k;
      sums[to] = round(sums[to] + round(value * weight));
    }
    return id;
  });
  return { leaves, sums };
}

/** What both ways to walk many rows answer, and one row at a time. */
const STEPPING = new RowWalker({ stepNodes: 7 });
const WAYS: readonly (readonly [string, (() => RowWalker | null) | undefined])[] = [
  ['in WebAssembly', undefined],
  ['in WebAssembly, a few nodes after the other', () => STEPPING],
  ['without WebAssembly', () => null],
  ['where it has no memory', () => new RowWalker({ mostBytes: 0 })],
];

function someEnsemble(
  numRuns: number,
  check: (ensemble: Ensemble, rows: Float64Array, rowCount: number) => void,
): void {
  const drawn = ensembles.chain((one) => fc.tuple(fc.constant(one), rowsOf(one.features, 40)));
  const property = fc.property(drawn, ([one, rows]) => {
    check((ensembleParts(one).scorer as EnsembleScorer).ensemble, Float64Array.from(rows.flat()), rows.length);
  });
  fc.assert(property, { numRuns });
}

describe('many rows', () => {
  it('are answered alike by whatever walks them, trees with categories too', () => {
    someEnsemble(200, (ensemble, rows, rowCount) => {
      const { combine, trees } = ensemble;
      const found = WAYS.flatMap(([, findWalker]) => {
        const predictor = ensemblePredictor(ensemble, findWalker);
        const answer = (values: Float64Array, count: number) => {
          const leaves = new Int32Array(count * trees.treeCount);
          const sums = new Float64Array(count * combine.outputs);
          predictor.answerInto(values, count, { leaves, sums });
          return { leaves: [...leaves], sums: [...sums] };
        };
        // Trees come to where they are walked fast after some calls.
        const together = Array.from({ length: 5 }, () => answer(rows, rowCount));
        const alone = Array.from({ length: rowCount }, (_, row) =>
          answer(rows.subarray(row * trees.featureCount, (row + 1) * trees.featureCount), 1),
        );
        const parts = (['leaves', 'sums'] as const).map((part) => [part, alone.flatMap((one) => one[part])]);
        return [...together, Object.fromEntries(parts)];
      });
      for (const other of found) expect(other).toEqual(found[0]);
    });
  });

  it('are answered alike where models take turns, each with more rows than the last time', () => {
    const found: (() => void)[] = [];
    someEnsemble(60, (ensemble, rows, rowCount) => {
      const predictor = ensemblePredictor(ensemble);
      const plain = ensemblePredictor(ensemble, () => null);
      found.push(() => {
        for (const count of [Math.ceil(rowCount / 2), rowCount]) {
          const [sums, expected] = [predictor, plain].map((one) => {
            const own = new Float64Array(count * ensemble.combine.outputs);
            one.answerInto(rows, count, { sums: own });
            return own;
          });
          expect(sums).toEqual(expected);
        }
      });
    });
    for (const check of [...found, ...found.toReversed()]) check();
  });
});

describe('an ensemble', () => {
  it('answers many rows and one at a time as its trees do one after another', () => {
    fc.assert(
      fc.property(
        ensembles.chain((drawn) => fc.tuple(fc.constant(drawn), rowsOf(drawn.features, 20))),
        ([drawn, rows]) => {
          const { classes, combine, features, trees } = drawn;
          const predictor = ensemblePredictor((ensembleParts(drawn).scorer as EnsembleScorer).ensemble);
          const answer = (some: readonly (readonly number[])[]) => {
            const labels = new Int32Array(some.length);
            const shares = new Float64Array(some.length * classes.length);
            const leaves = new Int32Array(some.length * trees.length);
            const sums = new Float64Array(some.length * combine.outputs);
            predictor.answerInto(Float64Array.from(some.flat()), some.length, { labels, shares, leaves, sums });
            return { labels, shares, leaves, sums };
          };
          const all = answer(rows);
          const expected = rows.map((row) => answerOf(drawn, row));
          expect([...all.leaves]).toEqual(expected.flatMap(({ leaves }) => leaves));
          expect([...all.sums]).toEqual(expected.flatMap(({ sums }) => sums));
          for (const [row, values] of rows.entries()) {
            const one = answer([values]);
            const part = <List extends Int32Array | Float64Array>(list: List, width: number) =>
              list.subarray(row * width, (row + 1) * width);
            expect(one.leaves).toEqual(part(all.leaves, trees.length));
            expect(one.sums).toEqual(part(all.sums, combine.outputs));
            expect(one.shares).toEqual(part(all.shares, classes.length));
            expect(one.labels[0]).toBe(all.labels[row]);
            expect(one.shares[one.labels[0]]).toBe(Math.max(...one.shares));
          }
          expect(features.length).toBe(rows[0].length);
        },
      ),
      { numRuns: 200 },
    );
  });
});
