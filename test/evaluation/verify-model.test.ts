import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { bundledIrisPath } from '../../src/data/bundled.js';
import { readDataset } from '../../src/data/read-dataset.js';
import { listDifferences } from '../../src/evaluation/difference.js';
import { trainModel } from '../../src/evaluation/train-model.js';
import { readTrainingTable, verifyModel } from '../../src/evaluation/verify-model.js';
import { assembleModel, serializeModel } from '../../src/formats/iris-json/format.js';
import { readModelBytes } from '../../src/formats/registry.js';
import { DataError } from '../../src/ground/errors.js';
import type { Model } from '../../src/model/model.js';
import { ENGINE_NAMES } from '../../src/training/engines.js';
import { defaultParameters, defaultsOf } from '../../src/training/parameters.js';
import { toyParts } from '../model/toy-model.js';
import { assembleTrained } from '../model/trained-parts.js';
import { tableFolder, trainOn } from './subjects.js';

const writeTable = tableFolder();

async function verify(model: Model, input?: string, options = {}) {
  return verifyModel(model, serializeModel(model), await readTrainingTable(model, input, options));
}

/** The bundled iris in an order that changes the tree which the package ml-cart grows from its rows as they come. */
async function writeShuffledIris(): Promise<string> {
  const [header, ...rows] = (await readFile(bundledIrisPath(), 'utf8')).trim().split('\n');
  return writeTable('shuffled.csv', [header, ...rows.map((_, index) => rows[(index * 7) % rows.length])].join('\n'));
}

describe('verifying a model', () => {
  it('comes to the same bytes, whatever was asked for at training', async () => {
    const asked = [
      {},
      { criterion: 'entropy', maxDepth: 3, minSamplesLeaf: 2, minSamplesSplit: 7, seed: 5, holdout: 0.4 },
      { classWeight: 'balanced', ccpAlpha: 'auto', holdout: 0 },
      { classWeight: new Map([['virginica', 1 / 3]]), maxLeafNodes: 4, minImpurityDecrease: 0.001 },
      { engine: 'ml-cart', minSamplesSplit: 3, minImpurityDecrease: 0.01 },
      { engine: 'forest', trees: 7, seed: 3 },
      { engine: 'forest', trees: 3, maxFeatures: 4, classWeight: 'balanced', holdout: 0 },
    ] as const;
    for (const parameters of asked) {
      const { model } = await trainOn(parameters);
      expect(await verify(model)).toEqual({ verified: true, differences: [] });
    }
  });

  it('comes to the same bytes where a value is missing in held-out rows alone, also by the rule of earlier models', async () => {
    const lines = (await readFile(bundledIrisPath(), 'utf8')).trim().split('\n');
    const path = writeTable('hole.csv', lines.with(9, lines[9].replace(/^[^,]*/, '')).join('\n'));
    const dataset = await readDataset(path);
    for (let seed = 0; ; seed++) {
      const parameters = { ...defaultParameters, seed };
      const { model } = await trainModel(dataset, parameters);
      if (model.provenance.summaries![0].missing > 0) continue;
      const { model: earlier } = await trainModel(dataset, parameters, { missing: 'training rows' });
      expect([model.features[0].missing, earlier.features[0].missing]).toEqual([true, false]);
      for (const each of [model, earlier]) {
        expect(await verify(each, path)).toEqual({ verified: true, differences: [] });
      }
      return;
    }
  });

  it('comes to the same bytes in another order of the rows, with every engine', async () => {
    const path = await writeShuffledIris();
    for (const engine of ENGINE_NAMES) {
      const { model } = await trainOn(defaultsOf(engine));
      expect(await verify(model, path)).toEqual({ verified: true, differences: [] });
    }
  });

  it('trains by the version of the engine that grew the model, and says where that depends on the order of rows', async () => {
    const first = await readFile(new URL('../fixtures/artifact/version-1/iris-ml-cart.json', import.meta.url));
    expect(await verify(readModelBytes(first, 'first.json'))).toEqual({ verified: true, differences: [] });
    const options = { engineVersion: 'ml-cart/2.1.1' };
    const { model } = await trainModel(await readDataset(bundledIrisPath()), defaultsOf('ml-cart'), options);
    expect(model.provenance.training!.engine).toBe('ml-cart/2.1.1');
    expect(await verify(model)).toEqual({ verified: true, differences: [] });
    expect(await verify(model, await writeShuffledIris())).toMatchObject({
      verified: false,
      note: 'trees of ml-cart/2.1.1 depend on the order of the rows, which may be another in this table',
    });
  });

  it('finds the columns of a table that has others too, and categories that look like numbers', async () => {
    const lines = Array.from(
      { length: 24 },
      (_, row) => `${row % 5},${row % 3},${row * 7},${row % 2 ? 'yes' : 'no'},${row}`,
    );
    const path = writeTable('shop.csv', ['size,code,price,sold,id', ...lines].join('\n'));
    const { model } = await trainOn({}, path, { target: 'sold', features: ['price', 'code'], categorical: ['code'] });
    expect(await verify(model, path)).toEqual({ verified: true, differences: [] });
  });

  it('names each place that another training gives', async () => {
    const { model } = await trainOn({ maxDepth: 2 });
    const metrics = model.provenance.metrics!;
    const { accuracy } = metrics.train;
    const forged = assembleModel({
      ...model,
      provenance: { ...model.provenance, metrics: { ...metrics, train: { ...metrics.train, accuracy: 1 } } },
    });
    const { differences, verified } = await verify(forged);
    expect(verified).toBe(false);
    expect(differences).toEqual([
      { path: 'provenance.metrics.train.accuracy', before: 1, after: accuracy },
      { path: 'sha256', before: forged.sha256, after: model.sha256 },
    ]);
  });

  it('says no where only the layout is another', async () => {
    const { dataset, model } = await trainOn();
    const text = serializeModel(model);
    for (const other of [JSON.stringify(JSON.parse(text)), `\ufeff${text}`, text.trimEnd()]) {
      expect(await verifyModel(model, other, dataset)).toEqual({ verified: false, differences: [] });
    }
  });

  it('refuses a table of another content', async () => {
    const { model } = await trainOn();
    const text = await readFile(bundledIrisPath(), 'utf8');
    const path = writeTable('iris.csv', text.replace('5.1,3.5', '5.2,3.5'));
    await expect(readTrainingTable(model, path)).rejects.toThrow(DataError);
    await expect(readTrainingTable(model, path)).rejects.toThrow(
      new RegExp(
        `^iris\\.csv: expected the table that the model was trained on, SHA-256 ${model.provenance.data!.sha256}, found [0-9a-f]{64}$`,
      ),
    );
  });

  it('does not guess at a table', async () => {
    const message = 'the model was not trained on the bundled iris; option input=FILE names its table';
    await expect(readTrainingTable(assembleTrained(toyParts()), undefined)).rejects.toThrow(
      expect.objectContaining({ name: 'UsageError', message }),
    );
    const { model } = await trainOn();
    const data = { ...model.provenance.data!, sha256: '0'.repeat(64) };
    const other = { ...model, provenance: { ...model.provenance, data } };
    await expect(readTrainingTable(other, undefined)).rejects.toThrow(
      expect.objectContaining({ name: 'UsageError', message }),
    );
  });
});

describe('differences of two documents', () => {
  it.each<[unknown, unknown, unknown[]]>([
    [{ a: [1, { b: null }] }, { a: [1, { b: null }] }, []],
    [1, '1', [{ path: '', before: 1, after: '1' }]],
    [
      { a: { b: [1, 2] } },
      { a: { b: [1, 3, 4] } },
      [
        { path: 'a.b[1]', before: 2, after: 3 },
        { path: 'a.b[2]', before: undefined, after: 4 },
      ],
    ],
    [
      { a: 1, b: 2 },
      { c: 3, b: 2 },
      [
        { path: 'a', before: 1, after: undefined },
        { path: 'c', before: undefined, after: 3 },
      ],
    ],
    [{ a: [] }, { a: {} }, [{ path: 'a', before: [], after: {} }]],
    [{ a: null }, { a: { b: 1 } }, [{ path: 'a', before: null, after: { b: 1 } }]],
  ])('%j and %j', (before, after, differences) => {
    expect(listDifferences(before, after)).toEqual(differences);
  });
});
