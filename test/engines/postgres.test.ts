import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readDataset } from '../../src/data/read-dataset.js';
import type { ReadOptions } from '../../src/data/schema.js';
import { DataError } from '../../src/ground/errors.js';
import { trainPushedDown } from '../../src/pushdown/train-pushed-down.js';
import { defaultParameters } from '../../src/training/parameters.js';
import { temporaryFolder } from '../data/fixture.js';
import { iris, ROOT } from '../e2e/cli.js';
import { describeWith } from '../interop/tools.js';
import { bothModels, SOME_ROWS } from './both-models.js';
import { PASSWORD, type PostgresServer, postgresql, startPostgres } from './postgres-server.js';
import { differing, modelsOf, TABLES } from './subjects.js';

const pg = {
  name: 'pg',
  command: process.execPath,
  check: ['-e', "import('pg').then(() => import('pg-copy-streams'))"],
};
const types = join(ROOT, 'test/fixtures/parquet/types.csv');
const dates = { day: 'ymd', moment: 'ymd', instant: 'ymd' } as const;
/** The columns of types.csv, as PostgreSQL has such. */
const TYPES = {
  double: 'float8',
  float: 'float4',
  half: 'float4',
  byte: 'int2',
  unsigned: 'int8',
  long: 'int8',
  huge: 'numeric(20)',
  decimal: 'numeric(9, 2)',
  wide: 'numeric',
  flag: 'bool',
  text: 'text',
  digits: 'varchar(9)',
  colour: 'colours',
  day: 'date',
  moment: 'timestamp',
  instant: 'timestamptz',
  clock: 'time',
  kind: 'char(3)',
};

/** Of these the engine counts none: moments, digits as text, and whole numbers beyond 2^53. */
const TIMES_AND_HUGE = ['day', 'moment', 'instant', 'clock', 'digits', 'long', 'huge'];

interface Client {
  connect(): Promise<void>;
  query(sql: string, values?: unknown[]): Promise<{ rows: Record<string, unknown>[] }>;
  end(): Promise<void>;
}

let server: PostgresServer;
let address: string;

async function asked<Result>(use: (client: Client) => Promise<Result>): Promise<Result> {
  const name = 'pg';
  const { default: module } = await import(name);
  const client: Client = new module.Client({ connectionString: address });
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}

const failure = (input: string, options?: ReadOptions) =>
  readDataset(input, options).then(
    () => 'read',
    ({ name, message }: Error) => `${name}: ${message}`,
  );

/** Cells without quotes: the tables have none that need them, but types.csv. */
const rowsOf = (path: string) =>
  readFileSync(path, 'utf8')
    .trimEnd()
    .split(/\r?\n/)
    .map((line) =>
      line
        .replaceAll('"déjà, ""vu"""', 'déjà\u001f "vu"')
        .split(',')
        .map((cell) => cell.replace('\u001f', ',')),
    );

async function load(client: Client, name: string, path: string, typeOf: (column: string, cells: string[]) => string) {
  const [header = [], ...rows] = rowsOf(path);
  const columns = header.map(
    (column, i) =>
      `"${column}" ${typeOf(
        column,
        rows.map((row) => row[i]!),
      )}`,
  );
  await client.query(`CREATE TABLE "${name}" (${columns.join(', ')})`);
  // A missing double is NULL, and in the fourth row NaN.
  const nothing = (column: string, row: number) => (column === 'double' && row === 3 ? "'NaN'" : 'NULL');
  const values = rows.map(
    (row, at) =>
      `(${row.map((cell, i) => (cell === '' ? nothing(header[i]!, at) : `'${cell.replaceAll("'", "''")}'`)).join(', ')})`,
  );
  await client.query(`INSERT INTO "${name}" VALUES ${values.join(', ')}`);
}

describeWith([postgresql, pg], 'a table of PostgreSQL', () => {
  const folder = temporaryFolder();

  beforeAll(async () => {
    server = await startPostgres();
    address = `postgres://postgres:${encodeURIComponent(PASSWORD)}@127.0.0.1:${server.port}/postgres`;
    await asked(async (client) => {
      const isNumber = (cells: string[]) => cells.every((cell) => cell === '' || Number.isFinite(Number(cell)));
      for (const [name, path] of TABLES) {
        await load(client, name, path, (_, cells) => (isNumber(cells) ? 'float8' : 'text'));
      }
      await client.query("CREATE TYPE colours AS ENUM ('red', 'blue')");
      await load(client, 'types', types, (column) => TYPES[column as keyof typeof TYPES]);
      await client.query('CREATE SCHEMA "a.b"');
      await client.query(
        `CREATE VIEW "a.b"."it's ""quoted""" AS SELECT sepal_length AS "a ""b""; --", species FROM iris`,
      );
      await client.query('CREATE TABLE parts (LIKE iris) PARTITION BY LIST (species)');
      for (const species of ['setosa', 'versicolor', 'virginica']) {
        await client.query(`CREATE TABLE parts_${species} PARTITION OF parts FOR VALUES IN ('${species}')`);
      }
      await client.query('INSERT INTO parts SELECT * FROM iris ORDER BY random()');
      await client.query(
        'CREATE TABLE ids AS SELECT 9007199254740991 + i AS id, i % 2 AS y FROM generate_series(0, 3) i',
      );
      await client.query(
        "CREATE TABLE odd AS SELECT ARRAY[1] AS many, 'x'::bytea AS raw, '1 day'::interval AS span, 1.5 AS x, 'a' AS y",
      );
      await client.query(
        'CREATE TABLE many AS SELECT i AS x, i % 7 AS seven, (i % 3)::text AS y FROM generate_series(1, 50000) i',
      );
    });
  });

  afterAll(() => server?.stop());

  it.each([...TABLES.keys()])('makes the bytes that CSV makes, for each set of parameters: %s', async (table) => {
    const csv = await modelsOf(TABLES.get(table)!);
    expect(differing(csv, await modelsOf(address, { table }))).toEqual([]);
    expect(differing(csv, await modelsOf(address, { query: `SELECT * FROM "${table}" ORDER BY random();` }))).toEqual(
      [],
    );
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
    } = await readDataset(address, {
      ...options,
      table: 'types',
    });
    expect(await readDataset(types, options)).toMatchObject(table);
    expect([source, rowUnit]).toEqual(['types', 'row']);
  });

  it.each([...TABLES.keys(), 'parts'])('grows the tree of its rows from counts: %s', async (table) => {
    const [header] = rowsOf(TABLES.get(table) ?? TABLES.get('iris')!);
    const query = `SELECT *, ' é' || ("${header![0]}" * 10)::int AS key FROM "${table}"`;
    const reading = { query, target: header!.at(-1)!, holdoutKey: 'key' };
    const sets = [
      [0, { criterion: 'entropy', classWeight: 'balanced', ccpAlpha: 0.001 }],
      [SOME_ROWS, { maxLeafNodes: 9, minSamplesLeaf: 3 }],
    ] as const;
    for (const [memoryBytes, parameters] of sets) {
      const [read, pushed] = await bothModels(address, reading, { holdout: 0.3, ...parameters }, { memoryBytes });
      expect(read).not.toBeInstanceOf(Error);
      expect(pushed).toEqual(read);
    }
  });

  it('counts decimals past 2^53 that have a fraction, as it reads them, and no others', async () => {
    const amounts = (last: string) => `SELECT (${last})::numeric AS x, i % 2 AS y FROM generate_series(1, 9) AS i`;
    const query = amounts('12345678901234567890.5 * i');
    const [read, pushed] = await bothModels(address, { query, target: 'y' }, {});
    expect(read).not.toBeInstanceOf(Error);
    expect(pushed).toEqual(read);
    const [whole, counted] = await bothModels(address, { query: amounts('9007199254740992 + i'), target: 'y' }, {});
    expect([whole, counted]).toEqual([expect.any(DataError), expect.any(DataError)]);
  });

  it('counts what it has, whatever its types, with hostile names and in a view', async () => {
    const reading = { table: 'types', ignore: TIMES_AND_HUGE, target: 'flag' };
    const [read, pushed] = await bothModels(address, { ...reading, dropMissingTarget: true }, {});
    expect(read).not.toBeInstanceOf(Error);
    expect(pushed).toEqual(read);
    const [quoted, counted] = await bothModels(address, { table: `"a.b"."it's ""quoted"""` }, { maxDepth: 2 });
    expect(quoted).not.toBeInstanceOf(Error);
    expect(counted).toEqual(quoted);
  });

  it.each<[string, string, string]>([
    ['a connection that breaks', 'pg_terminate_backend', 'UnavailableError'],
    ['a query that is cancelled there', 'pg_cancel_backend', 'UnavailableError'],
  ])('ends what it counts with %s', async (_, end, name) => {
    const others = "SELECT pid FROM pg_stat_activity WHERE application_name = 'iris' AND pid <> pg_backend_pid()";
    const ended = setInterval(
      () => asked((client) => client.query(`SELECT ${end}(pid) FROM (${others}) AS others`)),
      300,
    );
    const query = 'SELECT i % 1000 AS x, i * 7 % 1000 AS z, i % 3 AS y FROM generate_series(1, 3000000) i';
    const parameters = { ...defaultParameters, holdout: 0, maxDepth: 6 };
    const failure = trainPushedDown(address, { query }, parameters, { memoryBytes: 0 }).then(
      () => 'trained',
      (error: Error) => error,
    );
    expect(await failure).toMatchObject({ name });
    clearInterval(ended);
  });

  it('is written into a new table with its predictions, or not at all', async () => {
    await asked((client) =>
      client.query(`CREATE TABLE "in, ""put" AS SELECT *, date '2024-01-31' AS day, E'a"\n,b' AS text FROM iris`),
    );
    const model = join(ROOT, 'artifacts/iris.json');
    const into = (query: string, name: string) =>
      iris(['predict', '--data', address, '--query', query, '--model', model, '--into', name, '--probabilities']);
    const table = '"in, ""put"';
    expect(await into(`SELECT * FROM ${table}`, 'public.scored')).toMatchObject({ code: 0 });
    const { rows } = await asked((client) =>
      client.query(`SELECT count(*)::int AS n, min(day)::text AS day, min(text) AS text, sum(probability_setosa)::float8 AS sum,
        count(*) FILTER (WHERE label = species)::int AS hits FROM scored`),
    );
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
    const lines = printed.stdout
      .trimEnd()
      .split('\n')
      .slice(1)
      .map((line) => line.split(','));
    const sum = lines.reduce((all, cells) => all + Number(cells[6]), 0);
    const hits = lines.filter((cells) => cells[4] === cells[5]).length;
    expect(rows).toEqual([{ n: 150, day: '2024-01-31', text: 'a"\n,b', sum: expect.closeTo(sum, 9), hits }]);
    expect(await into('SELECT * FROM iris', 'scored')).toMatchObject({
      code: 73,
      stderr: expect.stringContaining(
        'scored: expected a new table to write into, found: relation "scored" already exists',
      ),
    });
    const broken = "SELECT 'x' || sepal_length AS sepal_length, sepal_width, petal_length, petal_width FROM iris";
    expect(await into(broken, 'none')).toMatchObject({ code: 65 });
    expect(await failure(address, { table: 'none' })).toContain('relation "none" does not exist');
  });

  it('has names as they are, however hostile, and is a view or parted', async () => {
    const { features, rowCount } = await readDataset(address, { table: `"a.b"."it's ""quoted"""` });
    expect([features.map(({ name }) => name), rowCount]).toEqual([['a "b"; --'], 150]);
    expect(differing(await modelsOf(TABLES.get('iris')!), await modelsOf(address, { table: 'parts' }))).toEqual([]);
  });

  it('comes in several chunks, each row once', async () => {
    const { features, rowCount } = await readDataset(address, { table: 'many' });
    expect([rowCount, features[0]!.values.reduce((sum, x) => sum + x, 0)]).toEqual([50_000, (50_000 * 50_001) / 2]);
  });

  it.each<[ReadOptions, string]>([
    [{}, 'UsageError: table: expected the name of a table, or a query, found neither'],
    [{ table: 'none' }, 'InputError: none: expected a table, found: relation "none" does not exist'],
    [{ query: 'SELEC 1' }, 'UsageError: query: expected SQL of PostgreSQL, found syntax error at or near "1"'],
    [
      { query: 'DELETE FROM iris RETURNING *' },
      'UsageError: query: expected SQL of PostgreSQL, found syntax error at or near "FROM"',
    ],
    [
      { query: 'SELECT * FROM iris) AS a; COMMIT; CREATE TABLE written (x int); SELECT * FROM (SELECT * FROM iris' },
      'UsageError: query: expected SQL of PostgreSQL, found cannot insert multiple commands into a prepared statement',
    ],
    [{ query: 'SELECT 1 / (3 - x) AS x, y FROM many' }, 'DataError: query: expected rows, found: division by zero'],
    [
      { table: 'ids' },
      'DataError: ids: row 3: id: expected a whole number that a double holds, found 9007199254740993; option categorical=id reads the column as text, option ignore=id leaves it out',
    ],
    [
      { table: 'odd' },
      'DataError: odd: many: expected numbers, text, true or false, dates or times, found integer[]; option ignore=many,raw,span leaves it out',
    ],
    [
      { query: "SELECT 'infinity'::numeric AS x, y FROM many" },
      'DataError: query: row 1: x: expected a finite number, found "Infinity" (and 49999 more such cells); option ignore=x leaves it out, option categorical=x reads the column as text',
    ],
    [
      { table: 'iris', comment: '#' },
      'UsageError: comment: expected none, as the source gives columns and not text, found "#"',
    ],
  ])('is refused by what is wrong: %#', async (options, message) => {
    expect(await failure(address, options)).toBe(message);
  });

  it('is of a server that is not there, or does not let in, without a word of the password', async () => {
    const at = `127.0.0.1:${server.port}`;
    const wrong = `postgres://postgres:s3cret@${at}/postgres?application_name=s3cret`;
    expect(await failure(wrong, { table: 'iris' })).toBe(
      `UnavailableError: postgres://${at}/postgres: expected a database, found: password authentication failed for user`,
    );
    expect(await failure(`postgres://postgres@${at}/postgres`, { table: 'iris' })).toBe(
      `UnavailableError: postgres://${at}/postgres: expected a database, found: no password: PGPASSWORD or ~/.pgpass may have one`,
    );
    expect(await failure('postgres://u:s3cret@127.0.0.1:1/x', { table: 'iris' })).toBe(
      'UnavailableError: postgres://127.0.0.1:1/x: expected a database, found: connect ECONNREFUSED 127.0.0.1:1',
    );
    for (const address of ['postgres://u:s3cret@[/x', 'postgres:/u:s3cret@h/x', 'postgresql:u:s3cret@h/x']) {
      expect(await failure(address, { table: 'iris' })).toBe(
        'InputError: postgres://…: expected postgres://user@host:port/database, with signs of user and password percent-encoded, found none',
      );
    }
    const certificate = join(folder, 'none.pem');
    expect(await failure(`postgres://${at}/postgres?sslrootcert=${certificate}`, { table: 'iris' })).toBe(
      `InputError: ${certificate}: expected a file, found none`,
    );
  });

  it('takes the password from PGPASSWORD, or from a file', async () => {
    const passwords = join(folder, 'pgpass');
    writeFileSync(passwords, `127.0.0.1:*:*:postgres:${PASSWORD.replaceAll(':', '\\:')}\n`, { mode: 0o600 });
    const command = join(ROOT, 'bin/run.js');
    for (const env of [{ PGPASSWORD: PASSWORD }, { PGPASSFILE: passwords }]) {
      const { stderr, stdout } = await promisify(execFile)(
        process.execPath,
        [
          command,
          'train',
          '--data',
          'postgres://postgres@127.0.0.1/postgres',
          '--table',
          'iris',
          '--out',
          join(folder, 'm.json'),
        ],
        { env: { ...process.env, PGPORT: String(server.port), ...env } },
      );
      expect(stdout).toContain('iris');
      expect(stdout + stderr).not.toContain(PASSWORD);
      expect(stderr).not.toContain('Warning');
    }
  });

  it('is asked for TLS without a word of what a later version of pg takes that for', async () => {
    const run = await iris(['train', '--data', `${address}?sslmode=require`, '--table', 'iris']);
    expect([run.code, run.stderr]).toEqual([
      69,
      `postgres://127.0.0.1:${server.port}/postgres: expected a database, found: The server does not support SSL connections\n`,
    ]);
  });

  const sleeping = () =>
    asked(async (client) => {
      const { rows } = await client.query(
        "SELECT pid FROM pg_stat_activity WHERE application_name = 'iris' AND state = 'active'",
      );
      return rows.map(({ pid }) => pid as number);
    });
  const slow = 'SELECT x, y FROM many, pg_sleep(60) WHERE x > 0';

  it('ends with its query, in the server too, where it is interrupted', async () => {
    const controller = new AbortController();
    const reason = new Error('interrupted');
    const reading = readDataset(address, { query: slow, signal: controller.signal });
    await expect.poll(sleeping, { timeout: 10_000 }).toHaveLength(1);
    controller.abort(reason);
    await expect(reading).rejects.toBe(reason);
    await expect.poll(sleeping, { timeout: 10_000 }).toEqual([]);
  });

  it('ends what it counts, in the server too, where it is interrupted', async () => {
    const controller = new AbortController();
    const reason = new Error('interrupted');
    const query = 'SELECT i % 1000 AS x, i * 7 % 1000 AS z, i % 3 AS y FROM generate_series(1, 1000000) i';
    const training = trainPushedDown(
      address,
      { query },
      { ...defaultParameters, holdout: 0, maxDepth: 6 },
      { rowsStay: true, signal: controller.signal, onLevel: () => setImmediate(() => controller.abort(reason)) },
    );
    await expect(training).rejects.toBe(reason);
    await expect.poll(sleeping, { timeout: 10_000 }).toEqual([]);
  });

  it('is cancelled by Ctrl-C', async () => {
    const args = [
      join(ROOT, 'bin/run.js'),
      'train',
      '--data',
      address,
      '--query',
      slow,
      '--out',
      join(folder, 'n.json'),
    ];
    const running = execFile(process.execPath, args);
    const ended = new Promise((resolve) => running.on('exit', resolve));
    await expect.poll(sleeping, { timeout: 10_000 }).toHaveLength(1);
    running.kill('SIGINT');
    expect(await ended).toBe(130);
    await expect.poll(sleeping, { timeout: 10_000 }).toEqual([]);
  });

  it('is an error where the connection breaks', async () => {
    const reading = failure(address, { query: slow });
    await expect.poll(sleeping, { timeout: 10_000 }).toHaveLength(1);
    const [pid] = await sleeping();
    await asked((client) => client.query('SELECT pg_terminate_backend($1)', [pid]));
    expect(await reading).toBe(
      `UnavailableError: postgres://127.0.0.1:${server.port}/postgres: expected an answer, found: terminating connection due to administrator command`,
    );
  });
});
