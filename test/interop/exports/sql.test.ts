import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exportModel } from '../../../src/exports/export-model.js';
import type { SqlDialect } from '../../../src/exports/sql/dialects.js';
import { makeVectors } from '../../../src/exports/vectors.js';
import { freePort } from '../../deploy/prometheus.js';
import { ROOT } from '../../e2e/cli.js';
import { toyParts } from '../../model/toy-model.js';
import { assembleTrained } from '../../model/trained-parts.js';
import { describeWith, newPython, output, type Tool } from '../tools.js';
import { broadModels, exportedEnsembles, exportedModels, type NamedModel } from './models.js';

/** Engines run the query that scores vectors, 2000 of a model at most, and gives those that are answered wrongly. */

let models: readonly NamedModel[];
/** Forests and boosted trees; some of them. */
let ensembles: readonly NamedModel[];
let few: readonly NamedModel[];
let folder: string;
beforeAll(async () => {
  models = await exportedModels(15);
  ensembles = [...(await exportedEnsembles(15)), ...broadModels()];
  const names = [
    'forest_of_iris',
    'xgboost_3_2_0_binary',
    'lightgbm_4_7_0_zero',
    'sklearn_1_9_1_hist_ten',
    'ensemble_1',
  ];
  few = [...models, ...ensembles].filter(({ name }) => ['bundled', 'toy', 'hostile', ...names].includes(name));
  folder = mkdtempSync(join(tmpdir(), 'iris-sql-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const python = newPython.command;
const withPackage = (name: string): Tool => ({
  name: `${name} from PyPI`,
  command: python,
  check: ['-c', `import ${name}`],
});
const RUN = `${ROOT}test/interop/exports/run_sql.py`;

/** Dialects without numbers of 32 bits, by which XGBoost adds. */
const WITHOUT_FLOATS: readonly SqlDialect[] = ['bigquery', 'snowflake', 'sqlite'];

function canAdd(dialect: SqlDialect, { scorer }: NamedModel['model']): boolean {
  if (scorer.kind === 'tree') return true;
  const { arithmetic, combine } = scorer.ensemble;
  if (!WITHOUT_FLOATS.includes(dialect)) return true;
  return arithmetic.sum === 'float64' && combine.function.startsWith('float64');
}

/** @returns the files of the tests, one per model */
function writeTests(dialect: SqlDialect, chosen: readonly NamedModel[], change = (text: string) => text): string[] {
  mkdirSync(join(folder, dialect), { recursive: true });
  const possible = chosen.filter(({ model }) => canAdd(dialect, model));
  return possible.map(({ model, name }) => {
    const [, test] = exportModel(model, {
      format: 'sql',
      dialect,
      fileName: `${name}.sql`,
      table: 't',
      withTest: true,
    });
    const path = join(folder, dialect, test.name);
    writeFileSync(path, change(test.content as string));
    return path;
  });
}

/** A call of the function that an export makes, with its definition before it. */
function callOf(dialect: SqlDialect, name: string, values: string): string {
  const { model } = models.find((one) => one.name === name)!;
  const [{ content }] = exportModel(model, { format: 'sql', dialect, fileName: 'f.sql', function: name });
  return `${content}\nSELECT ${name}(${values}) AS found`;
}

const wrongRows = async (engine: string, files: readonly string[]) =>
  JSON.parse(await output(python, [RUN, engine, ...files]));

/** Names of answers that a table has as well. */
const TAKEN = ['label', 'class_index', 'leaf', 'margin'];

/** Statements that make a table with such columns, with a row of a vector; a query of it; and how its row goes on after 'own'. */
function overTaken(dialect: SqlDialect, name: string, [double, text]: readonly [string, string]) {
  const { model } = [...models, ...ensembles].find((one) => one.name === name)!;
  const { features } = model;
  const columns = [...features.map((one) => `"${one.name}" ${one.kind === 'number' ? double : text}`)];
  const vector = [...makeVectors(model)].find(({ label }) => label >= 0)!;
  const values = features.map((feature, index) => {
    const value = vector.input[index]!;
    return Number.isNaN(value) ? 'NULL' : feature.kind === 'number' ? value : `'${feature.categories[value]}'`;
  });
  const taken = [...TAKEN, `probability_${model.classes[0]}`];
  const table = `CREATE TABLE mine (${[...columns, ...taken.map((one) => `"${one}" ${text}`)].join(', ')})`;
  const row = `INSERT INTO mine VALUES (${[...values, ...taken.map(() => "'own'")].join(', ')})`;
  const [{ content }] = exportModel(model, { format: 'sql', dialect, fileName: 'f.sql', table: 'mine' });
  const texts = ['DROP TABLE IF EXISTS mine', table, row, content as string];
  const files = texts.map((statement, index) => {
    const path = join(folder, `taken-${dialect}-${name}-${index}.sql`);
    writeFileSync(path, index < 3 ? `${statement};` : statement);
    return path;
  });
  return { files, label: model.classes[vector.label]!, index: vector.label };
}

/**
 * A table whose categories are told apart by their case alone, in a column that takes no account of it, with the query that
 * scores it; and what the toy tree answers.
 */
function ofEitherCase(dialect: SqlDialect, [double, text]: readonly [string, string]) {
  const toy = assembleTrained(toyParts());
  const categories = ['blue', 'BLUE', 'red'];
  const features = toy.features.map((one) => (one.kind === 'category' ? { ...one, categories, missing: false } : one));
  const options = { format: 'sql', dialect, fileName: 'm.sql', table: 'cased' } as const;
  const [{ content }] = exportModel({ ...toy, features }, options);
  const path = join(folder, `cased-${dialect}.sql`);
  writeFileSync(path, content as string);
  const begin = `CREATE TABLE cased (size ${double}, weight ${double}, color ${text}); INSERT INTO cased VALUES (1, 1, 'blue'), (1, 1, 'BLUE')`;
  return { begin, path, labels: ['no', 'yes'] };
}

/** A tree as CASE, a tree as lists in DuckDB, and trees in steps. */
const FORMS = ['toy', 'large', 'forest_of_iris', 'lightgbm_4_7_0_zero'];

describe.each<[SqlDialect, string, readonly [string, string]]>([
  ['duckdb', 'duckdb', ['DOUBLE', 'VARCHAR']],
  ['sqlite', 'sqlite3', ['REAL', 'TEXT']],
])('a table with columns of the names of answers, in %s', (dialect, name, types) => {
  describeWith([withPackage(name)], 'run', () => {
    it.each(FORMS)('is given with the answers as the last columns: %s', async (model) => {
      const { files, index, label } = overTaken(dialect, model, types);
      const found = (await wrongRows(dialect, files)).at(-1);
      expect(found).toEqual([files.at(-1), 1, expect.stringContaining(`${"'own', ".repeat(5)}'${label}', ${index}, `)]);
    });
  });
});

const RUN_CASED = `import sys
begin, path = sys.argv[2:]
if sys.argv[1] == "sqlite3":
    import sqlite3
    connection = sqlite3.connect(":memory:")
else:
    import duckdb
    connection = duckdb.connect()
for statement in begin.split(";"):
    connection.execute(statement)
print(*[row[3] for row in connection.execute(open(path).read()).fetchall()], end="")`;

describe.each<[SqlDialect, string, readonly [string, string]]>([
  ['duckdb', 'duckdb', ['DOUBLE', 'VARCHAR COLLATE NOCASE']],
  ['sqlite', 'sqlite3', ['REAL', 'TEXT COLLATE NOCASE']],
])('a column of texts that takes no account of case, in %s', (dialect, name, types) => {
  describeWith([withPackage(name)], 'run', () => {
    it('has its categories told apart as the model tells them', async () => {
      const { begin, labels, path } = ofEitherCase(dialect, types);
      expect(await output(python, ['-c', RUN_CASED, name, begin, path])).toBe(labels.join(' '));
    });
  });
});

describeWith([withPackage('duckdb')], 'DuckDB', () => {
  it('answers as the model does', async () => {
    expect(await wrongRows('duckdb', writeTests('duckdb', [...models, ...ensembles]))).toEqual([]);
  });

  it('gives rows where an answer is wrong', async () => {
    const files = writeTests('duckdb', models.slice(0, 1), (text) => text.replace('<=', '<'));
    expect(await wrongRows('duckdb', files)).toEqual([
      [files[0], expect.any(Number), expect.stringContaining("'versicolor'")],
    ]);
  });

  it('has a function', async () => {
    const path = join(folder, 'call.sql');
    writeFileSync(path, callOf('duckdb', 'toy', "3, 11, 'blue'"));
    expect(await wrongRows('duckdb', [path])).toEqual([[path, 1, "('yes',)"]]);
  });
});

describeWith([withPackage('sqlite3')], 'SQLite', () => {
  it('answers as the model does', async () => {
    expect(await wrongRows('sqlite', writeTests('sqlite', [...models, ...ensembles]))).toEqual([]);
  });

  it.each([
    ['bundled', '100 100'],
    // A build of SQLite says that a view has no rowid, or gives NULL.
    ['forest_of_iris', expect.stringMatching(/^100 (integer overflow|no such column: iris_table.rowid)$/)],
  ])('gives each row of a table, and of a view or an error: %s', async (name, expected) => {
    const { model } = [...models, ...ensembles].find((one) => one.name === name)!;
    const columns = model.features.map((feature) => `"${feature.name}" REAL`).join(', ');
    const queries = ['flowers', 'viewed'].map((table) => {
      const [{ content }] = exportModel(model, { format: 'sql', dialect: 'sqlite', fileName: 'm.sql', table });
      return content;
    });
    const program = `import json, sqlite3, sys
connection = sqlite3.connect(":memory:")
connection.execute('CREATE TABLE flowers (${columns})')
connection.executemany("INSERT INTO flowers VALUES (?, ?, ?, ?)", [(n / 10,) * 4 for n in range(100)])
connection.execute("CREATE VIEW viewed AS SELECT * FROM flowers")
def count(query):
    try:
        return len(connection.execute(query).fetchall())
    except sqlite3.OperationalError as error:
        return error
print(*map(count, json.load(sys.stdin)), end="")`;
    expect(await output(python, ['-c', program], { input: JSON.stringify(queries) })).toEqual(expected);
  });
});

describeWith([withPackage('sqlite3')], 'SQLite, of a text where a number is due,', () => {
  it.each([
    ['REAL', 'bundled'],
    ['TEXT', 'bundled'],
    ['', 'bundled'],
    ['TEXT', 'forest_of_iris'],
  ])('answers one that is a number, and refuses any other: a column of type %j, %s', async (type, name) => {
    const { model } = [...models, ...ensembles].find((one) => one.name === name)!;
    const options = { format: 'sql', dialect: 'sqlite', fileName: 'm.sql', table: 'flowers' } as const;
    const program = `import sqlite3, sys
connection = sqlite3.connect(":memory:")
connection.execute("CREATE TABLE flowers (${model.features.map((one) => `${one.name} ${type}`).join(', ')})")
for text in ("4.9", " 4.9 ", "49e-1", 4.9, 9007199254740993, "9007199254740993", "", "x", "4,9", b"4.9", float("inf"), None):
    connection.execute("INSERT INTO flowers VALUES (5, 3, ?, 1)", [text])
print(*[row[4] for row in connection.execute(sys.stdin.read()).fetchall()], end="")`;
    const found = await output(python, ['-c', program], { input: exportModel(model, options)[0].content as string });
    const refused = ' None'.repeat(6);
    expect(found).toMatch(new RegExp(`^(\\w+) \\1 \\1 \\1 (\\w+) \\2${refused}$`));
    expect(found).not.toMatch(/^None/);
  });
});

describeWith([withPackage('pyspark')], 'Spark', () => {
  it('answers as the model does', async () => {
    expect(await wrongRows('spark', writeTests('spark', few))).toEqual([]);
  });
});

describeWith([withPackage('chdb')], 'ClickHouse', () => {
  it('answers as the model does', async () => {
    const chosen = models.filter(({ name }) => name !== 'large');
    expect(await wrongRows('clickhouse', writeTests('clickhouse', [...chosen, ...few]))).toEqual([]);
  });
});

/** Engines that cannot be had here. */
const NOT_RUN = ['bigquery', 'snowflake', 'tsql'] as const;

describeWith([withPackage('sqlglot')], 'a parser of SQL', () => {
  it.each(NOT_RUN)('reads %s', async (dialect) => {
    expect(await wrongRows(`parse-${dialect}`, writeTests(dialect, few))).toEqual([]);
  });

  it.each(NOT_RUN)('reads the function of %s', async (dialect) => {
    const paths = few.flatMap(({ model, name }) => {
      if (model.scorer.kind !== 'tree') return [];
      const path = join(folder, `function-${dialect}-${name}.sql`);
      const [{ content }] = exportModel(model, { format: 'sql', dialect, fileName: 'f.sql', function: 'scored' });
      // It does not know the body of a function in T-SQL: what is returned is a query of its own.
      const text = (content as string).replace(/CREATE OR ALTER FUNCTION.*\nRETURN\n(.*);\nEND;/s, 'SELECT $1;');
      writeFileSync(path, text);
      return [path];
    });
    expect(paths).toHaveLength(3);
    expect(await wrongRows(`parse-${dialect}`, paths)).toEqual([]);
  });
});

const bin = '/usr/lib/postgresql';
const postgres: Tool = {
  name: 'postgresql',
  command: 'sh',
  check: ['-c', `ls ${bin}/*/bin/initdb && command -v psql`],
};
describeWith([postgres], 'PostgreSQL', () => {
  describe('as a server of its own', () => {
    let data: string;
    let port: number;
    /** It refuses to run as root. */
    const asPostgres = (script: string) => {
      const command = `PATH=$(ls -d ${bin}/*/bin | tail -1):$PATH; ${script}`;
      if (process.getuid?.() !== 0) execFileSync('sh', ['-c', command], { stdio: 'pipe' });
      else execFileSync('su', ['postgres', '-s', '/bin/sh', '-c', command], { stdio: 'pipe' });
    };
    beforeAll(async () => {
      port = await freePort();
      data = execFileSync('mktemp', ['-d', '/tmp/iris-postgres-XXXXXX'], { encoding: 'utf8' }).trim();
      if (process.getuid?.() === 0) execFileSync('chown', ['postgres', data]);
      asPostgres(`initdb -A trust -U postgres --locale=C.UTF-8 -D ${data}/db`);
      const options = `-p ${port} -c listen_addresses=127.0.0.1 -c unix_socket_directories=${data} -c fsync=off`;
      asPostgres(`pg_ctl -D ${data}/db -w -l ${data}/log -o '${options}' start`);
    });
    afterAll(() => {
      asPostgres(`pg_ctl -D ${data}/db -m immediate stop`);
      rmSync(data, { recursive: true });
    });
    const psql = (...args: string[]) =>
      output('psql', [
        '-h',
        '127.0.0.1',
        '-p',
        String(port),
        '-U',
        'postgres',
        '-v',
        'ON_ERROR_STOP=1',
        '-qAt',
        ...args,
      ]);

    it('answers as the model does', async () => {
      for (const file of writeTests('postgres', [...models, ...ensembles])) {
        expect(await psql('-c', 'SET jit = off', '-f', file), file).toBe('');
      }
    });

    it.each(FORMS)('gives answers as the last columns where the table has columns of their names: %s', async (name) => {
      const { files, index, label } = overTaken('postgres', name, ['double precision', 'text']);
      const found = await psql('-c', 'SET jit = off', ...files.flatMap((file) => ['-f', file]));
      expect(found).toContain(`${'own|'.repeat(5)}${label}|${index}|`);
      expect(found.trim().split('\n')).toHaveLength(1);
    });

    it('tells categories apart as the model does in a column that takes no account of case', async () => {
      const ci = "CREATE COLLATION ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false)";
      const { begin, labels, path } = ofEitherCase('postgres', ['float8', 'text COLLATE ci']);
      const rows = (await psql('-c', ci, '-c', begin, '-f', path)).trim().split('\n');
      expect(rows.map((row) => row.split('|')[3])).toEqual(labels);
    });

    it.each(FORMS)('scores a table that has a column called t: %s', async (name) => {
      const { model } = [...models, ...ensembles].find((one) => one.name === name)!;
      const columns = model.features.map((one) => `"${one.name}" ${one.kind === 'number' ? 'float8' : 'text'}`);
      const options = { format: 'sql', dialect: 'postgres', fileName: 'm.sql', table: 'timed' } as const;
      const path = join(folder, `timed-${name}.sql`);
      const create = `CREATE TEMP TABLE timed (t timestamptz, ${columns.join(', ')});\nINSERT INTO timed DEFAULT VALUES;\n`;
      writeFileSync(path, `${create}${exportModel(model, options)[0].content}`);
      expect((await psql('-f', path)).trim().split('\n')).toHaveLength(1);
    });

    it('has a function', async () => {
      const path = join(folder, 'call-postgres.sql');
      writeFileSync(path, callOf('postgres', 'toy', "3, 11, 'blue'"));
      expect(await psql('-f', path)).toBe('yes\n');
    });
  });
});
