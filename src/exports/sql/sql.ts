import { badOption, UsageError } from '../../ground/errors.js';
import { nameInWords } from '../../ground/quote.js';
import type { Model } from '../../model/model.js';
import type { ExportedFile } from '../exported-file.js';
import { origin } from '../exported-file.js';
import { type FlatScorer, flatScorer } from '../flat-scorer.js';
import { makeVectors, type Vector } from '../vectors.js';
import { type Dialect, dialects, type SqlDialect } from './dialects.js';
import { type ColumnOf, refusal, treeCase } from './tree-case.js';

export interface SqlRequest {
  readonly model: Model;
  readonly dialect: SqlDialect;
  /** Name of the file, and of the test beside it; undefined where none is wanted. */
  readonly fileName: string;
  readonly testName: string | undefined;
  /** The table to score, or the function to make; without either it is an expression. */
  readonly table: string | undefined;
  readonly functionName: string | undefined;
}

/** Rows of vectors in the query that runs them: engines read long lists slowly. */
const MOST_VECTORS = 2000;

/**
 * @throws UsageError where the dialect has no functions, the tree needs more than the engine takes, or a name cannot be
 * written
 */
export function sqlFiles({
  dialect: name,
  fileName,
  functionName,
  model,
  table,
  testName,
}: SqlRequest): ExportedFile[] {
  const dialect = dialects[name];
  const scorer = flatScorer(model);
  refuseZeros(scorer);
  const body = () => {
    if (table !== undefined) return selection(scorer, dialect, tableName(table, dialect), []);
    if (functionName === undefined)
      return `${labelExpression(scorer, dialect, (index) => dialect.identifier(scorer.features[index].name))}\n`;
    return definition(scorer, dialect, name, functionName);
  };
  const files = [{ name: fileName, content: `${heading(scorer, dialect, name)}${body()}` }];
  if (testName !== undefined) {
    files.push({ name: testName, content: `${heading(scorer, dialect, name)}${test(scorer, dialect, model)}` });
  }
  for (const file of files) requireFit(file.content, dialect, name);
  return files;
}

function heading(scorer: FlatScorer, { advice }: Dialect, name: SqlDialect): string {
  return [...origin(scorer), `For ${name}.${advice === undefined ? '' : ` ${advice}`}`]
    .map((line) => `-- ${line}\n`)
    .join('');
}

function refuseZeros({ classes, features }: FlatScorer): void {
  const names = [
    ...features.flatMap((one) => [one.name, ...(one.kind === 'category' ? one.categories : [])]),
    ...classes,
  ];
  const bad = names.find((name) => name.includes('\0'));
  if (bad === undefined) return;
  throw new UsageError(`a name with a zero character cannot be a text of SQL, found ${nameInWords(bad)}`);
}

function requireFit(text: string, { mostBytes }: Dialect, name: SqlDialect): void {
  const bytes = new TextEncoder().encode(text).byteLength;
  if (bytes <= mostBytes) return;
  throw new UsageError(
    `a query for ${name} has at most ${mostBytes} bytes, and this model's has ${bytes}: export a smaller tree`,
  );
}

/** `schema.table`: each part is a name. */
function tableName(table: string, dialect: Dialect): string {
  return table.split('.').map(dialect.identifier).join('.');
}

function checkedCase(
  scorer: FlatScorer,
  dialect: Dialect,
  columnOf: ColumnOf,
  answerOf: (leaf: number) => string,
): string {
  const { nesting, text } = treeCase(scorer, dialect, columnOf, answerOf);
  if (nesting + 1 <= dialect.mostNested) return text;
  throw new UsageError(
    `this dialect takes CASE within CASE to ${dialect.mostNested} levels, and this tree needs ${nesting + 1}`,
  );
}

/** The class's name, NULL where the model refuses the row. */
function labelExpression(scorer: FlatScorer, dialect: Dialect, columnOf: ColumnOf): string {
  const labels = labelsOf(scorer);
  const found = checkedCase(scorer, dialect, columnOf, (leaf) => dialect.string(scorer.classes[labels(leaf)]));
  return answered(scorer, dialect, columnOf, found);
}

/** NULL where the model refuses the row, else what is found. */
function answered(scorer: FlatScorer, dialect: Dialect, columnOf: ColumnOf, found: string): string {
  const refused = refusal(scorer, dialect, columnOf);
  return refused === null ? found : `CASE WHEN ${refused}\n  THEN NULL ELSE ${found} END`;
}

function labelsOf({ answers, classes, next }: FlatScorer): (leaf: number) => number {
  return (leaf) => {
    const shares = answers.subarray(next[leaf] * classes.length, (next[leaf] + 1) * classes.length);
    return shares.indexOf(Math.max(...shares));
  };
}

function definition(scorer: FlatScorer, dialect: Dialect, name: SqlDialect, functionName: string): string {
  if (dialect.function === null)
    throw badOption('function', 'a dialect with functions in SQL', functionName, { found: name });
  const parameterOf: ColumnOf = (index) => dialect.parameter(scorer.features[index].name, index);
  const expression = labelExpression(scorer, dialect, parameterOf);
  return `${dialect.function(tableName(functionName, dialect), scorer.features, expression)}\n`;
}

/**
 * Every row of a table with its answer.
 *
 * @param before lists of rows that the query begins with
 */
function selection(scorer: FlatScorer, dialect: Dialect, table: string, before: readonly string[]): string {
  return `WITH ${[...before, leafTable(scorer, dialect)].join(',\n')}
${scored(scorer, dialect, table)}${dialect.end}
`;
}

function scored(scorer: FlatScorer, dialect: Dialect, table: string): string {
  const columnOf: ColumnOf = (index) => `t.${dialect.identifier(scorer.features[index].name)}`;
  const leaf = answered(scorer, dialect, columnOf, checkedCase(scorer, dialect, columnOf, String));
  const columns = answerColumns(scorer).map((column) => `a.${dialect.identifier(column)}`);
  return `SELECT t.*, ${columns.join(', ')}
FROM ${table} AS t
LEFT JOIN iris_leaves AS a ON a.${dialect.identifier('leaf')} = ${leaf}`;
}

/** Many engines take names for the same that differ in their case alone: a later one gets its index. */
function answerColumns({ classes }: FlatScorer): string[] {
  const known = new Set<string>();
  const probabilities = classes.map((name, index) => {
    const column = `probability_${name}`;
    const isNew = known.size < known.add(column.toLowerCase()).size;
    return isNew ? column : `${column}_${index}`;
  });
  return ['label', 'class_index', ...probabilities, 'leaf'];
}

/** What each leaf answers. */
function leafTable(scorer: FlatScorer, dialect: Dialect): string {
  const { answers, classes, feature, next, nodeCount } = scorer;
  const labels = labelsOf(scorer);
  const rows: string[][] = [];
  for (let node = 0; node < nodeCount; node++) {
    if (feature[node] >= 0) continue;
    const shares = answers.subarray(next[node] * classes.length, (next[node] + 1) * classes.length);
    const label = labels(node);
    rows.push([dialect.string(classes[label]), String(label), ...Array.from(shares, dialect.number), String(node)]);
  }
  const types = [dialect.text, dialect.integer, ...classes.map(() => dialect.double), dialect.integer];
  return dialect.values('iris_leaves', answerColumns(scorer).map(dialect.identifier), types, rows);
}

/** A query that scores the vectors, and gives those whose answer is another than the model's. */
function test(scorer: FlatScorer, dialect: Dialect, model: Model): string {
  const { classes, features } = scorer;
  const found = answerColumns(scorer);
  const expected = found.map((_, index) => `iris_expected_${index}`);
  const all = [...makeVectors(model)].filter((vector) => canWrite(vector, scorer, dialect));
  const stride = Math.ceil(all.length / MOST_VECTORS);
  const rows = all
    .filter((_, index) => index % stride === 0)
    .map((vector, index) => vectorRow(vector, index, scorer, dialect));
  const columns = [...features.map(({ name }) => name), ...expected].map(dialect.identifier);
  const types = [
    ...features.map(({ kind }) => (kind === 'number' ? dialect.double : dialect.text)),
    ...[dialect.text, dialect.integer, ...classes.map(() => dialect.double), dialect.integer],
  ];
  const different = found.map((column, index) => {
    const [one, other] = [`a.${dialect.identifier(column)}`, `t.${dialect.identifier(expected[index])}`];
    return `CASE WHEN ${one} = ${other} OR (${one} IS NULL AND ${other} IS NULL) THEN 0 ELSE 1 END`;
  });
  const vectors = dialect.values('iris_vectors', columns, types, rows);
  return `-- Gives no row where all is well: ${rows.length} rows are scored.
WITH ${[vectors, leafTable(scorer, dialect)].join(',\n')}
${scored(scorer, dialect, 'iris_vectors')}
WHERE ${different.join('\n  + ')} > 0${dialect.end}
`;
}

/** Rows that a table can hold: its categories are texts, and not every engine has infinite numbers. */
function canWrite({ input }: Vector, { features }: FlatScorer, { infinity }: Dialect): boolean {
  return features.every((feature, index) => {
    const value = input[index];
    if (Number.isNaN(value) || feature.kind === 'number') return infinity !== null || Math.abs(value) !== Infinity;
    return value === -1 ? feature.other === undefined : feature.categories[value] !== undefined;
  });
}

function vectorRow(
  { input, label, leaf, shares }: Vector,
  row: number,
  scorer: FlatScorer,
  dialect: Dialect,
): string[] {
  const { classes, features } = scorer;
  const typed = (text: string, type: string) => (row === 0 || text === 'NULL' ? `CAST(${text} AS ${type})` : text);
  const inputs = features.map((feature, index) => {
    const value = input[index];
    if (feature.kind === 'number') return typed(numberCell(value, row, dialect), dialect.double);
    const text = Number.isNaN(value)
      ? 'NULL'
      : dialect.string(feature.categories[value] ?? unknownText(feature.categories));
    return typed(text, dialect.text);
  });
  const nothing = (type: string) => typed('NULL', type);
  if (label < 0) {
    return [
      ...inputs,
      nothing(dialect.text),
      nothing(dialect.integer),
      ...classes.map(() => nothing(dialect.double)),
      nothing(dialect.integer),
    ];
  }
  return [
    ...inputs,
    dialect.string(classes[label]),
    String(label),
    ...Array.from(shares, dialect.number),
    String(leaf),
  ];
}

/** NaN and NULL both stand for a missing number: now this, now that. */
function numberCell(value: number, row: number, { infinity, nan, number }: Dialect): string {
  if (Number.isNaN(value)) return nan === null || row % 2 === 0 ? 'NULL' : nan;
  if (Math.abs(value) === Infinity) return value < 0 ? `-${infinity}` : infinity!;
  return number(value);
}

/** A text that is no category. */
function unknownText(categories: readonly string[]): string {
  let text = 'unknown';
  while (categories.includes(text)) text += '?';
  return text;
}
