import { describe, expect, it } from 'vitest';
import { runSteps } from '../../../../src/model/steps.js';
import { loadInferenceService } from '../../../../src/protocol/services.js';
import { preparing, type ServedModel } from '../../../../src/server/models/served-model.js';
import { configInJson, configInMessage } from '../../../../src/server/services/inference/model-config.js';
import { irisModel, mixedModel } from '../../models.js';

const { ModelConfig: method } = loadInferenceService();
const limits = { maxBatchRows: 1000, maxMessageBytes: 1_000_000 };
const iris = runSteps(preparing(irisModel(), 'iris'));
const mixed = runSteps(preparing(mixedModel(), 'mixed'));

const inJson = async (served: ServedModel, perFeature: boolean) =>
  JSON.parse(String(await configInJson(served, [], perFeature, limits)));

describe('the config of a model', () => {
  it('has the shapes without the number of rows, which is the size of a batch', async () => {
    expect(await inJson(iris, false)).toEqual({
      name: 'iris',
      platform: 'iris_decision_tree',
      backend: 'iris',
      max_batch_size: 1000,
      input: [{ name: 'features', data_type: 'TYPE_FP64', dims: [4], format: 'FORMAT_NONE' }],
      output: [
        { name: 'label', data_type: 'TYPE_STRING', dims: [1] },
        { name: 'class_index', data_type: 'TYPE_INT32', dims: [1] },
        { name: 'probabilities', data_type: 'TYPE_FP64', dims: [3] },
        { name: 'leaf', data_type: 'TYPE_INT32', dims: [1] },
        { name: 'decision_path', data_type: 'TYPE_STRING', dims: [1] },
        { name: 'contributions', data_type: 'TYPE_FP64', dims: [3, 6] },
      ],
      model_transaction_policy: { decoupled: false },
    });
  });

  it.each([iris, mixed])('is the same in both forms: $name', async (served) => {
    for (const perFeature of [false, true]) {
      const { config } = method.responseDeserialize(await configInMessage(served, [], perFeature, limits)) as {
        config: Record<string, object[]>;
      };
      const input = config['input']!.map((tensor) => ({ ...tensor, format: 'FORMAT_NONE' }));
      expect({ ...config, input }).toEqual(await inJson(served, perFeature));
    }
  });

  it('has no more rows than its field can say', async () => {
    const boundless = { ...limits, maxBatchRows: 2 ** 40 };
    const { config } = method.responseDeserialize(await configInMessage(iris, [], false, boundless)) as {
      config: { max_batch_size: number };
    };
    expect(config.max_batch_size).toBe(2 ** 31 - 1);
  });

  it.each([configInJson, configInMessage])('is refused where it is larger than a reply may be', async (write) => {
    await expect(write(mixed, [], true, { ...limits, maxMessageBytes: 20 })).rejects.toThrow(/larger than 20 bytes/);
  });
});
