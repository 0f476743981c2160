import { expect, it } from 'vitest';
import { modelInterface } from '../../../../src/client/model-interface.js';
import { requireEnsemble } from '../../../../src/model/single-tree.js';
import { runSteps } from '../../../../src/model/steps.js';
import { loadInferenceService } from '../../../../src/protocol/services.js';
import { preparing } from '../../../../src/server/models/served-model.js';
import { configInJson } from '../../../../src/server/services/inference/model-config.js';
import { describeInJson, describeInMessage } from '../../../../src/server/services/inference/model-descriptions.js';
import { platformOf } from '../../../../src/server/services/inference/platform.js';
import { fixturesOf, readFixture } from '../../../formats/fixtures.js';
import { irisModel } from '../../models.js';

const limits = { maxBatchRows: 1000, maxMessageBytes: 1_000_000 };
const imported = (library: string) => readFixture(fixturesOf(library)[0]!).imported.model;

it.each(['xgboost', 'lightgbm', 'sklearn', 'onnx'])(
  'the platform of an imported model is its library: %s',
  async (library) => {
    const served = runSteps(preparing(imported(library), 'm'));
    const platform = `iris_${library}`;
    expect(JSON.parse(String(await configInJson(served, [], false, limits)))).toMatchObject({ platform });
    expect(JSON.parse(String(await describeInJson(served, [], false, limits)))).toMatchObject({ platform });
    const message = await describeInMessage(served, [], false, limits);
    const metadata = loadInferenceService()['ModelMetadata']!.responseDeserialize(message) as Parameters<
      typeof modelInterface
    >[0];
    expect(metadata.platform).toBe(platform);
    expect(modelInterface(metadata, 'server').own).toBe(true);
  },
);

it('the platform of a model of ours is its kind', () => {
  const { ensemble } = requireEnsemble(imported('sklearn'));
  expect(platformOf(irisModel())).toBe('iris_decision_tree');
  expect(platformOf({ scorer: { kind: 'forest', ensemble, source: null } })).toBe('iris_random_forest');
  const source = { library: 'My Boosting 2', version: null, sha256: '', iterations: null };
  expect(platformOf({ scorer: { kind: 'boosted', ensemble, source } })).toBe('iris_boosted_trees');
});
