import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readDataset } from '../../src/data/read-dataset.js';
import type { ReadOptions } from '../../src/data/schema.js';
import { temporaryFolder } from '../data/fixture.js';
import { ROOT } from '../e2e/cli.js';
import { describeWith } from '../interop/tools.js';
import { bothModels, SOME_ROWS } from './both-models.js';
import { duckDb, withDatabase } from './duckdb.js';
import { type SparkServer, spark, startSpark } from './spark-server.js';
import { differing, modelsOf, TABLES } from './subjects.js';

const arrow = { name: 'apache-arrow', command: process.execPath, check: ['-e', "import('apache-arrow')"] };
const fixtures = join(ROOT, 'test/fixtures/parquet');
/** Spark reads no floats of 16 bits, no whole numbers beyond 64, and sends no times. */
const LEFT_OUT = ['half', 'huge', 'clock'];
const dates = { day: 'ymd', moment: 'ymd', instant: 'ymd' } as const;

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

  it('grows the tree of its rows from counts', async () => {
    const query = `SELECT *, concat(' é', CAST(CAST(sepal_length * 10 AS INT) AS STRING)) AS key FROM ${parquet('iris')}`;
    const reading = { query, target: 'species', holdoutKey: 'key' };
    const parameters = { holdout: 0.3, classWeight: 'balanced', maxDepth: 2 } as const;
    const [read, pushed] = await bothModels(server.address, reading, parameters, { memoryBytes: SOME_ROWS });
    expect(read).not.toBeInstanceOf(Error);
    expect(pushed).toEqual(read);
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
