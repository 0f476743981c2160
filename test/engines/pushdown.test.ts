import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeAll, expect, it } from 'vitest';
import type { ReadOptions } from '../../src/data/schema.js';
import { evaluate } from '../../src/evaluation/evaluate.js';
import { parseGate } from '../../src/evaluation/gate-grammar.js';
import { readSubject } from '../../src/evaluation/subject.js';
import { serializeModel } from '../../src/formats/registry.js';
import { evaluatePushedDown } from '../../src/pushdown/evaluate-pushed-down.js';
import { rowsInMemory, trainPushedDown } from '../../src/pushdown/train-pushed-down.js';
import { verifyPushedDown } from '../../src/pushdown/verify-pushed-down.js';
import { defaultParameters, type TrainingParameters } from '../../src/training/parameters.js';
import { temporaryFolder } from '../data/fixture.js';
import { iris, ROOT } from '../e2e/cli.js';
import { describeWith } from '../interop/tools.js';
import { bothModels, SOME_ROWS } from './both-models.js';
import { duckDb, withDatabase } from './duckdb.js';
import { TABLES } from './subjects.js';

describeWith([duckDb], 'a tree that is grown in DuckDB', () => {
  const folder = temporaryFolder();
  const database = join(folder, 'tables.duckdb');
  const input = `duckdb:${database}`;

  beforeAll(() =>
    withDatabase(database, async (connection) => {
      for (const [name, path] of TABLES) {
        await connection.run(`CREATE TABLE "${name}" AS SELECT * FROM read_csv('${path}')`);
      }
      const types = join(ROOT, 'test/fixtures/parquet/types.parquet');
      await connection.run(`CREATE TABLE types AS SELECT * FROM '${types}'`);
      await connection.run('CREATE TABLE ids AS SELECT 9007199254740991 + range AS id, range % 2 AS y FROM range(4)');
    }),
  );

  it.each([...TABLES.keys()])('is that of its rows: %s', async (name) => {
    const sets = [
      [0, {}],
      [SOME_ROWS, { criterion: 'entropy', maxLeafNodes: 9 }],
    ] as const;
    for (const [memoryBytes, parameters] of sets) {
      const [read, pushed] = await bothModels(input, { table: name }, parameters, { memoryBytes });
      expect(read).not.toBeInstanceOf(Error);
      expect(pushed).toEqual(read);
    }
  });

  it('is that of its rows where numbers are as large as whole ones may be, and infinite ones missing', async () => {
    const large = 'CASE WHEN range % 5 < 2 THEN -9007199254740992 ELSE 9007199254740992 - range % 7 END AS id';
    const infinite =
      "CASE WHEN range % 3 = 0 THEN 'inf'::DOUBLE WHEN range % 3 = 1 THEN '-inf'::DOUBLE ELSE range END AS x";
    const query = `SELECT ${large}, ${infinite}, hash(range) % 2 AS y FROM range(40)`;
    const missing = ['Infinity', ' -Infinity ', '5'];
    const [read, pushed] = await bothModels(input, { query, missing }, { maxDepth: 4 }, { memoryBytes: 0 });
    expect(read).not.toBeInstanceOf(Error);
    expect(pushed).toEqual(read);
  });

  it('is that of its rows where texts begin with byte order marks, or have characters of code 0', async () => {
    const mark = `chr(${0xfeff})`;
    const word = `[${mark} || 'z', 'z', ${mark} || 'y', ${mark}, 'x', 'x' || chr(0)][range % 6 + 1]`;
    const query = `SELECT ${word} AS word, range % 7 AS n, range % 6 < 3 AND n <> 2 OR n = 5 AS y FROM range(84)`;
    for (const memoryBytes of [0, SOME_ROWS]) {
      const [read, pushed] = await bothModels(input, { query }, { maxDepth: 4 }, { memoryBytes });
      expect(read).not.toBeInstanceOf(Error);
      expect(pushed).toEqual(read);
    }
  });

  it('holds out the rows that are held out of those that are read', async () => {
    const keys =
      "CASE WHEN sepal_width > 3 THEN ' Zoë ' ELSE 'k' END || CAST(CAST(sepal_length * 10 AS INT) AS VARCHAR)";
    const query = `SELECT *, ${keys} AS key, petal_width > 1.7 OR sepal_width < 2.5 AS test FROM iris`;
    for (const memoryBytes of [0, SOME_ROWS]) {
      const parameters = { holdout: 0.3, seed: 5, maxDepth: 3 } as const;
      const byKey = { query, target: 'species', holdoutKey: 'key', ignore: ['test'] };
      const byColumn = { query, target: 'species', holdoutColumn: 'test', ignore: ['key'] };
      for (const reading of [byKey, byColumn]) {
        const [read, pushed] = await bothModels(input, reading, parameters, { memoryBytes });
        expect(read).toMatchObject({ provenance: { metrics: { holdout: { accuracy: expect.any(Number) } } } });
        expect(pushed).toEqual(read);
      }
    }
  });

  it('is verified and scored by counts, there and of the rows', async () => {
    const query = 'SELECT *, CAST(CAST(sepal_length * 10 AS INT) AS VARCHAR) AS key FROM iris';
    const reading = { query, target: 'species', holdoutKey: 'key' };
    const parameters = { ...defaultParameters, holdout: 0.4, classWeight: 'balanced', maxDepth: 3 } as const;
    const { model } = await trainPushedDown(input, reading, parameters);
    const text = serializeModel(model);
    expect(await verifyPushedDown(model, text, input, { query })).toEqual({
      verified: true,
      differences: [],
      by: 'counts',
    });
    expect(await verifyPushedDown(model, text, input, { query }, { regrow: true })).toMatchObject({ verified: true });
    const other = verifyPushedDown(model, text, input, { query: `${query} LIMIT 149` });
    await expect(other).rejects.toThrow('expected the table that the model was trained on, SHA-256');
    const { measured: counted, notes, scored } = await evaluatePushedDown(model, input, { query });
    expect([scored, notes]).toEqual(['holdout', ['only the rows that key holds out are scored']]);
    const read = await evaluate(await readSubject(model, input, { query }));
    expect(read.scored).toBe('holdout');
    const { unseen: _, ...figures } = read.measured;
    expect(counted).toEqual(figures);
    expect(counted.metrics.logLoss.value).toBe(model.provenance.metrics!.holdout!.logLoss);
  });

  it('is no longer what a model says, where its counts are others', async () => {
    const reading = { table: 'iris' };
    const { model } = await trainPushedDown(input, reading, { ...defaultParameters, holdout: 0, maxDepth: 1 });
    const tree = (model.scorer as { tree: { counts: Uint32Array } }).tree;
    tree.counts[3] = 49;
    tree.counts[4] = 1;
    expect(await verifyPushedDown(model, '', input, reading)).toMatchObject({
      verified: false,
      differences: [{ path: 'rows of leaf 1', before: [49, 1, 0], after: [50, 0, 0] }],
    });
    const gates = [parseGate('accuracy>=0.9', model.classes)];
    await expect(evaluatePushedDown(model, input, reading, { gates })).rejects.toThrow(
      'a gate needs rows that the model was not trained on',
    );
    expect(await evaluatePushedDown(model, input, reading)).toMatchObject({ scored: 'training rows' });
  });

  it('is refused where the table changes meanwhile', async () => {
    const path = join(folder, 'changing.csv');
    const rows = Array.from({ length: 400 }, (_, i) => `${i % 97},${(i * 31) % 89},${(i * 7) % 5 > 2 ? 'a' : 'b'}`);
    writeFileSync(path, ['x,z,y', ...rows].join('\n'));
    const query = `SELECT x, z, y FROM read_csv('${path}')`;
    const parameters = { ...defaultParameters, holdout: 0, maxDepth: 4 };
    const train = (depth: number, rowsStay = true) =>
      trainPushedDown('duckdb:', { query, target: 'y' }, parameters, {
        rowsStay,
        onLevel: (level) => {
          if (level.kind === 'rows' || level.depth === depth) appendFileSync(path, '\n1,2,a');
        },
      });
    const message =
      /^query: expected the \d+ rows of a node that were counted before, found \d+: the table has changed/;
    await expect(train(0)).rejects.toThrow(message);
    await expect(train(2)).rejects.toThrow(message);
    await expect(train(-1, false)).rejects.toMatchObject({ name: 'DataError', reason: 'changed' });
  });

  it('ends with its query where it is interrupted', async () => {
    const query = 'SELECT a.range % 7 AS x, a.range % 3 AS y FROM range(1000) a, range(1_000_000) b';
    const controller = new AbortController();
    const reason = new Error('interrupted');
    const parameters = { ...defaultParameters, holdout: 0, maxDepth: 4 };
    const training = trainPushedDown(input, { query }, parameters, { signal: controller.signal });
    const stop = setInterval(() => controller.abort(reason), 200);
    await expect(training).rejects.toBe(reason);
    clearInterval(stop);
  });

  it('is not measured either where it is interrupted', async () => {
    const reason = new Error('interrupted');
    await expect(rowsInMemory(input, { table: 'iris', signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });

  it.each<[string, ReadOptions, Partial<TrainingParameters>, string]>([
    [
      'rows that only their values could hold out',
      { table: 'iris' },
      { holdout: 0.2 },
      'UsageError: holdout: expected 0, or a column to hold rows out by: DuckDB cannot rank rows by their values, found 0.2; option holdoutKey=COLUMN holds out a share of its keys, option holdoutColumn=COLUMN holds out the rows where it is true',
    ],
    [
      'a choice that takes more fits',
      { table: 'iris' },
      { ccpAlpha: 'auto' },
      'UsageError: ccpAlpha: expected a number, as to choose it takes eleven fits, each with all passes over the table, found auto',
    ],
    [
      'another engine',
      { table: 'iris' },
      { engine: 'forest' },
      'UsageError: engine: expected cart, as only it grows from counts, found forest',
    ],
    [
      'dates',
      { table: 'types', dates: { day: 'ymd' } },
      {},
      'UsageError: dates: expected none, as the engine counts the values as they are, found some',
    ],
    [
      'a column of times',
      { table: 'types', target: 'colour', ignore: ['day', 'moment', 'instant', 'digits'], dropMissingTarget: true },
      {},
      'DataError: types: clock: expected numbers, text, or true and false for DuckDB to count (a query can CAST it), found one of type time; option ignore=clock leaves it out',
    ],
    [
      'whole numbers that no double holds',
      { table: 'ids', target: 'y' },
      {},
      'DataError: ids: id: expected whole numbers up to 9007199254740992, which doubles hold, found larger ones in 2 rows; option categorical=id reads the column as text, option ignore=id leaves it out',
    ],
    [
      'a whole number that becomes one that a double holds',
      { query: 'SELECT 9007199254740991 + 2 * range AS id, range AS y FROM range(2)', target: 'y' },
      {},
      'DataError: query: id: expected whole numbers up to 9007199254740992, which doubles hold, found larger ones in 1 row; option categorical=id reads the column as text, option ignore=id leaves it out',
    ],
    [
      'columns of which none can be counted',
      { query: "SELECT range AS x, [1] AS many, '1' AS digits, TIME '10:30' AS clock, range % 2 AS y FROM range(5)" },
      {},
      [
        'DataError: query: 3 columns cannot be learnt from as they are',
        'query: many: expected numbers, text, or true and false for DuckDB to count (a query can CAST it), found INTEGER[]; option ignore=many leaves it out',
        'query: digits: expected text that is no number, or numbers of a type that the engine computes with (a query can CAST it), found numbers as text; option categorical=digits reads the column as text',
        'query: clock: expected numbers, text, or true and false for DuckDB to count (a query can CAST it), found one of type time; option ignore=clock leaves it out',
        'with the options {"categorical":["digits"],"ignore":["many","clock"]} the table can be learnt from',
      ].join('\n'),
    ],
    [
      'a target of fractions',
      { query: 'SELECT range AS x, range / 2 AS y FROM range(5)' },
      {},
      'DataError: query: y: expected text, whole numbers, or true and false for DuckDB to count (a query can CAST it), found one of type number',
    ],
    [
      'columns without a value',
      { query: 'SELECT range AS x, NULL AS a, NULL::DOUBLE AS b, range % 2 AS y FROM range(5)' },
      {},
      [
        'DataError: query: 2 columns cannot be learnt from as they are',
        'query: a: expected a value in at least one training row, found none; option ignore=a leaves it out',
        'query: b: expected a value in at least one training row, found none; option ignore=b leaves it out',
        'with the options {"ignore":["a","b"]} the table can be learnt from',
      ].join('\n'),
    ],
    [
      'one class',
      { query: "SELECT range AS x, 'a' AS y FROM range(5)" },
      {},
      'DataError: query: y: expected at least two classes, found only "a"',
    ],
    [
      'infinite numbers',
      { query: "SELECT 'inf'::DOUBLE * range AS x, range % 2 AS y FROM range(1, 5)" },
      {},
      'DataError: query: x: expected finite numbers, found Infinity; option ignore=x leaves it out',
    ],
    [
      'digits as text',
      { query: 'SELECT CAST(range AS VARCHAR) AS x, range % 2 AS y FROM range(5)' },
      {},
      'DataError: query: x: expected text that is no number, or numbers of a type that the engine computes with (a query can CAST it), found numbers as text; option categorical=x reads the column as text',
    ],
    [
      'a row without a class',
      { query: 'SELECT range AS x, CASE WHEN range > 1 THEN range % 2 END AS y FROM range(5)' },
      {},
      'DataError: query: y: expected a class in each row, found rows without one; option dropMissingTarget=true leaves such rows out',
    ],
    [
      'a row without a key',
      {
        query: "SELECT range AS x, range % 2 AS y, CASE WHEN range > 0 THEN 'k' ELSE ' ' END AS k FROM range(5)",
        target: 'y',
        holdoutKey: 'k',
      },
      { holdout: 0.2 },
      'DataError: query: k: expected a key to hold rows out by in each row, found 1 rows or more without',
    ],
    [
      'nothing that differs',
      { query: 'SELECT 1 AS x, range % 2 AS y FROM range(5)' },
      {},
      'DataError: query: expected a feature that differs between the training rows, found only constant ones',
    ],
  ])('is refused where the rows would be needed, or are odd: %s', async (_, reading, parameters, message) => {
    const all = { ...defaultParameters, holdout: 0, ...parameters };
    const failure = trainPushedDown(input, reading, all).then(
      () => 'trained',
      (error: Error) => `${error.name}: ${error.message}`,
    );
    expect(await failure).toBe(message);
  });

  it('is refused without a bound where no row may be fetched, and of a file that no engine counts', async () => {
    const parameters = { ...defaultParameters, holdout: 0 };
    const train = (from: string, reading: ReadOptions) =>
      trainPushedDown(from, reading, parameters, { rowsStay: true });
    await expect(train(input, { table: 'iris' })).rejects.toThrow(
      'maxDepth: expected a bound, as each level is asked of the engine where no row is fetched, found none; option maxLeafNodes=N bounds the leaves',
    );
    const other = trainPushedDown(TABLES.get('iris')!, {}, parameters);
    await expect(other).rejects.toThrow(
      'iris.csv: expected a table of DuckDB, PostgreSQL or Spark, in which rows can be counted, found a file that is read; duckdb:FILE has DuckDB count in one',
    );
  });

  it('takes little memory for many categories', async () => {
    const cells = 'hash(range * 31) % 1000 AS x, hash(range) % 200 AS k, hash(range * 7) % 150 AS l';
    const noise = 'hash(k * 17 + l // 10 * 5 + x // 300) % 3';
    const query = `SELECT x, 'k' || k AS k, 'l' || l AS l, ${noise} AS y FROM (SELECT ${cells} FROM range(50_000))`;
    const parameters = { ...defaultParameters, holdout: 0, maxDepth: 8 };
    const { model } = await trainPushedDown('duckdb:', { query }, parameters, { memoryBytes: 100e6, rowsStay: true });
    expect(model.scorer).toMatchObject({ tree: { nodeCount: expect.toSatisfy((count: number) => count > 100) } });
  });

  it('is refused by what to give where the memory is too little', async () => {
    const query =
      'SELECT range AS x, range % 2 AS y FROM range(5) WHERE (SELECT len(list(range)) FROM range(20_000_000)) > 0';
    const parameters = { ...defaultParameters, holdout: 0 };
    await expect(trainPushedDown('duckdb:', { query }, parameters, { memoryBytes: 100e6 })).rejects.toMatchObject({
      name: 'UnavailableError',
      message: expect.stringMatching(
        /^query: expected enough memory for DuckDB to count, found: Out of Memory Error: .*; option memory=1GB gives it more$/,
      ),
    });
  });

  it('is grown of two million rows of ten columns in little memory', async () => {
    const path = join(folder, 'large.duckdb');
    await withDatabase(path, async (connection) => {
      const columns = Array.from({ length: 10 }, (_, i) => `(hash(range * 10 + ${i}) % 1000003) / ${i + 1} AS x${i}`);
      await connection.run(
        `CREATE TABLE large AS SELECT *, CASE WHEN x0 + x1 * 2 + hash(range) % 1000 * 300 > 1200000 THEN 'a' ELSE 'b' END AS y,
           range % 5 = 0 AS k FROM (SELECT range, ${columns.join(', ')} FROM range(2000000))`,
      );
    });
    const peak = `data:text/javascript,process.on('exit',()=>console.error('peak',process.resourceUsage().maxRSS))`;
    const args = [
      '--table',
      'large',
      '--target',
      'y',
      '--ignore',
      'range',
      '--holdout-column',
      'k',
      '--max-depth',
      '5',
    ];
    const trained = await iris(
      ['train', '--data', `duckdb:${path}`, ...args, '--memory', '256MB', '--out', join(folder, 'large.json')],
      { env: { NODE_OPTIONS: `--import ${peak}` } },
    );
    expect(trained).toMatchObject({ code: 0, stdout: expect.stringContaining('of 2000000 rows of large') });
    expect(trained.stderr).toMatch(/^its rows would take about 800 MB, more than 256 MB: the engine counts them$/m);
    expect(trained.stderr).toMatch(/^level 1: 1 node, 1\d{6} rows; \d+ queries, [\d.]+ MB so far$/m);
    expect(Number(/^peak (\d+)$/m.exec(trained.stderr)![1]) * 1024).toBeLessThan(256e6);
  });

  it('is that of its rows, whatever they are', async () => {
    await fc.assert(
      fc.asyncProperty(
        tables,
        parameterSets,
        fc.constantFrom(0, SOME_ROWS, 1_000_000),
        async (table, parameters, memoryBytes) => {
          const path = join(folder, `random-${made++}.duckdb`);
          await withDatabase(path, (connection) => connection.run(createTable(table)).then(() => undefined));
          const reading = { table: 'random', target: 'y' };
          const [read, pushed] = await bothModels(`duckdb:${path}`, reading, parameters, { memoryBytes });
          // What nothing can be learnt from is refused in either way, not always in the same words.
          if (read instanceof Error) expect(pushed).toBeInstanceOf(Error);
          else expect(pushed).toEqual(read);
        },
      ),
      { numRuns: 30 },
    );
  });
});

let made = 0;

const numbers = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: -3, max: 3 }) },
  { weight: 2, arbitrary: fc.double({ noNaN: true, noDefaultInfinity: true }) },
  { weight: 1, arbitrary: fc.constantFrom(-0, 5e-324, -5e-324, 1.7976931348623157e308, -1.7976931348623157e308) },
  { weight: 2, arbitrary: fc.constant(null) },
);
const texts = fc.constantFrom(
  'a',
  'b',
  "c'd",
  ' e',
  'é',
  '',
  null,
  '\ufeffa',
  '\ufeffz',
  '\ufeff\ufeffz',
  '\ufeff',
  'a\0b',
);
const tables = fc
  .record({
    classes: fc.integer({ min: 2, max: 4 }),
    numbers: fc.integer({ min: 1, max: 3 }),
    texts: fc.integer({ min: 0, max: 2 }),
  })
  .chain(({ classes, numbers: numberCount, texts: textCount }) =>
    fc.array(
      fc.tuple(
        fc.tuple(...Array.from({ length: numberCount }, () => numbers)),
        fc.tuple(...Array.from({ length: textCount }, () => texts)),
        fc.integer({ min: 0, max: classes - 1 }).map((k) => 'klmn'[k]!),
      ),
      { minLength: 4, maxLength: 60, size: 'max' },
    ),
  );
const parameterSets = fc.record(
  {
    criterion: fc.constantFrom('gini' as const, 'entropy' as const),
    classWeight: fc.constantFrom(null, 'balanced' as const, new Map([['k', 2.5]])),
    maxDepth: fc.constantFrom(null, 1, 2, 5),
    minSamplesLeaf: fc.integer({ min: 1, max: 4 }),
    minSamplesSplit: fc.integer({ min: 2, max: 9 }),
    minImpurityDecrease: fc.constantFrom(0, 0.01, 0.05),
    ccpAlpha: fc.constantFrom(0, 0.01),
    maxLeafNodes: fc.constantFrom(null, 2, 3, 5, 12),
  },
  { requiredKeys: [] },
);

type Row = readonly [readonly (number | null)[], readonly (string | null)[], string];

/** A double is written with all of its digits; -0 has its sign as text alone. */
function createTable(rows: readonly Row[]): string {
  const double = (value: number | null) =>
    value === null ? 'NULL' : `CAST('${Object.is(value, -0) ? '-0.0' : value.toExponential()}' AS DOUBLE)`;
  const text = (value: string | null) =>
    value === null ? 'NULL' : `'${value.replaceAll("'", "''").replaceAll('\0', "' || chr(0) || '")}'`;
  const [first] = rows;
  const columns = [
    ...first![0].map((_, i) => `"n ${i}" DOUBLE`),
    ...first![1].map((_, i) => `"t""${i}" VARCHAR`),
    'y VARCHAR',
  ];
  const values = rows.map(([some, words, y]) => `(${[...some.map(double), ...words.map(text), text(y)].join(', ')})`);
  return `CREATE TABLE random (${columns.join(', ')}); INSERT INTO random VALUES ${values.join(', ')}`;
}
