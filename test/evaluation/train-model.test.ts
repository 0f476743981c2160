import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { bundledIrisPath } from '../../src/data/bundled.js';
import { holdOut } from '../../src/data/holdout.js';
import { readDataset } from '../../src/data/read-dataset.js';
import { hashRows } from '../../src/data/row-hash.js';
import { tableSha256 } from '../../src/data/table-hash.js';
import { accuracy, logLoss } from '../../src/evaluation/metrics.js';
import { trainModel } from '../../src/evaluation/train-model.js';
import { serializeModel } from '../../src/formats/iris-json/format.js';
import { singleTree } from '../../src/model/single-tree.js';
import { defaultParameters } from '../../src/training/parameters.js';
import { treeAnswers } from '../../src/tree/answers.js';
import { predictLeaf } from '../../src/tree/predict.js';
import { mixedDataset } from '../arbitraries/datasets.js';
import type { Document } from '../formats/iris-json/document.js';
import { walk, weightsAt } from '../formats/iris-json/walker.js';

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
    const { model, text } = await trainModel(await iris(), defaultParameters);
    expect(text).toBe(await readFile(new URL('../../artifacts/iris.json', import.meta.url), 'utf8'));
    expect(serializeModel(model)).toBe(text);
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
      const counts = weightsAt(document, leaf);
      const share = counts[document.classes.indexOf(label)] / counts.reduce((sum, count) => sum + count, 0);
      const clipped = Math.min(Math.max(share, 2 ** -52), 1 - 2 ** -52);
      return { right: document.classes[predicted] === label, loss: -Math.log(clipped) };
    });
    const { holdout, train } = document.provenance.metrics;
    const right = all.filter((row) => row.right).length;
    expect(120 * train.accuracy + 30 * holdout.accuracy).toBeCloseTo(right, 9);
    // Shares are normalised after clipping, which a hand count leaves out: at most 3 * 2^-52 a row.
    const loss = all.reduce((sum, row) => sum + row.loss, 0);
    expect(120 * train.logLoss + 30 * holdout.logLoss).toBeCloseTo(loss, 9);
  });

  it.each([
    ['grown to its end', {}],
    ['pruned, of weighted classes', { ccpAlpha: 0.001, classWeight: 'balanced', minSamplesLeaf: 5 }],
  ] as const)(
    'scores its own rows as a walk of each to its leaf does, with categories and gaps: %s',
    async (_, given) => {
      const dataset = mixedDataset(600, 6);
      const { model } = await trainModel(dataset, { ...defaultParameters, ...given, holdout: 0 });
      const { tree } = singleTree(model)!;
      const answers = treeAnswers(tree, model.scorer.kind === 'tree' ? model.scorer.classWeight : null);
      const leaves = Array.from({ length: dataset.rowCount }, (_, row) =>
        predictLeaf(
          tree,
          Float64Array.from(dataset.features, ({ values }) => values[row]),
        ),
      );
      expect(model.provenance.metrics!.train).toEqual({
        accuracy: accuracy(
          dataset.labels,
          Array.from(leaves, (leaf) => answers.classes[leaf]),
        ),
        logLoss: logLoss(dataset.labels, leaves, answers.shares, tree.classCount),
      });
    },
  );

  it('has no metrics of held-out rows where none were held out', async () => {
    const document = await trained({ holdout: 0 });
    const { metrics, partition, training } = document.provenance;
    expect(metrics.holdout).toBeNull();
    expect(partition).toEqual({ rule: 'hash-rank/2', cuts: [null, null, null] });
    expect(training.rows).toEqual({ train: 150, holdout: 0 });
  });

  it('records the class weights and the alpha that were used', async () => {
    const { model, provenance } = await trained({ classWeight: new Map([['setosa', 2]]), ccpAlpha: 'auto' });
    expect(model.classWeight).toEqual([2, 1, 1]);
    expect(provenance.training.classWeight).toEqual([2, 1, 1]);
    expect(provenance.training.ccpAlpha).toBeGreaterThan(0);
  });

  it('summarises the training rows only', async () => {
    const { model, provenance } = await trained();
    const total = (counts: number[][]) => counts.flat().reduce((sum, count) => sum + count, 0);
    for (const { histogram, missing } of provenance.summaries) expect(total(histogram.counts) + missing).toBe(120);
    expect(total([model.trees[0].rows])).toBe(120);
  });

  it('takes missing values of a feature that misses one anywhere in the table, in held-out rows too', async () => {
    const dataset = await iris();
    const byRule = { seed: 0, holdout: 0.2, partition: 'hash-rank/2' };
    const changed = (row: number) => ({
      ...dataset,
      features: dataset.features.map((feature, index) =>
        index === 1 ? { ...feature, values: feature.values.with(row, Number.NaN) } : feature,
      ) as typeof dataset.features,
    });
    // The split is taken from the changed table, where it may be another one.
    for (const isHeld of [true, false]) {
      const row = [...dataset.labels.keys()].find((at) => holdOut(changed(at), byRule).holdout.includes(at) === isHeld);
      const { model, warnings } = await trainModel(changed(row!), defaultParameters);
      expect(warnings).toEqual([]);
      expect(model.features.map(({ missing }) => missing)).toEqual([false, true, false, false]);
      expect(model.provenance.summaries![1].missing).toBe(isHeld ? 0 : 1);
      const byTrainingRows = await trainModel(changed(row!), defaultParameters, { missing: 'training rows' });
      expect(byTrainingRows.model.features[1].missing).toBe(!isHeld);
      const ofVersion1 = await trainModel(changed(row!), defaultParameters, { rules: 1 });
      expect(ofVersion1.model.features[1].missing).toBe(ofVersion1.model.provenance.summaries![1].missing > 0);
    }
  });

  it('records by row hashes what it was trained on and what it held out, in whatever order the rows are', async () => {
    const dataset = await iris();
    const backwards = Uint32Array.from(dataset.labels.keys()).reverse();
    const turned = {
      ...dataset,
      labels: Uint16Array.from(backwards, (row) => dataset.labels[row]),
      features: dataset.features.map((feature) => ({
        ...feature,
        values: Float64Array.from(backwards, (row) => feature.values[row]),
      })) as typeof dataset.features,
    };
    const [one, other] = await Promise.all([dataset, turned].map((table) => trainModel(table, defaultParameters)));
    expect(serializeModel(other.model)).toBe(serializeModel(one.model));
    const { data, partition, sketch } = one.model.provenance;
    expect(data).toEqual({ hash: 'rows/2', sha256: tableSha256(dataset, hashRows(dataset)) });
    const { cuts } = holdOut(dataset, { seed: 0, holdout: 0.2, partition: 'hash-rank/2' });
    expect(partition).toEqual({ rule: 'hash-rank/2', cuts });
    expect(sketch).toHaveLength(64);
  });

  it('keeps to the rules of version 1 where it is told to', async () => {
    const { model } = await trainModel(await iris(), defaultParameters, { rules: 1 });
    const file = new URL('../fixtures/artifact/version-1/iris.json', import.meta.url);
    expect(serializeModel(model)).toBe(await readFile(file, 'utf8'));
  });

  it('stops when it is told to', async () => {
    const signal = AbortSignal.abort(new Error('stop'));
    await expect(trainModel(await iris(), defaultParameters, { signal })).rejects.toThrow('stop');
  });
});
