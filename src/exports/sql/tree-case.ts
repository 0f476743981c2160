import { UsageError } from '../../ground/errors.js';
import { unseenCategory } from '../../model/model.js';
import type { FlatScorer } from '../flat-scorer.js';
import type { Dialect } from './dialects.js';
import { inGroups } from './in-groups.js';

/** How a query names a feature's column. */
export type ColumnOf = (feature: number) => string;

/** What is true where a row goes to a child of a node, and false or NULL elsewhere. */
export type ConditionAt = (node: number, left: boolean) => string;

/**
 * A tree as CASE: at each node the child with fewer leaves is a WHEN of its own, the other one goes on in the same CASE. So
 * CASE lies in CASE no deeper than the logarithm of the leaves, and a row meets no more conditions than questions of the
 * tree.
 *
 * @param answerOf what a leaf answers, as an expression
 * @throws UsageError where the dialect takes fewer CASE in CASE
 */
export function treeCase(
  { feature, next, roots }: FlatScorer,
  tree: number,
  { mostNested }: Dialect,
  conditionAt: ConditionAt,
  answerOf: (leaf: number) => string,
): string {
  const [first, end] = [roots[tree], roots[tree + 1]];
  const leaves = new Int32Array(end - first);
  const leavesAt = (node: number) => leaves[node - first];
  for (let node = end - 1; node >= first; node--) {
    leaves[node - first] = feature[node] < 0 ? 1 : leavesAt(node + 1) + leavesAt(next[node]);
  }
  let nesting = 0;
  const write = (root: number, depth: number): string => {
    if (feature[root] < 0) return answerOf(root);
    nesting = Math.max(nesting, depth);
    const indent = '  '.repeat(depth);
    const lines: string[] = [];
    let node = root;
    while (feature[node] >= 0) {
      const left = leavesAt(node + 1) <= leavesAt(next[node]);
      const inside = write(left ? node + 1 : next[node], depth + 1);
      lines.push(`${indent}WHEN ${conditionAt(node, left)} THEN ${inside}\n`);
      node = left ? next[node] : node + 1;
    }
    const outer = '  '.repeat(depth - 1);
    return `CASE\n${lines.join('')}${indent}ELSE ${answerOf(node)}\n${outer}END`;
  };
  const text = write(first, 1);
  // One more where a row may be refused.
  if (nesting + 1 <= mostNested) return text;
  throw new UsageError(
    `this dialect takes CASE within CASE to ${mostNested} levels, and this tree needs ${nesting + 1}`,
  );
}

/** Conditions on the columns of a table. */
export function columnConditions(
  { feature, features, missingLeft, sets, threshold }: FlatScorer,
  dialect: Dialect,
  columnOf: ColumnOf,
): ConditionAt {
  return (node, left) => {
    const asked = features[feature[node]];
    const value = columnValue(asked, dialect, columnOf(feature[node]));
    const missing = asked.missing && (missingLeft[node] === 1) === left ? ` OR ${value} IS NULL` : '';
    const set = sets[node];
    if (set === null || asked.kind === 'number') {
      return `${value} ${left ? '<=' : '>'} ${dialect.number(threshold[node])}${missing}`;
    }
    const unseen = unseenCategory(asked);
    const isLeft = new Set(set.categories);
    const unseenGoes = (unseen < 0 ? set.unknown : isLeft.has(unseen)) === left;
    // Those that go the other way are listed where all others go this way.
    const listed = asked.categories.filter((_, index) => (isLeft.has(index) === left) !== unseenGoes);
    const list = listed.map((category) => dialect.string(category)).join(', ');
    if (list !== '') return `${value} ${unseenGoes ? 'NOT IN' : 'IN'} (${list})${missing}`;
    return unseenGoes ? `${value} IS NOT NULL${missing}` : `${value} IS NULL AND ${value} IS NOT NULL${missing}`;
  };
}

/** A column as a double or a text; NULL where it is missing, if it may be. */
export function columnValue(
  { kind, missing }: FlatScorer['features'][number],
  dialect: Dialect,
  column: string,
): string {
  if (kind === 'category') {
    const text = `CAST(${column} AS ${dialect.text})${dialect.collation}`;
    return missing ? `NULLIF(${text}, ${dialect.string('')})` : text;
  }
  const number = `CAST(${column} AS ${dialect.double})`;
  return missing ? dialect.nanAsNull(number) : number;
}

function isFiniteNumber(value: string, column: string, { finite, number }: Dialect): string {
  return finite?.(value, column) ?? `${value} BETWEEN ${number(-Number.MAX_VALUE)} AND ${number(Number.MAX_VALUE)}`;
}

/** What is true of a row that the model refuses; null where it refuses none. */
function refusal({ features }: FlatScorer, dialect: Dialect, columnOf: ColumnOf): string | null {
  const conditions = features.flatMap((feature, index) => {
    const value = columnValue(feature, dialect, columnOf(index));
    const absent = feature.missing ? [] : [`${value} IS NULL`];
    if (feature.kind === 'number') return [...absent, `NOT (${isFiniteNumber(value, columnOf(index), dialect)})`];
    return feature.missing ? [] : [...absent, `${value} = ${dialect.string('')}`];
  });
  return conditions.length === 0 ? null : inGroups(conditions, '\n    OR ');
}

/** NULL where the model refuses the row, else what is found. */
export function answered(scorer: FlatScorer, dialect: Dialect, columnOf: ColumnOf, found: string): string {
  const refused = refusal(scorer, dialect, columnOf);
  return refused === null ? found : `CASE WHEN ${refused}\n  THEN NULL ELSE ${found} END`;
}
