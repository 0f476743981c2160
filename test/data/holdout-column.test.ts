import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Dataset } from '../../src/data/dataset.js';
import { holdOut } from '../../src/data/holdout.js';
import { keyFolds, keyHash, keyLimit } from '../../src/data/holdout-column.js';
import { readDataset } from '../../src/data/read-dataset.js';
import type { ReadOptions } from '../../src/data/schema.js';
import { crossValidate } from '../../src/evaluation/cross-validation.js';
import { evaluate } from '../../src/evaluation/evaluate.js';
import { readSubject } from '../../src/evaluation/subject.js';
import { trainModel } from '../../src/evaluation/train-model.js';
import { readTrainingTable, verifyModel } from '../../src/evaluation/verify-model.js';
import { readModelBytes, serializeModel } from '../../src/formats/registry.js';
import { defaultParameters } from '../../src/training/parameters.js';
import { temporaryFolder } from './fixture.js';

const folder = temporaryFolder();

/** 120 rows of 24 customers: 007, 7 and others, some with blanks around. */
const HEADER = 'customer,x,y,kind,test';
const rows = Array.from({ length: 120 }, (_, i) => {
  const customer = i % 24 === 0 ? '007' : i % 24 === 1 ? '7' : i % 24 === 2 ? ` Zoë ${i % 3} ` : `c${i % 24}`;
  const x = (i * 37) % 101;
  return `${customer},${x},${(i * 61) % 97},${x + (i % 5) > 50 ? 'a' : 'b'},${i % 4 === 0 ? 'True' : 'false'}`;
});
const path = join(folder, 'sales.csv');
writeFileSync(path, [HEADER, ...rows].join('\n'));
const options: ReadOptions = { target: 'kind', ignore: ['test'], holdoutKey: 'customer' };
const customers = rows.map((row) => row.split(',')[0]!.trim());

/** md5-key/1 once more, from its description. */
const described = (seed: number, key: string) =>
  BigInt(`0x${createHash('md5').update(`${seed}:${key}`, 'utf8').digest('hex').slice(0, 15)}`);

const failure = (read: Promise<unknown>) =>
  read.then(
    () => 'done',
    ({ name, message }: Error) => `${name}: ${message}`,
  );

const heldOut = (dataset: Dataset, holdout = 0.2, seed = 0) => [...holdOut(dataset, { holdout, seed }).holdout];

describe('rows that a key holds out', () => {
  it('are those of its share, as the rule is described, those of one key together', async () => {
    const dataset = await readDataset(path, options);
    expect(dataset.features.map(({ name }) => name)).toEqual(['x', 'y']);
    for (const [holdout, seed] of [
      [0.2, 0],
      [0.5, 7],
      [0.37, 2 ** 52],
      [0, 0],
    ] as const) {
      const limit = holdout * 2 ** 60;
      const expected = customers.flatMap((key, row) => (Number(described(seed, key)) < limit ? [row] : []));
      expect(heldOut(dataset, holdout, seed)).toEqual(expected);
    }
    expect(keyHash(0, '007')).toBe(0xfeb70e50c4ee234n);
  });

  it('are below a limit that is exact', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (share) => {
        const limit = keyLimit(share);
        expect(Number(limit)).toBe(Math.ceil(share * 2 ** 60));
        expect(limit < 1n << 60n).toBe(true);
      }),
    );
  });

  it('are the same in any order of rows, and a model with them is verified', async () => {
    const other = join(folder, 'other-order.csv');
    writeFileSync(other, [HEADER, ...[...rows].reverse()].join('\n'));
    const { model } = await trainModel(await readDataset(path, options), defaultParameters);
    const again = await trainModel(await readDataset(other, options), defaultParameters);
    const text = serializeModel(model);
    expect(serializeModel(again.model)).toBe(text);
    const read = readModelBytes(Buffer.from(text), 'model.json');
    expect(read.provenance.partition).toEqual({ rule: 'md5-key/1', cuts: null, column: 'customer' });
    const verification = await verifyModel(read, text, await readTrainingTable(read, other));
    expect(verification).toEqual({ verified: true, differences: [] });
  });

  it('are scored by evaluate, of the table itself and of one with new rows', async () => {
    const dataset = await readDataset(path, options);
    const { model } = await trainModel(dataset, defaultParameters);
    const own = await evaluate(await readSubject(model, path));
    expect([own.scored, own.measured.rows]).toEqual(['holdout', heldOut(dataset).length]);
    const longer = join(folder, 'longer.csv');
    const added = Array.from({ length: 60 }, (_, i) => `new${i},${i + 0.5},${i},a,false`);
    writeFileSync(longer, [HEADER, ...rows, ...added].join('\n'));
    const more = await evaluate(await readSubject(model, longer));
    const found = heldOut(await readDataset(longer, options));
    expect([more.scored, more.measured.rows]).toEqual(['holdout', found.length]);
    expect(found.length).toBeGreaterThan(heldOut(dataset).length);
  });

  it('cannot be found in a table that lacks the key', async () => {
    const { model } = await trainModel(await readDataset(path, options), defaultParameters);
    const without = join(folder, 'without.csv');
    writeFileSync(without, [HEADER, ...rows].map((row) => row.replace(/^[^,]*,/, '')).join('\n'));
    const message =
      'DataError: without.csv: expected the column customer, by which the model held rows out, found none';
    const subject = await readSubject(model, without);
    expect((await failure(evaluate(subject))).replace(`${folder}/`, '')).toBe(message);
    expect((await failure(readTrainingTable(model, without))).replace(`${folder}/`, '')).toBe(message);
    const folded = crossValidate(subject, { folds: 3, repeats: 1 });
    expect((await failure(folded)).replace(`${folder}/`, '')).toBe(message);
  });
});

describe('folds by a key', () => {
  it('have all rows of a key together, as the rule is described', async () => {
    const dataset = await readDataset(path, options);
    const all = Uint32Array.from(rows.keys());
    const folds = keyFolds(dataset.holdoutBy!, all, { folds: 5, seed: 3 });
    const expected = customers.map((key) => Number((described(3, key) * 5n) >> 60n));
    expect(folds.map((fold) => [...fold])).toEqual(
      [0, 1, 2, 3, 4].map((fold) => [...all].filter((row) => expected[row] === fold)),
    );
  });

  it('divide what is left of the keys where some are held out', async () => {
    const dataset = await readDataset(path, options);
    const { train } = holdOut(dataset, { holdout: 0.6, seed: 0 });
    const folds = keyFolds(dataset.holdoutBy!, train, { folds: 3, holdout: 0.6, seed: 0 });
    expect(folds.flatMap((fold) => [...fold]).sort((a, b) => a - b)).toEqual([...train]);
    expect(folds.every(({ length }) => length > 0)).toBe(true);
    const cut = keyLimit(0.6);
    const first = customers.flatMap((key, row) => {
      const hash = described(0, key);
      return hash >= cut && (hash - cut) * 3n < (1n << 60n) - cut ? [row] : [];
    });
    expect([...folds[0]!]).toEqual(first);
  });

  it('are those of a cross-validation, each with rows', async () => {
    const { model } = await trainModel(await readDataset(path, options), { ...defaultParameters, ccpAlpha: 'auto' });
    const subject = await readSubject(model, path);
    expect((await crossValidate(subject, { folds: 3, repeats: 2 })).rows).toBe(120);
    expect(await failure(crossValidate(subject, { folds: 60, repeats: 1 }))).toMatch(
      /^UsageError: folds: expected fewer, as \d+ of them would have no key of customer, found 60$/,
    );
  });
});

describe('rows that a column holds out', () => {
  const flag: ReadOptions = { target: 'kind', ignore: ['customer'], holdoutColumn: 'test' };

  it('are those where it is true, and are found again', async () => {
    const dataset = await readDataset(path, { ignore: ['customer'], holdoutColumn: 'test' });
    expect(dataset.target).toBe('kind');
    expect(heldOut(dataset)).toEqual([...rows.keys()].filter((row) => row % 4 === 0));
    const { model } = await trainModel(await readDataset(path, flag), defaultParameters);
    const text = serializeModel(model);
    const read = readModelBytes(Buffer.from(text), 'model.json');
    expect(read.provenance).toMatchObject({
      partition: { rule: 'holdout-column/1', cuts: null, column: 'test' },
      training: { holdout: 0.25, rows: { train: 90, holdout: 30 } },
    });
    expect(await verifyModel(read, text, await readTrainingTable(read, path))).toMatchObject({ verified: true });
    const { measured, scored } = await evaluate(await readSubject(read, path));
    expect([scored, measured.rows]).toEqual(['holdout', 30]);
    expect((await crossValidate(await readSubject(read, path), { folds: 4, repeats: 1 })).rows).toBe(120);
  });

  it.each<[string, ReadOptions, string]>([
    [
      'a cell that is neither',
      { holdoutColumn: 'x', target: 'kind' },
      'DataError: sales.csv:3: x: expected true or false, found "37"',
    ],
    [
      'no such column',
      { holdoutKey: 'custome' },
      'DataError: sales.csv: expected the hold-out column "custome", found the columns customer, x, y, kind, test; did you mean customer?',
    ],
    [
      'the target',
      { holdoutKey: 'kind', target: 'kind' },
      'DataError: sales.csv: kind: expected one use of a column, found it as the target and what rows are held out by',
    ],
    [
      'a feature',
      { holdoutKey: 'x', features: ['x', 'y'], target: 'kind' },
      'DataError: sales.csv: x: expected one use of a column, found it as a feature and what rows are held out by',
    ],
    [
      'two columns',
      { holdoutKey: 'customer', holdoutColumn: 'test' },
      'UsageError: holdoutColumn: expected none beside a key, found "test"',
    ],
  ])('are refused by what is wrong: %s', async (_, wrong, message) => {
    expect((await failure(readDataset(path, wrong))).replace(`${folder}/`, '')).toBe(message);
  });

  it('are refused where a key is missing, and where all are held out', async () => {
    const gap = join(folder, 'gap.csv');
    writeFileSync(gap, 'key,x,y\na,1,b\n ,2,c\n');
    expect((await failure(readDataset(gap, { holdoutKey: 'key' }))).replace(`${folder}/`, '')).toBe(
      'DataError: gap.csv:3: key: expected a key to hold rows out by, found an empty cell',
    );
    const all = join(folder, 'all.csv');
    writeFileSync(all, 'out,x,y\n1,1,b\n1,2,c\n');
    const trained = trainModel(await readDataset(all, { holdoutColumn: 'out' }), defaultParameters);
    expect((await failure(trained)).replace(`${folder}/`, '')).toBe(
      'DataError: all.csv: class "b": expected at least one training row, found none',
    );
  });

  it('are none by the rules of version 1', async () => {
    const trained = trainModel(await readDataset(path, flag), defaultParameters, { rules: 1 });
    expect(await failure(trained)).toBe(
      'UsageError: rules: expected 2, as a column says which rows are held out, found 1',
    );
  });
});
