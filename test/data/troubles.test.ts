import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { Dataset } from '../../src/data/dataset.js';
import { readDataset } from '../../src/data/read-dataset.js';
import type { ReadOptions } from '../../src/data/schema.js';
import { DataError, InputError } from '../../src/ground/errors.js';
import { inPieces, readText, tableWriter, temporaryFolder } from './fixture.js';
import { passengerTable } from './passengers.js';

const write = tableWriter(temporaryFolder());

/** What a reading that fails says. */
async function failure(text: string, options: ReadOptions = {}): Promise<DataError> {
  const error = await readText(text, options).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(DataError);
  return error as DataError;
}

const rowsOf = (count: number, row: (i: number) => string) =>
  Array.from({ length: count }, (_, i) => `${row(i)}\n`).join('');
const bytesOf = ({ features, labels, classes }: Dataset) => ({ features, labels, classes });

describe('a table with several odd columns', () => {
  const text = `id,name,size,paid,day,y\n${rowsOf(300, (i) => `${i},n${i},${i % 3 ? i % 7 : 'x'},"${1 + (i % 5)},5",2024-01-${10 + (i % 9)},${'ab'[i % 2]}`)}`;

  it('is refused once, with all of them and the options with which it can be read', async () => {
    const error = await failure(text);
    expect(error.reason).toBe('several');
    expect(error.message.split('\n')).toEqual([
      '<stdin>: 4 columns cannot be learnt from as they are',
      '<stdin>: name: expected at most 255 categories, found 300 different ones in 300 rows, such as "n0"; option ignore=name leaves it out',
      '<stdin>:3: size: expected a number, found "x" (and 99 more such cells); option categorical=size reads the column as text'.replace(
        ':3:',
        ':2:',
      ),
      `<stdin>:2: paid: expected numbers or categories, found numbers with a decimal comma, "1,5"; option decimal=',' reads them as numbers, option categorical=paid keeps them as text`,
      '<stdin>:2: day: expected numbers or categories, found dates, "2024-01-10"; option dates=day reads them as days, years, months and weekdays, option categorical=day keeps them as text',
      '<stdin>: id: it has a different value in every row and looks like an id',
      'with the options {"decimal":",","dates":{"day":"ymd"},"categorical":["size"],"ignore":["name","id"]} the table can be learnt from',
    ]);
    expect(error.troubles?.map(({ advice }) => advice?.option)).toEqual([
      'ignore',
      'categorical',
      'decimal',
      'dates',
      undefined,
    ]);
  });

  it('is read with these options, and by auto, as the same table', async () => {
    const { options } = await failure(text);
    const asked = await readText(text, options as ReadOptions);
    const found = await readText(text, { auto: true });
    expect(asked.features.map(({ kind, name }) => [name, kind])).toEqual([
      ['size', 'category'],
      ['paid', 'number'],
      ['day', 'number'],
      ['day_year', 'number'],
      ['day_month', 'number'],
      ['day_weekday', 'number'],
    ]);
    expect(bytesOf(found)).toEqual(bytesOf(asked));
    expect(found.added).toEqual(options);
    expect(asked.added).toBeUndefined();
  });

  it('says under auto why it is read so', async () => {
    const { warnings } = await readText(text, { auto: true });
    expect(warnings.slice(0, 5)).toEqual([
      '<stdin>: name: expected at most 255 categories, found 300 different ones in 300 rows, such as "n0"',
      '<stdin>:2: size: expected a number, found "x" (and 99 more such cells)',
      '<stdin>:2: paid: expected numbers or categories, found numbers with a decimal comma, "1,5"',
      '<stdin>:2: day: expected numbers or categories, found dates, "2024-01-10"',
      '<stdin>: id: it has a different value in every row and looks like an id',
    ]);
  });

  it('leaves the decision to a person where auto cannot make it', async () => {
    const odd = `x,name,y\n${rowsOf(300, (i) => `${i === 7 || i === 9 ? `?${i}` : i % 50},n${i},${i % 2}`)}`;
    for (const options of [{}, { auto: true }]) {
      const error = await failure(odd, options);
      expect(error.options).toBeUndefined();
      expect(error.message.split('\n')[1]).toBe(
        '<stdin>:9: x: expected a number, found "?7" (and 1 more such cell, "?9" on line 11 among them); option categorical=x reads the column as text',
      );
    }
    const target = `name,x,y\n${rowsOf(300, (i) => `n${i},1,${i / 8}`)}`;
    const error = await failure(target, { auto: true });
    expect(error.options).toMatchObject({ classesFrom: 'quantiles:4' });
  });

  it('says which columns a person has to decide', async () => {
    const odd = `eu,name,"a,""b",y\n${rowsOf(300, (i) => `${i === 7 ? 'soon' : i % 50},n${i},${i === 8 ? 'x' : i % 3},${i % 2}`)}`;
    for (const options of [{}, { auto: true }]) {
      const { message, options: added, troubles } = await failure(odd, options);
      expect([message.split('\n'), added, troubles?.length]).toEqual([
        [
          '<stdin>: 3 columns cannot be learnt from as they are; to decide: eu, a,"b',
          '<stdin>:9: eu: expected a number, found "soon"; option categorical=eu reads the column as text',
          '<stdin>: name: expected at most 255 categories, found 300 different ones in 300 rows, such as "n0"; option ignore=name leaves it out',
          '<stdin>:10: a,"b: expected a number, found "x"; option categorical=a,"b reads the column as text',
        ],
        undefined,
        3,
      ]);
    }
  });

  it('says how many there are to decide where they are too many to list', async () => {
    const names = Array.from({ length: 25 }, (_, at) => `x${at}`);
    const cells = (i: number) => names.map(() => (i === 7 ? 'soon' : i % 9)).join(',');
    const error = await failure(`${names.join(',')},y\n${rowsOf(40, (i) => `${cells(i)},${i % 2}`)}`);
    expect(error.message.split('\n')[0]).toBe(
      `<stdin>: 25 columns cannot be learnt from as they are; to decide: ${names.slice(0, 20).join(', ')}, … (25 in all)`,
    );
  });

  it('names none to decide where each has its option, but no column would be left', async () => {
    const error = await failure(`name,none,y\n${rowsOf(300, (i) => `n${i},,${i % 2}`)}`);
    expect(error.options).toBeUndefined();
    expect(error.message.split('\n')[0]).toBe('<stdin>: 2 columns cannot be learnt from as they are');
  });

  it('keeps to what was asked for under auto', async () => {
    const asked: ReadOptions = { auto: true, categorical: ['paid'], ignore: ['day'] };
    const { added, features } = await readText(text, asked);
    expect(added).toEqual({ ignore: ['name', 'id'], categorical: ['size'] });
    expect(features.map(({ kind, name }) => [name, kind])).toEqual([
      ['size', 'category'],
      ['paid', 'category'],
    ]);
  });
});

describe('one odd column', () => {
  const rows = (row: (i: number) => string) =>
    `id,size,x,y\n${rowsOf(40, (i) => `${i},${row(i)},${i % 3},${'ab'[i % 2]}`)}`;
  /** Of a file, which can be read more than once. */
  const optionsOf = async (text: string) => {
    const error = await readDataset(write(text, 'one.csv')).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(DataError);
    return error as DataError;
  };

  it('is told with the ids, which auto leaves out too', async () => {
    const text = rows((i) => (i % 2 ? `t${i % 4}` : '7'));
    const error = await optionsOf(text);
    expect(error.message.split('\n').map((line) => line.replace(/^.*one\.csv/, 'one.csv'))).toEqual([
      'one.csv: the column size cannot be learnt from as it is',
      'one.csv:3: size: expected a number, found "t1" (and 19 more such cells, "t3" on line 5 among them); option categorical=size reads the column as text',
      'one.csv: id: it has a different value in every row and looks like an id',
      'with the options {"categorical":["size"],"ignore":["id"]} the table can be learnt from',
    ]);
    expect((await readText(text, { auto: true })).added).toEqual(error.options);
  });

  it('that looks like an id only once it is read as text is left out as under auto', async () => {
    const text = rows((i) => (i % 2 ? `t${i}` : String(i)));
    const error = await optionsOf(text);
    expect(error.options).toEqual({ ignore: ['id', 'size'] });
    expect((await readText(text, { auto: true })).added).toEqual(error.options);
    expect(error.message).toContain('one.csv: the column size cannot be learnt from as it is\n');
  });

  it('comes without options where a later reading shows what a person has to decide', async () => {
    const text = rows((i) => (i === 9 ? 'soon' : `"${i % 5},5"`));
    const error = await optionsOf(text);
    expect(error.options).toBeUndefined();
    expect(error.message).toContain(':11: size: expected a number, found "soon"');
    expect((await failure(text, { auto: true })).message).toContain(':11: size: expected a number, found "soon"');
  });
});

describe('auto', () => {
  it('reads a table that is well as it is', async () => {
    const text = `x,y\n${rowsOf(20, (i) => `${i % 4},${'ab'[i % 2]}`)}`;
    const { added, warnings, ...table } = await readText(text, { auto: true });
    const { warnings: plain, ...same } = await readText(text);
    expect(table).toEqual(same);
    expect([added, warnings]).toEqual([{}, plain]);
  });

  it('leaves out columns without a value and ids, but not the last column that is left', async () => {
    const text = `id,none,x,y\n${rowsOf(20, (i) => `${i + 5},,${i % 4},${'ab'[i % 2]}`)}`;
    expect((await readText(text, { auto: true })).added).toEqual({ ignore: ['none', 'id'] });
    const ids = `id,y\n${rowsOf(20, (i) => `${i + 5},${'ab'[i % 2]}`)}`;
    const { added, features } = await readText(ids, { auto: true });
    expect([added, features.length]).toEqual([{}, 1]);
  });

  it('does not leave out what was asked for by name', async () => {
    const text = `name,x,y\n${rowsOf(300, (i) => `n${i},${i % 4},${'ab'[i % 2]}`)}`;
    const error = await failure(text, { auto: true, features: ['name', 'x'] });
    expect([error.message, error.options]).toEqual([
      '<stdin>: name: expected at most 255 categories, found 300 different ones in 300 rows, such as "n0"',
      undefined,
    ]);
    expect((await readText(text, { auto: true, features: ['x'] })).added).toEqual({});
  });

  it('takes whole numbers that are far apart for no ids', async () => {
    const text = `x,z,y\n${rowsOf(20, (i) => `${i * i * 50},${i % 2},${'ab'[i % 2]}`)}`;
    expect((await readText(text, { auto: true })).added).toEqual({});
  });

  it('learns from a table of passengers', async () => {
    const { added, features, rowCount } = await readDataset(write(passengerTable(), 'passengers.csv'), {
      target: 'Survived',
      auto: true,
    });
    expect(added).toEqual({ ignore: ['Name', 'Ticket', 'PassengerId'] });
    expect([rowCount, features.map(({ name }) => name)]).toEqual([
      891,
      ['Pclass', 'Sex', 'Age', 'SibSp', 'Parch', 'Fare', 'Cabin', 'Embarked'],
    ]);
  });

  it('reads standard input twice from a file that it leaves nowhere', async () => {
    const before = new Set(readdirSync(tmpdir()));
    const bytes = Buffer.from(passengerTable());
    const { rowCount } = await readDataset('-', { target: 'Survived', auto: true, stdin: inPieces(bytes, 1000) });
    expect(rowCount).toBe(891);
    expect(readdirSync(tmpdir()).filter((name) => !before.has(name) && /^iris-[^-]*$/.test(name))).toEqual([]);
  });

  it('says what is wrong with standard input', async () => {
    const stdin = new Readable({
      read() {
        this.destroy(new Error('read EIO'));
      },
    });
    await expect(readDataset('-', { auto: true, stdin })).rejects.toThrow(
      new InputError('<stdin>: expected a readable file, found: read EIO'),
    );
  });

  it('does not read a source twice', async () => {
    const source = { origin: { name: 'query', unit: 'row' as const }, open: () => Promise.reject(new Error('opened')) };
    await expect(readDataset(source, { auto: true })).rejects.toThrow(
      'auto: expected the name of an input, as a table may be read twice, found a source',
    );
  });
});

describe('numbers and text in one column', () => {
  it.each([
    ['a tenth of text is odd', 90, 10, undefined],
    ['more of it makes the column text', 89, 11, { categorical: ['x'] }],
  ])('%s', async (_, numbers, texts, added) => {
    const text = `x,z,y\n${rowsOf(numbers, (i) => `${i % 9},1,${i % 2}`)}${rowsOf(texts, (i) => `t${i % 3},1,${i % 2}`)}`;
    expect((await failure(text)).options).toEqual(added);
  });

  it('do not depend on the order of the rows', async () => {
    const rows = [...Array(60).keys()].map((i) => `${i % 3 ? i % 5 : `t${i % 4}`},${i % 7},${i % 2}\n`);
    const forwards = await failure(`x,z,y\n${rows.join('')}`);
    const backwards = await failure(`x,z,y\n${rows.reverse().join('')}`);
    expect(forwards.options).toEqual(backwards.options);
    const read = async (some: readonly string[]) =>
      (await readText(`x,z,y\n${some.join('')}`, { categorical: ['x'] })).features[0];
    expect(await read(rows)).toMatchObject({ categories: ['1', '2', '3', '4', '0', 't0', 't1', 't2', 't3'].sort() });
  });

  it('are counted over blocks of a large table', async () => {
    const rows = rowsOf(60_000, (i) => `${i % 4 === 3 ? `t${i % 100}` : i % 50},${i % 7},${i % 2}`);
    const error = await failure(`x,z,y\n${rows}`);
    expect(error.message).toContain('x: expected a number, found "t3" (and 14999 more such cells');
    expect(error.options).toEqual({ categorical: ['x'] });
  });
});

describe('words among numbers', () => {
  const column = (cells: readonly string[]) =>
    `x,n,y\n${rowsOf(40, (i) => `${cells[i] ?? i / 3},${i % 9 ? i % 7 : '-'},${i % 2}`)}`;
  const asText = 'option categorical=x reads the column as text';

  it.each<[string, string[], string]>([
    ['a likely word', ['unknown'], `found "unknown"; option missing=-,unknown takes it for a missing value, ${asText}`],
    [
      'a likely word in capitals',
      ['MISSING'],
      `found "MISSING"; option missing=-,MISSING takes it for a missing value, ${asText}`,
    ],
    ['dashes', ['--'], `found "--"; option missing=-,-- takes it for a missing value, ${asText}`],
    ['letters with points', ['n.a.'], `found "n.a."; option missing=-,n.a. takes it for a missing value, ${asText}`],
    ['a null of databases', ['\\N'], `found "\\\\N"; option missing='-,\\N' takes it for a missing value, ${asText}`],
    [
      'two likely words',
      ['unknown', '--', 'unknown'],
      `found "unknown" (and 2 more such cells, "--" on line 3 among them); option missing=-,unknown,-- takes them for missing values, ${asText}`,
    ],
    [
      'one text, again and again',
      ['rotary', '1', 'rotary'],
      `found "rotary" (and 1 more such cell); option missing=-,rotary takes it for a missing value, ${asText}`,
    ],
    ['one text, once', ['rotary'], `found "rotary"; ${asText}`],
    [
      'a likely word and another',
      ['unknown', 'x'],
      `found "unknown" (and 1 more such cell, "x" on line 3 among them); ${asText}`,
    ],
  ])('are an error with what makes them missing: %s', async (_, cells, found) => {
    for (const options of [{}, { auto: true, features: ['x', 'n'] }]) {
      const error = await failure(column(cells), options);
      expect([error.message, error.options]).toEqual([`<stdin>:2: x: expected a number, ${found}`, undefined]);
    }
  });

  it.each<[string, string[], string]>([
    ['one', ['"NA"'], `found "NA" in quotes, which is text; ${asText}, option ignore=x leaves it out`],
    [
      'two, beside one without quotes',
      ['"NA"', 'NA', '"null"', '"NA"'],
      `found "NA" in quotes, which is text (and 2 more such cells, "null" in quotes on line 4 among them); ${asText}, option ignore=x leaves it out`,
    ],
    [
      'beside a likely word',
      ['unknown', '"NA"'],
      `found "unknown" (and 1 more such cell, "NA" in quotes on line 3 among them); ${asText}, option ignore=x leaves it out`,
    ],
    [
      'beside other text',
      ['"NA"', 'abc'],
      `found "NA" in quotes, which is text (and 1 more such cell, "abc" on line 3 among them); ${asText}`,
    ],
  ])('that are in quotes come without a list, which could not make them missing: %s', async (_, cells, found) => {
    // The second is a table that csv-parse reads.
    for (const text of [column(cells), column(cells).replaceAll('\n', '\r')]) {
      const error = await failure(text);
      expect([error.message, error.options]).toEqual([`<stdin>:2: x: expected a number, ${found}`, undefined]);
    }
    const features = (await readText(column(cells), { categorical: ['x'] })).features;
    expect(features[0]).toMatchObject({ kind: 'category' });
  });

  it('that are in quotes, and in the list already, are said to be text', async () => {
    const error = await failure(column(['"unknown"']), { missing: ['-', 'unknown'] });
    expect(error.message).toBe(
      `<stdin>:2: x: expected a number, found "unknown" in quotes, which is text; ${asText}, option ignore=x leaves it out`,
    );
  });

  it('that are in quotes are said to be text where a model is scored and where numbers become classes', async () => {
    const schema = { features: [{ name: 'x', kind: 'number' as const }], target: 'y', classes: ['0', '1'] };
    expect((await failure('x,y\n1,0\n"NA",1\n', { schema })).message).toBe(
      '<stdin>:3: x: expected a number, found "NA" in quotes, which is text',
    );
    expect((await failure('x,y\n1,0.5\n2,"NA"\n3,2\n', { classesFrom: 'quantiles:2' })).message).toBe(
      '<stdin>:3: y: expected a number to make classes of, found "NA" in quotes, which is text',
    );
  });

  it('are read by the list that the error gives', async () => {
    const text = column(['unknown', '--']);
    const { advice } = await failure(text);
    const { features } = await readText(text, { missing: String(advice!.value).split(',') });
    expect(features.map(({ kind, values }) => [kind, values.filter(Number.isNaN).length])).toEqual([
      ['number', 2],
      ['number', 5],
    ]);
  });

  it('keep the words that were listed', async () => {
    const text = column(['unknown', 'none']).replaceAll('-', '1');
    const { advice } = await failure(text, { missing: ['none', 'a,b'] });
    expect(advice).toMatchObject({ option: 'missing', value: String.raw`'none,a\,b,unknown'` });
  });

  it.each([
    ['inf', 'inf'],
    ['-Inf', '-Inf'],
    ['Infinity', 'Infinity'],
    ['1e400', '1e400'],
    ['400 digits', '9'.repeat(400)],
  ])('that no double holds are an error, never a category: %s', async (_, cell) => {
    const shown = cell.length > 40 ? `"${'9'.repeat(40)}…"` : `"${cell}"`;
    const found = `<stdin>:3: x: expected a finite number, found ${shown}`;
    const missing = `; option missing=-,${cell} takes it for a missing value, ${asText}`;
    const odd = await failure(column(['1', cell]), { auto: true });
    expect([odd.message, odd.options]).toEqual([found + missing, undefined]);
    const often = await failure(column(['1', ...Array.from({ length: 30 }, () => cell)]), { auto: true });
    expect([often.message, often.options]).toEqual([`${found} (and 29 more such cells)${missing}`, undefined]);
    const only = await failure(column(Array.from({ length: 40 }, () => cell)), { auto: true });
    expect([only.message, only.options]).toEqual([
      `<stdin>:2: x: expected a finite number, found ${shown} (and 39 more such cells); option ignore=x leaves it out, ${asText}`,
      undefined,
    ]);
  });

  it('that no double holds keep most numbers from being read as text, whatever other text there is', async () => {
    const cells = ['inf', 'a', 'b', 'c', 'd', 'e', 'f'];
    const error = await failure(column(cells), { auto: true });
    expect([error.message, error.options]).toEqual([
      `<stdin>:2: x: expected a number, found "inf" (and 6 more such cells, "a" on line 3 among them); ${asText}`,
      undefined,
    ]);
  });

  it('are categories where a person insists, and in a column of other text', async () => {
    const insisted = await readText(column(['inf', 'unknown']), { categorical: ['x'] });
    expect(insisted.features[0]).toMatchObject({ kind: 'category' });
    const text = await readText('x,y\ninf,a\nsup,b\nunknown,a\nmin,b\n');
    expect(text.features[0]).toMatchObject({ kind: 'category', categories: ['inf', 'min', 'sup', 'unknown'] });
  });

  it('do not make classes of a target of many numbers', async () => {
    const text = `x,y\n${rowsOf(60, (i) => `${i % 4},${i % 20 ? i / 4 : 'unknown'}`)}`;
    const error = await failure(text);
    expect(error.message).toBe(
      '<stdin>: y: expected classes, found 57 different numbers from 0.25 to 14.75 and "unknown" (classes are predicted here, not numbers); option classesFrom=quantiles:4 makes classes of ranges, option categorical=y takes each number for a class',
    );
    const few = await readText(`x,y\n${rowsOf(60, (i) => `${i % 4},${i % 3 ? i % 20 : 'unknown'}`)}`);
    expect(few.classes).toHaveLength(21);
  });
});

describe('whole numbers beyond 2^53', () => {
  const ids = ['9007199254740992', '9007199254740994', '12345678901234567890', '9007199254740993', '9007199254740995'];
  const table = (cells: readonly string[]) =>
    `n,id,y\n${cells.map((cell, i) => `${i % 3},${cell},${'ab'[i % 2]}\n`).join('')}`;
  const found =
    '<stdin>:5: id: expected whole numbers that a double keeps apart, found "9007199254740993", as a double the same as "9007199254740992" on line 2; option categorical=id reads the column as text, option ignore=id leaves it out';

  it('are an error where two are one as doubles, and left out under auto', async () => {
    const error = await failure(table(ids));
    expect([error.message, error.options]).toEqual([found, { ignore: ['id'] }]);
    expect((await readText(table(ids), { auto: true })).features.map(({ name }) => name)).toEqual(['n']);
    const { features } = await readText(table(ids), { categorical: ['id'] });
    expect(features[1]).toMatchObject({ kind: 'category', categories: [...ids].sort() });
  });

  it.each<[string, readonly string[], string]>([
    ['in quotes', ids.map((id) => `"${id}"`), found],
    ['with a sign or zeros before them', ids.map((id, i) => ['', '+', '00', ' ', ''][i] + id), found],
    ['below a word for a missing value', ['NA', ...ids], found.replace(':5:', ':6:').replace('line 2', 'line 3')],
    ['negative', ids.map((id) => `-${id}`), found.replaceAll('"9', '"-9')],
  ])('are found however they are written: %s', async (_, cells, message) => {
    expect((await failure(table(cells))).message).toBe(message);
    // csv-parse reads a table with a quote in the middle of a cell.
    const odd = `n,id,y\n${cells.map((cell, i) => `${i % 3},${cell},${'ab'[i % 2]}\n`).join('')}`.replaceAll(
      '\n',
      '\r',
    );
    expect((await failure(odd)).message).toBe(message);
  });

  it('are found in blocks of a large table', async () => {
    const text = `n,id,y\n${rowsOf(60_000, (i) => `${i % 7},${i === 59_999 ? '9007199254740993' : `9${String(i * 2).padStart(6, '0')}7199254740992`},${i % 2}`)}9,9007199254740992,1\n`;
    const error = await failure(text, { features: ['n', 'id'] });
    expect(error.message).toContain(
      'found "9007199254740992", as a double the same as "9007199254740993" on line 60001',
    );
  });

  it.each<[string, readonly string[]]>([
    ['all different as doubles', ['9007199254740992', '9007199254740994', '9007199254740996']],
    ['the same number again', ['9007199254740993', '9007199254740993', '9007199254740995']],
    [
      'with a fraction or an exponent, as measurements are',
      ['9007199254740992', '9007199254740993.0', '9.007199254740993e15'],
    ],
  ])('are numbers otherwise: %s', async (_, cells) => {
    expect((await readText(table(cells))).features[1]).toMatchObject({ kind: 'number' });
  });
});

describe('numbers and dates in other forms', () => {
  it.each<[string, string, ReadOptions, number[]]>([
    ['a decimal comma', 'x;y\n8,8;a\n-12;b\n', { delimiter: ';', decimal: ',' }, [8.8, -12]],
    ['commas between thousands', 'x,y\n"728,571",a\n12,b\n', { thousands: ',' }, [728571, 12]],
    ['currency and percent', 'x,y\n$5.10,a\n3 %,b\n', { units: true }, [5.1, 3]],
    ['a target is not concerned', 'x,y\n"1,5","1,5"\n2,"2,5"\n', { decimal: ',' }, [1.5, 2]],
  ])('%s', async (_, text, options, values) => {
    const { features } = await readText(text, options);
    expect(features[0]).toMatchObject({ kind: 'number', values: Float64Array.from(values) });
  });

  it('are told of a column as it is written itself, with the options of the whole table', async () => {
    const row = (i: number) => `${i % 9},5;${i % 8}.${100 + i}.000;${i % 7} %;${i % 5}.${200 + i},25;€${i % 6},5`;
    const error = await failure(`n;t;u;b;e;y\n${rowsOf(40, (i) => `${row(i)};${'ab'[i % 2]}`)}`);
    expect(error.options).toEqual({ decimal: ',', thousands: '.', units: true });
    const [, ...lines] = error.message.split('\n');
    expect(lines.slice(0, -1).map((line) => /^<stdin>:2: (.*) reads them/.exec(line)?.[1])).toEqual(
      [
        'n: expected numbers or categories, found numbers with a decimal comma, "0,5"',
        't: expected numbers or categories, found numbers with signs between thousands, "0.100.000"',
        'u: expected numbers or categories, found numbers with a currency or percent sign, "0 %"',
        'b: expected numbers or categories, found numbers with a decimal comma and signs between thousands, "0.200,25"',
        'e: expected numbers or categories, found numbers with a decimal comma and a currency or percent sign, "€0,5"',
      ].map((said) => `${said}; option decimal=',' option thousands='.' option units=true`),
    );
    const { features } = await readText(`n;t;u;b;e;y\n${rowsOf(40, (i) => `${row(i)};${'ab'[i % 2]}`)}`, {
      ...(error.options as ReadOptions),
    });
    expect(new Set(features.map(({ kind }) => kind))).toEqual(new Set(['number']));
  });

  it('dates become days and three numbers more, in training and in scoring', async () => {
    const text = 'd,y\n2024-01-31,a\n,b\n1970-01-01,b\n';
    const table = await readText(text, { dates: { d: 'ymd' } });
    expect(table.features.map(({ name, values }) => [name, [...values]])).toEqual([
      ['d', [19753, Number.NaN, 0]],
      ['d_year', [2024, Number.NaN, 1970]],
      ['d_month', [1, Number.NaN, 1]],
      ['d_weekday', [3, Number.NaN, 4]],
    ]);
    expect(table.warnings.filter((warning) => warning.includes('id'))).toEqual([]);
    const scored = await readText(text, { dates: { d: 'ymd' }, schema: table });
    expect(bytesOf(scored)).toEqual(bytesOf(table));
    const picked = await readText(text, { dates: { d: 'ymd' }, features: ['d_month'] });
    expect(picked.features.map(({ name }) => name)).toEqual(['d_month']);
  });

  it('a table for a model of dates is told the option that reads them', async () => {
    const schema = await readText('d,y\n2024-01-31,a\n1970-01-01,b\n', { dates: { d: 'ymd' } });
    expect((await failure('d,y\n2024-01-31,a\n', { schema })).message).toBe(
      '<stdin>: expected the feature "d_year", found the columns d, y; option dates=d makes it of the dates there, option dates=d=dmy where the day comes first',
    );
    expect((await failure('e,y\n2024-01-31,a\n', { schema })).message).toBe(
      '<stdin>: expected the feature "d", found the columns e, y',
    );
    const day = await readText('d,y\n2024-01-31,a\n1970-01-01,b\n', { dates: { d: 'ymd' }, features: ['d'] });
    expect((await failure('d,y\n31.1.2024,a\n', { schema: day })).message).toBe(
      '<stdin>:2: d: expected a number, found "31.1.2024"; option dates=d=dmy reads the column as dates',
    );
  });

  it.each<[string, string, ReadOptions, string]>([
    [
      'a column that is not there',
      'd,y\n1,a\n',
      { dates: { e: 'ymd' } },
      'expected the date column "e", found the columns d, y',
    ],
    [
      'a cell that is no date',
      'd,x,y\n2024-01-31,1,a\nsoon,2,b\n',
      { dates: { d: 'ymd' } },
      '<stdin>:3: d: expected a date such as 2024-01-31, found "soon"',
    ],
    [
      'cells of which none is a date of that order',
      'd,y\n2024-01-31,a\n2024-02-01,b\n',
      { dates: { d: 'dmy' } },
      '<stdin>:2: d: expected a date such as 31.01.2024, found "2024-01-31"',
    ],
    [
      'a cell that is no date, of which only the year is used',
      'd,y\n2024-01-31,a\nsoon,b\n',
      { dates: { d: 'ymd' }, features: ['d_year'] },
      '<stdin>:3: d_year: expected a date such as 2024-01-31, found "soon"',
    ],
    [
      'a name that is taken',
      'd,d_year,y\n2024-01-31,1,a\n',
      { dates: { d: 'ymd' } },
      '<stdin>: d_year: expected no such column beside the dates of d, which are given this name, found "d_year"',
    ],
    [
      'a date for a target',
      'x,d\n1,2024-01-31\n',
      { dates: { d: 'ymd' }, target: 'd' },
      'd: expected one use of a column, found it as the target and a date',
    ],
    [
      'a date as text',
      'd,y\n2024-01-31,a\n',
      { dates: { d: 'ymd' }, categorical: ['d'] },
      'd: expected one use of a column, found it as a date and categorical',
    ],
    [
      'two signs that are one',
      'x,y\n1,a\n',
      { decimal: ',', thousands: ',' },
      'thousands: expected another sign than the decimal one, found "," for both',
    ],
    [
      'an order that is none',
      'd,y\n1,a\n',
      { dates: { d: 'dym' as never } },
      'dates: expected one of ymd, dmy, mdy, found dym',
    ],
  ])('refuses %s', async (_, text, options, message) => {
    await expect(readText(text, options)).rejects.toThrow(message);
  });

  it.each<[string, string[], object]>([
    ['one day above twelve', ['03/04/2024', '31/01/2024'], { d: 'dmy' }],
    ['one month below thirteen', ['03/04/2024', '01/31/2024'], { d: 'mdy' }],
    ['points that may be both', ['03.04.2024', '05.06.2024'], { d: 'dmy' }],
    ['times of day', ['2024-01-31 10:00', '2024-02-01T11:30:00Z'], { d: 'ymd' }],
  ])('tells the order of dates: %s', async (_, dates, order) => {
    const text = `d,y\n${dates.map((date, i) => `${date},${i}\n`).join('')}`;
    expect((await failure(text)).options).toEqual({ dates: order });
  });

  it.each(['/', '-'])('has a person say whether the day or the month comes first, where both fit: %s', async (sign) => {
    const dates = ['3 4 2024', '05 06 2024 10:00'].map((date) => date.replace(' ', sign).replace(' ', sign));
    const text = `d,e,y\n${dates.map((date, i) => `${date},2024-01-0${i + 1},${i}\n`).join('')}`;
    const message =
      `<stdin>:2: d: expected numbers or categories, found dates with the day or the month first (both fit), "${dates[0]}"; ` +
      'option dates=d=dmy reads them as days, years, months and weekdays where the day comes first, ' +
      'option dates=d=mdy where the month comes first, option categorical=d keeps them as text';
    for (const options of [{}, { auto: true }]) {
      const error = await failure(text, options);
      expect(error.message.split('\n')[1]).toBe(message);
      expect(error.options).toBeUndefined();
    }
    const read = { dates: { d: 'mdy', e: 'ymd' } } as const;
    expect((await readText(text, read)).features.find(({ name }) => name === 'd_month')?.values).toEqual(
      Float64Array.of(3, 5),
    );
  });

  it('names both orders of a date that a model does not read', async () => {
    const schema = await readText('d,y\n2024-01-31,a\n1970-01-01,b\n', { dates: { d: 'ymd' }, features: ['d'] });
    expect((await failure('d,y\n3/4/2024,a\n', { schema })).message).toBe(
      '<stdin>:2: d: expected a number, found "3/4/2024"; option dates=d=dmy reads the column as dates where the day comes first, option dates=d=mdy where the month comes first',
    );
  });

  it.each(['sold_year', 'sold_weekday'])(
    'are kept as text beside a column that is called as one made of them: %s',
    async (name) => {
      const text = `sold,${name},code,y\n${rowsOf(30, (i) => `2024-01-${10 + (i % 3)},${i % 4},${i % 2 ? i % 5 : 'x'},${'ab'[i % 2]}`)}`;
      const error = await failure(text);
      expect(error.message.split('\n').slice(1)).toEqual([
        `<stdin>:2: sold: expected numbers or categories, found dates, of which no "${name}" can be made beside the column of this name, "2024-01-10"; option categorical=sold keeps them as text, option ignore=sold leaves the column out`,
        '<stdin>:3: code: expected text as on line 2 ("x"), found the number 1 (and 14 more such cells); option categorical=code reads the column as text',
        'with the options {"categorical":["sold","code"]} the table can be learnt from',
      ]);
      const { added, features } = await readText(text, { auto: true });
      expect(added).toEqual({ categorical: ['sold', 'code'] });
      expect(features.map((feature) => feature.name)).toEqual(['sold', name, 'code']);
    },
  );

  it('leaves what looks so to a person who insists', async () => {
    const { features } = await readText('d,y\n2024-01-31,a\n2024-02-01,b\n', { categorical: ['d'] });
    expect(features[0]).toMatchObject({ kind: 'category', categories: ['2024-01-31', '2024-02-01'] });
  });

  it('does not take half of a column for all of it', async () => {
    const { features } = await readText('x,y\n2024-01-31,a\nsoon,b\n');
    expect(features[0]).toMatchObject({ kind: 'category' });
  });
});

describe('pooled categories', () => {
  const text = `dest,y\n${['c', 'a', 'b', 'a', 'b', 'a', 'd', 'other', ''].map((dest, i) => `${dest},${i % 2}\n`).join('')}`;

  it('are the rarest, of equally rare ones the last by code point, under a name that no cell has', async () => {
    const { features } = await readText(text, { maxCategories: 4 });
    expect(features[0]).toEqual({
      name: 'dest',
      kind: 'category',
      categories: ['a', 'b', 'c', 'other 2'],
      other: 'other 2',
      values: Float64Array.of(2, 0, 1, 0, 1, 0, 3, 3, Number.NaN),
    });
  });

  it('are not made where there are few enough', async () => {
    const { features } = await readText(text, { maxCategories: 5 });
    expect(features[0]).not.toHaveProperty('other');
  });

  it('take any text that a model does not list', async () => {
    const schema = await readText(text, { maxCategories: 3 });
    const { features } = await readText('dest,y\na,1\nzzz,0\n,1\n', { schema });
    expect([...features[0]!.values]).toEqual([0, 2, Number.NaN]);
    const same = await readText(text, { schema });
    expect(bytesOf(same)).toEqual(bytesOf(schema));
  });

  it('are the words for missing values that are none in a column of text, in training and in scoring', async () => {
    const words = 'dest,y\na,1\na,0\nb,1\nb,0\nNA,1\n?,0\n,1\n';
    const schema = await readText(words, { maxCategories: 3 });
    expect([...schema.features[0]!.values]).toEqual([0, 0, 1, 1, 2, 2, Number.NaN]);
    expect(bytesOf(await readText(words, { schema }))).toEqual(bytesOf(schema));
    const listed = await readText(words, { maxCategories: 3, missing: ['NA', '?'] });
    expect([...listed.features[0]!.values]).toEqual([0, 0, 1, 1, Number.NaN, Number.NaN, Number.NaN]);
  });

  it.each([1, 256, 2.5])('are not made for a number out of range: %d', async (maxCategories) => {
    await expect(readText(text, { maxCategories })).rejects.toThrow(
      `maxCategories: expected a whole number from 2 to 255, found ${maxCategories}`,
    );
  });
});

describe('classes from numbers', () => {
  const text = `x,y\n${rowsOf(100, (i) => `${i % 10},${i / 4}`)}`;

  it('are ranges of as many rows each', async () => {
    const table = await readText(text, { classesFrom: 'quantiles:4' });
    expect(table.classes).toEqual(
      ['below 6.25', '6.25 to below 12.5', '12.5 to below 18.75', '18.75 or more'].map((name) =>
        expect.stringMatching(name.replace(/[\d.]+/g, '[\\d.]+')),
      ),
    );
    const counts = table.classes.map((_, k) => table.labels.filter((label) => label === k).length);
    expect(counts).toEqual([25, 25, 25, 25]);
  });

  it('are the same for a table that is read against them', async () => {
    const table = await readText(text, { classesFrom: 'quantiles:3' });
    expect(bytesOf(await readText(text, { schema: table }))).toEqual(bytesOf(table));
    const { labels } = await readText(`x,y\n1,-5\n1,1000\n1,${table.classes[1]}\n`, { schema: table });
    expect([...labels]).toEqual([0, 2, 1]);
  });

  it.each([
    ['x,y\n1,2\n2,b\n', 'quantiles:2', '<stdin>:3: y: expected a number to make classes of, found "b"'],
    ['x,y\n1,2\n2,\n', 'quantiles:2', '<stdin>:3: y: expected a number to make classes of, found an empty cell'],
    ['x,y\n1,2\n2,2\n', 'quantiles:2', '<stdin>: y: expected different numbers to make classes of, found only 2'],
    ['x,y\n1,2\n2,3\n', 'quantiles:1', 'classesFrom: expected quantiles:N with N from 2 to 100, found "quantiles:1"'],
    ['x,y\n1,2\n2,3\n', 'deciles', 'classesFrom: expected quantiles:N with N from 2 to 100, found "deciles"'],
  ])('are refused: %j by %s', async (table, classesFrom, message) => {
    await expect(readText(table, { classesFrom })).rejects.toThrow(message);
  });
});

describe('the class of a label that a model knows', () => {
  const labelsOf = async (classes: string[], label: string) => {
    const schema = { features: [{ name: 'x', kind: 'number' as const }], target: 'y', classes };
    return [...(await readText(`x,y\n1,${label}\n`, { schema })).labels];
  };

  it.each([
    [['01', '1', 'x'], '01', 0],
    [['01', '1', 'x'], '1', 1],
    [['9.50', '10'], '9.5', 0],
    [['9.5', '10'], '9.50', 0],
    [['9.5', '10'], '1e1', 1],
    [['9007199254740992', '9007199254740993'], '9007199254740993', 1],
    [['undefined', 'b'], 'undefined', 0],
  ])('among %j is that of its text, else of its value: %s', async (classes, label, index) => {
    expect(await labelsOf(classes, label)).toEqual([index]);
  });

  it.each([
    [['01', '1', 'x'], '1.0'],
    [['9007199254740992', 'b'], '9007199254740993'],
    [['undefined', 'b'], 'zzz'],
    [['undefined', 'b'], 'typo'],
    [['NaN', 'b'], 'c'],
  ])('among %j is an error where no class is sure: %s', async (classes, label) => {
    await expect(labelsOf(classes, label)).rejects.toThrow(
      `<stdin>:2: y: expected a class of the model, found "${label}"`,
    );
  });
});

describe('a column that alone tells the class', () => {
  const told = (column: (i: number) => string, rows = 60) =>
    readText(`x,z,y\n${rowsOf(rows, (i) => `${column(i)},${i % 7},${'abc'[i % 3]}`)}`);
  const warning = '<stdin>: x: it alone tells the class of every row: is it known before the class is?';

  it.each<[string, (i: number) => string]>([
    ['by text', (i) => ['yes', 'no', ''][i % 3]!],
    ['by codes', (i) => String([7, 3, 5][i % 3]! + (i % 2) * 100)],
    ['by ranges', (i) => String((i % 3) * 100 + i / 7)],
  ])('is warned of: %s', async (_, column) => {
    expect((await told(column)).warnings).toEqual([warning]);
  });

  it.each<[string, (i: number) => string, number]>([
    ['in a small table', (i) => String(i % 3), 19],
    ['but for one row', (i) => String(i === 30 ? 1 : i % 3), 60],
    ['by a different text in almost every row', (i) => `t${i >> 1}${i % 3}`, 60],
    ['by ranges, where a value is missing', (i) => (i === 30 ? '' : String((i % 3) * 100 + i / 7)), 60],
  ])('is not, where it does so %s', async (_, column, rows) => {
    expect((await told(column, rows)).warnings.filter((line) => line.includes('tells'))).toEqual([]);
  });

  it('is warned of also where a table is sorted by class, and not where only its first rows look so', async () => {
    const sorted = (x: (i: number) => number) =>
      readText(`x,z,y\n${rowsOf(3000, (i) => `${x(i) / 7},${i % 7},${'abc'[Math.floor(i / 1000)]}`)}`);
    expect((await sorted((i) => i)).warnings).toEqual([warning]);
    expect((await sorted((i) => (i === 2999 ? 0 : i))).warnings).toEqual([]);
  });

  it('is one line with others', async () => {
    const { warnings } = await readText(`x,z,y\n${rowsOf(60, (i) => `${i % 2},${'pq'[i % 2]},${i % 2}`)}`);
    expect(warnings).toEqual([
      '<stdin>: x, z: each of them alone tells the class of every row: are they known before the class is?',
    ]);
  });
});
