import { describe, expect, it } from 'vitest';
import { importBytes } from '../../src/formats/import-model.js';
import { parseModel, serializeModel } from '../../src/index.js';
import type { EnsembleScorer } from '../../src/model/model.js';
import { contributionDistance, fixturesOf, isExplained, readFixture } from './fixtures.js';

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

  it('were made of all libraries', () => {
    expect(explained.length).toBeGreaterThan(40);
  });
});
