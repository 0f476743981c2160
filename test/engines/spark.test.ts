import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readDataset } from '../../src/data/read-dataset.js';
import type { ReadOptions } from '../../src/data/schema.js';
import { evaluate } from '../../src/evaluation/evaluate.js';
import { readSubject } from '../../src/evaluation/subject.js';
import { trainModel } from '../../src/evaluation/train-model.js';
import { evaluatePushedDown } from '../../src/pushdown/evaluate-pushed-down.js';
import { trainPushedDown } from '../../src/pushdown/train-pushed-down.js';
import { verifyPushedDown } from '../../src/pushdown/verify-pushed-down.js';
import { defaultParameters, type TrainingParameters } from '../../src/training/parameters.js';
import { temporaryFolder } from '../data/fixture.js';
import { ROOT } from '../e2e/cli.js';
import { describeWith } from '../interop/tools.js';
import { bothModels, comparable, SOME_ROWS } from './both-models.js';
import { duckDb, withDatabase } from './duckdb.js';
import { type SparkServer, spark, startSpark } from './spark-server.js';
import { differing, modelsOf, TABLES } from './subjects.js';

const arrow = { name: 'apache-arrow', command: process.execPath, check: ['-e', "import('apache-arrow')"] };
const fixtures = join(ROOT, 'test/fixtures/parquet');
/** Spark reads no floats of 16 bits, no whole numbers beyond 64, and sends no times. */
const LEFT_OUT = ['half', 'huge', 'clock'];
const dates = { day: 'ymd', moment: 'ymd', instant: 'ymd' } as const;

/** 600 rows: numbers, text, true and false, decimals; NULL and NaN; names and texts that SQL gives a meaning. */
const HOSTILE = String.raw`SELECT
  CASE WHEN range % 11 = 0 THEN NULL WHEN range % 13 = 0 THEN 'NaN'::DOUBLE ELSE (range * 37 % 101) / 7 END AS "a ${'`'}b""; --\",
  range * 17 % 23 AS "select",
  [NULL, 'it''s', 'back\slash', ' é "q" ', ''][range % 5 + 1] AS "c.d 'e'",
  range % 3 = 0 AS flag,
  CAST(range * 31 % 97 AS DECIMAL(9,2)) / 4 AS "déc",
  concat(CASE WHEN range % 7 = 0 THEN '  ' ELSE '' END, 'k', range % 60, ' ') AS "k;${'`'}ey",
  range % 4 = 1 AS test,
  CASE WHEN range * 37 % 101 > 60 THEN 'yes' WHEN range % 3 = 0 OR range * 17 % 23 > 15 THEN 'n''o' ELSE 'é' END AS "the ${'`'}class${'`'}"
  FROM range(600)`;

let server: SparkServer;

const failure = (options?: ReadOptions) =>
  readDataset(server.address, options).then(
    () => 'read',
    ({ name, message }: Error) => `${name}: ${message}`,
  );

describeWith([spark, arrow, duckDb], 'a table of Spark', () => {
  const folder = temporaryFolder();
  const parquet = (name: string) => `parquet.\`${join(folder, name)}.parquet\``;

  beforeAll(async () => {
    await withDatabase(':memory:', async (connection) => {
      const copy = (from: string, name: string) => connection.run(`COPY (${from}) TO '${join(folder, name)}.parquet'`);
      for (const [name, path] of TABLES) await copy(`FROM read_csv('${path}')`, name);
      await copy(HOSTILE, 'hostile');
      await copy(`SELECT * EXCLUDE (${LEFT_OUT.join(', ')}) FROM '${join(fixtures, 'types.parquet')}'`, 'types');
    });
    server = await startSpark();
  });

  afterAll(() => server?.stop());

  it.each(['iris', 'wine'])('makes the bytes that CSV makes, for each set of parameters: %s', async (name) => {
    const csv = await modelsOf(TABLES.get(name)!);
    const query = `SELECT * FROM ${parquet(name)} ORDER BY rand()`;
    expect(differing(csv, await modelsOf(server.address, { query }))).toEqual([]);
  });

  it.each([
    ['iris', SOME_ROWS, { criterion: 'entropy', maxDepth: 3 }],
    ['wine', 0, { maxLeafNodes: 4, minSamplesLeaf: 3 }],
    ['continuous_200x4_3', SOME_ROWS, { classWeight: 'balanced', ccpAlpha: 0.01 }],
  ] satisfies [string, number, Partial<TrainingParameters>][])(
    'grows the tree of its rows from counts: %s',
    async (name, memoryBytes, parameters) => {
      const query = `SELECT * FROM ${parquet(name)}`;
      const [read, pushed] = await bothModels(server.address, { query }, parameters, { memoryBytes });
      expect(read).not.toBeInstanceOf(Error);
      expect(pushed).toEqual(read);
    },
  );

  it.each<[string, Partial<ReadOptions>, number]>([
    ['a key', { holdoutKey: 'k;`ey', ignore: ['test'] }, SOME_ROWS],
    ['a column', { holdoutColumn: 'test', ignore: ['k;`ey'] }, 0],
  ])(
    'is trained on, verified and scored by counts as by rows, with hostile names and texts, held out by %s',
    async (_, by, memoryBytes) => {
      const query = `SELECT * FROM ${parquet('hostile')}`;
      const reading = { query, target: 'the `class`', ...by };
      const parameters = { holdout: 0.3, classWeight: 'balanced', maxDepth: 3 } as const;
      const all = { ...defaultParameters, ...parameters };
      const read = await trainModel(await readDataset(server.address, reading), all, { jobs: 1 });
      expect(read.model.provenance.metrics!.holdout).toMatchObject({ accuracy: expect.any(Number) });
      const { model, queries, text } = await trainPushedDown(server.address, reading, all, { memoryBytes });
      expect(comparable(model)).toEqual(comparable(read.model));
      // All columns at once: each query has a price of its own.
      expect(queries).toBeLessThan(24);
      const layout = { query };
      expect(await verifyPushedDown(model, text, server.address, layout)).toEqual({
        verified: true,
        differences: [],
        by: 'counts',
      });
      const { measured, scored } = await evaluatePushedDown(model, server.address, layout);
      const { unseen: __, ...figures } = (await evaluate(await readSubject(model, server.address, layout))).measured;
      expect([scored, measured]).toEqual(['holdout', figures]);
    },
  );

  it('is verified by growing again, and known from another', async () => {
    const query = `SELECT * FROM ${parquet('iris')}`;
    const parameters = { ...defaultParameters, holdout: 0, maxDepth: 1 };
    const { model, text } = await trainPushedDown(server.address, { query }, parameters);
    const verify = (of: string) => verifyPushedDown(model, text, server.address, { query: of }, { regrow: true });
    expect(await verify(query)).toEqual({ verified: true, differences: [] });
    await expect(verify(`${query} WHERE sepal_length > 4.4`)).rejects.toThrow(
      'expected the table that the model was trained on, SHA-256',
    );
  });

  it('has the columns that CSV has, whatever their types', async () => {
    const {
      lines: _,
      rowUnit,
      source,
      warnings: __,
      ...table
    } = await readDataset(server.address, {
      dates,
      query: `SELECT * FROM ${parquet('types')}`,
    });
    expect(await readDataset(join(fixtures, 'types.csv'), { dates, ignore: LEFT_OUT })).toMatchObject(table);
    expect([source, rowUnit]).toEqual(['query', 'row']);
  });

  it('comes to its end and in order, however often the server ends the stream', async () => {
    const rows = 3_000_000;
    const query = `SELECT id AS x, id % 2 AS y FROM range(0, ${rows}, 1, 4)`;
    const { features, rowCount } = await readDataset(server.address, { query });
    const { values } = features[0]!;
    expect([rowCount, values.findIndex((value, row) => value !== row)]).toEqual([rows, -1]);
  });

  it.each<[ReadOptions, string]>([
    [
      { table: 'no`such' },
      'InputError: no`such: expected a table, found: [TABLE_OR_VIEW_NOT_FOUND] The table or view `no``such` cannot be found.',
    ],
    [
      { query: 'SELEC 1' },
      'UsageError: query: expected SQL of Spark, found [PARSE_SYNTAX_ERROR] Syntax error at or near',
    ],
    [
      { query: 'SELECT 1 / (3 - id) AS x, id AS y FROM range(9)' },
      'DataError: query: expected rows, found: [DIVIDE_BY_ZERO] Division by zero.',
    ],
    [
      { query: 'SELECT id + 9007199254740991 AS x, id AS y FROM range(9)' },
      'DataError: query: row 3: x: expected a whole number that a double holds, found 9007199254740993;',
    ],
    [
      { query: 'SELECT array(id) AS x, id AS y FROM range(9)' },
      'DataError: query: x: expected numbers, text, true or false, dates or times, found List<Int64>;',
    ],
  ])('is refused by what is wrong: %#', async (options, message) => {
    expect((await failure(options)).slice(0, message.length)).toBe(message);
  });

  it('ends with its query where it is interrupted, so that the next one begins at once', async () => {
    const controller = new AbortController();
    const reason = new Error('interrupted');
    const query = 'SELECT count(*) AS x, sum(CAST(a.id AS DOUBLE) * b.id) AS y FROM range(1000000) a, range(1000000) b';
    const reading = readDataset(server.address, { query, signal: controller.signal });
    setTimeout(() => controller.abort(reason), 3000);
    await expect(reading).rejects.toBe(reason);
    // Both processors of the server are free again.
    expect(await readDataset(server.address, { query: 'SELECT id AS x, id % 2 AS y FROM range(9)' })).toMatchObject({
      rowCount: 9,
    });
  });
});
