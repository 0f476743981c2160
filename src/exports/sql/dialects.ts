import { UsageError } from '../../ground/errors.js';
import { nameInWords } from '../../ground/quote.js';
import { decimal } from '../source-text.js';
import { groupsOf } from './in-groups.js';
import { sqliteDouble } from './sqlite-double.js';

export const sqlDialects = [
  'bigquery',
  'clickhouse',
  'duckdb',
  'postgres',
  'snowflake',
  'spark',
  'sqlite',
  'tsql',
] as const;
export type SqlDialect = (typeof sqlDialects)[number];

/** Names and types of a function's parameters. */
export interface SqlParameter {
  readonly name: string;
  readonly kind: 'number' | 'category';
}

/**
 * Subqueries, each after `as`, that drop what was computed on the way by `SELECT * except (…)`; subqueries beside the table that
 * refer to those before them, between `begin` and `end`; or subqueries that name the columns which they carry, and with them
 * the row itself: its columns are `rows`, or where that is null it is a number by which the table is joined at the end. That it
 * is one is `checked` by the first of them.
 */
export type Steps =
  | { readonly by: 'columns'; readonly as: string; except(columns: readonly string[]): string }
  | { readonly by: 'lateral'; readonly begin: string; readonly end: string }
  | {
      readonly by: 'row';
      readonly row: string;
      readonly checked?: string;
      readonly rows: string | null;
      readonly as: string;
      readonly end: string;
    };

/** What one engine's SQL has of its own. */
export interface Dialect {
  /** Types of a number column and of a text column. */
  readonly double: string;
  readonly text: string;
  readonly integer: string;
  identifier(name: string): string;
  string(text: string): string;
  /** A literal that is this double and no decimal. */
  number(value: number): string;
  /** What an infinite value is; null where there is none. */
  readonly infinity: string | null;
  /** Whether a number is finite, and its column has one; null where it is compared with the largest doubles. */
  finite: ((number: string, column: string) => string) | null;
  /** What NaN is; null where there is none, or where it is NULL anyway. */
  readonly nan: string | null;
  /** NULL where a number is NaN. */
  nanAsNull(expression: string): string;
  /** Has texts compared byte by byte, whatever a column says of case and spaces. */
  readonly collation: string;
  /** A list of rows as a query that begins with WITH; the names of the columns are quoted already. */
  values(
    name: string,
    columns: readonly string[],
    types: readonly string[],
    rows: readonly (readonly string[])[],
  ): string;
  /** A definition of a function; null where there are none in SQL. */
  function: ((name: string, parameters: readonly SqlParameter[], expression: string) => string) | null;
  /** How the function names a parameter in its expression. */
  parameter(name: string, index: number): string;
  /** How a query computes columns one from another, and gives those of the table and the last ones: see `steps.ts`. */
  readonly steps: Steps;
  /** A double rounded to 32 bits; null where there are no such numbers. */
  round32: ((expression: string) => string) | null;
  /** The value of a list at a place, counted from 0; null where there are no lists. */
  valueAt: ((values: readonly string[], place: string) => string) | null;
  /** Whether lists may be columns, and their places expressions, as DuckDB has them. */
  readonly hasLists: boolean;
  greatest(expressions: readonly string[]): string;
  /** Whether its EXP is that of the C library of GNU, whose bits are the model's. */
  readonly hasExp: boolean;
  /** Whether names of columns that differ in their case alone are two. */
  readonly hasCases: boolean;
  /** Bytes of a name that the engine reads; it passes over the rest. */
  readonly nameBytes: number;
  /** Whether a result may have two columns of one name. */
  readonly takesTwoOfAName: boolean;
  /** Whether it is run before a release, not only parsed. */
  readonly isRun: boolean;
  /** What ends a query. */
  readonly end: string;
  /** A line about how to run a large query. */
  readonly advice?: string;
  /** CASE within CASE, at most. */
  readonly mostNested: number;
  /** Bytes of a query, at most. */
  readonly mostBytes: number;
}

const doubled = (quote: string) => (text: string) => quote + text.replaceAll(quote, quote + quote) + quote;
const backslashed = (quote: string) => (text: string) =>
  quote +
  text
    .replace(/[\\'"`]/g, '\\$&')
    .replaceAll('\n', '\\n')
    .replaceAll('\r', '\\r') +
  quote;
const rowTexts = (rows: readonly (readonly string[])[]) => rows.map((row) => `    (${row.join(', ')})`).join(',\n');
const plainParameter = (identifier: (name: string) => string) => (name: string) => identifier(name);

/** `WITH name (columns) AS (VALUES …)` */
function valuesInWith(
  name: string,
  columns: readonly string[],
  _: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  return `${name} (${columns.join(', ')}) AS (\n  VALUES\n${rowTexts(rows)}\n)`;
}

function valuesInFrom(
  name: string,
  columns: readonly string[],
  _: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  return `${name} AS (\n  SELECT * FROM (VALUES\n${rowTexts(rows)}\n  ) AS v (${columns.join(', ')})\n)`;
}

const base = {
  double: 'DOUBLE',
  text: 'VARCHAR',
  integer: 'INTEGER',
  identifier: doubled('"'),
  string: doubled("'"),
  number: (value: number) => value.toExponential(),
  infinity: "CAST('Infinity' AS DOUBLE)",
  finite: null,
  nan: "CAST('NaN' AS DOUBLE)",
  nanAsNull: (expression: string) => `NULLIF(${expression}, CAST('NaN' AS DOUBLE))`,
  collation: '',
  values: valuesInWith,
  function: null,
  greatest: (expressions: readonly string[]) => `GREATEST(${expressions.join(', ')})`,
  hasExp: false,
  hasLists: false,
  round32: null,
  valueAt: null,
  hasCases: false,
  nameBytes: Number.POSITIVE_INFINITY,
  takesTwoOfAName: true,
  isRun: true,
  end: ';',
  mostNested: 400,
  mostBytes: Number.POSITIVE_INFINITY,
} as const;

const typed =
  (types: { readonly double: string; readonly text: string }, identifier: (name: string) => string) =>
  (parameters: readonly SqlParameter[]) =>
    parameters
      .map(({ kind, name }) => `${identifier(name)} ${kind === 'number' ? types.double : types.text}`)
      .join(', ');

const columns = (word: string, as = 'AS'): Steps => ({
  by: 'columns',
  as,
  except: (names) => `${word} (${names.join(', ')})`,
});
const castTwice = (single: string, double: string) => (expression: string) =>
  `CAST(CAST(${expression} AS ${single}) AS ${double})`;

const duckdb: Dialect = {
  ...base,
  collation: ' COLLATE C',
  steps: columns('EXCLUDE', 'AS NOT MATERIALIZED'),
  round32: castTwice('FLOAT', 'DOUBLE'),
  valueAt: (values, place) => `[${values.join(', ')}][${place} + 1]`,
  hasExp: true,
  hasLists: true,
  parameter: plainParameter(base.identifier),
  function: (name, parameters, expression) =>
    `CREATE OR REPLACE MACRO ${name}(${parameters.map((one) => base.identifier(one.name)).join(', ')}) AS (\n${expression}\n);`,
};

const postgresTypes = { double: 'double precision', text: 'text' };
const postgres: Dialect = {
  ...base,
  collation: ' COLLATE "C"',
  hasCases: true,
  nameBytes: 63,
  // Without OFFSET each expression would take the place of its name, as often as it is used.
  steps: { by: 'row', row: 'iris_table', rows: '(iris_row).*', as: 'AS', end: '\n  OFFSET 0' },
  round32: (expression) => `(${expression})::float4::float8`,
  valueAt: (values, place) =>
    `('{${values.map((value) => /'(.*)'/.exec(value)?.[1] ?? value).join(', ')}}'::float8[])[${place} + 1]`,
  hasExp: true,
  ...postgresTypes,
  parameter: plainParameter(base.identifier),
  number: (value) => `'${decimal(value)}'::float8`,
  infinity: "'Infinity'::float8",
  nan: "'NaN'::float8",
  nanAsNull: (expression) => `NULLIF(${expression}, 'NaN'::float8)`,
  function: (name, parameters, expression) =>
    `CREATE OR REPLACE FUNCTION ${name}(${typed(postgresTypes, base.identifier)(parameters)}) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN
${expression};`,
  advice: 'SET jit = off first: compiling a large CASE takes longer than scoring a million rows.',
};

/** Spark puts the value of a variable in the place of this wherever it is in a query, in texts and names too. */
const VARIABLE = '${';

/** @throws UsageError where Spark would read a variable in a name, which nothing prevents */
function sparkIdentifier(name: string): string {
  if (!name.includes(VARIABLE)) return doubled('`')(name);
  throw new UsageError(`a column cannot have a name with ${VARIABLE} in Spark, found ${nameInWords(name)}`);
}

const sparkTypes = { double: 'DOUBLE', text: 'STRING' };
const spark: Dialect = {
  ...base,
  steps: columns('EXCEPT'),
  round32: castTwice('FLOAT', 'DOUBLE'),
  valueAt: (values, place) => `array(${values.join(', ')})[${place}]`,
  ...sparkTypes,
  integer: 'INT',
  identifier: sparkIdentifier,
  parameter: plainParameter(sparkIdentifier),
  string: (text) => backslashed("'")(text).replaceAll(VARIABLE, '\\u0024{'),
  number: (value) => `${decimal(value)}D`,
  infinity: "double('Infinity')",
  nan: "double('NaN')",
  nanAsNull: (expression) => `NULLIF(${expression}, double('NaN'))`,
  function: (name, parameters, expression) =>
    `CREATE OR REPLACE TEMPORARY FUNCTION ${name}(${typed(sparkTypes, sparkIdentifier)(parameters)}) RETURNS STRING\nRETURN\n${expression};`,
};

/** Rows of a view would be lost: some builds of SQLite give it a rowid that is NULL. */
const SQLITE_ROW = `COALESCE(iris_table.rowid, ABS(-9223372036854775808))
  /* integer overflow means that t has no rowid, as a view: score a table, for which CREATE TEMP TABLE AS SELECT does */`;

/** It takes 127 arguments. */
function greatestInGroups(expressions: readonly string[]): string {
  const groups = groupsOf(expressions).map((group) => (group.length === 1 ? group[0] : `MAX(${group.join(', ')})`));
  return groups.length === 1 ? groups[0] : `MAX(${groups.join(', ')})`;
}

const sqlite: Dialect = {
  ...base,
  collation: ' COLLATE BINARY',
  steps: { by: 'row', row: 'iris_table.rowid', checked: SQLITE_ROW, rows: null, as: 'AS MATERIALIZED', end: '' },
  greatest: greatestInGroups,
  hasExp: true,
  double: 'REAL',
  text: 'TEXT',
  parameter: plainParameter(base.identifier),
  number: sqliteDouble,
  infinity: '9e999',
  // The largest double would be a product of twenty powers of two. A text that is no number is above all numbers, and 0 as a number.
  finite: (number, column) => `${number} > -9e999 AND ${column} < CAST(9e999 AS REAL)`,
  nan: null,
  nanAsNull: (expression) => expression,
};

const clickhouseIdentifier = backslashed('`');
const clickhouse: Dialect = {
  ...base,
  hasCases: true,
  steps: columns('EXCEPT'),
  round32: (expression) => `CAST(CAST(${expression} AS Nullable(Float32)) AS Nullable(Float64))`,
  valueAt: (values, place) => `[${values.join(', ')}][${place} + 1]`,
  double: 'Nullable(Float64)',
  text: 'Nullable(String)',
  integer: 'Nullable(Int32)',
  identifier: clickhouseIdentifier,
  parameter: plainParameter(clickhouseIdentifier),
  string: backslashed("'"),
  infinity: 'inf',
  nan: 'nan',
  nanAsNull: (expression) => `if(isNaN(${expression}), NULL, ${expression})`,
  values: (name, columns, types, rows) => {
    const structure = columns.map((column, index) => `${column} ${types[index]}`).join(', ');
    return `${name} AS (\n  SELECT * FROM values(${backslashed("'")(structure)},\n${rowTexts(rows)}\n  )\n)`;
  },
  function: (name, parameters, expression) =>
    `CREATE OR REPLACE FUNCTION ${name} AS (${parameters.map((one) => clickhouseIdentifier(one.name)).join(', ')}) ->\n${expression};`,
  end: '\nSETTINGS join_use_nulls = 1;',
  // Of SETTINGS at its end, a query that is too long is not read so far.
  advice:
    'Before a large query: SET max_query_size = 100000000, max_ast_elements = 1000000, max_expanded_ast_elements = 1000000;',
};

const bigqueryIdentifier = backslashed('`');
const bigqueryTypes = { double: 'FLOAT64', text: 'STRING' };
const bigquery: Dialect = {
  ...base,
  takesTwoOfAName: false,
  isRun: false,
  steps: columns('EXCEPT'),
  valueAt: (values, place) => `[${values.join(', ')}][OFFSET(${place})]`,
  ...bigqueryTypes,
  integer: 'INT64',
  identifier: bigqueryIdentifier,
  parameter: plainParameter(bigqueryIdentifier),
  string: backslashed("'"),
  infinity: "CAST('inf' AS FLOAT64)",
  nan: "CAST('nan' AS FLOAT64)",
  nanAsNull: (expression) => `IF(IS_NAN(${expression}), NULL, ${expression})`,
  values: (name, columns, types, rows) => {
    const fields = columns.map((column, index) => `${column} ${types[index]}`).join(', ');
    return `${name} AS (\n  SELECT * FROM UNNEST(ARRAY<STRUCT<${fields}>>[\n${rowTexts(rows)}\n  ])\n)`;
  },
  function: (name, parameters, expression) =>
    `CREATE TEMP FUNCTION ${name}(${typed(bigqueryTypes, bigqueryIdentifier)(parameters)}) RETURNS STRING AS (\n${expression}\n);`,
  mostBytes: 1_000_000,
};

const snowflakeTypes = { double: 'FLOAT', text: 'VARCHAR' };
const snowflake: Dialect = {
  ...base,
  hasCases: true,
  isRun: false,
  steps: columns('EXCLUDE'),
  valueAt: (values, place) => `CAST(ARRAY_CONSTRUCT(${values.join(', ')})[${place}] AS FLOAT)`,
  ...snowflakeTypes,
  parameter: plainParameter(base.identifier),
  string: backslashed("'"),
  number: (value) => `'${decimal(value)}'::FLOAT`,
  infinity: "'inf'::FLOAT",
  nan: "'NaN'::FLOAT",
  nanAsNull: (expression) => `NULLIF(${expression}, 'NaN'::FLOAT)`,
  values: valuesInFrom,
  function: (name, parameters, expression) =>
    `CREATE OR REPLACE FUNCTION ${name}(${typed(snowflakeTypes, base.identifier)(parameters)}) RETURNS VARCHAR AS\n${backslashed("'")(expression).replaceAll('\\n', '\n')};`,
  mostBytes: 1_000_000,
};

const tsqlIdentifier = (name: string) => `[${name.replaceAll(']', ']]')}]`;
const tsqlTypes = { double: 'float', text: 'nvarchar(4000)' };
const tsql: Dialect = {
  ...base,
  isRun: false,
  steps: { by: 'lateral', begin: 'CROSS APPLY (', end: ')' },
  round32: castTwice('real', 'float'),
  valueAt: (values, place) => `CHOOSE(${place} + 1, ${values.join(', ')})`,
  greatest: (expressions) =>
    `(SELECT MAX(v.x) FROM (VALUES ${expressions.map((expression) => `(${expression})`).join(', ')}) AS v (x))`,
  ...tsqlTypes,
  integer: 'int',
  identifier: tsqlIdentifier,
  parameter: (_, index) => `@p${index}`,
  string: (text) => `N${doubled("'")(text)}`,
  infinity: null,
  nan: null,
  nanAsNull: (expression) => expression,
  collation: ' COLLATE Latin1_General_100_BIN2',
  values: valuesInFrom,
  function: (name, parameters, expression) => {
    const typedParameters = parameters.map(
      ({ kind }, index) => `@p${index} ${kind === 'number' ? tsqlTypes.double : tsqlTypes.text}`,
    );
    return `CREATE OR ALTER FUNCTION ${name}(${typedParameters.join(', ')}) RETURNS nvarchar(4000) AS\nBEGIN\nRETURN\n${expression};\nEND;`;
  },
  mostNested: 10,
};

export const dialects: Readonly<Record<SqlDialect, Dialect>> = {
  ...{ bigquery, clickhouse, duckdb, postgres, snowflake, spark, sqlite, tsql },
};
