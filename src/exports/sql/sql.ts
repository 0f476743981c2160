import { badOption, UsageError } from '../../ground/errors.js';
import { nameInWords } from '../../ground/quote.js';
import type { Model } from '../../model/model.js';
import type { ExportedFile } from '../exported-file.js';
import { origin } from '../exported-file.js';
import { type FlatScorer, flatScorer } from '../flat-scorer.js';
import { makeVectors, type Vector } from '../vectors.js';
import { type Dialect, dialects, type SqlDialect } from './dialects.js';
import { ensembleSteps } from './ensemble.js';
import { inGroups } from './in-groups.js';
import { isInLevels, LEAF, levelSteps } from './levels.js';
import { CLASS, marginName, shareName } from './link.js';
import { cutName, dottedName, refuseNames, tableOf } from './names.js';
import type { Column, QuerySteps } from './steps.js';
import { answered, type ColumnOf, columnConditions, treeCase } from './tree-case.js';

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
const FEWEST_VECTORS = 50;

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
  refuseNames(scorer, dialect);
  const body = () => {
    if (table !== undefined) return selection(scorer, dialect, tableOf(table, dialect));
    if (scorer.together !== null) {
      const found = functionName === undefined ? 'none' : 'a function';
      throw badOption('table', 'the name of a table, as several trees are added up in a query', table, { found });
    }
    if (functionName === undefined)
      return `${labelExpression(scorer, dialect, (index) => dialect.identifier(scorer.features[index].name))}\n`;
    return definition(scorer, dialect, name, functionName);
  };
  const begin = heading(scorer, dialect, name);
  const about = table === undefined ? '' : aboutColumns(scorer, dialect);
  const files = [{ name: fileName, content: `${begin}${about}${body()}` }];
  if (testName !== undefined) {
    files.push({ name: testName, content: `${begin}${fittingTest(scorer, dialect, model)}` });
  }
  for (const file of files) requireFit(file.content, dialect, name);
  return files;
}

const comment = (lines: readonly string[]) => lines.map((line) => `-- ${line}\n`).join('');

function heading(scorer: FlatScorer, { advice, isRun }: Dialect, name: SqlDialect): string {
  const engine = `For ${name}.${isRun ? '' : ' A parser of its SQL has checked the syntax; it has not been run.'}`;
  return comment([...origin(scorer), advice === undefined ? engine : `${engine} ${advice}`]);
}

/** What the rows have: the table may have columns of such names already, which no export knows. */
function aboutColumns(scorer: FlatScorer, dialect: Dialect): string {
  const { together } = scorer;
  const kinds = ['label', 'class_index', 'probability_<class>'];
  if (together === null) kinds.push('leaf');
  if (together?.kind === 'boosted') kinds.push(together.combine.outputs === 1 ? 'margin' : 'margin_<class>');
  return comment([
    `Gives each row of the table with ${kinds.slice(0, -1).join(', ')} and ${kinds.at(-1)} as its last columns.`,
    dialect.takesTwoOfAName
      ? 'If the table has a column of such a name, there are two of it, and the last one is the answer.'
      : 'If the table has a column of such a name, score a view that renames it: this engine refuses two of a name.',
    ...(isInSteps(scorer, dialect) ? ['No column of the table may have a name that begins with iris_.'] : []),
  ]);
}

function requireFit(text: string, { mostBytes }: Dialect, name: SqlDialect): void {
  const bytes = bytesOf(text);
  if (bytes <= mostBytes) return;
  throw new UsageError(
    `a query for ${name} has at most ${mostBytes} bytes, and this model's has ${bytes}: export a smaller tree`,
  );
}

function leafCase(
  scorer: FlatScorer,
  dialect: Dialect,
  columnOf: ColumnOf,
  answerOf: (leaf: number) => string,
): string {
  return treeCase(scorer, 0, dialect, columnConditions(scorer, dialect, columnOf), answerOf);
}

/** The class's name, NULL where the model refuses the row. */
function labelExpression(scorer: FlatScorer, dialect: Dialect, columnOf: ColumnOf): string {
  const labels = labelsOf(scorer);
  const found = leafCase(scorer, dialect, columnOf, (leaf) => dialect.string(scorer.classes[labels(leaf)]));
  return answered(scorer, dialect, columnOf, found);
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
  return `${dialect.function(dottedName('function', functionName, dialect), scorer.features, expression)}\n`;
}

/** Every row of a table with its answer. */
function selection(scorer: FlatScorer, dialect: Dialect, table: string): string {
  const steps = stepsOf(scorer, dialect, table);
  if (steps !== null) {
    return steps.query(
      [],
      answerColumns(scorer, dialect).map((column) => selectedAnswer(scorer, dialect, column)),
    );
  }
  return `WITH ${leafTable(scorer, dialect)}
${scored(scorer, dialect, table)}${dialect.end}
`;
}

/** Null where the answer is one CASE. */
function stepsOf(scorer: FlatScorer, dialect: Dialect, table: string): QuerySteps | null {
  if (!isInSteps(scorer, dialect)) return null;
  const columnOf = columnOfTable(scorer, dialect);
  const write = scorer.together === null ? levelSteps : ensembleSteps;
  const steps = write(scorer, dialect, table, columnOf);
  const own = new Set(steps.ownNames);
  const taken = scorer.features.find(({ name }) => own.has(name.toLowerCase()));
  if (taken === undefined) return steps;
  throw new UsageError(
    `the query has a column of its own called ${nameInWords(taken.name)}, and so has the table: rename it there, and train with that`,
  );
}

function isInSteps(scorer: FlatScorer, dialect: Dialect): boolean {
  return scorer.together !== null || isInLevels(scorer, dialect);
}

const columnOfTable =
  ({ features }: FlatScorer, dialect: Dialect): ColumnOf =>
  (index) =>
    `iris_table.${dialect.identifier(features[index].name)}`;

function scored(scorer: FlatScorer, dialect: Dialect, table: string): string {
  const columnOf = columnOfTable(scorer, dialect);
  const leaf = answered(scorer, dialect, columnOf, leafCase(scorer, dialect, columnOf, String));
  const columns = answerColumns(scorer, dialect).map(({ name }) => `a.${dialect.identifier(name)}`);
  return `SELECT iris_table.*, ${columns.join(', ')}
FROM ${table} AS iris_table
LEFT JOIN iris_leaves AS a ON a.${dialect.identifier('leaf')} = ${leaf}`;
}

/** A column of answers. */
interface AnswerColumn {
  readonly name: string;
  readonly kind: 'label' | 'class' | 'share' | 'margin' | 'leaf';
  /** Which share or margin. */
  readonly index: number;
}

/** Many engines take names for the same that differ in their case alone, or at their end: a later one gets its index. */
function answerColumns({ classes, together }: FlatScorer, { nameBytes }: Dialect): AnswerColumn[] {
  const known = new Set<string>();
  const unique = (name: string, index: number) => {
    const isNew = known.size < known.add(cutName(name, nameBytes).toLowerCase()).size;
    return isNew ? name : `${cutName(name, nameBytes - `_${index}`.length)}_${index}`;
  };
  const columns: AnswerColumn[] = [
    { name: 'label', kind: 'label', index: 0 },
    { name: 'class_index', kind: 'class', index: 0 },
    ...classes.map(
      (name, index): AnswerColumn => ({ name: unique(`probability_${name}`, index), kind: 'share', index }),
    ),
  ];
  if (together === null) return [...columns, { name: 'leaf', kind: 'leaf', index: 0 }];
  if (together.kind === 'forest') return columns;
  const margins = Array.from({ length: together.combine.outputs }, (_, index): AnswerColumn => {
    const name = together.combine.outputs === 1 ? 'margin' : `margin_${classes[index]}`;
    return { name: unique(name, index), kind: 'margin', index };
  });
  return [...columns, ...margins];
}

/** An answer by its column among the steps. */
function foundAnswer({ classes }: FlatScorer, dialect: Dialect, { index, kind }: AnswerColumn): string {
  if (kind === 'share') return shareName(index);
  if (kind === 'margin') return marginName(index);
  if (kind === 'class') return CLASS;
  if (kind === 'leaf') return LEAF;
  const labels = classes.map((name, k) => `WHEN ${k} THEN ${dialect.string(name)}`);
  return `CASE ${CLASS} ${labels.join(' ')} END`;
}

function selectedAnswer(scorer: FlatScorer, dialect: Dialect, column: AnswerColumn): Column {
  return { name: dialect.identifier(column.name), expression: foundAnswer(scorer, dialect, column) };
}

function typeOf({ kind }: AnswerColumn, dialect: Dialect): string {
  if (kind === 'label') return dialect.text;
  return kind === 'class' || kind === 'leaf' ? dialect.integer : dialect.double;
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
  const columns = answerColumns(scorer, dialect);
  const names = columns.map(({ name }) => dialect.identifier(name));
  return dialect.values(
    'iris_leaves',
    names,
    columns.map((column) => typeOf(column, dialect)),
    rows,
  );
}

/** With as many vectors as the engine takes. */
function fittingTest(scorer: FlatScorer, dialect: Dialect, model: Model): string {
  const vectors = [...makeVectors(model)].filter((vector) => canWrite(vector, scorer, dialect));
  const text = (most: number) => {
    const stride = Math.ceil(vectors.length / most);
    return test(
      scorer,
      dialect,
      vectors.filter((_, index) => index % stride === 0),
    );
  };
  let most = MOST_VECTORS;
  let found = text(most);
  // A few bytes are left for the heading.
  while (bytesOf(found) > dialect.mostBytes - 1000 && most > FEWEST_VECTORS) {
    most /= 2;
    found = text(most);
  }
  return found;
}

const bytesOf = (text: string) => new TextEncoder().encode(text).byteLength;

/** A query that scores the vectors, and gives those whose answer is another than the model's. */
function test(scorer: FlatScorer, dialect: Dialect, tried: readonly Vector[]): string {
  const { features } = scorer;
  const answers = answerColumns(scorer, dialect);
  const expected = answers.map((_, index) => dialect.identifier(`iris_expected_${index}`));
  const rows = tried.map((vector, index) => vectorRow(vector, index, scorer, dialect));
  const columns = [...features.map(({ name }) => dialect.identifier(name)), ...expected];
  const types = [
    ...features.map(({ kind }) => (kind === 'number' ? dialect.double : dialect.text)),
    ...answers.map((column) => typeOf(column, dialect)),
  ];
  const steps = stepsOf(scorer, dialect, 'iris_vectors');
  const different = answers.map((column, index) => {
    const found = steps === null ? `a.${dialect.identifier(column.name)}` : foundAnswer(scorer, dialect, column);
    const known = steps === null ? `iris_table.${expected[index]}` : steps.columnOfTable(expected[index]);
    return isDifferent(found, known, isApproximate(scorer, dialect, column) ? dialect.number(ROUNDING) : null);
  });
  const where = `${inGroups(different, '\n  + ')} > 0`;
  const begin = `-- Gives no row where all is well: ${rows.length} rows are scored.\n`;
  if (steps === null) {
    const vectors = dialect.values('iris_vectors', columns, types, rows);
    return `${begin}WITH ${[vectors, leafTable(scorer, dialect)].join(',\n')}
${scored(scorer, dialect, 'iris_vectors')}
WHERE ${where}${dialect.end}
`;
  }
  const [names, cells] =
    dialect.steps.by === 'row' && dialect.steps.rows === null
      ? [[...columns, 'rowid'], rows.map((row, index) => [...row, String(index)])]
      : [columns, rows];
  const vectors = dialect.values('iris_vectors', names, [...types, dialect.integer].slice(0, names.length), cells);
  const selected = answers.map((column) => selectedAnswer(scorer, dialect, column));
  return `${begin}${steps.query([vectors], selected, where)}`;
}

/** How far a probability may be from the model's where the engine has another exponential function. */
const ROUNDING = 1e-15;

function isApproximate({ together }: FlatScorer, { hasExp }: Dialect, { kind }: AnswerColumn): boolean {
  if (together === null || kind !== 'share' || hasExp) return false;
  return together.combine.link !== 'none' && together.combine.function.startsWith('float64');
}

function isDifferent(found: string, expected: string, rounding: string | null): string {
  const isSame = rounding === null ? `${found} = ${expected}` : `ABS(${found} - ${expected}) <= ${rounding}`;
  return `CASE WHEN ${isSame} OR (${found} IS NULL AND ${expected} IS NULL) THEN 0 ELSE 1 END`;
}

/** Rows that a table can hold: its categories are texts, and not every engine has infinite numbers. */
function canWrite({ input }: Vector, { features }: FlatScorer, { infinity }: Dialect): boolean {
  return features.every((feature, index) => {
    const value = input[index];
    if (Number.isNaN(value) || feature.kind === 'number') return infinity !== null || Math.abs(value) !== Infinity;
    return value === -1 ? feature.other === undefined : feature.categories[value] !== undefined;
  });
}

function vectorRow(vector: Vector, row: number, scorer: FlatScorer, dialect: Dialect): string[] {
  const { classes, features } = scorer;
  const { input, label, leaf, margins, shares } = vector;
  const typed = (text: string, type: string) => (row === 0 || text === 'NULL' ? `CAST(${text} AS ${type})` : text);
  const inputs = features.map((feature, index) => {
    const value = input[index];
    if (feature.kind === 'number') return typed(numberCell(value, row, dialect), dialect.double);
    const text = Number.isNaN(value)
      ? 'NULL'
      : dialect.string(feature.categories[value] ?? unknownText(feature.categories));
    return typed(text, dialect.text);
  });
  const answers = answerColumns(scorer, dialect).map((column) => {
    const { index, kind } = column;
    if (label < 0) return typed('NULL', typeOf(column, dialect));
    if (kind === 'label') return dialect.string(classes[label]);
    if (kind === 'class') return String(label);
    if (kind === 'leaf') return String(leaf);
    return dialect.number(kind === 'share' ? shares[index] : margins![index]);
  });
  return [...inputs, ...answers];
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
