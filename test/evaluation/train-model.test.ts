import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { bundledIrisPath } from '../../src/data/bundled.js';
import { holdOut } from '../../src/data/holdout.js';
import { readDataset } from '../../src/data/read-dataset.js';
import { trainModel } from '../../src/evaluation/train-model.js';
import { serializeModel } from '../../src/formats/iris-json/format.js';
import { defaultParameters } from '../../src/training/defaults.js';
import type { Document } from '../formats/iris-json/document.js';
import { walk } from '../formats/iris-json/walker.js';

const iris = () => readDataset(bundledIrisPath());

async function trained(parameters = {}): Promise<Document> {
  const { model } = await trainModel(await iris(), { ...defaultParameters, ...parameters });
  return JSON.parse(serializeModel(model));
}

/** Rows of the bundled table, read without the product. */
async function rows(): Promise<{ input: number[]; label: string }[]> {
  const lines = (await readFile(bundledIrisPath(), 'utf8')).trim().split('\n').slice(1);
  return lines.map((line) => {
    const cells = line.split(',');
    return { input: cells.slice(0, 4).map(Number), label: cells[4] };
  });
}

describe('training a model', () => {
  it('gives the committed artifact for the bundled iris, byte for byte', async () => {
    const { model } = await trainModel(await iris(), defaultParameters);
    expect(serializeModel(model)).toBe(await readFile(new URL('../../artifacts/iris.json', import.meta.url), 'utf8'));
  });

  it('gives the same with any number of threads, and counts up to the end', async () => {
    const shares: number[] = [];
    const dataset = await iris();
    const one = await trainModel(dataset, defaultParameters, { jobs: 1, onProgress: (share) => shares.push(share) });
    const two = await trainModel(dataset, defaultParameters, { jobs: 2 });
    expect(two.model).toEqual(one.model);
    for (const share of shares) expect(share).toBeLessThanOrEqual(1);
  });

  it('scores the training rows and the held-out rows as a count over the table does', async () => {
    const document = await trained({ maxDepth: 2 });
    const all = (await rows()).map(({ input, label }) => {
      const { class: predicted, leaf } = walk(document, input);
      const counts: number[] = document.tree.counts[leaf];
      const share = counts[document.classes.indexOf(label)] / counts.reduce((sum, count) => sum + count, 0);
      const clipped = Math.min(Math.max(share, 2 ** -52), 1 - 2 ** -52);
      return { right: document.classes[predicted] === label, loss: -Math.log(clipped) };
    });
    const { holdout, train } = document.metrics;
    const right = all.filter((row) => row.right).length;
    expect(120 * train.accuracy + 30 * holdout.accuracy).toBeCloseTo(right, 9);
    // Shares are normalised after clipping, which a hand count leaves out: at most 3 * 2^-52 a row.
    const loss = all.reduce((sum, row) => sum + row.loss, 0);
    expect(120 * train.logLoss + 30 * holdout.logLoss).toBeCloseTo(loss, 9);
  });

  it('has no metrics of held-out rows where none were held out', async () => {
    const document = await trained({ holdout: 0 });
    expect(document.metrics.holdout).toBeNull();
    expect(document.training.rows).toEqual({ train: 150, holdout: 0 });
  });

  it('records the class weights and the alpha that were used', async () => {
    const { training } = await trained({ classWeight: new Map([['setosa', 2]]), ccpAlpha: 'auto' });
    expect(training.classWeight).toEqual([2, 1, 1]);
    expect(training.ccpAlpha).toBeGreaterThan(0);
  });

  it('summarises the training rows only', async () => {
    const { features, tree } = await trained();
    const total = (counts: number[][]) => counts.flat().reduce((sum, count) => sum + count, 0);
    for (const { histogram, missing } of features) expect(total(histogram.counts) + missing).toBe(120);
    expect(tree.counts[0]).toEqual([40, 40, 40]);
  });

  it('warns of a feature that misses values in held-out rows only', async () => {
    const dataset = await iris();
    const { holdout, train } = holdOut(dataset, defaultParameters);
    const without = (column: number, row: number) => {
      const { values } = dataset.features[column];
      return values.map((value, index) => (index === row ? Number.NaN : value));
    };
    // Of equal rows the order decides, so the split is taken from the changed table, where it may be another one.
    const changed = (column: number, row: number) => ({
      ...dataset,
      features: dataset.features.map((feature, index) =>
        index === column ? { ...feature, values: without(column, row) } : feature,
      ) as typeof dataset.features,
    });
    const found = async (rows: Uint32Array, isHeld: boolean) => {
      for (const row of rows) {
        const table = changed(1, row);
        if (holdOut(table, defaultParameters).holdout.includes(row) !== isHeld) continue;
        const heard: string[] = [];
        const { warnings } = await trainModel(table, defaultParameters, { onWarning: (text) => heard.push(text) });
        expect(heard).toEqual(warnings);
        return warnings;
      }
      throw new Error('no such row');
    };
    expect(await found(holdout, true)).toEqual([
      'iris.csv: sepal_width: values are missing in held-out rows only: the model will refuse rows without one',
    ]);
    expect(await found(train, false)).toEqual([]);
  });

  it('stops when it is told to', async () => {
    const signal = AbortSignal.abort(new Error('stop'));
    await expect(trainModel(await iris(), defaultParameters, { signal })).rejects.toThrow('stop');
  });
});
