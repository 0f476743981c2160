import { describe, expect, it } from 'vitest';
import { runSteps } from '../../../../src/model/steps.js';
import { loadInferenceService } from '../../../../src/protocol/services.js';
import { preparing } from '../../../../src/server/models/served-model.js';
import {
  describeInJson,
  describeInMessage,
  ModelDescriptions,
} from '../../../../src/server/services/inference/model-descriptions.js';
import { deepModel, mixedModel } from '../../models.js';

const { ModelMetadata: method } = loadInferenceService();
const limits = { maxBatchRows: 1000, maxMessageBytes: 1_000_000 };
const wideModel = deepModel(
  3,
  Array.from({ length: 3000 }, (_, index) => [`feature ${index}`, 1] as const),
);
const wide = runSteps(preparing(wideModel, 'iris'));
const versions = ['0123456789ab', 'ba9876543210'];

describe('the description of a model', () => {
  it.each([false, true])('is the same in both forms, per feature: %s', async (perFeature) => {
    for (const served of [wide, runSteps(preparing(mixedModel(), 'mixed'))]) {
      const json = JSON.parse(String(await describeInJson(served, versions, perFeature, limits)));
      const { properties, ...message } = method.responseDeserialize(
        await describeInMessage(served, versions, perFeature, limits),
      );
      const withCategories = perFeature && served !== wide;
      expect(properties).toEqual(withCategories ? { categories: '[null,["blue","green","red"]]' } : {});
      expect(message).toEqual(json);
      expect(json.versions).toEqual(versions);
      expect(json.inputs).toHaveLength(perFeature || served !== wide ? served.model.features.length : 1);
    }
  });

  it('leaves out categories that would take too much of a reply', async () => {
    const served = runSteps(preparing(mixedModel(), 'mixed'));
    const { inputs, properties } = method.responseDeserialize(
      await describeInMessage(served, versions, true, { ...limits, maxMessageBytes: 300 }),
    );
    expect([inputs.length, properties]).toEqual([2, {}]);
  });

  it('is made once for a model, for all who ask', async () => {
    let made = 0;
    const descriptions = new ModelDescriptions((...asked) => {
      made++;
      return describeInJson(...asked);
    }, limits);
    const asking = [descriptions.of(wide, versions, true), descriptions.of(wide, versions, true)];
    const [first, second] = await Promise.all(asking);
    expect(await descriptions.of(wide, versions, true)).toBe(first);
    expect(second).toBe(first);
    expect(made).toBe(1);
    await descriptions.of(wide, versions, false);
    expect(made).toBe(2);
  });

  it('is made again once the model has other versions', async () => {
    const descriptions = new ModelDescriptions(describeInJson, limits);
    const versionsNow = async (all: readonly string[]) =>
      JSON.parse(String(await descriptions.of(wide, all, true))).versions;
    expect(await versionsNow(versions)).toEqual(versions);
    expect(await versionsNow([...versions, 'cafecafecafe'])).toEqual([...versions, 'cafecafecafe']);
  });

  it('lets others have turns while it is made', async () => {
    let rounds = 0;
    const count = () => {
      rounds++;
      immediate = setImmediate(count);
    };
    let immediate = setImmediate(count);
    await describeInMessage(wide, versions, true, limits);
    clearImmediate(immediate);
    expect(rounds).toBeGreaterThan(1);
  });

  it.each([describeInJson, describeInMessage])(
    'is refused where it is larger than a reply may be',
    async (describe) => {
      await expect(describe(wide, versions, true, { ...limits, maxMessageBytes: 10_000 })).rejects.toThrow(
        /larger than 10000 bytes/,
      );
    },
  );
});
