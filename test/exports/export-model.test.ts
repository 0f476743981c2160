import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ExportOptions, exportFormats, exportModel } from '../../src/exports/export-model.js';
import { commentText } from '../../src/exports/source-text.js';
import { type SqlDialect, sqlDialects } from '../../src/exports/sql/dialects.js';
import { sqliteDouble } from '../../src/exports/sql/sqlite-double.js';
import { assembleModel } from '../../src/formats/iris-json/format.js';
import { hostileNames } from '../arbitraries/hostile-text.js';
import { FIXTURES, readFixture } from '../formats/fixtures.js';
import { toyEnsembleParts } from '../model/toy-ensemble.js';
import { toyParts } from '../model/toy-model.js';
import { assembleTrained } from '../model/trained-parts.js';

const toy = assembleTrained(toyParts());
const FILE: Readonly<Record<string, string>> = {
  c: 'toy.c',
  go: 'toy.go',
  java: 'Toy.java',
  js: 'toy.js',
  python: 'toy.py',
};

/** Each is read and run by test/interop/exports. */
const ONNX: readonly [Pick<ExportOptions, 'opset' | 'precision'>, string][] = [
  [{}, 'ad4e131f332a304f3b9a7981afce9b600b4f9a2b322b99f092193d253909dbaf'],
  [{ opset: 3 }, '76e46e25ecf4fbbefc6aaa6b3ed680384cd3687bf0ca42d2bfb6be7515a6b298'],
  [{ precision: 'float' }, 'b06e4c3a39ab4cba506bbc9c0f65b0369e3a45ff22f19f9f56d217a764325775'],
];

describe('exportModel', () => {
  it.each(Object.entries(FILE))('writes %s as it did', async (format, fileName) => {
    const files = exportModel(toy, { format: format as 'c', fileName, withTest: true });
    expect(files.at(-1)!.name).toBe(fileName.replace(/\.\w+$/, '.vectors.tsv'));
    for (const { content, name } of files) await expect(content).toMatchFileSnapshot(`golden/${format}/${name}.txt`);
  });

  it.each(Object.entries(FILE))('writes boosted trees in %s as it did', async (format, fileName) => {
    const model = assembleModel(toyEnsembleParts());
    const files = exportModel(model, { format: format as 'c', fileName });
    for (const { content, name } of files) {
      await expect(content).toMatchFileSnapshot(`golden/${format}/boosted/${name}.txt`);
    }
  });

  it.each(sqlDialects)('writes SQL of %s as it did', async (dialect) => {
    const files = exportModel(toy, { format: 'sql', dialect, fileName: 'toy.sql', table: 'shop.toys', withTest: true });
    for (const { content, name } of files) await expect(content).toMatchFileSnapshot(`golden/sql/${dialect}/${name}`);
    if (dialect === 'sqlite') return;
    const [{ content }] = exportModel(toy, { format: 'sql', dialect, fileName: 'toy.sql', function: 'toy' });
    await expect(content).toMatchFileSnapshot(`golden/sql/${dialect}/function.sql`);
  });

  it.each([
    ['an expression', {}, 'table: expected the name of a table, as several trees are added up in a query, found none'],
    [
      'a function',
      { function: 'f' },
      'table: expected the name of a table, as several trees are added up in a query, found a function',
    ],
    [
      '32-bit sums in a dialect without them',
      { table: 't', dialect: 'bigquery' },
      'this model adds 32-bit numbers, which this dialect does not have: export it for another one',
    ],
  ] as const)('refuses SQL of several trees as %s', (_, options, message) => {
    const { model } = readFixture({ name: 'xgboost-3.2.0-binary', folder: FIXTURES }).imported;
    expect(() => exportModel(model, { format: 'sql', fileName: 'm.sql', dialect: 'duckdb', ...options })).toThrow(
      expect.objectContaining({ name: 'UsageError', message }),
    );
  });

  it.each([
    ['', 'duckdb', 'a column of a table has to have a name, and a feature of this model has none'],
    ['COLOR', 'sqlite', 'features COLOR and color are one column in this dialect, which takes no account of case'],
    ['a\0b', 'postgres', 'a name with a zero character cannot be a text of SQL, found "a\\u0000b"'],
  ] as const)('refuses SQL of a model with a feature called %j in %s', (name, dialect, message) => {
    const parts = toyParts();
    const features = parts.features.map((feature, index) => (index === 0 ? { ...feature, name } : feature));
    const model = assembleTrained({ ...parts, features });
    expect(() => exportModel(model, { format: 'sql', fileName: 'm.sql', dialect, table: 't' })).toThrow(
      expect.objectContaining({ name: 'UsageError', message }),
    );
  });

  it('takes names that differ in their case in SQL that does', () => {
    const parts = toyParts();
    const features = parts.features.map((feature, index) => (index === 0 ? { ...feature, name: 'COLOR' } : feature));
    const model = assembleTrained({ ...parts, features });
    const options = { format: 'sql', fileName: 'm.sql', dialect: 'postgres', table: 't' } as const;
    expect(exportModel(model, options)[0].content).toContain('iris_table."COLOR"');
  });

  it.each([
    ['duckdb', 'IRIS_X0'],
    ['sqlite', 'RowId'],
  ] as const)('refuses SQL of several trees in %s with a feature called %s, which the query needs', (dialect, name) => {
    const model = readFixture({ name: 'lightgbm-4.7.0-zero', folder: FIXTURES }).imported.model;
    const features = model.features.map((feature, index) => (index === 0 ? { ...feature, name } : feature));
    const options = { format: 'sql', fileName: 'm.sql', dialect, table: 't' } as const;
    expect(() => exportModel({ ...model, features }, options)).toThrow(
      `the query has a column of its own called ${name}, and so has the table: rename it there, and train with that`,
    );
  });

  it('lets Spark read no variable in a text, and refuses a column with one', () => {
    const parts = toyParts();
    const named = (name: string, category: string) => {
      const features = parts.features.map((feature) =>
        feature.kind === 'category'
          ? { ...feature, categories: ['blue', category, 'red'] }
          : { ...feature, name: name === '' ? feature.name : `${name}${feature.name}` },
      );
      const model = assembleTrained({ ...parts, features });
      return exportModel(model, { format: 'sql', fileName: 'm.sql', dialect: 'spark' })[0].content;
    };
    expect(named('', '$' + '{1}')).toContain("'\\u0024{1}'");
    expect(() => named('$' + '{x}', 'green')).toThrow(/^a column cannot have a name with \$\{ in Spark, found \$\{x\}/);
  });

  it('has PostgreSQL see names of columns apart, of which it reads 63 bytes', () => {
    const parts = toyParts();
    const options = { format: 'sql', fileName: 'm.sql', dialect: 'postgres', table: 't' } as const;
    const long = 'é'.repeat(40);
    const classes = assembleTrained({ ...parts, classes: [`${long}a`, `${long}b`] });
    const { content } = exportModel(classes, options)[0];
    expect(content).toContain(`"probability_${long}a"`);
    expect(content).toContain(`"probability_${'é'.repeat(24)}_1"`);
    const features = parts.features.map((feature, index) => ({ ...feature, name: `${long}${index}` }));
    expect(() => exportModel(assembleTrained({ ...parts, features }), options)).toThrow(
      `features ${long}0 and ${long}1 are one column in this dialect, which reads 63 bytes of a name`,
    );
  });

  it('tries SQL with as many vectors as the engine takes', () => {
    const model = assembleTrained({ ...toyParts(), classes: ['n'.repeat(28_000), 'y'.repeat(28_000)] });
    const scored = (dialect: SqlDialect) => {
      const [, test] = exportModel(model, { format: 'sql', fileName: 'm.sql', dialect, table: 't', withTest: true });
      expect(test.content.length).toBeLessThan(dialect === 'bigquery' ? 1_000_000 : Number.POSITIVE_INFINITY);
      return Number(/(\d+) rows are scored/.exec(test.content as string)![1]);
    };
    expect(scored('bigquery')).toBeGreaterThan(10);
    expect(scored('bigquery')).toBeLessThan(scored('duckdb'));
  });

  it('asks SQLite for finite numbers without a product of powers of two', () => {
    const options = { format: 'sql', fileName: 'toy.sql', dialect: 'sqlite' } as const;
    const asked = exportModel(toy, options)[0].content as string;
    expect(asked).toContain('NOT (CAST("weight" AS REAL) > -9e999 AND "weight" < CAST(9e999 AS REAL))');
    expect(asked).not.toContain(' * ');
  });

  it('writes ONNX as it did', () => {
    for (const [options, sha256] of ONNX) {
      const [{ content }] = exportModel(toy, { format: 'onnx', fileName: 'toy.onnx', ...options });
      expect(createHash('sha256').update(content).digest('hex')).toBe(sha256);
    }
  });

  it('has the version and the hash of the model in every format', () => {
    for (const format of exportFormats) {
      const fileName = FILE[format] ?? `toy.${format}`;
      const [{ content }] = exportModel(toy, { format, fileName, ...(format === 'sql' && { dialect: 'duckdb' }) });
      const text = Buffer.from(content).toString('latin1');
      expect(text).toContain(toy.version);
      expect(text, format).toContain(toy.sha256);
    }
  });

  it.each<[string, ExportOptions, string]>([
    [
      'an extension of another format',
      { format: 'c', fileName: 'm.js' },
      'out: expected a file that ends in .c, found m.js',
    ],
    [
      'an extension alone',
      { format: 'js', fileName: '.js' },
      'out: expected a file that ends in .js or .mjs, found .js',
    ],
    [
      'a package where there is none',
      { format: 'c', fileName: 'm.c', package: 'p' },
      'package: expected the format go or java with it, found c',
    ],
    [
      'SQL of nobody',
      { format: 'sql', fileName: 'm.sql' },
      `dialect: expected one of ${sqlDialects.join(', ')}, found none`,
    ],
    [
      'a table and a function',
      { format: 'sql', fileName: 'm.sql', dialect: 'spark', table: 't', function: 'f' },
      'function: expected either a table or a function, found both',
    ],
    [
      'a function where there are none',
      { format: 'sql', fileName: 'm.sql', dialect: 'sqlite', function: 'f' },
      'function: expected a dialect with functions in SQL, found sqlite',
    ],
    [
      'a table without a name',
      { format: 'sql', fileName: 'm.sql', dialect: 'duckdb', table: 'shop.' },
      'table: expected a name, or names with dots between them, found shop.',
    ],
    [
      'a function with a zero character',
      { format: 'sql', fileName: 'm.sql', dialect: 'duckdb', function: 'a\0' },
      'function: expected a name, or names with dots between them, found "a\\u0000"',
    ],
    [
      'a table of the name of a subquery',
      { format: 'sql', fileName: 'm.sql', dialect: 'duckdb', table: 'IRIS_leaves' },
      'table: expected another name than a subquery of the query has, found IRIS_leaves',
    ],
    [
      'a version of operators elsewhere',
      { format: 'js', fileName: 'm.js', opset: 3 },
      'opset: expected the format onnx with it, found js',
    ],
    [
      'a test of vectors',
      { format: 'vectors', fileName: 'm.tsv', withTest: true },
      'withTest: expected a format that is code, found vectors',
    ],
  ])('refuses %s', (_, options, message) => {
    expect(() => exportModel(toy, options)).toThrow(expect.objectContaining({ name: 'UsageError', message }));
  });

  it('refuses a zero character in C, where it would end the name', () => {
    const model = assembleTrained({ ...toyParts(), classes: ['a\0b', 'c'] });
    expect(() => exportModel(model, { format: 'c', fileName: 'm.c' })).toThrow(
      'a name with a zero character cannot be a string of C, found "a\\u0000b"',
    );
  });

  it.each([
    ['c', 'class.c', 'class_predict'],
    ['c', '2024-model.c', 'model_2024_model_predict'],
    ['go', 'My-Model.go', 'package my_model'],
  ] as const)('makes an identifier of the file in %s: %s', (format, fileName, expected) => {
    expect(exportModel(toy, { format, fileName })[0].content).toContain(expected);
  });
});

it('a comment is one line of ASCII that no name ends', () => {
  fc.assert(
    fc.property(
      fc.oneof(hostileNames, fc.string({ unit: fc.constantFrom('*', '/', '?', '-', '\\', '"', "'", '\n', 'é') })),
      (name) => {
        const text = commentText(name);
        expect(text).toMatch(/^[ -~]*$/);
        expect(text).not.toMatch(/\*\/|\/\*|\/\/|\?\?|\\|"""|'''|--/);
        expect(text.length).toBeLessThan(600);
      },
    ),
  );
});

it('SQLite gets doubles as divisions that are exact', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
      const text = sqliteDouble(value).replace(/ \/\*.*?\*\//, '');
      // Whole numbers below 2^53, and what is exact in any arithmetic that rounds.
      for (const [number] of text.matchAll(/[\d.]+/g)) expect((Number(number) * 2 ** 20) % 1).toBe(0);
      expect(text).toMatch(/^(-?[\d.]+|\(-?[\d.]+( [/*] [\d.]+)*\))$/);
      expect(new Function(`return ${text}`)()).toBe(value === 0 ? (Object.is(value, -0) ? -0 : 0) : value);
    }),
  );
});
