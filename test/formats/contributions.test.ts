import { describe, expect, it } from 'vitest';
import { importBytes } from '../../src/formats/import-model.js';
import { parseModel, serializeModel } from '../../src/index.js';
import { createClassifier } from '../../src/model/classifier.js';
import type { EnsembleScorer } from '../../src/model/model.js';
import { contributionDistance, doubles, fixturesOf, isExplained, readFixture } from './fixtures.js';

const explained = ['xgboost', 'lightgbm', 'sklearn'].flatMap((library) => fixturesOf(library)).filter(isExplained);

describe('contributions', () => {
  it.each(explained)('of $name are those of the library, or of shap', (fixture) => {
    // XGBoost computes them in 32 bits.
    expect(contributionDistance(fixture)).toBeLessThan(fixture.name.startsWith('xgboost') ? 5e-7 : 1e-14);
  });

  it.each(explained)('of $name are the same from the file that import writes', (fixture) => {
    const { model } = readFixture(fixture).imported;
    const { trees } = (parseModel(Buffer.from(serializeModel(model)), 'm').scorer as EnsembleScorer).ensemble;
    expect(trees.cover).toEqual((model.scorer as EnsembleScorer).ensemble.trees.cover);
  });

  it('are refused of a file whose covers are no numbers of rows', () => {
    const { bytes } = readFixture(fixturesOf('xgboost-3.2.0-binary')[0]);
    const booster = JSON.parse(String(bytes));
    booster.learner.gradient_booster.model.trees[0].sum_hessian[0] = -1;
    const { model } = importBytes(Buffer.from(JSON.stringify(booster)), 'm');
    const row = { f0: 1, f1: 1, f2: 1, f3: 1 };
    expect(() => model.predict(row, { contributions: true })).toThrow(
      'contributions of features cannot be computed: the model does not say how many training rows came to each node',
    );
    expect(model.predict(row)).toMatchObject({ label: '1', classIndex: 1 });
  });

  it.each([
    ['xgboost-2.1.4-vector', 'model does not say how many training rows came to each node'],
    ['xgboost-3.1.3-vector', 'model does not say how many training rows came to each node'],
    ['onnx-equal', 'model does not say how many training rows came to each node'],
  ])('are refused of %s, whose file has no covers', (name, message) => {
    const { model } = readFixture(fixturesOf(name)[0]).imported;
    const row = Object.fromEntries(model.features.map((feature) => [feature.name, 1]));
    expect(() => model.predict(row, { contributions: true })).toThrow(message);
  });

  it('of trees of several outputs add up to the margins, by the covers that XGBoost 3.2 writes', () => {
    const { answers, imported } = readFixture(fixturesOf('xgboost-3.2.0-vector-ubj')[0]);
    const margins = doubles(answers.margins!);
    const rows = doubles(answers.rows);
    const classifier = createClassifier(imported.model);
    const found = new Float64Array(3 * (answers.columns + 2));
    for (const row of [0, 20, 40]) {
      classifier.contributionsInto(rows.subarray(row * answers.columns, (row + 1) * answers.columns), 1, found);
      const sums = [0, 1, 2].map((k) =>
        found.subarray(k * (answers.columns + 2), (k + 1) * (answers.columns + 2)).reduce((sum, part) => sum + part, 0),
      );
      expect(sums).toEqual([...margins.subarray(row * 3, row * 3 + 3)]);
    }
  });

  it('were made of all libraries', () => {
    expect(explained.length).toBeGreaterThan(40);
  });
});
