/** A table as it is asked of its engine: which columns there are, what their values are, and which rows are trained on. */

import { cellParser } from '../data/cells.js';
import { FeatureReader, MAX_TEXTS } from '../data/feature-reader.js';
import { type HoldoutColumn, keyLimitDigits, optionOf } from '../data/holdout-column.js';
import { LabelReader } from '../data/label-reader.js';
import { poolCategories } from '../data/pool-categories.js';
import { remedyOf } from '../data/read-training.js';
import { cellGrammar, type ReadOptions } from '../data/schema.js';
import { holdoutColumnOf, type Selection, selectColumns } from '../data/selection.js';
import { type Trouble, TroublesError } from '../data/trouble.js';
import type { CellType } from '../data/typed/cell-type.js';
import { missingNumbers } from '../data/typed/cells.js';
import type { TypedColumn } from '../data/typed/result.js';
import { badOption, DataError } from '../ground/errors.js';
import { MAX_CATEGORIES, MAX_CLASSES } from '../ground/limits.js';
import { nameInWords, quote } from '../ground/quote.js';
import type { Engine } from './engine.js';

/** A feature, and its values in SQL. */
export interface CountedFeature {
  readonly name: string;
  readonly kind: 'number' | 'category';
  /** Of numbers, what is true in SQL of whole ones past 2^53, which a double may not hold; undefined where there are none. */
  readonly isBeyond: string | undefined;
  /** What `rows` calls it. */
  readonly alias: string;
  /** By code point; none of numbers. */
  readonly categories: readonly string[];
  /** `textsOf[category]`: texts of the column that are it, but for the blanks around them. */
  readonly textsOf: readonly (readonly string[])[];
  readonly codeOf: ReadonlyMap<string, number>;
  /** Whether a row that is trained on has no value. */
  readonly hasMissing: boolean;
}

export interface CountedTable {
  readonly source: string;
  readonly target: string;
  readonly classes: readonly string[];
  readonly features: readonly Omit<CountedFeature, 'hasMissing'>[];
  readonly holdoutBy: HoldoutColumn | undefined;
  /**
   * A query of all rows: a column of each feature by its alias, NULL where missing; `c`, the index of the class, NULL where
   * the row has none; `h`, 1 where the row is held out, NULL where nobody can tell.
   */
  readonly rows: string;
}

/** What `String.prototype.trim` takes off. */
const BLANKS =
  ' \t\n\v\f\r\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000\ufeff';

/** Infinite numbers, as they are called where they are listed as missing values. */
const INFINITE = ['Infinity', '-Infinity'];

/** Of how rows are read, what only makes sense where they are. */
const READ_ONLY = ['auto', 'classesFrom', 'dates', 'decimal', 'maxCategories', 'schema', 'thousands', 'units'] as const;

/**
 * @param share of the rows that is to be held out
 * @throws UsageError for an option that needs the rows; DataError for columns that cannot be learnt from as they are
 */
export async function countedTable(
  engine: Engine,
  options: ReadOptions,
  { holdout: share, seed }: { readonly holdout: number; readonly seed: number },
): Promise<CountedTable> {
  for (const name of READ_ONLY) {
    const value = options[name];
    if (value !== undefined && value !== false) {
      throw badOption(name, 'none, as the engine counts the values as they are', value, { found: 'some' });
    }
  }
  const { table } = engine;
  const { columns, dialect, name: source } = table;
  const found = columns.map(({ name }, index) => ({ name, index }));
  const selection = selectColumns(source, found, options);
  const categorical = new Set(options.categorical);
  const reading: Reading = { engine, options, source };
  const target = columns[selection.target]!;
  const labels = await readLabels(reading, target, categorical.has(target.name));
  const features: Feature[] = [];
  const troubles: Trouble[] = [];
  for (const [index, column] of selection.features.entries()) {
    const { name } = columns[column]!;
    try {
      features.push(await readFeature(reading, columns[column]!, `x${index}`, categorical.has(name)));
    } catch (error) {
      if (!(error instanceof TroublesError)) throw error;
      troubles.push(...error.found);
    }
  }
  if (troubles.length > 0) throw new TroublesError(source, troubles, remedyOf(troubles, selection.features.length));
  const by = holdoutColumnOf(options);
  if (by === undefined && share > 0) throw withoutKey(share);
  const heldOut = by === undefined ? '0' : await heldOutSql(engine, columns, selection, by, { share, seed });
  const cells = features.map(({ alias, sql }) => `${sql} AS ${alias}`);
  return {
    source,
    target: target.name,
    classes: labels.classes,
    features,
    holdoutBy: by,
    rows: `(SELECT ${[...cells, `${labels.sql} AS c`, `${heldOut} AS h`].join(', ')} FROM ${table.from}) AS base`,
  };

  function withoutKey(found: number) {
    const advice = {
      option: 'holdoutKey',
      value: 'COLUMN',
      effect: 'holds out a share of its keys',
      or: { option: 'holdoutColumn', value: 'COLUMN', effect: 'holds out the rows where it is true' },
    };
    const expected = `0, or a column to hold rows out by: ${dialect.name} cannot rank rows by their values`;
    return badOption('holdout', expected, found, { advice });
  }
}

type Feature = Omit<CountedFeature, 'hasMissing'> & { readonly sql: string };

interface Reading {
  readonly engine: Engine;
  readonly options: ReadOptions;
  readonly source: string;
}

async function readFeature(reading: Reading, column: TypedColumn, alias: string, named: boolean): Promise<Feature> {
  const { engine, options } = reading;
  const { dialect } = engine.table;
  const { name, type } = column;
  const quoted = dialect.quoteName(name);
  const number = named ? undefined : dialect.numberOf(quoted, type);
  if (number !== undefined) {
    const asDouble = (word: string) => `CAST('${word}' AS ${dialect.double})`;
    const words = [
      ...[...missingNumbers(options.missing)].map(dialect.numberLiteral),
      ...INFINITE.filter((word) => options.missing?.some((one) => one.trim() === word)).map(asDouble),
    ];
    const sql = words.length === 0 ? number : `CASE WHEN ${number} NOT IN (${words.join(', ')}) THEN ${number} END`;
    return {
      name,
      kind: 'number',
      isBeyond: isBeyondSql(quoted, type),
      alias,
      categories: [],
      textsOf: [],
      codeOf: new Map(),
      sql: `NULLIF(${sql}, ${asDouble('NaN')})`,
    };
  }
  const text = dialect.textOf(quoted, type);
  if (text === undefined)
    throw withoutColumn(reading, name, uncountable(reading, column, 'numbers, text, or true and false'));
  const texts = await distinctTexts(reading, text, MAX_TEXTS);
  if (texts.length > MAX_TEXTS) throw withoutColumn(reading, name, tooMany(MAX_TEXTS));
  const { categories, codeOf } = readCategories(reading, column, texts, named);
  const missing = texts.filter((one) => !codeOf.has(one));
  const textsOf = categories.map((_, code) => texts.filter((one) => codeOf.get(one) === code));
  const sql =
    missing.length === 0
      ? text
      : `CASE WHEN NOT ${dialect.isOneOf(text, missing.map(dialect.textLiteral))} THEN ${text} END`;
  return { name, kind: 'category', isBeyond: undefined, alias, categories, textsOf, codeOf, sql };
}

/** The most of whole numbers that doubles keep apart: past it the next one becomes this one. */
export const MOST_WHOLE = 2 ** 53;

function isBeyondSql(quoted: string, type: CellType): string | undefined {
  const beyond = `(${quoted} > ${MOST_WHOLE} OR ${quoted} < -${MOST_WHOLE})`;
  if (type.kind === 'numeral') return `${beyond} AND CAST(${quoted} AS VARCHAR) NOT LIKE '%.%'`;
  return type.kind === 'integer' || (type.kind === 'decimal' && type.scale === 0) ? beyond : undefined;
}

/** By the rules by which cells are read, of each different text. */
function readCategories(
  reading: Reading,
  column: TypedColumn,
  texts: readonly string[],
  named: boolean,
): { categories: readonly string[]; codeOf: ReadonlyMap<string, number> } {
  const { options, source } = reading;
  const origin = { name: source, unit: 'row' as const };
  const reader = new FeatureReader({ origin, column: column.name }, named, cellParser(cellGrammar(options)));
  const places = Uint32Array.from(texts, (_, at) => at + 1);
  const values = Float64Array.from(texts, (text, at) => reader.readText(text, places[at]!));
  reader.settle(values, places);
  if (reader.kind === 'number' || reader.kind === 'mixed') {
    const advice = { option: 'categorical', value: [column.name], effect: 'reads the column as text' };
    const found = 'expected text that is no number, or numbers of a type that the engine computes with';
    throw troubleOf(reading, column.name, {
      reason: 'cell',
      message: `${found} (a query can CAST it), found numbers as text`,
      advice,
      remedy: { categorical: [column.name] },
    });
  }
  if (reader.categories.length > MAX_CATEGORIES) {
    const found = `expected at most ${MAX_CATEGORIES} categories, found ${reader.categories.length} or more`;
    throw withoutColumn(reading, column.name, { reason: 'cell', message: found });
  }
  const { categories, rank } = poolCategories(reader.categories, values, MAX_CATEGORIES);
  const codes = texts.flatMap((text, at): [string, number][] =>
    Number.isNaN(values[at]) ? [] : [[text, rank[values[at]!]!]],
  );
  return { categories, codeOf: codesOf(codes) };
}

/** By the texts, and by what is left of them where they come in a result, which is the same category. */
export function codesOf(codes: readonly (readonly [string, number])[]): ReadonlyMap<string, number> {
  return new Map([...codes.map(([text, code]) => [text.replace(/^\ufeff/, ''), code] as const), ...codes]);
}

async function readLabels(
  reading: Reading,
  column: TypedColumn,
  named: boolean,
): Promise<{ classes: readonly string[]; sql: string }> {
  const { engine, options, source } = reading;
  const { dialect, from } = engine.table;
  const text = dialect.textOf(dialect.quoteName(column.name), column.type);
  const { name } = column;
  if (text === undefined) {
    throw troubleOf(reading, name, uncountable(reading, column, 'text, whole numbers, or true and false'));
  }
  const texts = await distinctTexts(reading, text, MAX_CLASSES);
  if (texts.length > MAX_CLASSES) throw troubleOf(reading, name, tooMany(MAX_CLASSES));
  let [rowCount, unlabelled] = [0, 0];
  for await (const rows of engine.ask(
    `SELECT CAST(count(*) AS ${dialect.double}), CAST(count(*) - count(${text}) AS ${dialect.double}) FROM ${from}`,
    ['number', 'number'],
  )) {
    rowCount = rows.numbers(0)[0]!;
    unlabelled = rows.numbers(1)[0]!;
  }
  if (rowCount === 0) throw new DataError('empty', `${source}: expected rows, found none`);
  const place = { origin: { name: source, unit: 'row' as const }, column: column.name };
  const drop = options.dropMissingTarget ?? false;
  const reader = new LabelReader(place, cellParser(cellGrammar(options)), named, drop);
  const labels = texts.map((one, at) => reader.readText(one, at + 1));
  const where = `${source}: ${nameInWords(column.name)}`;
  if (!drop && (unlabelled > 0 || labels.includes(Number.NaN))) {
    const advice = { option: 'dropMissingTarget', value: true, effect: 'leaves such rows out' };
    throw new DataError('cell', `${where}: expected a class in each row, found rows without one`, { advice });
  }
  const [trouble] = reader.troubles({ length: rowCount }, options.missing ?? []);
  if (trouble !== undefined) throw new DataError(trouble.reason, trouble.message, { advice: trouble.advice });
  const { classOf, classes } = reader.finish();
  if (classes.length < 2) {
    const found = classes.length === 0 ? 'none' : `only ${quote(classes[0]!)}`;
    throw new DataError('classes', `${where}: expected at least two classes, found ${found}`);
  }
  const branches = texts.flatMap((one, at) =>
    Number.isNaN(labels[at]) ? [] : [`WHEN ${dialect.textLiteral(one)} THEN ${classOf[labels[at]!]}`],
  );
  return { classes, sql: `CASE ${text} ${branches.join(' ')} END` };
}

/** By code point: engines sort otherwise, each in its way. Of more than the most there is one more. */
async function distinctTexts({ engine }: Reading, text: string, most: number): Promise<string[]> {
  const texts: string[] = [];
  const sql = `(SELECT DISTINCT ${text} AS t FROM ${engine.table.from}) AS texts WHERE t IS NOT NULL`;
  // Decoders take a byte order mark off the begin of a text, and without it the text is another one in SQL.
  for await (const rows of engine.ask(`SELECT concat('.', t) FROM ${sql} LIMIT ${most + 1}`, ['text'])) {
    for (const one of rows.texts(0)) texts.push(one!.slice(1));
  }
  return texts.sort();
}

async function heldOutSql(
  engine: Engine,
  columns: readonly TypedColumn[],
  { holdout }: Selection,
  { rule }: HoldoutColumn,
  { seed, share }: { readonly seed: number; readonly share: number },
): Promise<string> {
  const { dialect } = engine.table;
  const { name, type } = columns[holdout!]!;
  const text = dialect.textOf(dialect.quoteName(name), type);
  if (text === undefined) {
    const expected = rule === 'md5-key/1' ? 'text or whole numbers' : 'true and false';
    throw badOption(optionOf(rule), `a column of ${expected}`, name);
  }
  const trimmed = (await hasBlanks(engine, text)) ? dialect.trimmed(text, BLANKS) : text;
  if (rule === 'md5-key/1') {
    const hash = dialect.md5(`concat(${dialect.textLiteral(`${seed}:`)}, ${trimmed})`);
    // Hex digits compare as the numbers that they are; what follows them makes no hash smaller than the limit.
    const limit = dialect.textLiteral(keyLimitDigits(share));
    return `CASE WHEN ${trimmed} <> '' THEN CASE WHEN ${hash} < ${limit} THEN 1 ELSE 0 END END`;
  }
  const word = `lower(${trimmed})`;
  return `CASE WHEN ${word} IN ('true', '1') THEN 1 WHEN ${word} IN ('false', '0') THEN 0 END`;
}

/** To take blanks off takes longer than all else, and hardly any key has some. */
async function hasBlanks(engine: Engine, text: string): Promise<boolean> {
  const { dialect, from } = engine.table;
  const sql = `SELECT CAST(count(*) AS ${dialect.double}) FROM ${from} WHERE ${text} <> ${dialect.trimmed(text, BLANKS)}`;
  for await (const rows of engine.ask(sql, ['number'])) return rows.numbers(0)[0]! > 0;
  return true;
}

type Found = Omit<Trouble, 'column' | 'mild'>;

function uncountable({ engine }: Reading, { type }: TypedColumn, expected: string): Found {
  const found = type.kind === 'foreign' ? type.name : `one of type ${type.kind}`;
  const message = `expected ${expected} for ${engine.table.dialect.name} to count (a query can CAST it), found ${found}`;
  return { reason: 'columns', message };
}

function tooMany(most: number): Found {
  return { reason: 'cell', message: `expected at most ${most} different texts, found more` };
}

/** Of a feature, which cannot be left out where it was asked for by name. */
function withoutColumn(reading: Reading, name: string, found: Found): TroublesError {
  if (reading.options.features !== undefined) return troubleOf(reading, name, found);
  const advice = { option: 'ignore', value: [name], effect: 'leaves it out' };
  return troubleOf(reading, name, { ...found, advice, remedy: { ignore: [name] } });
}

function troubleOf({ source }: Reading, column: string, found: Found): TroublesError {
  const message = `${source}: ${nameInWords(column)}: ${found.message}`;
  return new TroublesError(source, [{ ...found, column, message }], undefined);
}
