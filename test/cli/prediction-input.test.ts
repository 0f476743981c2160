import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { type InputBatch, rowFromArguments, rowsFromTable } from '../../src/cli/prediction-input.js';
import type { InputFeature, PredictionSource } from '../../src/client/prediction.js';
import { UnseenTally } from '../../src/data/unseen.js';
import { DataError, UsageError } from '../../src/ground/errors.js';

function source(features: readonly InputFeature[] | null, named = true): PredictionSource {
  return { features, named, predict: async () => [], close: () => {} };
}

const numbers = source([
  { name: 'length', kind: 'number' },
  { name: 'width', kind: 'number' },
]);
const mixed = source([
  { name: 'colour', kind: 'category' },
  { name: 'size', kind: 'number' },
]);
const categories = source([
  { name: 'colour', kind: 'category' },
  { name: 'colour=dark', kind: 'category' },
]);
const known = source([
  { name: 'colour', kind: 'category', categories: ['blue', 'red', 'color=red'] },
  { name: 'size', kind: 'number' },
]);
const unnamed = source(
  [
    { name: 'x[0]', kind: 'number' },
    { name: 'x[1]', kind: 'number' },
  ],
  false,
);

describe('a row of arguments', () => {
  it.each([
    [numbers, ['1', '-2.5e1'], [1, -25], undefined],
    [numbers, ['width=2', 'length=?'], [Number.NaN, 2], undefined],
    [unnamed, ['1', ''], [1, Number.NaN], undefined],
    [source(null, false), ['1', '2', '3'], [1, 2, 3], undefined],
    [mixed, [' blue ', '3'], [Number.NaN, 3], ['blue', '']],
    [mixed, ['NA', '3'], [Number.NaN, 3], ['', '']],
    [mixed, ['a=b', '3'], [Number.NaN, 3], ['a=b', '']],
    [mixed, ['size=3', 'colour=a=b'], [Number.NaN, 3], ['a=b', '']],
    [categories, ['colour=dark=yes', 'colour=red'], [Number.NaN, Number.NaN], ['red', 'yes']],
    [categories, ['x=y', 'a=b'], [Number.NaN, Number.NaN], ['x=y', 'a=b']],
    [known, ['color=red', '3'], [Number.NaN, 3], ['color=red', '']],
  ])('of %o: %j', (model, args, values, texts) => {
    const { rows } = rowFromArguments(args, model);
    expect([Array.from(rows.values), rows.texts, rows.rowCount]).toEqual([values, texts, 1]);
  });

  it.each([
    [numbers, ['1'], 'expected 2 values (length, width), found 1'],
    [numbers, ['1', '2', '3'], 'expected 2 values (length, width), found 3'],
    [unnamed, ['1'], 'expected 2 values, found 1'],
    [numbers, ['1', 'x'], 'width: expected a number, found "x"'],
    [numbers, ['1', 'Infinity'], 'width: expected a number, found "Infinity"'],
    [numbers, ['1', '1e999'], 'width: expected a number, found "1e999"'],
    [numbers, ['1', '0x10'], 'width: expected a number, found "0x10"'],
    [numbers, ['width=x', 'length=1'], 'width: expected a number, found "x"'],
    [numbers, ['widht=1', 'length=1'], 'unknown feature widht, did you mean width?'],
    [numbers, ['q=1', 'length=1'], 'unknown feature q: expected length, width'],
    [numbers, ['width=1', '2'], 'expected name=value for every value, found "2"'],
    [numbers, ['width=1', 'width=2'], 'width: expected one value, found two'],
    [numbers, ['width=1'], 'length: expected a value (length=? where it is missing), found none'],
    [mixed, ['color=red', 'size=1'], 'unknown feature color, did you mean colour?'],
    [mixed, ['colour=red', 'sizes=1'], 'unknown feature sizes, did you mean size?'],
    [mixed, ['color=red', '1'], 'unknown feature color, did you mean colour?'],
    [known, ['color=blue', '1'], 'unknown feature color, did you mean colour?'],
    [categories, ['colour=red', 'colur=blue'], 'unknown feature colur, did you mean colour?'],
    [categories, ['colour=red', 'blue'], 'expected name=value for every value, found "blue"'],
    [unnamed, ['a=1', 'b=2'], 'the server names no features: give the values in their order'],
  ])('of %o: %j is wrong usage', (model, args, message) => {
    expect(() => rowFromArguments(args, model)).toThrow(new UsageError(message));
  });
});

async function read(text: string, model: PredictionSource): Promise<InputBatch[]> {
  const batches: InputBatch[] = [];
  for await (const batch of rowsFromTable('-', model, { stdin: Readable.from([text]) })) batches.push(batch);
  return batches;
}

describe('a table', () => {
  it('gives categories as they were written, and an empty text where one is missing', async () => {
    const [batch] = await read('size,note,colour\n1,x,blue\n?,y, \n', mixed);
    expect(batch!.rows).toMatchObject({ rowCount: 2, texts: ['blue', '', '', ''] });
    expect([batch!.rows.values[1], batch!.rows.values[3]]).toEqual([1, Number.NaN]);
    expect(batch!.table).toMatchObject({
      columns: ['size', 'note', 'colour'],
      origin: { name: '<stdin>', unit: 'line' },
    });
    expect(batch!.table!.cells).toEqual([
      ['1', 'x', 'blue'],
      ['?', 'y', ' '],
    ]);
  });

  it('is taken by position where the model has no names', async () => {
    const [batch] = await read('a,b\n1,2\n3,\n', unnamed);
    expect(Array.from(batch!.rows.values)).toEqual([1, 2, 3, Number.NaN]);
    const [wide] = await read('a,b,c\n1,2,3\n', source(null, false));
    expect(Array.from(wide!.rows.values)).toEqual([1, 2, 3]);
  });

  it('by position, says of each row that cannot be read why', async () => {
    const [batch] = await read('a,b\n1,2\n3,x\ny,z\n4,5\n', unnamed);
    expect(batch!.bad).toEqual([
      { row: 1, error: new DataError('cell', '<stdin>:3: b: expected a number, found "x"') },
      { row: 2, error: new DataError('cell', '<stdin>:4: a: expected a number, found "y"') },
    ]);
    expect(Array.from(batch!.rows.values.subarray(6))).toEqual([4, 5]);
  });

  it('says which categories the model does not know, where those that it knows are known', async () => {
    const text = 'size,colour\n1,Blue\n2,blue\n3,Blue\n4,green\n5,?\n6,\n';
    const tally = (model: PredictionSource) => new UnseenTally(model.features!);
    const counted = tally(known);
    const options = { stdin: Readable.from([text]) };
    for await (const { rows } of rowsFromTable('-', known, options, counted))
      expect(rows.texts!.filter((_, i) => i % 2 === 0)).toEqual(['Blue', 'blue', 'Blue', 'green', '', '']);
    const categories = [{ category: 'Blue', nearest: 'blue' }, { category: 'green' }];
    expect(counted.columns).toEqual([{ feature: 'colour', rows: 3, categories }]);
    const row = tally(known);
    rowFromArguments(['colour=rd', 'size=1'], known, row);
    expect(row.columns).toEqual([{ feature: 'colour', rows: 1, categories: [{ category: 'rd' }] }]);
    const unknown = tally(mixed);
    rowFromArguments(['Blue', '1'], mixed, unknown);
    expect(unknown.columns).toEqual([]);
  });

  it('reads a word for a missing value as the category that the model has of that name', () => {
    const namibia = source([{ name: 'country', kind: 'category', categories: ['NA', 'ZA'] }]);
    expect(rowFromArguments(['NA'], namibia).rows.texts).toEqual(['NA']);
    expect(rowFromArguments(['?'], namibia).rows.texts).toEqual(['']);
  });

  it.each([
    [
      'columns',
      'a,b,c\n1,2,3\n',
      '<stdin>: expected 2 columns in feature order, as the server names no features, found 3',
    ],
  ] as const)('%s: %j does not fit by position', async (reason, text, message) => {
    await expect(read(text, unnamed)).rejects.toThrow(new DataError(reason, message));
  });

  it('comes in requests that stay below the limit of a message', async () => {
    const text = `length,width\n${'1,2\n'.repeat(5000)}`;
    expect((await read(text, numbers)).map(({ rows }) => rows.rowCount)).toEqual([4096, 904]);
    const names = Array.from({ length: 300 }, (_, i) => `f${i}`);
    const wide = source(names.map((name) => ({ name, kind: 'number' })));
    const rows = `${names.join()}\n${`${names.map(() => '1').join()}\n`.repeat(500)}`;
    const sizes = (await read(rows, wide)).map((batch) => batch.rows.values.byteLength);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(1024 * 1024);
    expect(sizes.length).toBe(2);
  });

  it('comes in smaller requests where paths are asked for', async () => {
    const sizes: number[] = [];
    for (const model of [numbers, source(null, false)]) {
      const stdin = Readable.from([`length,width\n${'1,2\n'.repeat(600)}`]);
      for await (const { rows } of rowsFromTable('-', model, { explain: true, stdin })) sizes.push(rows.rowCount);
    }
    expect(sizes).toEqual([256, 256, 88, 256, 256, 88]);
  });
});
