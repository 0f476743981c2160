import { describe, expect, it } from 'vitest';
import { csvSource } from '../../../src/data/csv/source.js';
import type { TableOptions } from '../../../src/data/schema.js';
import { inPieces, readText } from '../fixture.js';

/** What a table is taken to be, and its cells with the lines that they are on. */
async function layoutOf(text: string, options: TableOptions = {}, minColumns: 1 | 2 = 2) {
  const stdin = inPieces(Buffer.from(text), 1 << 16);
  const table = await csvSource('-', { ...options, stdin }).open(minColumns);
  const { columns, unnamed, warnings } = table;
  const rows: (readonly string[])[] = [];
  for await (const { cells, places } of table.batches([], { cells: true })) {
    cells!.forEach((row, i) => void rows.push([String(places[i]), ...row]));
  }
  return { columns, unnamed, warnings, rows };
}

const plain = {
  columns: ['x', 'z', 'y'],
  unnamed: [],
  rows: [
    ['2', '1', '2', 'a'],
    ['3', '3', '4', 'b'],
  ],
};
const note = (delimiter: string) => `<stdin>: read with the delimiter ${delimiter}, as its first lines show`;

describe('a delimiter', () => {
  it.each<[string, string]>([
    ['x;z;y\n1;2;a\n3;4;b\n', "';'"],
    ['x\tz\ty\n1\t2\ta\n3\t4\tb\n', "'\\t'"],
    ['x|z|y\n1|2|a\n3|4|b\n', "'|'"],
    ['x z y\n1 2 a\n3 4 b\n', "' +'"],
    ['  x   z y\n  1   2 a\n  3   4 b\n', "' +'"],
    ['"x";"z";"y"\n1;2;a\n3;4;b\n', "';'"],
  ])('is what the first lines show, and that is said: %j', async (text, delimiter) => {
    expect(await layoutOf(text)).toEqual({ ...plain, warnings: [note(delimiter)] });
  });

  it('is not told where it is a comma, or where it is given', async () => {
    expect(await layoutOf('x,z,y\n1,2,a\n3,4,b\n')).toEqual({ ...plain, warnings: [] });
    expect(await layoutOf('x;z;y\n1;2;a\n3;4;b\n', { delimiter: ';' })).toEqual({ ...plain, warnings: [] });
    expect(await layoutOf('sep=;\nx;z;y\n1;2;a\n3;4;b\n')).toMatchObject({ columns: plain.columns, warnings: [] });
  });

  it.each<[string, TableOptions]>([
    ['a first line for Excel', {}],
    ['another sign in the cells', { delimiter: ',' }],
  ])('that is said is not overruled by %s', async (_, options) => {
    const { columns, rows } = await layoutOf('sep=,\nx;1,y\n2;3,a\n', options);
    expect([columns, rows]).toEqual([['x;1', 'y'], [['3', '2;3', 'a']]]);
  });

  it.each([
    // A comma in the header, whatever else is there.
    ['x;1,y\n2;3,a\n', 'x;1'],
    ['name, first;y\n1, 2;a\n', 'name'],
  ])('is a comma where the header has one: %j', async (text, first) => {
    const { columns, warnings } = await layoutOf(text);
    expect([columns[0], warnings]).toEqual([first, []]);
  });

  it.each([
    ['x;y\n1;a\n2\n', `expected at least two columns, found one, "x;y"; option delimiter=';' reads it as several`],
    ['x;y|z\n1;2|a\n', `expected at least two columns, found one, "x;y|z"; option delimiter=';' reads it as several`],
    ['"x;y"\n1\n', 'expected at least two columns, found one, "x;y"'],
    ['petal width\n1\n2\n', 'expected at least two columns, found one, "petal width"'],
  ])('that is not certain is not guessed, and a hint is true: %j', async (text, message) => {
    const error = await layoutOf(text).catch((reason: unknown) => reason);
    expect((error as Error).message).toBe(`<stdin>:1: ${message}`);
  });

  it('does not cut the name of the only column of a table', async () => {
    expect((await layoutOf('petal width\n1 cm\n', {}, 1)).columns).toEqual(['petal width']);
  });

  it.each([
    ['File: data.csv\nCreated: today\nx,y\n1,a\n2,b\n', 'option skipLines=2 leaves out the lines before the table'],
    ['# by us\n# 2024\nx,y\n1,a\n', "option comment='#' leaves such lines out"],
  ])('is not looked for in lines before the table, which are named: %j', async (text, advice) => {
    await expect(layoutOf(text)).rejects.toThrow(advice);
  });
});

describe('a column without a name', () => {
  it('is called by its number, with a warning', async () => {
    expect(await layoutOf(',x, ,y\n0,1,2,a\n')).toEqual({
      columns: ['column_1', 'x', 'column_3', 'y'],
      unnamed: [0, 2],
      warnings: [
        '<stdin>:1: column 1 has no name and is called column_1',
        '<stdin>:1: column 3 has no name and is called column_3',
      ],
      rows: [['2', '0', '1', '2', 'a']],
    });
  });

  it('gets no name that another column has', async () => {
    expect((await layoutOf(',column_1,column_1_,y\n0,1,2,a\n')).columns[0]).toBe('column_1__');
  });

  it('is left out where a delimiter at the end of lines makes it', async () => {
    expect(await layoutOf('x,y,\n1,a,\n2,b, \n')).toEqual({
      columns: ['x', 'y'],
      unnamed: [],
      warnings: ['<stdin>:1: column 3 has neither a name nor cells and is left out'],
      rows: [
        ['2', '1', 'a'],
        ['3', '2', 'b'],
      ],
    });
    expect((await layoutOf('x,y,,,\n1,a,,,\n2,b\n')).warnings).toEqual([
      '<stdin>:1: columns 3 to 5 have neither a name nor cells and are left out',
    ]);
  });

  it('is none where only rows end in a delimiter', async () => {
    expect(await layoutOf('x,y\n1,a,\n2,b,\n')).toMatchObject({
      columns: ['x', 'y'],
      warnings: [],
      rows: [
        ['2', '1', 'a'],
        ['3', '2', 'b'],
      ],
    });
  });

  it.each([
    ['"x","y"\n"1",5,"a"\n"2",6,"b"\n', ['1', '2']],
    ['x,y\n0,5,a\n1,6,b\n', ['0', '1']],
    ['x,y\nMazda RX4,5,a\nDatsun,6,b\n', ['Mazda RX4', 'Datsun']],
  ])('holds the names of rows where R writes one name fewer: %j', async (text, names) => {
    const { columns, rows, unnamed, warnings } = await layoutOf(text);
    expect([columns, unnamed, rows.map(([, name]) => name)]).toEqual([['column_1', 'x', 'y'], [0], names]);
    expect(warnings).toEqual([
      '<stdin>:1: the header has one name fewer than each row has cells: they are of the columns from the second on',
      '<stdin>:1: column 1 has no name and is called column_1',
    ]);
  });

  it('may hold the names of rows between blanks, as R writes them', async () => {
    const { columns, rows } = await layoutOf('"x" "y"\n"one" 5 "a b"\n"two" 6 "b"\n');
    expect([columns, rows]).toEqual([
      ['column_1', 'x', 'y'],
      [
        ['2', 'one', '5', 'a b'],
        ['3', 'two', '6', 'b'],
      ],
    ]);
  });

  it.each(['x,y\n5,1,a\n7,2,b\n', 'x,y\nred,1,a\nred,2,b\n', 'x,y\n1,1,a\n'])(
    'is not made where one name fewer may be a mistake: %j',
    async (text) => {
      await expect(layoutOf(text)).rejects.toThrow('<stdin>:2: expected 2 cells, found 3');
    },
  );

  it('is the feature of a model that was trained on it', async () => {
    const text = ',x,y\n0,1,a\n1,2,b\n2,3,b\n';
    const { features } = await readText(text);
    const schema = { features, target: 'y', classes: ['a', 'b'] };
    expect((await readText(text, { schema })).features.map(({ name }) => name)).toEqual(['column_1', 'x']);
  });
});
