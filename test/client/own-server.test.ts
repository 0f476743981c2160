import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openModel } from '../../src/cli/local-model.js';
import { InferenceClient } from '../../src/client/inference-client.js';
import { BadRowError, type PredictionSource, type Rows } from '../../src/client/prediction.js';
import { writeModel } from '../../src/formats/store.js';
import type { Model } from '../../src/model/model.js';
import { fixturesOf, readFixture } from '../formats/fixtures.js';
import { irisModel, mixedModel } from '../server/models.js';
import { afterTest, startServer } from '../server/serving.js';

const everything = { probabilities: true, path: true };

/** The same model behind a server and in a file. */
async function bothWays(model: Model, limits: { maxMessageBytes?: number; maxBatchRows?: number } = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'iris-own-server-'));
  afterTest(() => rm(folder, { recursive: true }));
  const path = join(folder, 'model.json');
  await writeModel(path, model);
  const { port } = await startServer({ model, ...limits });
  const client = await InferenceClient.connect({ host: '127.0.0.1', port }, { model: 'iris', timeoutMs: 20_000 });
  afterTest(() => client.close());
  return { client, local: await openModel(path) };
}

const imported = () => readFixture(fixturesOf('xgboost-3.2.0-softmax')[0]!).imported.model;

async function messageOf(source: PredictionSource, rows: Rows): Promise<unknown> {
  const error = await source.predict(rows, everything).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(BadRowError);
  return { message: (error as Error).message, row: (error as BadRowError).row };
}

describe('our server and the same model in process', () => {
  it('name the same features', async () => {
    for (const model of [irisModel(), mixedModel()]) {
      const { client, local } = await bothWays(model);
      expect(client.named).toBe(true);
      expect(client.features).toEqual(
        local.features!.map(({ categories, kind, name }) => (categories ? { categories, kind, name } : { kind, name })),
      );
    }
  });

  it('give the same predictions of numbers, paths and shares included', async () => {
    const { client, local } = await bothWays(irisModel());
    const row = fc.array(
      fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0),
      { minLength: 4, maxLength: 4 },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 9 }), async (cells) => {
        const rows = { rowCount: cells.length, values: Float64Array.from(cells.flat()) };
        expect(await client.predict(rows, everything)).toEqual(await local.predict(rows, everything));
      }),
      { numRuns: 30 },
    );
  });

  it.each([irisModel(), imported()])('give the same contributions', async (model) => {
    const { client, local } = await bothWays(model);
    const rows = { rowCount: 3, values: Float64Array.of(5, 3.6, 1.3, 0.25, 6, 3, 4.5, 1.5, -1, 0, 2, 0.5) };
    const wanted = { probabilities: false, path: false, contributions: true };
    const found = await client.predict(rows, wanted);
    expect(found).toEqual(await local.predict(rows, wanted));
    expect(found[0]!.contributions!.features.map(({ feature }) => feature)).toEqual(
      model.features.map(({ name }) => name),
    );
    expect(client.explains).toBe(local.explains);
  });

  it('refuse contributions of a model that does not know its training rows, with what to do', async () => {
    const { client, local } = await bothWays(readFixture(fixturesOf('xgboost-2.1.4-vector')[0]!).imported.model);
    const rows = { rowCount: 1, values: Float64Array.of(1, 2, 3, 4) };
    const wanted = { probabilities: false, path: false, contributions: true };
    expect([client.explains, local.explains]).toEqual(['contributions', 'contributions']);
    for (const source of [client, local]) {
      await expect(source.predict(rows, wanted)).rejects.toThrow(
        'the model does not say how many training rows came to each node: import it again, from a file that has the covers of its nodes',
      );
    }
  });

  it('give the classes and shares that the tree holds', async () => {
    const { client, local } = await bothWays(irisModel());
    const rows = { rowCount: 2, values: Float64Array.of(5, 3, 2.5, 0.2, 6, 3, 2.6, 1.7) };
    for (const source of [client, local]) {
      expect((await source.predict(rows, everything)).map(({ modelVersion: _, ...rest }) => rest)).toEqual([
        {
          label: 'setosa',
          classIndex: 0,
          probabilities: [
            { class: 'setosa', share: 1 },
            { class: 'versicolor', share: 0 },
            { class: 'virginica', share: 0 },
          ],
          path: [
            {
              feature: 'petal_length',
              value: 2.5,
              threshold: 2.5,
              wentLeft: true,
              samples: 32,
              words: 'petal_length 2.5 <= 2.5',
            },
          ],
        },
        {
          label: 'versicolor',
          classIndex: 1,
          probabilities: [
            { class: 'setosa', share: 0 },
            { class: 'versicolor', share: 0.9 },
            { class: 'virginica', share: 0.1 },
          ],
          path: [
            {
              feature: 'petal_length',
              value: 2.6,
              threshold: 2.5,
              wentLeft: false,
              samples: 32,
              words: 'petal_length 2.6 > 2.5',
            },
            {
              feature: 'petal_width',
              value: 1.7,
              threshold: 1.7,
              wentLeft: true,
              samples: 22,
              words: 'petal_width 1.7 <= 1.7',
            },
          ],
        },
      ]);
    }
  });

  it('give the same predictions of categories, unknown and missing values', async () => {
    const { client, local } = await bothWays(mixedModel());
    const texts = ['', 'green', '', 'blue', '', 'violet', '', 'red'];
    const rows = { rowCount: 4, values: Float64Array.of(1, NaN, NaN, NaN, 9, NaN, 3, NaN), texts };
    const remote = await client.predict(rows, everything);
    expect(remote).toEqual(await local.predict(rows, everything));
    expect(remote.map(({ label, path }) => [label, path![0]])).toEqual([
      ['a', expect.objectContaining({ value: 'green', words: 'colour in {green, red}: green' })],
      ['a', expect.objectContaining({ value: 'blue', words: 'colour not in {green, red}: blue' })],
      ['b', expect.objectContaining({ feature: 'colour', wentLeft: false })],
      [
        'a',
        {
          feature: 'colour',
          value: 'red',
          categories: ['green', 'red'],
          wentLeft: true,
          samples: 14,
          words: 'colour in {green, red}: red',
        },
      ],
    ]);
  });

  it('refuse the same row in the same words', async () => {
    const { client, local } = await bothWays(irisModel());
    const rows = { rowCount: 3, values: Float64Array.of(1, 2, 3, 4, 1, 2, NaN, 4, NaN, 2, 3, 4) };
    const expected = {
      message: 'petal_length: expected a value, as none was missing in training, found a missing one',
      row: 1,
    };
    expect(await messageOf(client, rows)).toEqual(expected);
    expect(await messageOf(local, rows)).toEqual(expected);
  });

  it('give the same predictions when the server takes less in one call', async () => {
    const rows = { rowCount: 500, values: Float64Array.from({ length: 2000 }, (_, i) => (i * 7) % 11) };
    for (const limits of [{ maxMessageBytes: 4096 }, { maxBatchRows: 60 }]) {
      const { client, local } = await bothWays(irisModel(), limits);
      expect(await client.predict(rows, everything)).toEqual(await local.predict(rows, everything));
    }
  });
});
