import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { csvSource } from '../../src/data/csv/source.js';
import type { Dataset } from '../../src/data/dataset.js';
import { readDataset } from '../../src/data/read-dataset.js';
import { readRows } from '../../src/data/read-rows.js';
import type { ReadOptions } from '../../src/data/schema.js';
import { UNKNOWN_CATEGORY } from '../../src/ground/limits.js';
import { inPieces, readText } from './fixture.js';

const WORDS = ['NA', 'NaN', 'nan', 'NULL', 'null', 'None', 'N/A', 'n/a', '#N/A', '<NA>', '-', '.', '?'];

const bytesOf = ({ classes, features, labels }: Dataset) => ({ classes, features, labels });

/** The values of the first column, categories by their names, and what was said of it. */
async function firstColumn(cells: readonly string[], options: ReadOptions = {}) {
  const rows = cells.map((cell, row) => `${cell},${'ab'[row % 2]}\n`);
  const { features, warnings } = await readText(`x,y\n${rows.join('')}`, options);
  const [column] = features;
  const values = [...column!.values].map((value) =>
    Number.isNaN(value) ? null : column!.kind === 'category' ? column!.categories[value]! : value,
  );
  return { values, warnings: warnings.filter((warning) => warning.includes('missing')) };
}

describe('a word for a missing value', () => {
  it('is missing in a column of numbers, wherever its first number is', async () => {
    const cells = [...WORDS, '', '5', ...WORDS.map((word) => ` ${word} `), '7'];
    const missing = (count: number) => Array.from({ length: count }, () => null);
    const expected = [...missing(14), 5, ...missing(13), 7];
    expect(await firstColumn(cells)).toEqual({ values: expected, warnings: [] });
  });

  it('is a category in a column of text, with one line for all columns', async () => {
    const text = 'country,size,code,y\nNA,-,1,a\nDE,L,NA,b\nFR,None,2,a\nNA,-,3,b\n,S,,a\n';
    const { features, warnings } = await readText(text);
    expect(features.map((feature) => (feature.kind === 'category' ? feature.categories : feature.kind))).toEqual([
      ['DE', 'FR', 'NA'],
      ['-', 'L', 'None', 'S'],
      'number',
    ]);
    expect(features[0]!.values[4]).toBeNaN();
    expect(warnings[0]).toBe(
      '<stdin>: words that can mean a missing value are categories in columns of text: country ("NA"), size ("-", "None"); option missing=NA,None,- makes them missing',
    );
  });

  it('is a class once other words are listed, with a line that says so', async () => {
    const text = 'x,y\n1,NA\n2,a\nunknown,?\n4,"null"\n5,b\n';
    const { advice, classes, warnings } = await readText(text, { missing: ['unknown'] });
    expect(classes).toEqual(['?', 'NA', 'a', 'b', 'null']);
    expect(warnings[0]).toBe(
      '<stdin>: y: words that can mean a missing value are classes: "NA", "?"; option missing=\'NA,?,unknown\' option dropMissingTarget=true leaves their rows out, option categorical=y says that they are classes',
    );
    expect(advice?.map(({ option }) => option)).toEqual(['missing']);
    const dropped = await readText(text, { missing: ['NA', '?', 'unknown'], dropMissingTarget: true });
    expect(dropped.classes).toEqual(['a', 'b', 'null']);
  });

  it.each<[string, ReadOptions, string]>([
    ['where the target is named as text', { missing: ['unknown'], categorical: ['y'] }, 'NA'],
    ['where the list says that there are none', { missing: [] }, 'NA'],
    ['where it is in quotes', { missing: ['unknown'] }, '"NA"'],
  ])('is a class without a line about it %s', async (_, options, word) => {
    const { classes, warnings } = await readText(`x,y\n1,${word}\n2,a\n1,${word}\n2,a\n`, options);
    expect(classes).toEqual(['NA', 'a']);
    expect(warnings.filter((warning) => warning.includes('missing'))).toEqual([]);
  });

  it('is told with a list by which all words stay missing that are', async () => {
    const text = 'land,size,weight,y\nNA,-,?,a\nDE,1,2,b\nFR,?,#N/A,a\nNA,3,5,\nNA,<NA>,4,null\n';
    const { advice, features, warnings } = await readText(text, { dropMissingTarget: true });
    const said = "; option missing='NA,null,#N/A,<NA>,-,?' makes them missing";
    expect(warnings[1]!.endsWith(said)).toBe(true);
    expect(advice).toEqual([{ option: 'missing', value: "'NA,null,#N/A,<NA>,-,?'", effect: 'makes them missing' }]);
    const missing = ['NA', 'null', '#N/A', '<NA>', '-', '?'];
    const again = await readText(text, { dropMissingTarget: true, missing });
    expect([...again.features[0]!.values]).toEqual([Number.NaN, 0, 1]);
    expect(again.features.slice(1)).toEqual(features.slice(1));
    expect(again).not.toHaveProperty('advice');
  });

  it('in quotes is text: a category, and no number', async () => {
    expect(await firstColumn(['"NA"', 'red', '"NA"'])).toEqual({ values: ['NA', 'red', 'NA'], warnings: [] });
    await expect(firstColumn(['1', '"NA"', '3'])).rejects.toThrow('<stdin>:3: x: expected a number, found "NA"');
    expect((await firstColumn(['1', '""', '3'])).values).toEqual([1, null, 3]);
  });

  it('is what the option says, in columns of any kind, but in quotes', async () => {
    const missing = ['none', ' - '];
    expect((await firstColumn(['red', 'none', '"none"', 'NA', '-', ''], { missing })).values).toEqual([
      ...['red', null, 'none', 'NA', null, null],
    ]);
    expect((await firstColumn(['1', 'none', '-', '3'], { missing })).values).toEqual([1, null, null, 3]);
    await expect(firstColumn(['1', 'NA', '3'], { missing })).rejects.toThrow('found "NA"');
    expect(await firstColumn(['NA', 'DE'], { missing: [''] })).toEqual({ values: ['NA', 'DE'], warnings: [] });
  });

  it('may be a number, with quotes too', async () => {
    expect((await firstColumn(['1', '-999', '"-999"', '3'], { missing: ['-999'] })).values).toEqual([1, null, null, 3]);
  });

  it('is a category of a column that is named so', async () => {
    expect((await firstColumn(['1', 'NA', '', '3'], { categorical: ['x'] })).values).toEqual(['1', 'NA', null, '3']);
  });

  it('alone is no category', async () => {
    await expect(firstColumn(['NA', '-', 'NA'])).rejects.toThrow('x: expected values, found only missing cells');
  });

  it('is read the same however the table is cut into blocks', async () => {
    const cell = fc.constantFrom('NA', '"NA"', '-', '', '1', 'red');
    const plain = fc.constantFrom('NA', '-', '', '1');
    const row = fc.tuple(fc.oneof(cell, plain), plain, fc.constantFrom('NA', 'red', '"-"', ''));
    await fc.assert(
      fc.asyncProperty(fc.array(row, { minLength: 2 }), fc.integer({ min: 1, max: 60 }), async (rows, blockBytes) => {
        const text = Buffer.from(`x,z,w,y\n${rows.map((cells, i) => `${cells},${'ab'[i % 2]}\n`).join('')}`);
        const read = (size: number) => {
          const threading = {
            blockBytes: size,
            bytesBefore: Number.POSITIVE_INFINITY,
            start: () => {
              throw new Error('no thread was to be started');
            },
          };
          return readDataset(csvSource('-', { stdin: inPieces(text, size) }, threading)).catch(String);
        };
        expect(await read(blockBytes)).toEqual(await read(1 << 16));
      }),
      { numRuns: 300 },
    );
  });
});

describe('a model', () => {
  const schema = {
    features: [{ name: 'x', kind: 'category' as const, categories: ['DE', 'NA'] }],
    target: 'y',
    classes: ['a', 'b'],
  };

  it('knows its categories, and takes the first five words for missing where it does not know them', async () => {
    const text = 'x,y\nNA,a\nNaN,a\nnull,a\n?,a\n,a\nNone,a\n"?",a\n';
    const expected = [1, Number.NaN, Number.NaN, Number.NaN, Number.NaN, UNKNOWN_CATEGORY, UNKNOWN_CATEGORY];
    expect([...(await readText(text, { schema })).features[0]!.values]).toEqual(expected);
    const source = csvSource('-', { stdin: inPieces(Buffer.from(text), 7) });
    for await (const { rows } of readRows(source, schema)) expect([...rows]).toEqual(expected);
  });

  it('takes the words that are given for missing, though it knows one', async () => {
    const table = await readText('x,y\nNA,a\n"NA",a\nNaN,a\n', { schema, missing: ['NA'] });
    expect([...table.features[0]!.values]).toEqual([Number.NaN, 1, UNKNOWN_CATEGORY]);
  });
});

describe('a row without a target', () => {
  const text = 'colour,x,y\nred,1,a\nblue,-, \ngreen,2,NA\nred,3,b\n,,\n,,\n';

  it('is left out where that is asked for, and counted, as if the table had no such row', async () => {
    const { features, lines, warnings, ...table } = await readText(text, { dropMissingTarget: true });
    const whole = await readText('colour,x,y\nred,1,a\nred,3,b\n');
    const { features: same, lines: _, warnings: others, ...rest } = whole;
    expect(table).toEqual(rest);
    expect(features).toEqual(same.map((column) => ({ ...column, missesLeftOut: true })));
    expect([...lines]).toEqual([2, 5]);
    expect(warnings).toEqual(['<stdin>: y: 4 rows without a class are left out', ...others]);
  });

  it.each<[string, string, boolean[]]>([
    ['an empty cell', '5,,red,', [false, true, false]],
    ['a word for a missing number', 'NA,2,red,', [true, false, false]],
    ['such a word where numbers are only above', '5,2,blue,\n-,2,red,', [true, false, false]],
    ['a word that was missing to the first models', '5,2,NaN,', [false, false, true]],
    ['a word that is a category', '5,2,None,', [false, false, false]],
    ['a category that no other row has', '5,2,green,', [false, false, false]],
    ['a number', '5,2,red,', [false, false, false]],
  ])('is a row of the table that a model is to take: with %s', async (_, row, expected) => {
    for (const text of [`x,z,c,y\n1,2,red,a\n3,4,blue,b\n${row}\n`, `x,z,c,y\n${row}\n1,2,red,a\n3,4,blue,b\n`]) {
      const table = await readText(text, { dropMissingTarget: true });
      expect(table.features.map(({ missesLeftOut = false }) => missesLeftOut)).toEqual(expected);
      const scored = await readText(text, { schema: table, dropMissingTarget: true });
      expect(bytesOf(scored)).toEqual(bytesOf(table));
    }
  });

  it('with text among numbers is told, as a model refuses it', async () => {
    const text = 'x,z,y\n1,2,a\n3,4,b\n5,abc,\n7,def,\nsum,8,\n';
    const { features, warnings } = await readText(text, { dropMissingTarget: true });
    expect(features.map(({ kind }) => kind)).toEqual(['number', 'number']);
    expect(warnings.slice(0, 2)).toEqual([
      '<stdin>: y: 3 rows without a class are left out',
      '<stdin>: x, z: rows that are left out have text among the numbers, such as "sum" on line 6: the model refuses it',
    ]);
  });

  it('is left out where a model is scored', async () => {
    const schema = { features: [{ name: 'x', kind: 'number' as const }], target: 'y', classes: ['a', 'b'] };
    const { labels, lines, warnings } = await readText(text, { schema, dropMissingTarget: true });
    expect([[...labels], [...lines], warnings]).toEqual([
      [0, 1],
      [2, 5],
      ['<stdin>: y: 4 rows without a class are left out'],
    ]);
  });

  it('is left out where numbers become classes', async () => {
    const table = await readText('x,y\n1,1\n2,\n3,2\n4,NA\n5,3\n6,4\n', {
      dropMissingTarget: true,
      classesFrom: 'quantiles:2',
    });
    expect([table.rowCount, table.classes.length]).toEqual([4, 2]);
  });

  it.each<[string, ReadOptions, string]>([
    [
      'x,y\n1,a\n2,None\n',
      {},
      `<stdin>:3: y: expected a class, found "None"; option dropMissingTarget=true leaves out the rows without one, option missing='' takes it for a class`,
    ],
    [
      'x,z,y\n1,-,a\n?,2,b\n3,4,None\n',
      {},
      '<stdin>:4: y: expected a class, found "None"; option dropMissingTarget=true leaves out the rows without one, option missing=\'-,?\' takes it for a class',
    ],
    [
      'x,z,y\n1,2,a\nNA,4,b\n3,4,NA\n',
      {},
      '<stdin>:4: y: expected a class, found "NA"; option dropMissingTarget=true leaves out the rows without one',
    ],
    [
      'x,z,y\n1,2,a\n5,4,b\n3,5,gone\n',
      { missing: ['none', 'gone'] },
      '<stdin>:4: y: expected a class, found "gone"; option dropMissingTarget=true leaves out the rows without one',
    ],
    [
      'x,y\n1,1\n2,2\n,\n',
      { classesFrom: 'quantiles:2' },
      '<stdin>:4: y: expected a number to make classes of, found an empty cell; option dropMissingTarget=true leaves out the rows without one',
    ],
    ['x,y\n1,\n2,\n', { dropMissingTarget: true }, '<stdin>: y: expected rows with a class, found none'],
    [
      'x,y\n1,NA\n2,\n',
      {},
      '<stdin>: y: expected classes, found only missing cells; option target=COLUMN names another column',
    ],
    [
      'x,y\n1,\n2,\n',
      { auto: true },
      '<stdin>: y: expected classes, found only missing cells; option target=COLUMN names another column',
    ],
    [
      'x,y\n1,NA\n2,NA\n',
      { classesFrom: 'quantiles:2' },
      '<stdin>: y: expected classes, found only missing cells; option target=COLUMN names another column',
    ],
  ])('is refused: %j %j', async (table, options, message) => {
    const error = await readText(table, options).catch((reason: unknown) => reason);
    expect((error as Error).message).toBe(message);
  });

  it('is one with an empty cell or a word, not with a word in quotes', async () => {
    const table = await readText('x,y\n1,"NA"\n2,NA\n3,b\n4,""\n', { dropMissingTarget: true });
    expect([table.classes, [...table.lines]]).toEqual([
      ['NA', 'b'],
      [2, 4],
    ]);
  });

  it('is left out by itself under auto', async () => {
    const stdin = inPieces(Buffer.from('x,y\n1,a\n1,b\n2,\n2,b\n3,a\n'), 9);
    const table = await readDataset('-', { stdin, auto: true });
    expect([table.rowCount, table.added]).toEqual([4, { dropMissingTarget: true }]);
  });
});
