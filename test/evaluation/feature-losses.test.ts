import { describe, expect, it } from 'vitest';
import { measureFeatureLosses } from '../../src/evaluation/feature-losses.js';
import { runSteps } from '../../src/model/steps.js';
import { tableFolder, trainOn } from './subjects.js';

const writeTable = tableFolder();

/** 100 rows: `useful` is the class, `useless` says nothing. */
function table(): string {
  const rows = Array.from(
    { length: 100 },
    (_, row) => `${(row * 37) % 11},${row % 2},${row % 2 === 0 ? 'even' : 'odd'}`,
  );
  return ['useless,useful,parity', ...rows].join('\n');
}

describe('what the accuracy loses without a feature', () => {
  it('is measured on the held-out rows, the same in every run', async () => {
    const subject = await trainOn({ holdout: 0.2 }, writeTable('parity.csv', table()));
    const found = runSteps(measureFeatureLosses(subject));
    expect(found).toMatchObject({ scored: 'holdout', rows: 20, repeats: 10 });
    const [useless, useful] = found!.losses;
    expect(useless).toEqual({ mean: 0, standardDeviation: 0 });
    // Shuffled labels of two equal classes are right in half of the rows.
    expect(useful.mean).toBeGreaterThan(0.3);
    expect(useful.mean).toBeLessThan(0.7);
    expect(useful.standardDeviation).toBeGreaterThan(0);
    expect(runSteps(measureFeatureLosses(subject))).toEqual(found);
  });

  it('is measured of a forest as of a tree', async () => {
    const subject = await trainOn(
      { engine: 'forest', trees: 5, maxFeatures: 2, holdout: 0.2 },
      writeTable('trees.csv', table()),
    );
    const [useless, useful] = runSteps(measureFeatureLosses(subject))!.losses;
    expect(useful.mean).toBeGreaterThan(0.3);
    expect(Math.abs(useless.mean)).toBeLessThan(0.1);
  });

  it('says so where only training rows are there', async () => {
    const subject = await trainOn({ holdout: 0 }, writeTable('all.csv', table()));
    expect(runSteps(measureFeatureLosses(subject))).toMatchObject({ scored: 'training rows', rows: 100 });
  });
});
