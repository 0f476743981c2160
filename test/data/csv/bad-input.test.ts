import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { csvSource } from '../../../src/data/csv/source.js';
import type { Dataset } from '../../../src/data/dataset.js';
import { LabelReader } from '../../../src/data/label-reader.js';
import { readColumns } from '../../../src/data/read-columns.js';
import { readDataset } from '../../../src/data/read-dataset.js';
import type { ReadOptions, Schema } from '../../../src/data/schema.js';
import { DataError, InputError, UsageError } from '../../../src/ground/errors.js';
import { readText, tableWriter, temporaryFolder } from '../fixture.js';

const folder = temporaryFolder();
const write = tableWriter(folder);

const schema: Schema = {
  features: [
    { name: 'size', kind: 'number' },
    { name: 'colour', kind: 'category', categories: ['blue', 'red'] },
  ],
  target: 'species',
  classes: ['a', 'b'],
};

interface Bad {
  readonly what: string;
  readonly text: string | Buffer;
  readonly options?: ReadOptions;
  readonly message: string;
}

const badTables: Bad[] = [
  { what: 'an empty file', text: '', message: 'iris.csv: expected a table, found an empty file' },
  { what: 'a file of empty lines', text: '\n\n\r\n', message: 'iris.csv: expected a table, found an empty file' },
  { what: 'a byte order mark alone', text: '\ufeff', message: 'iris.csv: expected a table, found an empty file' },
  { what: 'a header only', text: 'x,y\n', message: 'iris.csv: expected rows, found only a header' },
  { what: 'a header without a line end', text: 'x,y', message: 'iris.csv: expected rows, found only a header' },
  { what: 'a row that is too short', text: 'x,z,y\n1,2,a\n3,b\n', message: 'iris.csv:3: expected 3 cells, found 2' },
  { what: 'a row that is too long', text: 'x,y\n1,a\n2,b,\n', message: 'iris.csv:3: expected 2 cells, found 3' },
  {
    what: 'text in a number column',
    text: 'petal_width,species\n0.2,a\nx,b\n',
    message:
      'iris.csv:3: petal_width: expected a number, found "x"; option categorical=petal_width reads the column as text',
  },
  {
    what: 'a number in a text column',
    text: 'colour,species\nred,a\n,b\n 7 ,b\nblue,a\n',
    message:
      'iris.csv:4: colour: expected text as on line 2 ("red"), found the number 7; option categorical=colour reads the column as text',
  },
  {
    what: 'a hexadecimal number in a number column',
    text: 'x,y\n1,a\n0x10,b\n',
    message: 'iris.csv:3: x: expected a number, found "0x10"; option categorical=x reads the column as text',
  },
  {
    what: 'a single class',
    text: 'x,species\n1,a\n2,a\n',
    message: 'iris.csv: species: expected at least two classes, found only "a"',
  },
  {
    what: 'a class written as two numbers',
    text: 'x,y\n1,1\n2,1.0\n3,2\n',
    message:
      'iris.csv:3: y: expected one text for each number, as "1" on line 2, found "1.0", the same number; option categorical=y takes each text for a class',
  },
  {
    what: 'classes that a double cannot tell apart',
    text: 'x,y\n1,9007199254740992\n2,9007199254740993\n',
    message:
      'iris.csv:3: y: expected one text for each number, as "9007199254740992" on line 2, found "9007199254740993", the same number; option categorical=y takes each text for a class',
  },
  {
    what: 'a code that reads as the number of another',
    text: 'x,y\n1,713752e1\n2,7137520\n3,abc\n',
    message:
      'iris.csv:3: y: expected one text for each number, as "713752e1" on line 2, found "7137520", the same number; option categorical=y takes each text for a class',
  },
  {
    what: 'a target of many numbers',
    text: `x,y\n${Array.from({ length: 21 }, (_, i) => `1.5,${i / 2}\n`).join('')}`,
    message:
      'iris.csv: y: expected classes, found 21 different numbers from 0 to 10 (classes are predicted here, not numbers); option classesFrom=quantiles:4 makes classes of ranges, option categorical=y takes each number for a class',
  },
  {
    what: 'a decimal comma',
    text: 'x;y\n5,1;a\n4,9;b\n',
    options: { delimiter: ';' },
    message: `iris.csv:2: x: expected numbers or categories, found numbers with a decimal comma, "5,1"; option decimal=',' reads them as numbers, option categorical=x keeps them as text`,
  },
  {
    what: 'signs between thousands, also where some numbers need none',
    text: 'x,y\n12,a\n"728,571",b\n"1,000",b\n',
    message: `iris.csv:3: x: expected numbers or categories, found numbers with signs between thousands, "728,571"; option thousands=',' reads them as numbers, option categorical=x keeps them as text`,
  },
  {
    what: 'a decimal comma with points between thousands',
    text: 'x;y\n1.234,5;a\n4,9;b\n',
    options: { delimiter: ';' },
    message: `iris.csv:2: x: expected numbers or categories, found numbers with a decimal comma and signs between thousands, "1.234,5"; option decimal=',' option thousands='.' reads them as numbers, option categorical=x keeps them as text`,
  },
  {
    what: 'a decimal comma beside a decimal point',
    text: 'x;z;y\n5,1;0.5;a\n4,9;1;b\n',
    options: { delimiter: ';' },
    message:
      'iris.csv:2: x: expected numbers or categories, found numbers with a decimal comma, unlike other columns, "5,1"; option categorical=x keeps them as text',
  },
  {
    what: 'currency',
    text: 'x,y\n$5.10,a\n-$4.90,b\n',
    message:
      'iris.csv:2: x: expected numbers or categories, found numbers with a currency or percent sign, "$5.10"; option units=true reads them as numbers, option categorical=x keeps them as text',
  },
  {
    what: 'dates',
    text: 'd,y\n2024-01-31,a\n2024-02-01,b\n',
    message:
      'iris.csv:2: d: expected numbers or categories, found dates, "2024-01-31"; option dates=d reads them as days, years, months and weekdays, option categorical=d keeps them as text',
  },
  {
    what: 'dates that begin with the day',
    text: 'd,y\n03/04/2024,a\n31/01/2024,b\n',
    message:
      'iris.csv:2: d: expected numbers or categories, found dates, "03/04/2024"; option dates=d=dmy reads them as days, years, months and weekdays, option categorical=d keeps them as text',
  },
  {
    what: 'an empty target cell',
    text: 'x,species\n1,a\n2,\n3,b\n',
    message:
      'iris.csv:3: species: expected a class, found an empty cell; option dropMissingTarget=true leaves out the rows without one',
  },
  {
    what: 'a target cell that says it is missing',
    text: 'x,species\n1,a\n2,NA\n3,b\n',
    message: `iris.csv:3: species: expected a class, found "NA"; option dropMissingTarget=true leaves out the rows without one, option missing='' takes it for a class`,
  },
  {
    what: 'an unknown target',
    text: 'x,z,y\n1,2,a\n',
    options: { target: 'species' },
    message: 'iris.csv: expected the target "species", found the columns x, z, y',
  },
  {
    what: 'an unknown target of a table without a header',
    text: '1,2,a\n',
    options: { target: 'species', header: false },
    message: 'iris.csv: expected the target "species", found the columns column_1, column_2, column_3',
  },
  {
    what: 'an unknown feature',
    text: 'x,y\n1,a\n',
    options: { features: ['z'] },
    message: 'iris.csv: expected the feature "z", found the columns x, y',
  },
  {
    what: 'an unknown column to ignore',
    text: 'x,y\n1,a\n',
    options: { ignore: ['id'] },
    message: 'iris.csv: expected the ignored column "id", found the columns x, y',
  },
  {
    what: 'an unknown categorical column',
    text: 'x,y\n1,a\n',
    options: { categorical: ['X'] },
    message: 'iris.csv: expected the categorical column "X", found the columns x, y; did you mean x?',
  },
  {
    what: 'a misspelt target',
    text: 'width,species\n1,a\n',
    options: { target: 'specie' },
    message: 'iris.csv: expected the target "specie", found the columns width, species; did you mean species?',
  },
  {
    what: 'a misspelt column of dates',
    text: 'sold,species\n2024-01-31,a\n',
    options: { dates: { sodl: 'ymd' } },
    message: 'iris.csv: expected the date column "sodl", found the columns sold, species; did you mean sold?',
  },
  {
    what: 'a misspelt feature',
    text: 'width,species\n1,a\n',
    options: { features: ['widht'] },
    message: 'iris.csv: expected the feature "widht", found the columns width, species; did you mean width?',
  },
  {
    what: 'a column to ignore in another case',
    text: 'width,id,species\n1,2,a\n',
    options: { ignore: ['ID'] },
    message: 'iris.csv: expected the ignored column "ID", found the columns width, id, species; did you mean id?',
  },
  {
    what: 'an unknown column of a wide table, of which it names the first twenty',
    text: `${Array.from({ length: 22 }, (_, i) => `c${i}`).join(',')}\n`,
    options: { target: 'y' },
    message: `iris.csv: expected the target "y", found the columns ${Array.from({ length: 20 }, (_, i) => `c${i}`).join(', ')}, … (22 in all)`,
  },
  {
    what: 'a target that is a feature',
    text: 'x,y\n1,a\n',
    options: { features: ['x', 'y'] },
    message: 'iris.csv: y: expected one use of a column, found it as the target and a feature',
  },
  {
    what: 'a target that is ignored',
    text: 'x,y\n1,a\n',
    options: { target: 'y', ignore: ['y'] },
    message: 'iris.csv: y: expected one use of a column, found it as the target and ignored',
  },
  {
    what: 'a feature that is ignored',
    text: 'x,z,y\n1,2,a\n',
    options: { features: ['x'], ignore: ['x'] },
    message: 'iris.csv: x: expected one use of a column, found it as a feature and ignored',
  },
  {
    what: 'a feature named twice',
    text: 'x,y\n1,a\n',
    options: { features: ['x', 'x'] },
    message: 'iris.csv: x: expected one use of a column, found it as a feature twice',
  },
  {
    what: 'no feature left',
    text: 'x,y\n1,a\n',
    options: { ignore: ['x'] },
    message: 'iris.csv: expected at least one feature column, found none',
  },
  {
    what: 'two columns of one name',
    text: 'x,z, x ,y\n1,2,3,a\n',
    message: 'iris.csv:1: expected different column names, found "x" for columns 1 and 3',
  },
  {
    what: 'a header without a name',
    text: ' ,,\nx,z,y\n1,2,a\n',
    message:
      'iris.csv:1: expected column names, found only empty cells; option skipLines=N leaves out lines before the header',
  },
  {
    what: 'a cell below a delimiter at the end of the header',
    text: `x,y,\n${'1,a,\n'.repeat(60)}2,b, \n2,b,c\n`,
    message: 'iris.csv:63: expected nothing after 2 cells, found "c"',
  },
  {
    what: 'more delimiters at the end of a row than at the end of the header',
    text: 'x,y,\n1,a,\n2,b,,\n',
    message: 'iris.csv:3: expected 2 cells, found 4',
  },
  {
    what: 'a cell more than the header in some rows',
    text: 'x,y\n1,2,a\n2,b\n',
    message: 'iris.csv:2: expected 2 cells, found 3',
  },
  {
    what: 'a header of numbers',
    text: '5.1,3.5,0\n4.9,3,1\n',
    message: 'iris.csv:1: expected column names, found only numbers; option header=false reads the line as a row',
  },
  {
    what: 'another delimiter than the given one',
    text: 'x;y\n1;a\n',
    options: { delimiter: ',' },
    message: `iris.csv:1: expected at least two columns, found one, "x;y"; option delimiter=';' reads it as several`,
  },
  {
    what: 'tabs where commas should be',
    text: 'x\ty\n1\ta\n',
    options: { delimiter: ';' },
    message: `iris.csv:1: expected at least two columns, found one, "x\\ty"; option delimiter='\\t' reads it as several`,
  },
  {
    what: 'a single column',
    text: 'x\n1\n',
    message: 'iris.csv:1: expected at least two columns, found one, "x"',
  },
  {
    what: 'more columns than memory is worth',
    text: `${Array.from({ length: 100_001 }, (_, column) => `c${column}`).join(',')}\n`,
    message: 'iris.csv:1: expected at most 100000 columns, found 100001',
  },
  {
    what: 'a line without an end',
    text: `x,y\n${'1'.repeat(65 * 1024 * 1024)}`,
    message: 'iris.csv:2: expected a record of at most 67108864 bytes, found a longer one',
  },
  {
    what: 'a quote that swallows the table',
    text: `x,y\n1,a\n"2${',b\n3'.repeat(17_000_000)}`,
    message: 'iris.csv:3: expected a record of at most 67108864 bytes, found a longer one: is a quote not closed?',
  },
  {
    what: 'a byte that is not UTF-8',
    text: Buffer.concat([Buffer.from('x,y\n1,a\n2,caf'), Buffer.from([0xe9]), Buffer.from('\n3,b\n')]),
    message:
      'iris.csv:3: expected UTF-8 text, found the byte 0xe9; option encoding=windows-1252 reads text of Western European Windows, if it is that',
  },
  {
    what: 'a byte that is not UTF-8 after characters that are',
    text: Buffer.concat([Buffer.from('größe,y\n1,a\n2,caf'), Buffer.from([0xe9]), Buffer.from('\n3,b\n')]),
    message: 'iris.csv:3: expected UTF-8 text, found the byte 0xe9',
  },
  {
    what: 'bytes that are no text',
    text: Buffer.from('61622c0d0a00ff00', 'hex'),
    message: 'iris.csv:2: expected UTF-8 text, found the byte 0xff',
  },
  {
    what: 'UTF-16 without a byte order mark',
    text: Buffer.from('x,y\n1,a\n', 'utf16le'),
    message:
      'iris.csv:1: expected UTF-8 text, found a NUL beside the first character; option encoding=utf-16le reads UTF-16 without a byte order mark',
  },
  {
    what: 'UTF-16 without a byte order mark, the other byte first',
    text: Buffer.from('x,y\n1,a\n', 'utf16le').swap16(),
    message:
      'iris.csv:1: expected UTF-8 text, found a NUL beside the first character; option encoding=utf-16be reads UTF-16 without a byte order mark',
  },
  {
    what: 'UTF-16 of an odd number of bytes',
    text: Buffer.from('\ufeffx,y\n1,a\n', 'utf16le').subarray(0, -1),
    message: 'iris.csv:2: expected UTF-16 text, found half a character at its end',
  },
  {
    what: 'UTF-16 with half of a pair',
    text: Buffer.from('\ufeffx,y\n1,a\n\ude00,b\n', 'utf16le'),
    message: 'iris.csv:3: expected UTF-16 text, found half of a pair, 0xde00',
  },
  {
    what: 'UTF-16 that ends in half of a pair',
    text: Buffer.from('\ufeffx,y\n1,a\n2,\ud83d', 'utf16le'),
    message: 'iris.csv:3: expected UTF-16 text, found half of a pair, 0xd83d',
  },
  {
    what: 'UTF-32',
    text: Buffer.from('fffe0000780000002c000000', 'hex'),
    message: 'iris.csv: expected UTF-8 text, found UTF-32',
  },
  {
    what: 'bytes that are no character of the encoding that is asked for',
    text: Buffer.concat([Buffer.from('x,y\n1,a\n2,'), Buffer.from([0x81]), Buffer.from('\n')]),
    options: { encoding: 'gbk' },
    message: 'iris.csv:3: expected gbk text, found bytes that are no character of it',
  },
  {
    what: 'xz',
    text: Buffer.from('fd377a585a000004e6d6b446', 'hex'),
    message: 'iris.csv: expected CSV, found xz data: unpack it first',
  },
  {
    what: 'bzip2',
    text: Buffer.from('BZh91AY&SY\x01'),
    message: 'iris.csv: expected CSV, found bzip2 data: unpack it first',
  },
  {
    what: 'an old workbook',
    text: Buffer.from('d0cf11e0a1b11ae100000000', 'hex'),
    message: 'iris.csv: expected CSV, found an Excel workbook: save it as CSV first',
  },
  {
    what: 'Parquet',
    text: Buffer.from('PAR1\x15\x04\x15\x00\x15\x02', 'latin1'),
    message: 'iris.csv: expected CSV, found Parquet: it is read of a whole file, from its end',
  },
  {
    what: 'DuckDB',
    text: Buffer.from('\xb6\x01\x02\x03\x04\x05\x06\x07DUCK\x40\0\0\0\0\0\0\0', 'latin1'),
    message: 'iris.csv: expected CSV, found a DuckDB database: duckdb: before its path reads it',
  },
  {
    what: 'a surrogate written in UTF-8',
    text: Buffer.concat([Buffer.from('x,y\n1,'), Buffer.from([0xed, 0xa0, 0x80])]),
    message:
      'iris.csv:2: expected UTF-8 text, found the byte 0xed; option encoding=windows-1252 reads text of Western European Windows, if it is that',
  },
  {
    what: 'a character cut off by the end of the file',
    text: Buffer.concat([Buffer.from('x,y\n1,é\n2,'), Buffer.from([0xf0, 0x9f])]),
    message: 'iris.csv:3: expected UTF-8 text, found the byte 0xf0',
  },
  {
    what: 'a quote that is never closed',
    text: 'x,y\n1,a\n2,"b\n3,c\n',
    message: 'iris.csv:3: expected a closing quote, found the end of the file',
  },
  {
    what: 'text after a closing quote',
    text: 'x,y\n1,a\n\n2,"b"c\n',
    message: 'iris.csv:4: expected quotes only around a whole cell (doubled inside it), found one elsewhere',
  },
  {
    what: 'a quote within a cell',
    text: 'x,y\n1,a\n2,b"c\n',
    message: 'iris.csv:3: expected quotes only around a whole cell (doubled inside it), found one elsewhere',
  },
  {
    what: 'a feature without a value',
    text: 'x,z,y\n1,,a\n2,NA,b\n',
    message: 'iris.csv: z: expected values, found only missing cells; option ignore=z leaves it out',
  },
  {
    what: 'more than 255 categories',
    text: `colour,y\n${Array.from({ length: 256 }, (_, i) => `c${i},${i % 2 ? 'a' : 'b'}\n`).join('')}`,
    message:
      'iris.csv: colour: expected at most 255 categories, found 256 different ones in 256 rows, such as "c0"; option ignore=colour leaves it out',
  },
  {
    what: 'more than 255 categories that are not rare',
    text: `colour,y\n${Array.from({ length: 600 }, (_, i) => `c${i % 300},${i % 2 ? 'a' : 'b'}\n`).join('')}`,
    message:
      'iris.csv: colour: expected at most 255 categories, found 300 different ones in 600 rows, such as "c0"; option maxCategories=255 pools the rare ones, option ignore=colour leaves it out',
  },
  {
    what: 'more than 65535 classes',
    text: `x,y\n${Array.from({ length: 65_536 }, (_, i) => `1,c${i / 2}\n`).join('')}`,
    message: 'iris.csv:65537: y: expected at most 65535 classes, found one more; is it a number or an id?',
  },
  {
    what: 'text where a model expects a number',
    text: 'size,colour,species\n1,red,a\nx,red,a\n',
    options: { schema },
    message: 'iris.csv:3: size: expected a number, found "x"',
  },
  {
    what: 'a class that the model does not know',
    text: 'size,colour,species\n1,red,a\n2,red,c\n',
    options: { schema },
    message: 'iris.csv:3: species: expected a class of the model, found "c"',
  },
  {
    what: 'a missing class where a model is scored',
    text: 'size,colour,species\n1,red,a\n2,red, \n',
    options: { schema },
    message:
      'iris.csv:3: species: expected a class, found an empty cell; option dropMissingTarget=true leaves out the rows without one',
  },
  {
    what: "a table without a model's feature",
    text: 'size,species\n1,a\n',
    options: { schema },
    message: 'iris.csv: expected the feature "colour", found the columns size, species',
  },
  {
    what: "a table without a model's target",
    text: 'size,colour\n1,red\n',
    options: { schema },
    message: 'iris.csv: expected the target "species", found the columns size, colour',
  },
];

describe('a bad table is refused with one line that says where, what was expected and what was found', () => {
  it.each(badTables)('$what', async ({ text, options, message }) => {
    await expectError(readDataset(write(text, 'iris.csv'), options), DataError, message);
  });

  it('names standard input', async () => {
    await expectError(readText('x,y\n1\n'), DataError, '<stdin>:2: expected 2 cells, found 1');
  });

  it('a bad delimiter', async () => {
    for (const [delimiter, found] of [
      [';;', '";;"'],
      ['', '""'],
      ['"', '"\\""'],
      ['\n', '"\\n"'],
    ] as const) {
      const expected =
        "expected one character that is neither a quote nor a line end (\\t for a tab), or ' +' for runs of blanks";
      await expectError(readText('x,y\n', { delimiter }), UsageError, `delimiter: ${expected}, found ${found}`);
    }
  });

  it.each<[ReadOptions, string]>([
    [{ skipLines: -1 }, 'skipLines: expected a whole number of at least 0, found -1'],
    [{ skipLines: 0.5 }, 'skipLines: expected a whole number of at least 0, found 0.5'],
    [{ comment: '' }, 'comment: expected what comments begin with, without a quote or a line end, found ""'],
    [{ comment: '"' }, 'comment: expected what comments begin with, without a quote or a line end, found "\\""'],
    [
      { encoding: 'latin-15' },
      'encoding: expected the name of an encoding, such as utf-8, utf-16le or windows-1252, found "latin-15"',
    ],
  ])('a bad option: %j', async (options, message) => {
    await expectError(readText('x,y\n1,a\n', options), UsageError, message);
  });

  it.each([
    ['y,x\na,1\nb,2\n\nc,3\n', 'expected at most 2 rows, found one more'],
    ['y,x\na,1\nb,2\n\n,3\n', 'expected at most 2 rows, found one more'],
  ])('more rows than the limit: %j', async (text, message) => {
    const source = csvSource(write(text, 'iris.csv'));
    const reading = readColumns(
      source,
      (names) => ({
        columns: names.map((name, index) => ({ name, index })),
        selection: { features: [], target: 0 },
        features: [],
        label: new LabelReader({ origin: source.origin, column: 'y' }),
      }),
      { maxRows: 2 },
    );
    await expect(reading).rejects.toThrow(new DataError('cell', `iris.csv:5: ${message}`));
  });

  it('all columns with which something is wrong, at once, and with what the table could be read', async () => {
    const text = 'id,x,z,d,y\n1,2,a,2024-01-31,\n2,p,7,2024-02-29,a\n3,q,b,2024-02-28,b\n';
    const error = await readDataset(write(text, 'iris.csv')).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ reason: 'several' });
    expect((error as DataError).message.split('\n').slice(0, 2)).toEqual([
      'iris.csv: 4 columns cannot be learnt from as they are',
      'iris.csv:2: y: expected a class, found an empty cell; option dropMissingTarget=true leaves out the rows without one',
    ]);
  });
});

describe('an input that cannot be read is refused', () => {
  it('a missing file', async () => {
    const path = join(folder, 'none.csv');
    await expectError(readDataset(path), InputError, `${path}: expected a file, found none`);
  });

  it('a folder', async () => {
    const path = join(folder, 'folder.csv');
    mkdirSync(path);
    await expectError(
      readDataset(path),
      InputError,
      `${path}: expected tables (*.csv, *.tsv, *.parquet) in the folder, found none`,
    );
  });

  it('a standard input that fails', async () => {
    const stdin = new Readable({
      read() {
        this.destroy(new Error('read EIO'));
      },
    });
    const reading = readDataset('-', { stdin });
    await expectError(reading, InputError, '<stdin>: expected a readable file, found: read EIO');
  });

  it('gzip that is cut off', async () => {
    const whole = gzipSync('x,y\n1,a\n2,b\n');
    const path = write(whole.subarray(0, whole.length - 6), 'iris.csv.gz');
    const message = 'iris.csv.gz: expected gzip data, found: unexpected end of file';
    await expectError(readDataset(path), DataError, message);
  });

  it('gzip that is damaged', async () => {
    const bytes = gzipSync('x,y\n1,a\n2,b\n');
    bytes[bytes.length - 8]! ^= 1;
    const message = 'iris.csv.gz: expected gzip data, found: incorrect data check';
    await expectError(readDataset(write(bytes, 'iris.csv.gz')), DataError, message);
  });
});

async function expectError(
  reading: Promise<Dataset>,
  kind: abstract new (...parts: never[]) => Error,
  message: string,
): Promise<void> {
  const error = await reading.then(
    () => 'no error',
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(kind);
  expect((error as Error).message).toBe(message);
}
