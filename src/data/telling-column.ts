import { MAX_CATEGORIES } from '../ground/limits.js';
import type { Dataset, FeatureColumn } from './dataset.js';

/** In a smaller table a column may tell the class by chance. */
const LEAST_ROWS = 20;
/** Rows of each different value, on average, from which on values that tell the class are more than names of rows. */
const ROWS_PER_VALUE = 5;
/** Enough to see that ranges overlap, in most columns. */
const FIRST_ROWS = 1000;

type Labelled = Pick<Dataset, 'classes' | 'labels' | 'rowCount'>;

/**
 * Whether a column alone tells the class of every row: by its few different values, or by ranges, one for each class.
 * Such a column is often another writing of the target, or a consequence of it.
 */
export function tellsClass({ values }: FeatureColumn, { classes, labels, rowCount }: Labelled): boolean {
  if (rowCount < LEAST_ROWS || rowCount < ROWS_PER_VALUE * classes.length) return false;
  if (valuesTell(values, labels, rowCount / ROWS_PER_VALUE)) return true;
  // Ranges that overlap in the first rows overlap in all.
  const first = values.subarray(0, FIRST_ROWS);
  return rangesTell(first, labels, classes.length) && rangesTell(values, labels, classes.length);
}

/** @param mostValues different values, a missing one among them */
function valuesTell(values: Float64Array, labels: Uint16Array, mostValues: number): boolean {
  const classOf = new Map<number, number>();
  const most = Math.min(mostValues, MAX_CATEGORIES + 1);
  for (let row = 0; row < values.length; row++) {
    const known = classOf.get(values[row]!);
    if (known === undefined) {
      if (classOf.size >= most) return false;
      classOf.set(values[row]!, labels[row]!);
    } else if (known !== labels[row]) return false;
  }
  return true;
}

function rangesTell(values: Float64Array, labels: Uint16Array, classCount: number): boolean {
  const least = new Float64Array(classCount).fill(Number.POSITIVE_INFINITY);
  const most = new Float64Array(classCount).fill(Number.NEGATIVE_INFINITY);
  for (let row = 0; row < values.length; row++) {
    const value = values[row]!;
    if (Number.isNaN(value)) return false;
    const label = labels[row]!;
    if (value < least[label]!) least[label] = value;
    if (value > most[label]!) most[label] = value;
  }
  const present = [...least.keys()].filter((label) => least[label]! <= most[label]!);
  const byLeast = present.sort((a, b) => least[a]! - least[b]!);
  return byLeast.every((label, i) => i === 0 || most[byLeast[i - 1]!]! < least[label]!);
}
