import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EnsembleScorer } from '../../src/model/model.js';
import { explainedEnsemble } from '../../src/tree/explained-trees.js';
import { ensemblePredictor } from '../../src/tree/predict-ensemble.js';
import { gaussLegendre } from '../../src/tree/quadrature.js';
import { TreeShap } from '../../src/tree/tree-shap.js';
import { finish } from '../../src/tree/turns.js';
import { type DrawnEnsemble, type EnsembleNode, ensembleParts, ensembles, rowsOf } from '../arbitraries/ensembles.js';

/** Whether a row goes left: by the words of docs/artifact.md, with nothing of ours. */
function goesLeft(
  { arithmetic }: DrawnEnsemble,
  node: Exclude<EnsembleNode, { readonly values: unknown }>,
  row: readonly number[],
): boolean {
  let value = arithmetic.input === 'float32' ? Math.fround(row[node.feature]) : row[node.feature];
  if (Math.abs(value) <= arithmetic.zero) value = 0;
  if (Number.isNaN(value) || (node.zeroIsMissing && value === 0)) return node.missingLeft;
  if (node.set !== null) return value === -1 ? node.unknownLeft : node.set.includes(value);
  return arithmetic.split === '<' ? value < node.threshold : value <= node.threshold;
}

const coverOf = (node: EnsembleNode): number =>
  'values' in node ? node.cover : coverOf(node.left) + coverOf(node.right);

/** What a tree answers on average where only some features are known: a bit of `known` each. */
function expectation(drawn: DrawnEnsemble, node: EnsembleNode, row: readonly number[], known: number): number[] {
  if ('values' in node) return [...node.values];
  const part = (child: EnsembleNode) => expectation(drawn, child, row, known);
  if ((known >> node.feature) % 2 === 1) return part(goesLeft(drawn, node, row) ? node.left : node.right);
  const [left, right] = [coverOf(node.left), coverOf(node.right)];
  const share = left + right === 0 ? 0.5 : left / (left + right);
  const others = part(node.right);
  return part(node.left).map((value, k) => share * value + (1 - share) * others[k]);
}

/** All outputs of the model on average, by the features that are known. */
function game(drawn: DrawnEnsemble, row: readonly number[], known: number): number[] {
  const { combine, trees } = drawn;
  const sums = Array.from({ length: combine.outputs }, (_, k) => combine.base?.[k] ?? 0);
  const counts = sums.map(() => 0);
  for (const { output, root, weight } of trees) {
    for (const [k, value] of expectation(drawn, root, row, known).entries()) {
      sums[output ?? k] += value * weight;
      counts[output ?? k]++;
    }
  }
  return combine.by === 'mean' ? sums.map((sum, k) => sum / counts[k]) : sums;
}

/** Shapley's definition (1953): what a feature brings to each coalition of the others. */
function shapley(drawn: DrawnEnsemble, row: readonly number[], feature: number): number[] {
  const count = drawn.features.length;
  const factorial = (n: number): number => (n <= 1 ? 1 : n * factorial(n - 1));
  const values = new Array<number>(drawn.combine.outputs).fill(0);
  for (let others = 0; others < 1 << count; others++) {
    if ((others >> feature) % 2 === 1) continue;
    const size = others.toString(2).replaceAll('0', '').length;
    const weight = (factorial(size) * factorial(count - size - 1)) / factorial(count);
    const [without, withIt] = [others, others | (1 << feature)].map((known) => game(drawn, row, known));
    for (const k of values.keys()) values[k] += weight * (withIt[k] - without[k]);
  }
  return values;
}

const cases = ensembles.chain((drawn) => fc.tuple(fc.constant(drawn), rowsOf(drawn.features, 3)));

function explained(drawn: DrawnEnsemble, rows: readonly (readonly number[])[]) {
  const { ensemble } = ensembleParts(drawn).scorer as EnsembleScorer;
  const trees = explainedEnsemble(ensemble);
  if (trees === null) return null;
  const shap = finish(TreeShap.prepare(trees))!;
  const size = drawn.combine.outputs * (drawn.features.length + 2);
  const out = new Float64Array(rows.length * size);
  finish(shap.explain((row) => Float64Array.from(rows[row]), rows.length, out));
  const sums = new Float64Array(rows.length * drawn.combine.outputs);
  ensemblePredictor(ensemble).answerInto(Float64Array.from(rows.flat()), rows.length, { sums });
  return { out, shap, sums };
}

describe('contributions', () => {
  it("are Shapley's values of the game in which unknown features go both ways", () => {
    fc.assert(
      fc.property(cases, ([drawn, rows]) => {
        const found = explained(drawn, rows);
        if (found === null) return;
        const width = drawn.features.length + 2;
        for (const [index, row] of rows.entries()) {
          for (const feature of drawn.features.keys()) {
            for (const [k, value] of shapley(drawn, row, feature).entries()) {
              const at = (index * drawn.combine.outputs + k) * width;
              expect(found.out[at + feature]).toBeCloseTo(value, 12);
            }
          }
          for (const [k, value] of game(drawn, row, 0).entries()) expect(found.shap.expected[k]).toBeCloseTo(value, 12);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('add up to the output, to the last bit', () => {
    fc.assert(
      fc.property(cases, ([drawn, rows]) => {
        const found = explained(drawn, rows);
        if (found === null) return;
        const { combine, features, trees } = drawn;
        const width = features.length + 2;
        for (const [i, sum] of found.sums.entries()) {
          let total = 0;
          for (const term of found.out.subarray(i * width, (i + 1) * width)) total += term;
          expect(total).toBe(combine.by === 'mean' ? sum / trees.length : sum);
          expect(found.out[i * width + width - 2]).toBeCloseTo(found.shap.expected[i % combine.outputs], 5);
          expect(Math.abs(found.out[i * width + width - 1])).toBeLessThan(1e-5);
        }
      }),
      { numRuns: 200 },
    );
  });
});

describe('an output that is smaller than the rounding of its contributions', () => {
  it('is what they add up to all the same', () => {
    const split = { threshold: 0, set: null, missingLeft: false, zeroIsMissing: false, unknownLeft: false };
    const leaf = (value: number, cover: number) => ({ values: [value], cover });
    const below = { ...split, feature: 1, left: leaf(1e-20, 1), right: leaf(0.7, 2) };
    const root = { ...split, feature: 0, left: below, right: leaf(1 / 3, 4) };
    const found = explained(
      {
        kind: 'boosted',
        features: ['a', 'b'].map((name) => ({ name, kind: 'number', missing: true })),
        classes: ['no', 'yes'],
        arithmetic: { input: 'float64', split: '<=', sum: 'float64', zero: 0 },
        combine: { by: 'sum', base: null, outputs: 1, link: 'sigmoid', scale: 1, function: 'float64/1' },
        trees: [{ output: 0, weight: 1, root }],
      },
      [[-1, -1]],
    )!;
    const [a, b, expected, rounding] = found.out;
    expect(a + b + expected + rounding).toBe(1e-20);
    // All of it is in the last term.
    expect(rounding).toBe(1e-20);
    expect(expected).not.toBe(found.shap.expected[0]);
    expect(expected).toBeCloseTo(found.shap.expected[0], 15);
  });
});

describe('the quadrature', () => {
  it.each([1, 2, 5, 16, 100])('of %i points integrates every power below twice as many', (count) => {
    const { points, weights } = gaussLegendre(count);
    for (let power = 0; power < 2 * count; power++) {
      const sum = weights.reduce((total, weight, i) => total + weight * points[i] ** power, 0);
      expect(Math.abs(sum * (power + 1) - 1)).toBeLessThan(1e-12);
    }
  });
});
