import type { Readable } from 'node:stream';
import { badOption } from '../ground/errors.js';
import { MAX_CATEGORIES, MAX_JOBS } from '../ground/limits.js';
import {
  abortSignal,
  anObject,
  callback,
  isObject,
  type OptionTable,
  oneOf,
  shownFound,
  someText,
  texts,
  trueOrFalse,
  wholeNumber,
} from '../ground/options.js';
import { quote } from '../ground/quote.js';
import type { CellGrammar } from './cells.js';
import type { Dates } from './date-cells.js';
import type { HoldoutColumn } from './holdout-column.js';

/** What a trained model knows of one feature; a model's features can be passed as they are. */
export interface SchemaFeature {
  readonly name: string;
  readonly kind: 'number' | 'category';
  /** In the order of their indices; of a category column. */
  readonly categories?: readonly string[];
  /** The one of them that stands for every text that is none of them. */
  readonly other?: string;
}

/** What a trained model expects of a table. */
export interface Schema {
  readonly features: readonly SchemaFeature[];
  /** Default: the last column that is no feature. */
  readonly target?: string;
  readonly classes: readonly string[];
  /** The column by which it held rows out; a table may lack it. */
  readonly holdoutBy?: HoldoutColumn;
}

/** How the text of a table is written: its layout, and the grammar of its cells. */
export interface TableOptions extends CellGrammar {
  /** The first record names the columns; default true. Without it they are called column_1, column_2, … */
  readonly header?: boolean;
  /**
   * One character, `\t` written as two, or ` +` for runs of blanks. Default: what the first lines show without doubt,
   * else a comma.
   */
  readonly delimiter?: string;
  /** A label of the Encoding Standard, such as windows-1252; default UTF-8. A byte order mark overrules it. */
  readonly encoding?: string;
  /** Lines before the table, whatever is in them; default 0. */
  readonly skipLines?: number;
  /** What the lines begin with that are left out as comments; default: there are none. */
  readonly comment?: string;
  /**
   * Columns of dates, each with the order of year, month and day. Such a column is read as days since 1970-01-01, and
   * three more are made of it: `sold_year`, `sold_month`, and `sold_weekday`, from Monday, 1.
   */
  readonly dates?: Dates | undefined;
  /** What the input `-` reads; default the process's standard input. */
  readonly stdin?: Readable;
  /** Of an engine: the name of a table or a view, after that of its schema where it has one: `sales.orders`. */
  readonly table?: string | undefined;
  /** Of an engine, in the place of a table: a query, in its SQL. */
  readonly query?: string | undefined;
  /** Ends the reading; a query is cancelled in its engine. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Called now and then with the share of the input that was read, in [0, 1], or undefined where its size is not known, as
   * of a pipe; with the number of rows so far; and with that of the features.
   */
  readonly onProgress?: (share: number | undefined, rowCount: number, featureCount: number) => void;
}

/** How a table with a target is read. */
export interface LabelledTableOptions extends TableOptions {
  /** Whether rows without a value of the target are left out, and counted in a warning; default false: an error. */
  readonly dropMissingTarget?: boolean;
}

export interface ReadOptions extends LabelledTableOptions {
  /** Threads for a table of some megabytes; 1: none but the caller's. Default: the processors, at most 8. */
  readonly jobs?: number;
  /** Default: the last column that is not ignored. */
  readonly target?: string;
  /** Columns to learn from, in this order; default: every column that is neither the target nor ignored. */
  readonly features?: readonly string[];
  readonly ignore?: readonly string[];
  /** A column of texts or whole numbers by which rows are held out, those of one key together. It is no feature. */
  readonly holdoutKey?: string | undefined;
  /** A column that is true where a row is held out. It is no feature. */
  readonly holdoutColumn?: string | undefined;
  /** Columns whose cells are categories, or classes, even where they look like numbers or dates. */
  readonly categorical?: readonly string[];
  /** `quantiles:4`: the target's numbers become as many classes, ranges of about as many rows each. */
  readonly classesFrom?: string;
  /** Of a column with more categories than this the rarest become one. Default: at most 255 are read, none is pooled. */
  readonly maxCategories?: number;
  /**
   * Whether to read the table again with the options with which it can be learnt from, where it cannot be as it is. They
   * are in `added` of the dataset.
   */
  readonly auto?: boolean;
  /** Read against a trained model: its columns by name, its categories, its classes. The options above are not used. */
  readonly schema?: Schema;
}

/** How the text of a table is laid out, which only a source of text has. */
const layoutTable = {
  header: trueOrFalse,
  delimiter: someText,
  encoding: someText,
  skipLines: wholeNumber(0),
  comment: someText,
  stdin: anObject,
};

/** What is read of an engine, which has more than one table. */
const relationTable = { table: someText, query: someText };

export const labelledTable: OptionTable<LabelledTableOptions> = {
  ...layoutTable,
  ...relationTable,
  signal: abortSignal,
  decimal: oneOf(['.', ',']),
  thousands: { ...oneOf([',', '.', ' ', "'"]), expected: "a comma, a point, a blank or '" },
  units: trueOrFalse,
  missing: texts,
  dates: anObject,
  dropMissingTarget: trueOrFalse,
  onProgress: callback,
};

export const readTable: OptionTable<ReadOptions> = {
  ...labelledTable,
  jobs: wholeNumber(1, MAX_JOBS),
  target: someText,
  features: texts,
  ignore: texts,
  holdoutKey: someText,
  holdoutColumn: someText,
  categorical: texts,
  classesFrom: someText,
  maxCategories: wholeNumber(2, MAX_CATEGORIES),
  auto: trueOrFalse,
  schema: {
    expected: 'a schema: features and classes',
    takes: (value) => {
      if (!isObject(value)) return false;
      const { classes, features } = value as Partial<Schema>;
      return texts.takes(classes) && Array.isArray(features);
    },
  },
};

/**
 * Of a source that gives columns, and not text.
 *
 * @throws UsageError for an option of the layout of text, which would be ignored
 */
export function refuseLayout(options: TableOptions): void {
  refuse(options, layoutTable, 'none, as the source gives columns and not text');
}

/** Of a source that is one table. @throws UsageError for the name of one, or a query */
export function refuseRelation(options: TableOptions): void {
  refuse(options, relationTable, 'none, as the source is one table, not duckdb:FILE, postgres://… or sc://…');
}

function refuse(options: TableOptions, names: Partial<OptionTable<TableOptions>>, expected: string): void {
  for (const name of Object.keys(names) as (keyof TableOptions)[]) {
    const value = options[name];
    if (value !== undefined) throw badOption(name, expected, value, { found: shownFound(value) });
  }
}

/** The part of the options that cells are read by. @throws UsageError for signs that cannot be told apart */
export function cellGrammar({ decimal, missing, thousands, units }: TableOptions): CellGrammar {
  if (thousands !== undefined && thousands === (decimal ?? '.')) {
    throw badOption('thousands', 'another sign than the decimal one', thousands, {
      found: `${quote(thousands)} for both`,
    });
  }
  return { decimal, missing, thousands, units };
}
