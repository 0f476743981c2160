import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bundledIrisPath } from '../../src/data/bundled.js';
import type { Dataset } from '../../src/data/dataset.js';
import { readDataset } from '../../src/data/read-dataset.js';
import { hashPieces, hashRows } from '../../src/data/row-hash.js';
import { tableSha256 } from '../../src/data/table-hash.js';
import { numberTable, readText } from './fixture.js';

/** rows/2 once more, from its description. */
const sha256 = (bytes: string | Uint8Array) => createHash('sha256').update(bytes).digest();
const first16 = (bytes: string | Uint8Array) => sha256(bytes).subarray(0, 16);
const codePoints = (text: string) => Buffer.from(text, 'utf8');
const number8 = (value: number) => {
  const cell = Buffer.alloc(8);
  if (Number.isNaN(value)) return Buffer.from('000000000000f87f', 'hex');
  cell.writeDoubleLE(value === 0 ? 0 : value);
  return cell;
};

function describedHashes({ classes, features, labels, rowCount }: Dataset): string[] {
  const columns = [...features].sort((a, b) => Buffer.compare(codePoints(a.name), codePoints(b.name)));
  return Array.from({ length: rowCount }, (_, row) => {
    const cells = columns.map((column) => {
      const value = column.values[row]!;
      if (column.kind === 'number') return number8(value);
      if (Number.isNaN(value)) return Buffer.alloc(16, 0);
      return value < 0 ? Buffer.alloc(16, 0xff) : first16(column.categories[value]!);
    });
    return first16(Buffer.concat([...cells, first16(classes[labels[row]!]!)])).toString('hex');
  });
}

function describedTableHash(dataset: Dataset): string {
  const columns = [...dataset.features].sort((a, b) => Buffer.compare(codePoints(a.name), codePoints(b.name)));
  const header = columns.map(({ kind, name }) => `${kind} ${JSON.stringify(name)}`);
  const lines = ['rows/2', ...header, `class ${JSON.stringify(dataset.target)}`, ...describedHashes(dataset).sort()];
  return sha256(lines.map((line) => `${line}\n`).join('')).toString('hex');
}

const hexes = (dataset: Dataset) => {
  const hashes = hashRows(dataset);
  return Array.from({ length: dataset.rowCount }, (_, row) => hashes.hex(row));
};
const hashOf = (dataset: Dataset) => tableSha256(dataset, hashRows(dataset));
const hashOfText = async (text: string, options = {}) => hashOf(await readText(text, options));

const number = fc.oneof(fc.integer({ min: -2, max: 2 }), fc.double({ noDefaultInfinity: true }), fc.constant(-0));
const category = fc.constantFrom(Number.NaN, -1, 0, 1, 2);
const row = fc.record({ a: number, b: category, z: number, label: fc.nat(2) });
type Row = { a: number; b: number; z: number; label: number };
const rows = fc.array(row, { minLength: 1, maxLength: 30 });

/** Names of which the order by code point is neither that of the columns nor that by UTF-16 unit. */
function tableOf(some: readonly Row[], categories = ['blue', 'grün', '\u{1f600}']): Dataset {
  const values = (of: (row: Row) => number) => Float64Array.from(some, of);
  return {
    ...numberTable(
      [],
      some.map(({ label }) => label),
    ),
    features: [
      { name: '\u{1f600}', kind: 'number', values: values(({ z }) => z) },
      { name: '\uff5e', kind: 'number', values: values(({ a }) => a) },
      { name: 'b', kind: 'category', values: values(({ b }) => b), categories },
    ],
  };
}

describe('the hashes of rows', () => {
  it('are the described ones', () => {
    fc.assert(
      fc.property(rows, (some) => {
        expect(hexes(tableOf(some))).toEqual(describedHashes(tableOf(some)));
      }),
    );
  });

  // More rows than a thread takes at a time, not a multiple of four; bytes that end in a block and just beyond it.
  it.each([1, 2, 5, 6])('are the described ones of many rows, with %s columns of numbers more', (more) => {
    const many = Array.from({ length: 9001 }, (_, i) => ({
      a: [i / 7, -0, Number.NaN][i % 3]!,
      b: [Number.NaN, -1, 0, 1, 2][i % 5]!,
      z: i * 1e300,
      label: i % 3,
    }));
    const table = tableOf(many);
    const columns = Array.from({ length: more }, (_, column) => ({
      name: `c${column}`,
      kind: 'number' as const,
      values: Float64Array.from(many, (_, i) => i ** column),
    }));
    const wide = { ...table, features: [...table.features, ...columns] };
    expect(hexes(wide)).toEqual(describedHashes(wide));
  });

  it('are right of two tables that are hashed in turns', () => {
    const tables = [1, 2].map((times) =>
      tableOf(Array.from({ length: 5000 }, (_, i) => ({ a: times * i, b: i % 3, z: 0, label: i % times }))),
    );
    const hashed = tables.map((table) => ({ table, bytes: new Uint8Array(16 * table.rowCount) }));
    const turns = hashed.map(({ bytes, table }) => hashPieces(table, bytes, new Int32Array(1)));
    while (!turns.map((steps) => steps.next().done).every((done) => done));
    for (const { bytes, table } of hashed) expect(Buffer.from(bytes).toString('hex')).toBe(hexes(table).join(''));
    for (const { bytes, table } of hashed)
      expect(Buffer.from(bytes).toString('hex')).toBe(describedHashes(table).join(''));
  });

  it('are always these for iris', async () => {
    const iris = await readDataset(bundledIrisPath());
    expect(hexes(iris).slice(0, 2)).toEqual(['3ec05198338c6786e6a91a928c75d526', '26d5478f01dcd2e3b50fb28ae4193698']);
    expect(hashOf(iris)).toBe('c1ef4f5d93ac492b5974f3a7f6868794c9ccc83d17ba82d951e86ed6d5f8440b');
  });

  it('sort rows by all of their bits, and equal ones by place', () => {
    fc.assert(
      fc.property(rows, (some) => {
        const hashes = hashRows(tableOf(some));
        const described = describedHashes(tableOf(some));
        const expected = [...described.keys()].sort((x, y) =>
          described[x]! < described[y]! ? -1 : described[x]! > described[y]! ? 1 : x - y,
        );
        expect([...hashes.order]).toEqual(expected);
        const earlier = described.map((hex, at) => described.slice(0, at).filter((other) => other === hex).length);
        expect([...hashes.countEarlier()]).toEqual(earlier);
      }),
    );
  });
});

describe('the hash of a table', () => {
  it('is the described one', () => {
    fc.assert(
      fc.property(rows, (some) => {
        expect(hashOf(tableOf(some))).toBe(describedTableHash(tableOf(some)));
      }),
    );
  });

  it('does not depend on the order of the rows', () => {
    const shuffled = rows.chain((some) =>
      fc.tuple(fc.constant(some), fc.shuffledSubarray(some, { minLength: some.length, maxLength: some.length })),
    );
    fc.assert(
      fc.property(shuffled, ([some, others]) => {
        expect(hashOf(tableOf(others))).toBe(hashOf(tableOf(some)));
      }),
    );
  });

  it('changes with each value, and with how often a row is there', () => {
    const changed = fc.tuple(rows, fc.nat(), fc.constantFrom('a', 'b', 'z', 'label'), row);
    fc.assert(
      fc.property(changed, ([some, index, key, other]) => {
        const at = index % some.length;
        const others = some.map((it, i) => (i === at ? { ...it, [key]: other[key as keyof Row] } : it));
        const same = Object.is(some[at]![key as keyof Row] + 0, others[at]![key as keyof Row] + 0);
        expect(hashOf(tableOf(others)) === hashOf(tableOf(some))).toBe(same);
        expect(hashOf(tableOf([...some, some[at]!]))).not.toBe(hashOf(tableOf(some)));
      }),
    );
  });

  it('does not depend on the form: columns in another order, byte order mark, line ends, quotes, forms of a number', async () => {
    const plain = 'x,a,y\n1.5,"p,q",1\n0,,2\n1e+21,"l1\nl2",1\n,r,2\n';
    const other = '\ufeffa;"y";x \r\n"p,q"; 1 ;+1.50\r\n \t ;2; -0\r\nl1\nl2;1;1e21\r\nr;2;?\r\n'.replace(
      'l1\nl2',
      '"l1\nl2"',
    );
    expect(await hashOfText(other, { delimiter: ';', target: 'y' })).toBe(await hashOfText(plain));
  });

  it('depends on names and kinds, not on categories that no row has', async () => {
    const texts = ['x,y\n1,a\n2,b\n', 'z,y\n1,a\n2,b\n', 'x,c\n1,a\n2,b\n', 'x,y\n1,b\n2,a\n'];
    const hashes = await Promise.all(texts.map((text) => hashOfText(text)));
    hashes.push(await hashOfText(texts[0]!, { categorical: ['x'] }));
    expect(new Set(hashes).size).toBe(5);
    const some = [{ a: 1, b: 0, z: 2, label: 0 }];
    expect(hashOf(tableOf(some, ['blue']))).toBe(hashOf(tableOf(some)));
    const renumbered = [{ a: 1, b: 1, z: 2, label: 0 }];
    expect(hashOf(tableOf(renumbered, ['azure', 'blue']))).toBe(hashOf(tableOf(some)));
  });

  it('is the same for a table read against a model, unless it has an unknown category', async () => {
    const text = 'colour,x,y\nred,1,b\nblue,2,a\n,3,b\n';
    const schema = await readText(text);
    expect(await hashOfText(text, { schema })).toBe(await hashOfText(text));
    const other = await hashOfText(text.replace('blue', 'green'), { schema });
    expect(other).not.toBe(await hashOfText(text.replace('blue', ''), { schema }));
    expect(other).not.toBe(await hashOfText(text));
  });
});
