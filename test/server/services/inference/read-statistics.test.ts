import { describe, expect, it } from 'vitest';
import { runSteps } from '../../../../src/model/steps.js';
import { loadInferenceService } from '../../../../src/protocol/services.js';
import { CallContext } from '../../../../src/server/calls/call-context.js';
import { OpenCalls } from '../../../../src/server/calls/observer.js';
import { Inference } from '../../../../src/server/models/model-statistics.js';
import { ModelTable } from '../../../../src/server/models/model-table.js';
import { preparing } from '../../../../src/server/models/served-model.js';
import { OneModel } from '../../../../src/server/models/served-models.js';
import { modelIsReady } from '../../../../src/server/services/inference/model-states.js';
import { statisticsInJson, statisticsInMessage } from '../../../../src/server/services/inference/read-statistics.js';
import { irisModel } from '../../models.js';
import { shareOf } from '../../shares.js';

const { ModelStatistics: method } = loadInferenceService();
const served = runSteps(preparing(irisModel(), 'iris'));
for (const rowCount of [1, 7, 7, 300]) {
  const inference = new Inference();
  inference.of(served.statistics);
  inference.queue();
  inference.start();
  inference.haveRead(rowCount);
  inference.haveInferred();
  inference.succeed();
}
const failed = new Inference();
failed.of(served.statistics);
failed.fail();

const limits = { maxBatchRows: 1000, maxMessageBytes: 100_000 };
const state = { models: new OneModel(() => served), limits };
const context = () =>
  new CallContext({ open: new OpenCalls(), observers: [] }, '/test', { peer: 'a test', share: shareOf() });
const all = { name: '', version: '' };

describe('the statistics of models', () => {
  it('are the same in both forms', async () => {
    const json = JSON.parse(String(await statisticsInJson(state, all, context())));
    expect(json.model_stats).toMatchObject([
      {
        name: 'iris',
        inference_count: 315,
        execution_count: 4,
        inference_stats: { success: { count: 4 }, fail: { count: 1 }, queue: { count: 4 } },
        batch_stats: [{ batch_size: 1 }, { batch_size: 7, compute_infer: { count: 2 } }, { batch_size: 300 }],
      },
    ]);
    const message = await statisticsInMessage(state, all, context());
    expect(method.responseDeserialize(message)).toEqual(json);
  });

  it.each([statisticsInJson, statisticsInMessage])('are refused where they are larger than a reply', async (write) => {
    const small = { ...state, limits: { ...limits, maxMessageBytes: 100 } };
    await expect(write(small, all, context())).rejects.toThrow('the reply would be larger than 100 bytes');
  });

  it.each([
    ['wine', ''],
    ['wine', '0'],
    ['iris', '0'],
  ])('are refused of a model that there is not: %s %s', async (name, version) => {
    await expect(statisticsInJson(state, { name, version }, context())).rejects.toThrow(/^expected /);
  });
});

describe('a model without a version that answers by default', () => {
  const models = new ModelTable('iris');
  const problems = ['aliases: stable: expected a version that is loaded, found "x"'];
  models.set({ name: 'iris', served: [served], standard: undefined, aliases: new Map(), problems });
  models.set({ name: 'wine', served: [], standard: undefined, aliases: new Map(), problems: ['not loaded'] });

  it('has the statistics of its versions', async () => {
    for (const name of ['', 'iris']) {
      const { model_stats } = JSON.parse(
        String(await statisticsInJson({ ...state, models }, { name, version: '' }, context())),
      );
      expect(model_stats).toMatchObject([{ name: 'iris', version: served.model.version }]);
    }
  });

  it('is not ready, but its versions are', () => {
    const { version } = served.model;
    expect(modelIsReady(models, 'iris', '', context())).toBe(false);
    expect(modelIsReady(models, 'iris', version, context())).toBe(true);
    expect(modelIsReady(models, 'wine', version, context())).toBe(false);
    expect(() => modelIsReady(models, 'iris', '0', context())).toThrow('expected a version of model "iris"');
  });
});
