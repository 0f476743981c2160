import { copyFileSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { readDataset } from '../../src/data/read-dataset.js';
import type { ReadOptions } from '../../src/data/schema.js';
import { trainModel } from '../../src/evaluation/train-model.js';
import { readTrainingTable, verifyModel } from '../../src/evaluation/verify-model.js';
import { serializeModel } from '../../src/formats/registry.js';
import { defaultParameters } from '../../src/training/parameters.js';
import { temporaryFolder } from '../data/fixture.js';
import { iris, ROOT } from '../e2e/cli.js';
import { describeWith } from '../interop/tools.js';
import { duckDb, withDatabase } from './duckdb.js';
import { differing, modelsOf, TABLES } from './subjects.js';

const fixtures = join(ROOT, 'test/fixtures/parquet');
const dates = { day: 'ymd', moment: 'ymd', instant: 'ymd' } as const;

const failure = (input: string, options?: ReadOptions) =>
  readDataset(input, options).then(
    () => 'read',
    ({ name, message }: Error) => `${name}: ${message}`,
  );

describeWith([duckDb], 'a table of DuckDB', () => {
  const folder = temporaryFolder();
  const database = join(folder, 'tables.duckdb');
  const input = `duckdb:${database}`;

  beforeAll(() =>
    withDatabase(database, async (connection) => {
      for (const [name, path] of TABLES) {
        await connection.run(`CREATE TABLE "${name}" AS SELECT * FROM read_csv('${path}')`);
        await connection.run(`COPY "${name}" TO '${join(folder, name)}.parquet' (FORMAT parquet, COMPRESSION zstd)`);
      }
      await connection.run(`CREATE TABLE types AS SELECT * FROM '${join(fixtures, 'types.parquet')}'`);
      await connection.run(`CREATE SCHEMA "a.b"`);
      await connection.run(`CREATE VIEW "a.b"."it's ""quoted""" AS SELECT * FROM iris`);
      await connection.run(`CREATE TABLE columns AS SELECT sepal_length AS "a ""b""; --", species AS "c" FROM iris`);
      await connection.run('CREATE TABLE ids AS SELECT 9007199254740991 + range AS id, range % 2 AS y FROM range(4)');
      await connection.run("CREATE TABLE odd AS SELECT [1] AS many, 'x'::BLOB AS raw, 1.5 AS x, 'a' AS y");
      await connection.run("INSERT INTO odd VALUES ([2], 'y'::BLOB, 2.5, 'b')");
    }),
  );

  it.each([...TABLES.keys()])('makes the bytes that CSV makes, for each set of parameters: %s', async (name) => {
    const csv = await modelsOf(TABLES.get(name)!);
    expect(differing(csv, await modelsOf(input, { table: name }))).toEqual([]);
    expect(differing(csv, await modelsOf(input, { query: `FROM "${name}" ORDER BY random();` }))).toEqual([]);
    expect(differing(csv, await modelsOf(join(folder, `${name}.parquet`)))).toEqual([]);
    expect(differing(csv, await modelsOf(`duckdb:${join(folder, name)}.parquet`))).toEqual([]);
    expect(differing(csv, await modelsOf(`duckdb:${TABLES.get(name)!}`))).toEqual([]);
  });

  it.each<[string, ReadOptions]>([
    ['as they are', { dates }],
    ['with words for missing values', { dates, missing: ['NA', '-1', '3', 'red'] }],
    ['as categories', { categorical: ['long', 'huge', 'decimal', 'digits', 'day', 'moment', 'instant'] }],
  ])('has the columns that CSV has, whatever their types: %s', async (_, options) => {
    const {
      lines: __,
      rowUnit,
      source,
      warnings: ___,
      advice: ____,
      ...table
    } = await readDataset(input, {
      ...options,
      table: 'types',
    });
    expect(await readDataset(join(fixtures, 'types.csv'), options)).toMatchObject(table);
    expect([source, rowUnit]).toEqual(['types', 'row']);
  });

  it('has names as they are, however hostile', async () => {
    expect(await readDataset(input, { table: `"a.b"."it's ""quoted"""` })).toMatchObject({ rowCount: 150 });
    const { features } = await readDataset(input, { table: 'columns' });
    expect(features.map(({ name }) => name)).toEqual(['a "b"; --']);
  });

  it.each<[string, ReadOptions, string]>([
    ['', {}, 'UsageError: table: expected the name of a table, or a query, found neither'],
    ['', { table: 'iris', query: 'FROM iris' }, 'UsageError: query: expected none beside a table, found both'],
    ['', { table: 'iris.' }, 'UsageError: table: expected a name such as orders, or sales.orders, found "iris."'],
    ['', { query: ' ; ' }, 'UsageError: query: expected a query, found " ; "'],
    [
      '',
      { table: 'none' },
      'InputError: none: expected a table, found: Catalog Error: Table with name none does not exist!',
    ],
    [
      '',
      { query: "COPY iris TO 'x.csv'" },
      'UsageError: query: expected SQL of DuckDB, found Failed to extract statements: Parser Error: syntax error at or near "TO"',
    ],
    [
      '',
      { table: 'ids' },
      'DataError: ids: row 3: id: expected a whole number that a double holds, found 9007199254740993; option categorical=id reads the column as text, option ignore=id leaves it out',
    ],
    [
      '',
      { table: 'odd' },
      'DataError: odd: many: expected numbers, text, true or false, dates or times, found INTEGER[]; option ignore=many,raw leaves it out',
    ],
    [
      '',
      { table: 'iris', encoding: 'utf-8' },
      'UsageError: encoding: expected none, as the source gives columns and not text, found "utf-8"',
    ],
    [
      '',
      { query: 'SELECT 1 AS x, 2 AS y, 3 AS y' },
      'DataError: query: expected different column names, whatever their capitals, found "y" and "y" for columns 2 and 3',
    ],
    [
      '',
      { query: "SELECT 1 AS x, 'a' AS X" },
      'DataError: query: expected different column names, whatever their capitals, found "x" and "X" for columns 1 and 2',
    ],
    ['none.duckdb', { table: 'iris' }, 'InputError: none.duckdb: expected a file, found none'],
  ])('is refused by what is wrong: %#', async (file, options, message) => {
    expect(await failure(file === '' ? input : `duckdb:${file}`, options)).toBe(message);
  });

  it('is known again where a model was trained on it as CSV, and another is not', async () => {
    const { model } = await trainModel(await readDataset(TABLES.get('wine')!), defaultParameters);
    const dataset = await readTrainingTable(model, input, { table: 'wine' });
    expect(await verifyModel(model, serializeModel(model), dataset)).toMatchObject({ verified: true });
    await expect(readTrainingTable(model, input, { query: 'FROM wine LIMIT 170' })).rejects.toThrow(
      'query: expected the table that the model was trained on',
    );
  });

  it('is read again with the options that it needs, under auto', async () => {
    const { added, features } = await readDataset(input, { auto: true, table: 'types', ignore: ['text', 'clock'] });
    expect(added).toMatchObject({ dates: { day: 'ymd', moment: 'ymd' } });
    expect(features.map(({ name }) => name)).toContain('day_year');
    expect(await failure('duckdb:', { table: 'x' })).toBe(
      'InputError: x: expected a table, found: Catalog Error: Table with name x does not exist!',
    );
  });

  it('is a file of another kind, which has no tables', async () => {
    const lines = ['{"x": 1, "y": "a"}', '{"x": 2.5, "y": "b"}'];
    const path = join(folder, 'rows.json');
    writeFileSync(path, lines.join('\n'));
    expect((await readDataset(`duckdb:${path}`)).features[0]!.values).toEqual(Float64Array.of(1, 2.5));
    expect(await failure(`duckdb:${path}`, { table: 'x' })).toBe(
      'UsageError: table: expected none, as the file is no DuckDB database, found x',
    );
    const texts = join(folder, 'texts.csv');
    writeFileSync(texts, 'x,y\nred,a\n007,b\n"",a\n');
    const read = await readDataset(`duckdb:${texts}`, { categorical: ['x'] });
    expect(read.features).toEqual((await readDataset(texts, { categorical: ['x'] })).features);
    expect(await readDataset('duckdb:', { query: `FROM '${path}'` })).toMatchObject({ source: 'query', rowCount: 2 });
  });

  it.each(['parquet', 'json', 'csv.gz'])('is a file that is damaged, or one that does not match: %s', async (kind) => {
    const path = join(folder, `damaged.${kind}`);
    writeFileSync(path, 'PAR1{"x": nonsense');
    expect(await failure(`duckdb:${path}`)).toMatch(
      new RegExp(`^DataError: damaged.${kind}: expected a table, found: `),
    );
    expect(await failure(`duckdb:${join(folder, 'none-*')}.${kind}`)).toMatch(/^InputError: /);
  });

  it('is not written to', async () => {
    const copy = join(folder, 'copy.duckdb');
    copyFileSync(database, copy);
    const found = await failure(`duckdb:${copy}`, { query: 'SELECT * FROM (DELETE FROM iris RETURNING *)' });
    expect(found).toMatch(/^UsageError: query: expected SQL of DuckDB, found /);
    expect(await readDataset(`duckdb:${copy}`, { table: 'iris' })).toMatchObject({ rowCount: 150 });
  });

  it('has no statement besides the query, however it ends the one around it', async () => {
    const written = join(folder, 'written.csv');
    const query = `FROM iris) AS a; COPY (SELECT 1) TO '${written}'; SELECT * FROM (FROM iris`;
    expect(await failure(input, { query })).toMatch(/^UsageError: query: expected SQL of DuckDB, found Parser Error/);
    expect(existsSync(written)).toBe(false);
  });

  it('is written into a new table with its predictions, or not at all', async () => {
    const path = join(folder, 'scored.duckdb');
    await withDatabase(path, async (connection) => {
      await connection.run(
        `CREATE TABLE iris AS SELECT *, DATE '2024-01-31' AS "day", [1, 2] AS "li""st" FROM '${TABLES.get('iris')!}'`,
      );
      await connection.run("CREATE VIEW broken AS SELECT * REPLACE ('x' || sepal_length AS sepal_length) FROM iris");
    });
    const model = join(ROOT, 'artifacts/iris.json');
    const into = (table: string, name: string, ...more: string[]) =>
      iris(['predict', '--data', `duckdb:${path}`, '--table', table, '--model', model, '--into', name, ...more]);
    const name = '"a ""b"""';
    expect(await into('iris', name, '--probabilities')).toMatchObject({ code: 0 });
    const read = await iris([
      'predict',
      '--file',
      `duckdb:${path}`,
      '--table',
      '"a ""b"""',
      '--model',
      model,
      '--format',
      'csv',
    ]);
    const printed = await iris([
      'predict',
      '--file',
      TABLES.get('iris')!,
      '--model',
      model,
      '--format',
      'csv',
      '--probabilities',
    ]);
    const shown = (text: string) =>
      text
        .trimEnd()
        .split('\n')
        .map((line) => line.split(','));
    expect(shown(read.stdout)[0]!.slice(5)).toEqual([
      ...['day', '"li""st"', 'label', 'probability_setosa', 'probability_versicolor', 'probability_virginica'],
      'predicted_label',
    ]);
    // The list has a comma.
    expect(
      shown(read.stdout)
        .slice(1)
        .map((cells) => [...cells.slice(0, 5), ...cells.slice(8, 12)]),
    ).toEqual(shown(printed.stdout).slice(1));
    expect(await into('iris', name)).toMatchObject({
      code: 73,
      stderr: expect.stringContaining(`${name}: expected a new table to write into, found: Catalog Error`),
    });
    expect(await into('broken', 'none')).toMatchObject({ code: 65 });
    expect(await failure(`duckdb:${path}`, { table: 'none' })).toContain('Table with name none does not exist');
    expect(await into('broken', 'without', '--on-error', 'null')).toMatchObject({ code: 65 });
    expect(await failure(`duckdb:${path}`, { query: 'SELECT sepal_width, label IS NULL AS y FROM without' })).toContain(
      'expected at least two classes, found only "true"',
    );
  });

  it('keeps values of any type where it is written with its predictions, in one file', async () => {
    const path = join(folder, 'types.duckdb');
    const values = [
      ...["INTERVAL '1 month 2 days 03:04:05.678'", "[INTERVAL '-5 days']", "['a''b', 'c, d', NULL, '']"],
      ...[
        "{'a': 1, 'b': 'x''y'}",
        "MAP {'k': 1}",
        "TIMETZ '10:30:00+02'",
        "'0f3a7f4e-57c5-4b8e-9a0d-0123456789ab'::UUID",
      ],
      ...['170141183460469231731687303715884105727::HUGEINT', "'a'::ENUM('a', 'b')", String.raw`'\xAA\x00b'::BLOB`],
      ...[
        "'101'::BIT",
        '1.25::DECIMAL(9, 2)',
        "TIMESTAMP_NS '2024-01-31 10:30:00.123456789'",
        "TIME '10:30'",
        '0.1::FLOAT',
      ],
      ...[
        "'infinity'::DATE",
        "'-infinity'::TIMESTAMP",
        "'inf'::DOUBLE",
        '18446744073709551615::UBIGINT',
        'NULL::INTERVAL',
      ],
    ];
    const columns = values.map((value, i) => `${value} AS v${i}`).join(', ');
    await withDatabase(path, (connection) =>
      connection.run(`CREATE TABLE typed AS SELECT *, ${columns} FROM '${TABLES.get('iris')!}'`).then(() => undefined),
    );
    const model = join(ROOT, 'artifacts/iris.json');
    const args = ['--data', `duckdb:${path}`, '--table', 'typed', '--model', model, '--into', 'scored'];
    expect(await iris(['predict', ...args])).toMatchObject({ code: 0 });
    const alone = join(folder, 'alone.duckdb');
    copyFileSync(path, alone);
    await withDatabase(alone, async (connection) => {
      const rows = 'SELECT * EXCLUDE label FROM scored';
      const found = await connection.runAndReadAll(
        `SELECT (SELECT count(*) FROM (${rows})), (SELECT count(*) FROM (FROM typed EXCEPT ALL ${rows}))`,
      );
      expect(found.getRows()).toEqual([[150n, 0n]]);
    });
  });

  it('ends with its query where it is interrupted', async () => {
    const controller = new AbortController();
    const reason = new Error('interrupted');
    const query = 'SELECT sum(a.range * b.range) AS x, count(*) AS y FROM range(10_000_000) a, range(1_000_000) b';
    const reading = readDataset(input, { query, signal: controller.signal });
    const stop = setInterval(() => controller.abort(reason), 200);
    await expect(reading).rejects.toBe(reason);
    clearInterval(stop);
  });
});
