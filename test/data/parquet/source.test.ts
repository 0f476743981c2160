import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { rowInWords } from '../../../src/data/dataset.js';
import { openSource } from '../../../src/data/open-source.js';
import { readDataset } from '../../../src/data/read-dataset.js';
import { readRows } from '../../../src/data/read-rows.js';
import type { ReadOptions } from '../../../src/data/schema.js';
import { trainModel } from '../../../src/evaluation/train-model.js';
import { serializeModel } from '../../../src/formats/registry.js';
import { defaultParameters } from '../../../src/training/parameters.js';
import { ROOT } from '../../e2e/cli.js';
import { tableWriter, temporaryFolder } from '../fixture.js';

const files = join(ROOT, 'test/fixtures/parquet');
const parquet = (name: string) => join(files, `${name}.parquet`);
const base = temporaryFolder();
const write = tableWriter(base);
const dates = { day: 'ymd', moment: 'ymd', instant: 'ymd' } as const;

const failure = (input: string, options?: ReadOptions) =>
  readDataset(input, options).then(
    () => 'read',
    ({ name, message }: Error) => `${name}: ${message}`,
  );

describe('a Parquet file', () => {
  it('makes the very bytes of a model that CSV makes', async () => {
    const train = async (input: string) =>
      serializeModel((await trainModel(await readDataset(input), { ...defaultParameters, seed: 7 })).model);
    expect(await train(parquet('iris'))).toBe(await train(join(ROOT, 'data/iris.csv')));
  });

  it.each<[string, ReadOptions]>([
    ['as they are', { dates }],
    ['with words for missing values and numbers', { dates, missing: ['NA', '-1', '3', 'red'] }],
    [
      'as categories',
      { categorical: ['long', 'huge', 'decimal', 'wide', 'digits', 'flag', 'day', 'moment', 'instant', 'clock'] },
    ],
    ['with another target', { dates, target: 'flag', dropMissingTarget: true }],
    ['with ranges of a target', { dates, target: 'decimal', classesFrom: 'quantiles:2', dropMissingTarget: true }],
    ['under auto', { auto: true }],
  ])('has the columns that CSV has, whatever they are stored as: %s', async (_, options) => {
    const {
      lines: __,
      rowUnit,
      source,
      warnings: ___,
      added,
      advice: ____,
      ...table
    } = await readDataset(parquet('types'), options);
    const csv = await readDataset(join(files, 'types.csv'), options);
    expect(csv).toMatchObject(table);
    expect([source, rowUnit, added]).toEqual(['types.parquet', 'row', csv.added]);
  });

  it.each(['none', 'snappy', 'gzip', 'brotli', 'lz4', 'zstd'])('is read that is packed by: %s', async (codec) => {
    const { features, labels } = await readDataset(parquet(`codec-${codec}`));
    expect([features[0]!.values, labels]).toEqual([Float64Array.of(1.5, 2.5, 3.5, 4.5), Uint16Array.of(0, 1, 0, 1)]);
  });

  it('is refused where a page of it is damaged', async () => {
    const bytes = readFileSync(parquet('iris'));
    bytes[168]! ^= 64;
    const path = join(base, 'damaged.parquet');
    writeFileSync(path, bytes);
    expect(await failure(path)).toBe(
      'DataError: damaged.parquet: sepal_length: expected Parquet, found: values that are not those of the column',
    );
  });

  it('is read, or refused in words, whatever byte of its schema is damaged', async () => {
    const whole = readFileSync(parquet('codec-none'));
    const path = join(base, 'footer.parquet');
    const footer = whole.length - 8 - whole.readUInt32LE(whole.length - 8);
    const found = new Set<string>();
    for (let at = footer; at < footer + 60; at++) {
      for (const flip of [1, 8, 16, 64, 255]) {
        const bytes = Buffer.from(whole);
        bytes[at]! ^= flip;
        writeFileSync(path, bytes);
        found.add((await failure(path)).split(':')[0]!);
      }
    }
    expect([...found].sort()).toEqual(['DataError', 'read']);
  });

  it('keeps its cells as they would stand in CSV, in rows that are to be predicted', async () => {
    const features = [
      { name: 'double', kind: 'number' as const },
      { name: 'flag', kind: 'category' as const, categories: ['true'] },
    ];
    const rows = async (input: string) => {
      const chunks = [];
      for await (const { columns, places, rows, written } of readRows(await openSource(input), { features })) {
        chunks.push({
          columns,
          places: [...places].length,
          rows,
          cells: written.map(({ cells }) => cells.map((cell) => cell.trim())),
        });
      }
      return chunks;
    };
    const [found] = await rows(parquet('types'));
    const [csv] = await rows(join(files, 'types.csv'));
    expect({ columns: found!.columns, rows: found!.rows, places: found!.places }).toEqual({
      columns: csv!.columns,
      rows: csv!.rows,
      places: csv!.places,
    });
    // CSV keeps the other writing of the same number.
    const same = csv!.cells.map((row) => row.map((cell) => cell.replace('1e21', '1e+21')));
    expect(found!.cells).toEqual(same);
  });

  it('tells how much of it was read', async () => {
    const shares: unknown[] = [];
    await readDataset(parquet('iris'), { onProgress: (share, rows) => shares.push([share! > 0 && share! <= 1, rows]) });
    expect(shares).toEqual([
      [false, 40],
      [true, 80],
      [true, 120],
      [true, 150],
    ]);
  });

  it.each<[string, string, ReadOptions?]>([
    [
      'ids',
      'DataError: ids.parquet: row 3: id: expected a whole number that a double holds, found 9007199254740993; option categorical=id reads the column as text, option ignore=id leaves it out',
    ],
    [
      'nested',
      'DataError: nested.parquet: many: expected numbers, text, true or false, dates or times, found a list, map or struct; option ignore=many,raw leaves it out',
    ],
    [
      'nested',
      'DataError: nested.parquet: raw: expected numbers, text, true or false, dates or times, found bytes; option ignore=raw leaves it out',
      { ignore: ['many'] },
    ],
    ['nested', 'read', { ignore: ['many', 'raw'] }],
    ['ids', 'read', { categorical: ['id'] }],
    [
      'infinite',
      'DataError: infinite.parquet: row 2: x: expected a finite number, found "Infinity"; option missing=Infinity takes it for a missing value, option categorical=x reads the column as text',
    ],
    ['empty', 'DataError: empty.parquet: expected rows, found none'],
    ['latin', 'DataError: latin.parquet: x: expected text in UTF-8, found bytes; option ignore=x leaves it out'],
    [
      'iris',
      'UsageError: delimiter: expected none, as the source gives columns and not text, found ";"',
      { delimiter: ';' },
    ],
    [
      'iris',
      'UsageError: header: expected none, as the source gives columns and not text, found false',
      { header: false },
    ],
    ['none', `InputError: ${files}/none.parquet: expected a file, found none`],
  ])('is refused by the row or the column: %s', async (name, message, options) => {
    expect(await failure(parquet(name), options)).toBe(message);
  });

  it('says of a row that cannot be predicted which it is, and goes on', async () => {
    const features = [
      { name: 'id', kind: 'number' as const },
      { name: 'x', kind: 'number' as const },
    ];
    const found: unknown[] = [];
    for await (const { bad, rowCount } of readRows(await openSource(parquet('ids')), { features })) {
      found.push(rowCount, ...bad.map(({ row, error }) => [row, error.message]));
    }
    const message = 'ids.parquet: row 3: id: expected a whole number that a double holds, found 9007199254740993';
    expect(found).toEqual([4, [2, message]]);
  });

  it.each([
    ['is no Parquet', () => Buffer.from('x,y\n1,a\n'), 'parquet file invalid (footer != PAR1)'],
    ['is cut', () => readFileSync(parquet('iris')).subarray(0, 5000), 'parquet file invalid (footer != PAR1)'],
  ])('that %s is an error that says so', async (_, bytes, found) => {
    const message = await failure(write(bytes(), 'bad.parquet'));
    expect(message).toBe(`DataError: bad.parquet: expected Parquet, found: ${found}`);
  });

  it('that has no bytes is an error that says so', async () => {
    const message = await failure(write(Buffer.alloc(0), 'bad.parquet'));
    expect(message).toBe('DataError: bad.parquet: expected Parquet, found an empty file');
  });

  it.each(['iris.pq', 'iris', 'part-0.parquet.snappy'])(
    'is known by what is in it where its name says nothing: %s',
    async (name) => {
      const odd = join(base, `by-${name}`);
      mkdirSync(odd);
      copyFileSync(parquet('iris'), join(odd, name));
      for (const input of [join(odd, name), join(odd, '*')]) {
        expect(await readDataset(input)).toMatchObject({ rowUnit: 'row', rowCount: 150 });
      }
    },
  );

  it('is not what text is that begins as it does', async () => {
    const path = write('PAR1,y\n1,a\n2,PAR1', 'table');
    expect(await readDataset(path)).toMatchObject({ rowUnit: 'line', rowCount: 2 });
  });
});

describe('a folder of Parquet files', () => {
  const folder = join(base, 'parts');
  mkdirSync(folder);
  for (const part of ['b', 'a']) copyFileSync(parquet('iris'), join(folder, `${part}.parquet`));
  writeFileSync(join(folder, '_SUCCESS'), '');
  writeFileSync(join(folder, '_temporary.parquet'), 'half of it');

  it('is the table of all of them, in the order of their names', async () => {
    const dataset = await readDataset(folder);
    const whole = await readDataset(parquet('iris'));
    expect(dataset).toMatchObject({ source: 'parts', rowCount: 300, classes: whole.classes });
    expect([rowInWords(dataset, 0), rowInWords(dataset, 150)]).toEqual(['a.parquet: row 1', 'b.parquet: row 1']);
    expect(await readDataset(join(folder, '[ab].parquet'))).toMatchObject({ features: dataset.features });
  });

  it('is read without what the names of folders say, and says so', async () => {
    const partitioned = join(base, 'sales');
    for (const part of ['year=2024/country=DE', 'year=2024/country=FR']) {
      mkdirSync(join(partitioned, part), { recursive: true });
      copyFileSync(parquet('iris'), join(partitioned, part, 'a.parquet'));
    }
    const { rowCount, warnings } = await readDataset(join(partitioned, '**/*.parquet'));
    expect(rowCount).toBe(300);
    expect(warnings).toContain(
      '*.parquet: country, which only the names of folders have, is not read; duckdb: reads it too',
    );
  });

  it('is refused where one has other columns', async () => {
    copyFileSync(parquet('codec-none'), join(folder, 'c.parquet'));
    expect(await failure(folder)).toBe(
      'DataError: c.parquet: expected the columns of a.parquet, found "x" for column 1, "sepal_length"',
    );
  });

  it('is refused where CSV lies beside them', async () => {
    writeFileSync(join(folder, 'd.csv'), 'x,y\n1,a\n');
    expect(await failure(folder)).toBe(
      `InputError: ${folder}: expected files of one format, found "a.parquet" and "d.csv": a pattern such as '*.csv' names some`,
    );
  });
});
