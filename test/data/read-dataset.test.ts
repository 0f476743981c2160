import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bundledIrisPath } from '../../src/data/bundled.js';
import { readDataset } from '../../src/data/read-dataset.js';
import type { Schema } from '../../src/data/schema.js';
import { UNKNOWN_CATEGORY } from '../../src/tree/tree.js';
import { readText, tableWriter, temporaryFolder } from './fixture.js';

const write = tableWriter(temporaryFolder());

describe('reading a table for training', () => {
  it('reads the bundled iris', async () => {
    const iris = await readDataset(bundledIrisPath());
    expect(iris).toMatchObject({ source: 'iris.csv', target: 'species', rowCount: 150, warnings: [] });
    expect(iris.classes).toEqual(['setosa', 'versicolor', 'virginica']);
    expect(iris.features.map(({ name, kind }) => [name, kind])).toEqual([
      ['sepal_length', 'number'],
      ['sepal_width', 'number'],
      ['petal_length', 'number'],
      ['petal_width', 'number'],
    ]);
    expect([0, 34, 37, 149].map((row) => iris.features.map(({ values }) => values[row]))).toEqual([
      [5.1, 3.5, 1.4, 0.2],
      [4.9, 3.1, 1.5, 0.2],
      [4.9, 3.6, 1.4, 0.1],
      [5.9, 3, 5.1, 1.8],
    ]);
    expect([0, 50, 149].map((row) => [iris.labels[row], iris.lines[row]])).toEqual([
      [0, 2],
      [1, 52],
      [2, 151],
    ]);
  });

  it('uses the columns that are asked for, in that order', async () => {
    const table = await readText('a,b,c,d,e\n1,2,x,y,5\n3,4,z,w,6\n', { features: ['e', 'a'], target: 'c' });
    expect(table.features.map(({ name, values }) => [name, [...values]])).toEqual([
      ['e', [5, 6]],
      ['a', [1, 3]],
    ]);
    expect([table.target, table.classes, [...table.labels]]).toEqual(['c', ['x', 'z'], [0, 1]]);
  });

  it('leaves out ignored columns, whatever is in them, and takes the last of the others for the target', async () => {
    const table = await readText('id,x,y,note\n1,2,a,"b, c"\nq,1,b,\n', { ignore: ['note', 'id'] });
    expect(table.features.map(({ name }) => name)).toEqual(['x']);
    expect(table.target).toBe('y');
  });

  it('calls the columns of a table without a header by their numbers', async () => {
    const table = await readText('1,2,a\n3,4,b\n', { header: false });
    expect(table.features.map(({ name }) => name)).toEqual(['column_1', 'column_2']);
    expect([table.target, table.rowCount, [...table.lines]]).toEqual(['column_3', 2, [1, 2]]);
  });

  it('takes a column without any number for categories, by code point, and keeps what is missing', async () => {
    const table = await readText('colour,y\n red,a\n ,b\nÉ,a\nblue,b\nred ,a\nBlue,a\n');
    expect(table.features[0]).toEqual({
      name: 'colour',
      kind: 'category',
      categories: ['Blue', 'blue', 'red', 'É'],
      values: Float64Array.of(2, Number.NaN, 3, 1, 2, 0),
    });
  });

  it('takes numbers for categories in a column that is named so', async () => {
    const table = await readText('zip,y\n10,a\n9,b\n10,a\nx,b\n', { categorical: ['zip'] });
    expect(table.features[0]).toMatchObject({ kind: 'category', categories: ['10', '9', 'x'] });
    expect([...table.features[0]!.values]).toEqual([0, 1, 0, 2]);
  });

  it('reads missing numbers as NaN and minus zero as zero', async () => {
    const table = await readText('x,z,y\n-0,1,a\nNA,,b\n ? ,NaN,a\nnull,2,b\n');
    expect([...table.features[0]!.values]).toEqual([0, Number.NaN, Number.NaN, Number.NaN]);
    expect(Object.is(table.features[0]!.values[0], 0)).toBe(true);
    expect([...table.features[1]!.values]).toEqual([1, Number.NaN, Number.NaN, 2]);
  });

  it('orders classes by value where all are numbers, and keeps each as it is written', async () => {
    const table = await readText('x,y\n1,10\n2,9.50\n3,-0\n4, 10\n5,007\n');
    expect(table.classes).toEqual(['-0', '007', '9.50', '10']);
    expect([...table.labels]).toEqual([3, 2, 0, 3, 1]);
  });

  it('orders classes by code point, as they are written, where one is text', async () => {
    const table = await readText('x,y\n1,10\n2,9\n3,b\n4,1e2\n5,\u{1f600}\n6,\uff5e\n');
    expect(table.classes).toEqual(['10', '1e2', '9', 'b', '\uff5e', '\u{1f600}']);
  });

  it('takes each text for a class in a target that is named as categorical', async () => {
    const text = `x,y\n1,1\n2,1.0\n3,01\n${Array.from({ length: 30 }, (_, i) => `4,${i}\n`).join('')}`;
    const { classes } = await readText(text, { categorical: ['y'] });
    expect(classes).toHaveLength(32);
    expect(classes.slice(0, 4)).toEqual(['0', '01', '1', '1.0']);
  });

  it.each([
    ['without a gap from 1 on, of five rows each', Array.from({ length: 26 * 5 }, (_, i) => 1 + (i % 26))],
    ['with leading zeros', Array.from({ length: 26 }, (_, i) => `0${i * i}`)],
  ])('takes more than twenty numbers for classes where they are codes: %s', async (_, codes) => {
    expect((await readText(`x,y\n${codes.map((code) => `1,${code}\n`).join('')}`)).classes).toHaveLength(26);
  });

  it.each([
    ['one row too few', Array.from({ length: 26 * 5 - 1 }, (_, i) => 1 + (i % 26))],
    ['a gap', Array.from({ length: 26 * 5 }, (_, i) => 2 * (i % 26))],
    ['another start', Array.from({ length: 26 * 5 }, (_, i) => 18 + (i % 26))],
  ])('and not where they are none: %s', async (_, numbers) => {
    await expect(readText(`x,y\n${numbers.map((code) => `1,${code}\n`).join('')}`)).rejects.toThrow(
      'y: expected classes, found 26 different numbers',
    );
  });

  it('keeps only arrays as long as the table', async () => {
    const rows = Array.from({ length: 3000 }, (_, i) => `${i / 7},${i % 3}\n`);
    const table = await readText(`x,y\n${rows.join('')}`);
    expect(table.features[0]!.values).toEqual(Float64Array.from({ length: 3000 }, (_, i) => i / 7));
    expect(table.features[0]!.values.buffer.byteLength).toBe(3000 * 8);
    expect(table.lines.buffer.byteLength).toBe(3000 * 4);
  });

  it('keeps little more than a table of many rows', async () => {
    const table = await readText(`x,y\n${'1,a\n2,b\n'.repeat(100_000)}`);
    const { values } = table.features[0]!;
    expect([values.length, values[199_999]]).toEqual([200_000, 2]);
    expect(values.buffer.byteLength).toBeLessThan(200_000 * 8 + 65_536);
  });
});

describe('warnings', () => {
  it.each([
    ['a column of different integers', 'id,y\n3,a\n1,b\n2,a\n4,b\n'],
    ['a column of different texts', 'id,y\nq,a\nr,b\ns,a\nt,b\n'],
  ])('%s looks like an id', async (_, text) => {
    const warning = '<stdin>: id: it has a different value in every row and looks like an id; it can be ignored';
    expect((await readText(text)).warnings).toEqual([warning]);
  });

  it.each([
    ['one value twice', 'x,y\n3,a\n1,b\n3,a\n4,b\n'],
    ['one fraction', 'x,y\n3,a\n1,b\n2.5,a\n4,b\n'],
    ['a missing cell', 'x,y\n3,a\n1,b\n,a\n4,b\n'],
    ['a text twice', 'x,y\nq,a\nr,b\nq,a\ns,b\n'],
  ])('a column with %s does not', async (_, text) => {
    expect((await readText(text)).warnings).toEqual([]);
  });

  it('columns that look like ids are one warning, which names five and counts them', async () => {
    const names = Array.from({ length: 20_000 }, (_, column) => `c${column}`);
    const row = (value: number) => names.map(() => value).join(',');
    const { warnings } = await readText(`${names.join(',')},y\n${row(1)},a\n${row(2)},b\n${row(3)},b\n`);
    expect(warnings[0]).toBe(
      '<stdin>: c0, c1, c2, c3, c4, … (20000 in all): they have a different value in every row and look like ids; they can be ignored',
    );
    expect(warnings[1]).toContain('the class "a"');
  });

  it('a class with one row is named', async () => {
    const { warnings } = await readText('x,y\n1.5,a\n2,b\n3,a\n');
    expect(warnings).toEqual(['<stdin>: y: the class "b" has only one row: it is trained whole']);
  });

  it('several classes with one row are named, at most five', async () => {
    const { warnings } = await readText('x,y\n1.5,a\n2,b\n3,a\n4,c\n5,d\n6,e\n7,f\n8,g\n');
    expect(warnings).toEqual([
      '<stdin>: y: 6 classes have only one row each and are trained whole: "b", "c", "d", "e", "f", …',
    ]);
  });

  it('a target with as many classes as rows looks like a number or an id', async () => {
    const { warnings } = await readText('x,y\n1.5,1\n2,2\n3,3\n');
    expect(warnings).toEqual(['<stdin>: y: it has as many classes as rows and looks like a number or an id']);
  });

  it('a header with a number among its names may be a row', async () => {
    const { warnings } = await readText('5.1,setosa\n4.9,setosa\n5.8,virginica\n4.9,virginica\n5,setosa\n');
    expect(warnings).toEqual([
      '<stdin>: the column name "5.1" is a number; the first line may be a row rather than a header',
    ]);
  });
});

describe('the same table in other clothes', () => {
  const plain = 'x,name,y\n1.5,"a,b",p\n-2,"c ""d""",q\n3,é,p\n';
  const comparable = async (text: string | Uint8Array, options = {}) => {
    const { source: _, ...table } = await readText(text, options);
    return table;
  };

  it.each([
    ['a byte order mark', `\ufeff${plain}`, {}],
    ['CRLF', plain.replaceAll('\n', '\r\n'), {}],
    ['CR', plain.replaceAll('\n', '\r'), {}],
    ['mixed line ends', plain.replace('\n', '\r\n'), {}],
    ['no last line end', plain.trimEnd(), {}],
    ['every cell quoted', '"x","name","y"\n"1.5","a,b","p"\n"-2","c ""d""","q"\n"3","é","p"\n', {}],
    ['spaces around cells', 'x ,  name,y\n 1.5," a,b ",p\t\n-2 ,"c ""d"" ",q \n\u00a03, é, p\n', {}],
    ['semicolons', 'x;name;y\n1.5;a,b;p\n-2;"c ""d""";q\n3;é;p\n', { delimiter: ';' }],
    ['tabs', 'x\tname\ty\n1.5\ta,b\tp\n-2\t"c ""d"""\tq\n3\té\tp\n', { delimiter: '\\t' }],
    ['gzip', gzipSync(plain), {}],
  ])('%s', async (_, text, options) => {
    expect(await comparable(text, options)).toEqual(await comparable(plain));
  });

  it('gzip is found by its first bytes, not by its name', async () => {
    const table = await readDataset(write(gzipSync(plain), 'packed.csv'));
    expect([table.source, table.rowCount]).toEqual(['packed.csv', 3]);
    expect((await readDataset(write(plain, 'plain.csv.gz'))).rowCount).toBe(3);
  });

  it('in pieces of any size, packed or not', async () => {
    const expected = await comparable(`\ufeff${plain}`);
    for (const bytes of [Buffer.from(`\ufeff${plain.replaceAll('\n', '\r\n')}`), gzipSync(plain)]) {
      for (let pieceBytes = 1; pieceBytes <= 8; pieceBytes++) {
        const { source: _, ...table } = await readText(bytes, {}, pieceBytes);
        expect(table).toEqual(expected);
      }
    }
  });
});

describe('reading a table against a model', () => {
  const schema: Schema = {
    features: [
      { name: 'size', kind: 'number' },
      { name: 'colour', kind: 'category', categories: ['blue', 'red'] },
    ],
    target: 'y',
    classes: ['1', '2'],
  };

  it('finds columns by name and cells by meaning', async () => {
    const text = 'y,extra,colour,size\n2.0,q,red,7\n1,r,green,\n1,s,?,3\n';
    const table = await readText(text, { schema });
    expect(table.features).toEqual([
      { name: 'size', kind: 'number', values: Float64Array.of(7, Number.NaN, 3) },
      {
        name: 'colour',
        kind: 'category',
        categories: ['blue', 'red'],
        values: Float64Array.of(1, UNKNOWN_CATEGORY, Number.NaN),
        unseen: ['green'],
      },
    ]);
    expect([table.target, table.classes, [...table.labels]]).toEqual(['y', ['1', '2'], [1, 0, 0]]);
  });

  it('does not need every class, nor a value in every column', async () => {
    const table = await readText('size,colour,y\n,red,1\n', { schema });
    expect([table.rowCount, [...table.labels], table.warnings]).toEqual([1, [0], []]);
  });

  it('gives the same dataset as training did, on the same table', async () => {
    const row = fc.record({
      x: fc.oneof(fc.integer({ min: -3, max: 3 }).map(String), fc.constant('')),
      colour: fc.constantFrom('red', 'blue', 'grün', ''),
      y: fc.constantFrom('a', 'b', 'c'),
    });
    const rows = fc.array(row, { minLength: 1, maxLength: 20 });
    const fixed = '0,red,a\n1,blue,b\n';
    await fc.assert(
      fc.asyncProperty(rows, async (some) => {
        const text = `x,colour,y\n${fixed}${some.map(({ x, colour, y }) => `${x},${colour},${y}\n`).join('')}`;
        const { warnings: _, ...trained } = await readText(text);
        const { warnings: __, ...scored } = await readText(text, { schema: { ...trained } });
        expect(scored).toEqual(trained);
      }),
    );
  });
});
