import { join } from 'node:path';
import fc from 'fast-check';
import { beforeAll, expect, it } from 'vitest';
import { readDataset } from '../../src/data/read-dataset.js';
import type { ReadOptions } from '../../src/data/schema.js';
import { trainModel } from '../../src/evaluation/train-model.js';
import { type PushDownOptions, trainPushedDown } from '../../src/pushdown/train-pushed-down.js';
import { defaultParameters, type TrainingParameters } from '../../src/training/parameters.js';
import { temporaryFolder } from '../data/fixture.js';
import { describeWith } from '../interop/tools.js';
import { duckDb, withDatabase } from './duckdb.js';
import { TABLES } from './subjects.js';

/** Both trees, and what a model says of the rows: all but the hash of the table and the sketch of its rows. */
async function bothModels(
  input: string,
  reading: ReadOptions,
  parameters: Partial<TrainingParameters>,
  options: PushDownOptions = {},
) {
  const all = { ...defaultParameters, holdout: 0, ...parameters };
  const read = await trainModel(await readDataset(input, reading), all, { jobs: 1 });
  const pushed = await trainPushedDown(input, reading, all, { memoryBytes: 0, ...options });
  return [read.model, pushed.model].map(({ classes, features, provenance, scorer }) => ({
    classes,
    features,
    scorer,
    provenance: { ...provenance, data: null, sketch: null },
  }));
}

describeWith([duckDb], 'a tree that is grown in DuckDB', () => {
  const folder = temporaryFolder();
  const database = join(folder, 'tables.duckdb');
  const input = `duckdb:${database}`;

  beforeAll(() =>
    withDatabase(database, async (connection) => {
      for (const [name, path] of TABLES) {
        await connection.run(`CREATE TABLE "${name}" AS SELECT * FROM read_csv('${path}')`);
      }
    }),
  );

  it.each([...TABLES.keys()])('is that of its rows: %s', async (name) => {
    for (const memoryBytes of [0, 20_000]) {
      for (const parameters of [{}, { criterion: 'entropy' }] as const) {
        const [read, pushed] = await bothModels(input, { table: name }, parameters, { memoryBytes });
        expect(pushed).toEqual(read);
      }
    }
  });

  it('is that of its rows, whatever they are', async () => {
    await fc.assert(
      fc.asyncProperty(
        tables,
        parameterSets,
        fc.constantFrom(0, 2000, 100_000),
        async (table, parameters, memoryBytes) => {
          const path = join(folder, `random-${made++}.duckdb`);
          await withDatabase(path, (connection) => connection.run(createTable(table)).then(() => undefined));
          const reading = { table: 'random', target: 'y' };
          const outcome = await bothModels(`duckdb:${path}`, reading, parameters, { memoryBytes }).catch(
            (error) => error,
          );
          if (outcome instanceof Error) {
            expect(outcome.message).toMatch(
              /expected at least two classes|expected a value in at least one|only constant ones|instead of some|expected numbers/,
            );
            return;
          }
          expect(outcome[1]).toEqual(outcome[0]);
        },
      ),
      { numRuns: Number(process.env['IRIS_RUNS'] ?? 60) },
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
const texts = fc.constantFrom('a', 'b', "c'd", ' e', 'é', '', null);
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
  },
  { requiredKeys: [] },
);

type Row = readonly [readonly (number | null)[], readonly (string | null)[], string];

/** A double is written with all of its digits; -0 has its sign as text alone. */
function createTable(rows: readonly Row[]): string {
  const double = (value: number | null) =>
    value === null ? 'NULL' : `CAST('${Object.is(value, -0) ? '-0.0' : value.toExponential()}' AS DOUBLE)`;
  const text = (value: string | null) => (value === null ? 'NULL' : `'${value.replaceAll("'", "''")}'`);
  const [first] = rows;
  const columns = [
    ...first![0].map((_, i) => `"n ${i}" DOUBLE`),
    ...first![1].map((_, i) => `"t""${i}" VARCHAR`),
    'y VARCHAR',
  ];
  const values = rows.map(([some, words, y]) => `(${[...some.map(double), ...words.map(text), text(y)].join(', ')})`);
  return `CREATE TABLE random (${columns.join(', ')}); INSERT INTO random VALUES ${values.join(', ')}`;
}
