import { describe, expect, it } from 'vitest';
import { stratifiedFolds } from '../../src/data/holdout.js';
import { readDataset } from '../../src/data/read-dataset.js';
import { crossValidate } from '../../src/evaluation/cross-validation.js';
import { readSubject } from '../../src/evaluation/subject.js';
import { recordedParameters } from '../../src/evaluation/verify-model.js';
import { DataError } from '../../src/ground/errors.js';
import { cartTrainer } from '../../src/training/cart/engine.js';
import { mlCartTrainer } from '../../src/training/ml-cart/engine.js';
import { leafShares, majorityClasses } from '../../src/tree/answers.js';
import { predictLeaf } from '../../src/tree/predict.js';
import { prune } from '../../src/tree/prune.js';
import { tableFolder, trainOn } from './subjects.js';

const table = tableFolder();

describe('cross-validation', () => {
  it('scores each fold by a tree that was grown and pruned on the others as the model was', async () => {
    const { model, dataset } = await trainOn({
      ccpAlpha: 0.02,
      classWeight: new Map([['virginica', 3]]),
      criterion: 'entropy',
      maxDepth: 4,
      minSamplesLeaf: 2,
      seed: 11,
    });
    const measured = await crossValidate({ model, dataset }, { folds: 5, repeats: 2 });

    const weights = Float64Array.of(1, 1, 3);
    const parameters = recordedParameters(model.provenance.training!, model.classes);
    const rows = Uint32Array.from(dataset.labels.keys());
    const shares: number[] = [];
    const confusion = [0, 0, 0].map(() => [0, 0, 0]);
    for (const seed of [11, 12]) {
      for (const held of stratifiedFolds(dataset, rows, { seed, folds: 5 })) {
        const others = rows.filter((row) => !held.includes(row));
        const tree = prune(await cartTrainer.fit(dataset, others, parameters, weights), weights, 0.02);
        const classes = majorityClasses(leafShares(tree, weights), 3);
        let hits = 0;
        for (const row of held) {
          const values = Float64Array.from(dataset.features, (feature) => feature.values[row]);
          const predicted = classes[predictLeaf(tree, values)];
          confusion[dataset.labels[row]][predicted]++;
          if (predicted === dataset.labels[row]) hits++;
        }
        shares.push(hits / held.length);
      }
    }
    const mean = shares.reduce((sum, share) => sum + share, 0) / 10;
    expect(measured.confusion).toEqual(confusion);
    expect(measured.metrics.accuracy.value).toBeCloseTo(mean, 12);
    const variance = (part: number[]) => {
      const middle = part.reduce((sum, share) => sum + share, 0) / 5;
      return part.reduce((sum, share) => sum + (share - middle) ** 2, 0) / 4;
    };
    const error = Math.sqrt((variance(shares.slice(0, 5)) + variance(shares.slice(5))) / 2 / 5);
    expect(error).toBeGreaterThan(0);
    expect(measured.standardErrors.get('accuracy')).toBeCloseTo(error, 12);
    expect(measured.intervals.get('accuracy')!.lower).toBeCloseTo(mean - 2.7764451052 * error, 8);
    expect([measured.rows, measured.folds, measured.repeats]).toEqual([150, 5, 2]);
  });

  it('of a model of ml-cart trains with ml-cart', async () => {
    const { model, dataset } = await trainOn({ engine: 'ml-cart', minSamplesSplit: 3, minImpurityDecrease: 0.01 });
    const { metrics } = await crossValidate({ model, dataset }, { folds: 3, repeats: 1 });
    expect(metrics.accuracy.value).toBeGreaterThan(0.9);
  });

  it('tells its progress after each fold', async () => {
    const { model, dataset } = await trainOn();
    const told: string[] = [];
    await crossValidate(
      { model, dataset },
      {
        folds: 2,
        repeats: 3,
        onProgress: (done, total) => told.push(`${done}/${total}`),
      },
    );
    expect(told).toEqual(['1/6', '2/6', '3/6', '4/6', '5/6', '6/6']);
  });

  it('stops between folds when it is aborted', async () => {
    const { model, dataset } = await trainOn();
    const abort = new AbortController();
    let folds = 0;
    const aborted = crossValidate(
      { model, dataset },
      {
        folds: 10,
        repeats: 1,
        onProgress: () => {
          folds++;
          abort.abort(new Error('enough'));
        },
        signal: abort.signal,
      },
    );
    await expect(aborted).rejects.toThrow('enough');
    expect(folds).toBe(1);
  });

  it('has no figure for a metric that some folds have not', async () => {
    const rows = ['x,y', ...Array.from({ length: 12 }, (_, x) => `${x},${x < 2 ? 'rare' : 'usual'}`)];
    const { model, dataset } = await trainOn({ holdout: 0 }, table('rare.csv', rows.join('\n')));
    const { metrics, intervals, perClass } = await crossValidate({ model, dataset }, { folds: 4, repeats: 1 });
    expect(metrics.recallMacro).toEqual({
      value: null,
      reason: 'undefined in 2 of 4 folds: no row is of class rare',
    });
    expect(intervals.has('recallMacro')).toBe(false);
    expect(metrics.accuracy.value).not.toBeNull();
    expect(perClass[0].support).toBe(2);
    expect(perClass[0].recall.value).not.toBeNull();
    expect(metrics.top2Accuracy).toEqual({ value: null, reason: 'there are only 2 classes' });
  });

  it('predicts rows that alone in the table miss a value', async () => {
    const rows = ['x,y', ...Array.from({ length: 12 }, (_, x) => `${x === 5 ? '' : x},${x < 4 ? 'few' : 'many'}`)];
    const { model, dataset } = await trainOn({ holdout: 0 }, table('gap.csv', rows.join('\n')));
    const { confusion } = await crossValidate({ model, dataset }, { folds: 12, repeats: 1 });
    // The row without a value goes with the heavier child, and so is right.
    expect(confusion[1][1]).toBeGreaterThanOrEqual(7);
    expect(confusion.flat().reduce((sum, count) => sum + count, 0)).toBe(12);
  });

  it.each([
    [1, 'a whole number of at least 2'],
    [13, 'from 2 to 12, one for each row'],
  ])('refuses %i folds of 12 rows', async (folds, expected) => {
    const rows = ['x,y', ...Array.from({ length: 12 }, (_, x) => `${x},${x % 2}`)];
    const { model, dataset } = await trainOn({}, table('twelve.csv', rows.join('\n')));
    await expect(crossValidate({ model, dataset }, { folds, repeats: 1 })).rejects.toThrow(
      expect.objectContaining({
        name: 'UsageError',
        message: `folds: expected ${expected}, found ${folds}`,
      }),
    );
  });

  it('refuses an engine that this release has not', async () => {
    const { model, dataset } = await trainOn();
    const { provenance } = model;
    const training = { ...provenance.training!, engine: 'cart/9' };
    const later = { ...model, provenance: { ...provenance, training } };
    await expect(crossValidate({ model: later, dataset }, { folds: 2, repeats: 1 })).rejects.toThrow(
      expect.objectContaining({
        name: 'UsageError',
        message: `cross-validation trains with the model's own engine, cart/9; this release has ${cartTrainer.engine}, forest/1, ${mlCartTrainer.engine}, ml-cart/2.1.1`,
      }),
    );
  });

  it('refuses a category that the model never saw, with its line', async () => {
    const { model } = await trainOn({}, table('colours.csv', 'c,y\nred,0\nred,0\nblue,1\nblue,1\n'));
    const { dataset } = await readSubject(model, table('more.csv', 'c,y\nred,0\ngreen,1\nblue,1\n'));
    await expect(crossValidate({ model, dataset }, { folds: 2, repeats: 1 })).rejects.toThrow(DataError);
    await expect(crossValidate({ model, dataset }, { folds: 2, repeats: 1 })).rejects.toThrow(
      /more\.csv:3: c: cross-validation expected a category that the model was trained on, found another$/,
    );
  });

  it('does not depend on the order of the rows', async () => {
    const { model, dataset } = await trainOn();
    const lines = Array.from({ length: dataset.rowCount }, (_, row) =>
      [...dataset.features.map(({ values }) => values[row]), dataset.classes[dataset.labels[row]]].join(),
    );
    const header = [...dataset.features.map(({ name }) => name), dataset.target].join();
    const reversed = await readDataset(table('reversed.csv', [header, ...lines.reverse()].join('\n')));
    const options = { folds: 4, repeats: 1 };
    const [a, b] = [
      await crossValidate({ model, dataset }, options),
      await crossValidate({ model, dataset: reversed }, options),
    ];
    expect(b.metrics).toEqual(a.metrics);
    expect(b.confusion).toEqual(a.confusion);
  });
});
