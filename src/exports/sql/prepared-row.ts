import { UNKNOWN_CATEGORY } from '../../ground/limits.js';
import { unseenCategory } from '../../model/model.js';
import { type Arithmetic, nextDown } from '../../tree/ensemble.js';
import { floatAbove } from '../bits.js';
import type { FlatScorer } from '../flat-scorer.js';
import type { Dialect } from './dialects.js';
import type { Column } from './steps.js';
import { type ColumnOf, type ConditionAt, columnValue } from './tree-case.js';

/** The value of a feature as trees ask for it: a number, or the index of a category; NULL where it is missing. */
export const preparedName = (feature: number) => `iris_x${feature}`;

/** The values of the features that trees ask for. */
export function preparedColumns(scorer: FlatScorer, dialect: Dialect, columnOf: ColumnOf): Column[] {
  const asked = new Set(scorer.feature);
  return scorer.features.flatMap((feature, index) => {
    if (!asked.has(index)) return [];
    const value = columnValue(feature, dialect, columnOf(index));
    const expression =
      feature.kind === 'category' ? categoryIndex(feature, dialect, value) : nearZero(scorer, dialect, value);
    return [{ name: preparedName(index), expression }];
  });
}

function categoryIndex(
  feature: Extract<FlatScorer['features'][number], { kind: 'category' }>,
  dialect: Dialect,
  value: string,
): string {
  const known = feature.categories.map((category, index) => `WHEN ${dialect.string(category)} THEN ${index}`);
  return `CASE WHEN ${value} IS NOT NULL THEN CASE ${value} ${known.join(' ')} ELSE ${unseenCategory(feature)} END END`;
}

/** What the model takes for 0, as 0. */
function nearZero({ hasZeroMissing, together }: FlatScorer, dialect: Dialect, value: string): string {
  if (together === null) return value;
  const { input, zero } = together.arithmetic;
  const last = lastRoundedTo(input, zero);
  if (last === 0 || (zero === 0 && !hasZeroMissing)) return value;
  return `CASE WHEN ${value} BETWEEN ${dialect.number(-last)} AND ${dialect.number(last)} THEN ${dialect.number(0)} ELSE ${value} END`;
}

/** The largest double that is at most this one when it is rounded as the model rounds its inputs. */
function lastRoundedTo(input: Arithmetic['input'], value: number): number {
  if (input === 'float64' || !Number.isFinite(value)) return value;
  const above = Math.min(floatAbove(value), 2 ** 128);
  const middle = value + (above - value) / 2;
  return Math.fround(middle) <= value ? middle : nextDown(middle);
}

/** Conditions on prepared values. Those of a model that rounds to 32 bits are compared as they are, with what is rounded to the threshold. */
export function preparedConditions(scorer: FlatScorer, dialect: Dialect): ConditionAt {
  const { feature, features, missingLeft, sets, threshold, together, zeroMissing } = scorer;
  const input = together?.arithmetic.input ?? 'float64';
  return (node, left) => {
    const value = preparedName(feature[node]);
    const missingHere = (missingLeft[node] === 1) === left;
    const missing = features[feature[node]].missing && missingHere ? ` OR ${value} IS NULL` : '';
    const set = sets[node];
    if (set === null) {
      const asked = compared(dialect, value, left, lastRoundedTo(input, threshold[node]));
      if (zeroMissing[node] === 0) return `${asked}${missing}`;
      return missingHere ? `${asked} OR ${value} = 0${missing}` : `${asked} AND ${value} <> 0`;
    }
    const goesLeft = [...set.categories, ...(set.unknown ? [UNKNOWN_CATEGORY] : [])];
    return goesLeft.length === 0
      ? `${value} ${left ? '<' : '>='} ${UNKNOWN_CATEGORY}${missing}`
      : `${value} ${left ? 'IN' : 'NOT IN'} (${goesLeft.join(', ')})${missing}`;
  };
}

/** No row has an infinite number. */
function compared({ number }: Dialect, value: string, left: boolean, threshold: number): string {
  if (threshold === Number.NEGATIVE_INFINITY) return `${value} ${left ? '<' : '>='} ${number(-Number.MAX_VALUE)}`;
  return `${value} ${left ? '<=' : '>'} ${number(Math.min(threshold, Number.MAX_VALUE))}`;
}
