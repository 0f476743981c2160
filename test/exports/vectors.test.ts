import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { floatAbove } from '../../src/exports/bits.js';
import { exportModel } from '../../src/exports/export-model.js';
import { flatScorer } from '../../src/exports/flat-scorer.js';
import { assembleModel } from '../../src/formats/iris-json/format.js';
import { readModelBytes } from '../../src/formats/registry.js';
import { ensembleAnswerer } from '../../src/model/ensemble-verification.js';
import type { EnsembleScorer, Model } from '../../src/model/model.js';
import { singleTree } from '../../src/model/single-tree.js';
import { nextDown, nextUp } from '../../src/tree/ensemble.js';
import { addLeaves } from '../../src/tree/walk-ensemble.js';
import { ensembleParts, ensembles } from '../arbitraries/ensembles.js';
import { modelParts } from '../arbitraries/model.js';
import { ROOT } from '../e2e/cli.js';
import { FIXTURES, readFixture } from '../formats/fixtures.js';
import { toyParts } from '../model/toy-model.js';
import { assembleTrained } from '../model/trained-parts.js';

const vectorsOf = (model: Model) => exportModel(model, { format: 'vectors', fileName: 'm.tsv' })[0].content as string;
const iris = readModelBytes(readFileSync(join(ROOT, 'artifacts/iris.json')), 'iris.json');

interface Row {
  readonly input: number[];
  readonly label: number;
  readonly shares: number[];
  readonly leaf: number;
}

function cellsOf(model: Model): string[][] {
  return vectorsOf(model)
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split('\t'));
}

function rowsOf(model: Model): Row[] {
  const width = model.features.length;
  return cellsOf(model).map((cells) => {
    expect(cells).toHaveLength(width + 1 + model.classes.length + 1);
    return {
      input: cells.slice(0, width).map(double),
      label: Number(cells[width]),
      shares: cells.slice(width + 1, -1).map(double),
      leaf: Number(cells.at(-1)),
    };
  });
}

function double(digits: string): number {
  expect(digits).toMatch(/^[0-9a-f]{16}$/);
  return Buffer.from(digits, 'hex').readDoubleBE();
}

/** What a model answers, by the documented rules alone. */
function answer(model: Model, input: readonly number[]): Omit<Row, 'input'> {
  const { tree, classWeights } = singleTree(model)!;
  const refused = model.features.some((feature, index) => {
    const value = input[index];
    if (Number.isNaN(value)) return !feature.missing;
    if (feature.kind === 'number') return Math.abs(value) === Infinity;
    return (
      value !== -1 && !Object.keys(feature.categories).includes(String(Math.abs(value)) === '0' ? '0' : String(value))
    );
  });
  if (refused) return { label: -1, shares: model.classes.map(() => Number.NaN), leaf: -1 };
  const countsAt = (node: number) => [...tree.counts.subarray(node * tree.classCount, (node + 1) * tree.classCount)];
  const rowsAt = (node: number) => countsAt(node).reduce((sum, count) => sum + count, 0);
  let leaf = 0;
  while (tree.left[leaf] >= 0) {
    const value = input[tree.feature[leaf]];
    const set = tree.categories?.[leaf];
    let left = value <= tree.threshold[leaf];
    if (set) left = value < 0 ? rowsAt(tree.left[leaf]) > rowsAt(tree.right[leaf]) : set.some((one) => one === value);
    if (Number.isNaN(value)) left = tree.missingLeft[leaf] === 1;
    leaf = left ? tree.left[leaf] : tree.right[leaf];
  }
  const weighted = countsAt(leaf).map((count, k) => count * (classWeights?.[k] ?? 1));
  const total = weighted.reduce((sum, weight) => sum + weight, 0);
  const shares = weighted.map((weight) => weight / total);
  return { label: shares.indexOf(Math.max(...shares)), shares, leaf };
}

describe('vectors', () => {
  it('have the answers of the documented rules, for any model', () => {
    fc.assert(
      fc.property(modelParts, (parts) => {
        const model = assembleTrained(parts);
        for (const { input, ...found } of rowsOf(model)) expect(found).toEqual(answer(model, input));
      }),
      { numRuns: 60 },
    );
  });

  it('come to every leaf that a row can reach', () => {
    for (const model of [iris, assembleTrained(toyParts())]) {
      const { tree } = singleTree(model)!;
      const leaves = [...tree.left.keys()].filter((node) => tree.left[node] < 0);
      const found = new Set(rowsOf(model).map(({ leaf }) => leaf));
      expect([...found].sort((a, b) => a - b)).toEqual([-1, ...leaves]);
    }
  });

  it('try each threshold and its neighbours among doubles and 32-bit numbers', () => {
    const rows = rowsOf(iris);
    const { tree } = singleTree(iris)!;
    const [feature, threshold] = [tree.feature[0], tree.threshold[0]];
    expect(threshold).toBe(2.45);
    const around = [
      2.4499999999999997,
      2.45,
      2.4500000000000006,
      2.450000047683716,
      Math.fround(2.4499999),
      2.450000286102295,
    ];
    const tried = new Set(rows.map(({ input }) => input[feature]));
    expect(around.filter((value) => !tried.has(value))).toEqual([]);
  });

  it('try every category, an unknown one, a missing value, and what is refused', () => {
    const rows = rowsOf(assembleTrained(toyParts()));
    const answered = rows.filter(({ label }) => label >= 0);
    expect(new Set(answered.map(({ input }) => input[2]))).toEqual(new Set([0, 1, 2, -1, Number.NaN, -0]));
    const refused = rows.filter(({ label }) => label < 0);
    const strange = [-2, 3, 0.5, 2 ** 32, 1e300, Infinity, -Infinity];
    for (const value of strange) expect(refused.some(({ input }) => input[2] === value)).toBe(true);
    expect(refused.some(({ input }) => Number.isNaN(input[0]))).toBe(true);
  });

  it('have the answers of the plain walk, for any forest and any boosted trees', () => {
    fc.assert(
      fc.property(ensembles, (drawn) => {
        const model = assembleModel(ensembleParts(drawn));
        const { ensemble } = model.scorer as EnsembleScorer;
        const answer = ensembleAnswerer(ensemble);
        const width = model.features.length;
        const margins = drawn.kind === 'boosted' ? ensemble.combine.outputs : 0;
        for (const cells of cellsOf(model)) {
          expect(cells).toHaveLength(width + 1 + model.classes.length + margins);
          const [input, label] = [cells.slice(0, width).map(double), Number(cells[width])];
          const rest = cells.slice(width + 1).map(double);
          if (label < 0) {
            expect(rest).toEqual(rest.map(() => Number.NaN));
            continue;
          }
          const expected = answer(input.map((value) => (Number.isNaN(value) ? null : value)));
          expect({ label, shares: rest.slice(0, model.classes.length) }).toEqual({
            ...{ label: expected.label, shares: expected.shares },
          });
          const leaves = expected.leaves.map((leaf, tree) => ensemble.trees.roots[tree] + leaf);
          if (margins > 0) expect(rest.slice(-margins)).toEqual([...addLeaves(ensemble, leaves)]);
        }
      }),
      { numRuns: 30 },
    );
  });

  it.each(['xgboost-3.2.0-softmax', 'lightgbm-4.7.0-zero', 'sklearn-1.9.1-forest'])(
    'come to every leaf of every tree that a row can reach: %s',
    (name) => {
      const { model } = readFixture({ name, folder: FIXTURES }).imported;
      const { ensemble } = model.scorer as EnsembleScorer;
      const answer = ensembleAnswerer(ensemble);
      const found = new Set<string>();
      for (const cells of cellsOf(model)) {
        if (Number(cells[model.features.length]) < 0) continue;
        const input = cells.slice(0, model.features.length).map(double);
        const { leaves } = answer(input.map((value) => (Number.isNaN(value) ? null : value)));
        for (const [tree, leaf] of leaves.entries()) found.add(`${tree} ${leaf}`);
      }
      expect(found.size).toBe(ensemble.trees.feature.filter((asked) => asked < 0).length);
    },
  );

  it('try the doubles between which values are rounded to one or the other 32-bit number', () => {
    const { model } = readFixture({ name: 'xgboost-3.2.0-binary', folder: FIXTURES }).imported;
    const scorer = flatScorer(model);
    const tried = new Set(cellsOf(model).map((cells) => double(cells[scorer.feature[0]])));
    const [below] = scorer.threshold;
    const middle = below + (floatAbove(below) - below) / 2;
    for (const value of [below, nextUp(below), nextDown(middle), middle, nextUp(middle)])
      expect(tried).toContain(value);
  });

  it('are the same bytes each time, and show hostile names in one line', () => {
    const parts = toyParts();
    const model = assembleTrained({ ...parts, classes: ['a\nb', 'c\td'] });
    expect(vectorsOf(model)).toBe(vectorsOf(model));
    expect(vectorsOf(model)).toContain('\n# classes\t"a\\nb"\t"c\\td"\n');
  });
});
