import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bundledIrisPath } from '../../src/data/bundled.js';
import type { Dataset } from '../../src/data/dataset.js';
import { hashRank1 } from '../../src/data/hash-rank-1.js';
import { hashRank2, rankText } from '../../src/data/hash-rank-2.js';
import { heldOutRows, holdOut, RANK_RULES, stratifiedFolds } from '../../src/data/holdout.js';
import { sortByRank } from '../../src/data/ranks.js';
import { readDataset } from '../../src/data/read-dataset.js';
import { hashRows } from '../../src/data/row-hash.js';
import { numberTable } from './fixture.js';

/** hash-rank/1 once more, from its description, in BigInt and one row at a time. */
const WORD = 0xffffffffn;
const rotl = (x: bigint, by: bigint) => ((x << by) | (x >> (32n - by))) & WORD;
const mix = (word: bigint) => {
  let x = word;
  x = ((x ^ (x >> 16n)) * 0x85ebca6bn) & WORD;
  x = ((x ^ (x >> 13n)) * 0xc2b2ae35n) & WORD;
  return x ^ (x >> 16n);
};
const takeIn = ([a, b]: [bigint, bigint], word: bigint): [bigint, bigint] => [
  (rotl(a ^ ((word * 0xcc9e2d51n) & WORD), 15n) * 0x1b873593n + 0xe6546b64n) & WORD,
  (rotl(b ^ ((word * 0x85ebca6bn) & WORD), 13n) * 0xc2b2ae35n + 0x27d4eb2fn) & WORD,
];

function describedRanks1({ features, labels, rowCount }: Dataset, seed: number): bigint[] {
  const keys: string[] = [];
  return Array.from({ length: rowCount }, (_, row) => {
    let pair: [bigint, bigint] = [(BigInt(seed) & WORD) ^ 0x243f6a88n, (BigInt(seed) >> 32n) ^ 0x85a308d3n];
    for (const { values } of features) {
      const view = new DataView(new ArrayBuffer(8));
      const value = values[row]!;
      if (Number.isNaN(value)) view.setBigUint64(0, 0x7ff8000000000000n);
      else view.setFloat64(0, value === 0 ? 0 : value);
      pair = takeIn(pair, BigInt(view.getUint32(4)));
      pair = takeIn(pair, BigInt(view.getUint32(0)));
    }
    pair = takeIn(pair, BigInt(labels[row]!));
    const key = pair.join();
    const earlier = keys.filter((other) => other === key).length;
    keys.push(key);
    let [a, b] = takeIn(pair, BigInt(earlier));
    a = mix(a ^ b);
    b = mix(b ^ a);
    a ^= b;
    return (a << 32n) | b;
  });
}

/** hash-rank/2 once more, from its description. */
function describedRanks2(dataset: Dataset, seed: number): bigint[] {
  const hashes = hashRows(dataset);
  const hexes = Array.from({ length: dataset.rowCount }, (_, row) => hashes.hex(row));
  return hexes.map((hex, row) => {
    const earlier = hexes.slice(0, row).filter((other) => other === hex).length;
    const digest = createHash('sha256').update(`${seed}:${hex}:${earlier}`).digest('hex');
    return BigInt(`0x${digest.slice(0, 16)}`);
  });
}

const describedRanks = { 'hash-rank/1': describedRanks1, 'hash-rank/2': describedRanks2 };
type Rule = keyof typeof describedRanks;

function describedHoldOut(dataset: Dataset, seed: number, holdout: number, partition: Rule): number[] {
  const hashes = describedRanks[partition](dataset, seed);
  return dataset.classes
    .flatMap((_, index) => {
      const rows = [...hashes.keys()].filter((row) => dataset.labels[row] === index);
      rows.sort((x, y) => (hashes[x]! < hashes[y]! ? -1 : 1));
      const count = Math.floor(rows.length * holdout + 0.5);
      return count === rows.length ? [] : rows.slice(0, count);
    })
    .sort((x, y) => x - y);
}

const value = fc.oneof(fc.integer({ min: -2, max: 2 }), fc.double(), fc.constantFrom(0, -0, Number.NaN));
const rows = fc.array(fc.record({ x: value, z: value, label: fc.nat(2) }), { minLength: 1, maxLength: 40 });
const seeds = fc.oneof(fc.nat(3), fc.maxSafeNat());
const shares = fc.double({ min: 0, max: 0.99, noNaN: true });
type Row = { x: number; z: number; label: number };

const tableOf = (some: readonly Row[]) =>
  numberTable(
    [some.map(({ x }) => x), some.map(({ z }) => z)],
    some.map(({ label }) => label),
  );
const all = ({ rowCount }: Dataset) => Uint32Array.from({ length: rowCount }, (_, row) => row);

/** Rows by their content, in an order of their own. */
const contents = ({ features, labels }: Dataset, some: Uint32Array) =>
  Array.from(some, (row) => JSON.stringify([...features.map(({ values }) => values[row]! + 0), labels[row]])).sort();

const rules = fc.constantFrom(...RANK_RULES);

describe('the ranks of hash-rank/2', () => {
  it('are the described ones', () => {
    fc.assert(
      fc.property(rows, seeds, (some, seed) => {
        const ranks = hashRank2(hashRows(tableOf(some)), seed);
        const found = some.map((_, row) => BigInt(`0x${rankText(ranks, row)}`));
        expect(found).toEqual(describedRanks2(tableOf(some), seed));
      }),
    );
  });
});

describe('the ranks of hash-rank/1', () => {
  it('are the described ones', () => {
    fc.assert(
      fc.property(rows, seeds, (some, seed) => {
        const { high, low } = hashRank1(tableOf(some), seed);
        const hashes = Array.from(high, (word, row) => (BigInt(word) << 32n) | BigInt(low[row]!));
        expect(hashes).toEqual(describedRanks1(tableOf(some), seed));
      }),
    );
  });

  it('orders rows by both of its halves, and equal hashes by place', () => {
    const hashes = { high: Uint32Array.of(5, 1, 5, 5, 0xffffffff, 5), low: Uint32Array.of(9, 7, 0xffffffff, 3, 0, 3) };
    expect([...sortByRank(Uint32Array.of(5, 4, 3, 2, 1, 0), hashes)]).toEqual([1, 3, 5, 0, 2, 4]);
  });

  it('spreads rows that differ in one bit', () => {
    const table = numberTable([Array.from({ length: 4096 }, (_, i) => i)], new Array(4096).fill(0));
    const { high, low } = hashRank1(table, 0);
    expect(new Set(high.map((word) => word >>> 24)).size).toBe(256);
    expect(new Set(Array.from(high, (word, row) => `${word},${low[row]}`)).size).toBe(4096);
    const ones = high.reduce((sum, word) => sum + (word & 1), 0);
    expect(Math.abs(ones - 2048)).toBeLessThan(200);
  });
});

describe('holdOut', () => {
  it('holds out the described rows', () => {
    fc.assert(
      fc.property(rows, seeds, shares, rules, (some, seed, holdout, partition) => {
        const { train, holdout: heldOut } = holdOut(tableOf(some), { seed, holdout, partition });
        expect([...heldOut]).toEqual(describedHoldOut(tableOf(some), seed, holdout, partition));
        expect(Uint32Array.from([...train, ...heldOut]).sort()).toEqual(all(tableOf(some)));
        expect([...train]).toEqual([...train].sort((x, y) => x - y));
      }),
    );
  });

  it('holds out the same rows whatever their order', () => {
    const shuffled = rows.chain((some) =>
      fc.tuple(fc.constant(some), fc.shuffledSubarray(some, { minLength: some.length, maxLength: some.length })),
    );
    fc.assert(
      fc.property(shuffled, seeds, shares, rules, ([some, others], seed, holdout, partition) => {
        const [one, other] = [tableOf(some), tableOf(others)];
        const options = { seed, holdout, partition };
        const [first, second] = [holdOut(one, options), holdOut(other, options)];
        expect(second.cuts).toEqual(first.cuts);
        expect(contents(other, second.holdout)).toEqual(contents(one, first.holdout));
        expect(contents(other, second.train)).toEqual(contents(one, first.train));
      }),
    );
  });

  it('always keeps these rows of iris', async () => {
    const iris = await readDataset(bundledIrisPath());
    expect(holdOut(iris, { seed: 0, holdout: 0.2 }).holdout.join()).toBe(
      '7,14,19,22,29,31,32,33,34,39,50,53,56,58,59,60,67,83,90,95,104,112,114,118,121,123,124,125,127,130',
    );
    expect(holdOut(iris, { seed: 2 ** 40 + 1, holdout: 0.1 }).holdout.join()).toBe(
      '2,29,36,39,41,69,76,78,81,86,115,126,131,140,144',
    );
    const partition = 'hash-rank/2';
    const second = holdOut(iris, { seed: 0, holdout: 0.2, partition });
    expect(second.holdout.join()).toBe(
      '5,6,11,14,17,33,42,43,45,47,53,56,69,70,80,87,91,92,94,96,109,111,119,122,126,127,128,130,140,147',
    );
    expect(second.cuts).toEqual(['298200dfa6100f5a', '423da4da136131d5', '285c6212d4a8d5cb']);
    expect(holdOut(iris, { seed: 2 ** 40 + 1, holdout: 0.1, partition }).holdout.join()).toBe(
      '6,10,19,32,42,56,58,60,75,98,105,109,135,137,143',
    );
  });

  it('holds out a half upwards, and nothing for 0', () => {
    const table = numberTable([[1, 2, 3, 4, 5, 6]], [0, 0, 0, 0, 0, 1]);
    const count = (holdout: number) => holdOut(table, { seed: 1, holdout }).holdout.length;
    expect([0, 0.05, 0.1, 0.29, 0.3, 0.5, 0.89].map(count)).toEqual([0, 0, 1, 1, 2, 3, 4]);
    expect(holdOut(table, { seed: 1, holdout: 0 }).warnings).toEqual([]);
  });

  it('trains on the whole of a class that is too small to split, and says so unless the reader has', () => {
    const table = numberTable([[1, 2, 3, 4, 5, 6, 7, 8]], [0, 0, 0, 0, 0, 1, 2, 2]);
    const small = holdOut(table, { seed: 0, holdout: 0.2 });
    expect(small.holdout.length).toBe(1);
    expect(small.warnings).toEqual([
      'table.csv: y: the class "c" has 2 rows, too few to hold any out: it is trained whole',
    ]);
    const large = holdOut(table, { seed: 0, holdout: 0.9 });
    expect([...large.train]).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(large.warnings).toEqual([
      'table.csv: y: 2 classes have at most 5 rows, of which the hold-out would leave none: they are trained whole: "a", "c"',
    ]);
  });

  it('says it of many classes in one line', () => {
    const labels = Array.from({ length: 1480 }, (_, row) => row >> 1);
    const classes = Array.from({ length: 740 }, (_, k) => `c${k}`);
    const { warnings } = holdOut(numberTable([labels], labels, classes), { seed: 0, holdout: 0.2 });
    expect(warnings).toEqual([
      'table.csv: y: 740 classes have at most 2 rows, too few to hold any out: they are trained whole: "c0", "c1", "c2", "c3", "c4", … (740 in all)',
    ]);
  });

  it.each([
    [{ seed: -1, holdout: 0.2 }, 'seed: expected a whole number of at least 0, found -1'],
    [{ seed: 0.5, holdout: 0.2 }, 'seed: expected a whole number of at least 0, found 0.5'],
    [{ seed: 0, holdout: 1 }, 'holdout: expected a number of at least 0 and below 1, found 1'],
    [{ seed: 0, holdout: Number.NaN }, 'holdout: expected a number of at least 0 and below 1, found NaN'],
    [
      { seed: 0, holdout: 0.2, partition: 'hash-rank/3' },
      'partition: expected hash-rank/1 or hash-rank/2, found "hash-rank/3"',
    ],
  ])('refuses %j', (options, message) => {
    expect(() => holdOut(numberTable([[1, 2]], [0, 1]), options)).toThrow(
      expect.objectContaining({ name: 'UsageError', message }),
    );
  });
});

describe('heldOutRows', () => {
  it('finds the rows that were held out, by the cuts alone', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(), { minLength: 1, maxLength: 60 }), seeds, shares, (values, seed, holdout) => {
        const table = numberTable(
          [values],
          values.map((value) => value % 3),
        );
        const split = holdOut(table, { seed, holdout, partition: 'hash-rank/2' });
        expect(heldOutRows(table, { seed, cuts: split.cuts })).toEqual(split.holdout);
      }),
    );
  });

  it('gives equal rows only where all of them are held out, so never a copy of a training row', () => {
    fc.assert(
      fc.property(rows, seeds, shares, fc.integer({ min: 1, max: 3 }), (some, seed, holdout, times) => {
        const text = (row: number) => JSON.stringify(some[row % some.length]);
        const { cuts, holdout: heldOut, train } = holdOut(tableOf(some), { seed, holdout, partition: 'hash-rank/2' });
        const found = [...heldOutRows(tableOf(Array(times).fill(some).flat()), { seed, cuts })];
        const trained = new Set([...train].map(text));
        expect(found.filter((row) => trained.has(text(row)))).toEqual([]);
        if (times === 1) expect(found).toEqual([...heldOut].filter((row) => !trained.has(text(row))));
      }),
    );
  });

  it('judges each row of another table as it was judged in the first', () => {
    const values = Array.from({ length: 400 }, (_, i) => i);
    const table = (some: readonly number[]) =>
      numberTable(
        [some],
        some.map((value) => value & 1),
      );
    const { cuts, holdout } = holdOut(table(values), { seed: 5, holdout: 0.25, partition: 'hash-rank/2' });
    const other = [
      ...values.filter((value) => value % 3 === 0).reverse(),
      ...values.slice(0, 10).map((value) => -1 - value),
    ];
    const found = Array.from(heldOutRows(table(other), { seed: 5, cuts }), (row) => other[row]!).filter(
      (value) => value >= 0,
    );
    expect(found.sort((x, y) => x - y)).toEqual([...holdout].filter((value) => value % 3 === 0));
  });
});

describe('stratifiedFolds', () => {
  const dealt = fc.tuple(rows, fc.integer({ min: 2, max: 6 })).filter(([some, folds]) => folds <= some.length);

  it('puts each row into one fold, and as many of each class into each as can be', () => {
    fc.assert(
      fc.property(dealt, seeds, ([some, folds], seed) => {
        const table = tableOf(some);
        const parts = stratifiedFolds(table, all(table), { seed, folds });
        expect(Uint32Array.from(parts.flatMap((fold) => [...fold])).sort()).toEqual(all(table));
        const spread = (sizes: number[]) => Math.max(...sizes) - Math.min(...sizes);
        expect(parts).toHaveLength(folds);
        expect(spread(parts.map((fold) => fold.length))).toBeLessThanOrEqual(1);
        for (const label of [0, 1, 2]) {
          const sizes = parts.map((fold) => fold.filter((row) => table.labels[row] === label).length);
          expect(spread(sizes)).toBeLessThanOrEqual(1);
        }
      }),
    );
  });

  it('deals the rows of each class by rank', () => {
    fc.assert(
      fc.property(dealt, seeds, rules, ([some, folds], seed, partition) => {
        const table = tableOf(some);
        const hashes = describedRanks[partition](table, seed);
        const order = [...hashes.keys()].sort((x, y) => {
          const byClass = table.labels[x]! - table.labels[y]!;
          return byClass || (hashes[x]! < hashes[y]! ? -1 : 1);
        });
        const expected = Array.from({ length: folds }, (_, fold) =>
          order.filter((_, place) => place % folds === fold).sort((x, y) => x - y),
        );
        const found = stratifiedFolds(table, all(table), { seed, folds, partition });
        expect(found.map((fold) => [...fold])).toEqual(expected);
      }),
    );
  });

  it('deals the given rows only, in any order of them', () => {
    const table = numberTable([[1, 2, 3, 4, 5, 6, 7]], [0, 1, 0, 1, 0, 1, 0]);
    const folds = stratifiedFolds(table, Uint32Array.of(6, 1, 2, 5), { seed: 3, folds: 2 });
    expect(folds.flatMap((fold) => [...fold]).sort()).toEqual([1, 2, 5, 6]);
    expect(stratifiedFolds(table, Uint32Array.of(1, 2, 5, 6), { seed: 3, folds: 2 })).toEqual(folds);
  });

  it.each([
    [1, 'folds: expected a whole number of at least 2, found 1'],
    [4, 'folds: expected from 2 to 3, one for each row, found 4'],
    [2.5, 'folds: expected a whole number of at least 2, found 2.5'],
  ])('refuses %d folds of three rows', (folds, message) => {
    const table = numberTable([[1, 2, 3]], [0, 1, 0]);
    expect(() => stratifiedFolds(table, all(table), { seed: 0, folds })).toThrow(
      expect.objectContaining({ name: 'UsageError', message }),
    );
  });
});
