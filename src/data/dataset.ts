/** A parsed and checked table: columns as typed arrays, one entry per row. */

import type { Advice } from '../ground/errors.js';
import { objectWith } from '../ground/options.js';
import type { HoldoutCells } from './holdout-column.js';
import type { Remedy } from './remedy.js';
import { type Origin, placeInWords } from './table-source.js';

interface Column {
  readonly name: string;
  /** Whether a row of the table has no value there that was left out, as it has no class. */
  readonly missesLeftOut?: boolean;
}

/** A column of numbers. `values[row]`; NaN where the cell is missing. */
export interface NumberColumn extends Column {
  readonly kind: 'number';
  readonly values: Float64Array;
}

/** A column of categories. `values[row]` is an index into `categories`; NaN where the cell is missing. */
export interface CategoryColumn extends Column {
  readonly kind: 'category';
  readonly values: Float64Array;
  /** Distinct values, by code point. */
  readonly categories: readonly string[];
  /** The one of them that stands for every text that is none of them. */
  readonly other?: string;
  /** Of a table that was read against a model: the first texts that it never saw, if there are any. */
  readonly unseen?: readonly string[];
}

export type FeatureColumn = NumberColumn | CategoryColumn;

export interface Dataset {
  /** Where the rows came from, for messages: a path, `<stdin>`, or a name such as `iris.csv`. */
  readonly source: string;
  readonly target: string;
  readonly features: readonly FeatureColumn[];
  /** Class labels: numbers by value, text by code point. */
  readonly classes: readonly string[];
  /** `labels[row]` is an index into `classes`. */
  readonly labels: Uint16Array;
  readonly rowCount: number;
  /** `lines[row]`: the line of the source on which the row begins, or the row of the source, counted from 1. */
  readonly lines: Uint32Array;
  /** The column that says which rows are held out, where one does. */
  readonly holdoutBy?: HoldoutCells;
  /** What `lines` counts; default lines. */
  readonly rowUnit?: Origin['unit'];
  /** The files that `lines` counts through, where they are several. */
  readonly files?: Origin['files'];
  /** Things a person should know that are no error. */
  readonly warnings: readonly string[];
  /** What some warnings end with; the command line names its flags there. */
  readonly advice?: readonly Advice[];
  /** The options that `auto` added. */
  readonly added?: Remedy;
}

export const aDataset = objectWith('a dataset, as readDataset gives it', 'features', 'classes', 'labels', 'rowCount');

/** Where a row is, as a message begins with it. */
export function rowInWords({ files = [], lines, rowUnit = 'line', source }: Dataset, row: number): string {
  return placeInWords({ name: source, unit: rowUnit, files }, lines[row]!);
}
