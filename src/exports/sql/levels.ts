import { largestShare } from '../../tree/answers.js';
import type { FlatScorer } from '../flat-scorer.js';
import type { Dialect } from './dialects.js';
import { CLASS, shareName } from './link.js';
import { preparedColumns, preparedName } from './prepared-row.js';
import { QuerySteps } from './steps.js';
import { answered, type ColumnOf } from './tree-case.js';

/** Nodes of a tree up to which CASE is as fast. */
const MOST_CASES = 1000;

/** The node of the leaf. */
export const LEAF = 'iris_leaf';

/**
 * Whether a tree is written as lists with a place per node, and a step per level that goes from node to node: an engine that
 * works on thousands of values at a time takes each CASE of a large tree for only a few of them.
 * Why: docs/decisions/large-trees-in-duckdb-are-lists.md
 */
export function isInLevels({ nodeCount, together }: FlatScorer, { hasLists }: Dialect): boolean {
  return hasLists && together === null && nodeCount > MOST_CASES;
}

/** Steps that end in `iris_class`, a share per class and `iris_leaf`; NULL where the model refuses the row. */
export function levelSteps(scorer: FlatScorer, dialect: Dialect, table: string, columnOf: ColumnOf): QuerySteps {
  const { answerCount, answerWidth, answers, classes, features, hasMissing, hasSets } = scorer;
  const lists = nodeLists(scorer, dialect);
  const names = Object.keys(lists);
  const written = names.map((name) => `${lists[name]} AS ${name}`).join(',\n  ');
  const steps = new QuerySteps(dialect, `${table} AS iris_table CROSS JOIN iris_lists`, [
    `iris_lists AS (\n  SELECT ${written}\n)`,
  ]);
  const prepared = preparedColumns(scorer, dialect, columnOf);
  const known = answered(scorer, dialect, columnOf, '0');
  const carried = names.map((name) => ({ name: `${name}_`, expression: `iris_lists.${name}` }));
  steps.add([...carried, ...prepared, { name: 'iris_known', expression: known }]);
  const asked = new Set(prepared.map(({ name }) => name));
  const values = features.map((_, index) => (asked.has(preparedName(index)) ? preparedName(index) : 'NULL'));
  const start = [
    { name: 'iris_values', expression: `[${values.join(', ')}]::DOUBLE[]` },
    { name: 'iris_node0', expression: '1' },
  ];
  steps.add(start, [...asked]);
  const depth = depthOf(scorer);
  for (let level = 0; level < depth; level++) {
    const node = `iris_node${level}`;
    const value = `iris_values[iris_features_[${node}]]`;
    let left = `${value} <= iris_thresholds_[${node}]`;
    if (hasSets) {
      const isIn = `iris_sets_[iris_set_[${node}] + CAST(${value} AS INTEGER)]`;
      left = `CASE WHEN iris_set_[${node}] > 0 THEN ${isIn} ELSE ${left} END`;
    }
    if (hasMissing) left = `COALESCE(${left}, iris_missing_left_[${node}])`;
    const expression = `CASE WHEN ${left} THEN ${node} + 1 ELSE iris_right_[${node}] END`;
    steps.add([{ name: `iris_node${level + 1}`, expression }], [node]);
  }
  const last = `iris_node${depth}`;
  const found = [
    { name: LEAF, expression: `iris_known + ${last} - 1` },
    { name: 'iris_answer', expression: `iris_known + iris_answers_[${last}]` },
  ];
  steps.add(found, [last, 'iris_values', 'iris_known', ...carried.map(({ name }) => name)]);
  const shares = classes.map((_, k) => {
    const column = Array.from({ length: answerCount }, (_row, row) => dialect.number(answers[row * answerWidth + k]));
    return { name: shareName(k), expression: dialect.valueAt!(column, 'iris_answer') };
  });
  const labels = Array.from({ length: answerCount }, (_, row) =>
    String(largestShare(answers, row * answerWidth, answerWidth)),
  );
  steps.add([...shares, { name: CLASS, expression: dialect.valueAt!(labels, 'iris_answer') }], ['iris_answer']);
  return steps;
}

/** A list per name. Places count from 1, as do the numbers of nodes in them; a leaf leads to itself. */
function nodeLists(scorer: FlatScorer, { number }: Dialect): Record<string, string> {
  const { feature, features, hasMissing, hasSets, missingLeft, next, nodeCount, sets, threshold } = scorer;
  const perNode = (of: (node: number) => string | number, type: string) =>
    `[${Array.from({ length: nodeCount }, (_, node) => of(node)).join(', ')}]::${type}[]`;
  const isLeaf = (node: number) => feature[node] < 0;
  const bits: boolean[] = [];
  const starts = sets.map((set, node) => {
    const asked = features[feature[node]];
    if (set === null || asked.kind === 'number') return 0;
    // The unknown category, -1, is one place before the others.
    bits.push(set.unknown);
    const isLeft = new Set(set.categories);
    const start = bits.length + 1;
    for (let category = 0; category < asked.categories.length; category++) bits.push(isLeft.has(category));
    return start;
  });
  return {
    iris_features: perNode((node) => Math.max(0, feature[node]) + 1, 'INTEGER'),
    iris_thresholds: perNode((node) => (isLeaf(node) ? 'NULL' : number(threshold[node])), 'DOUBLE'),
    iris_right: perNode((node) => (isLeaf(node) ? node : next[node]) + 1, 'INTEGER'),
    iris_answers: perNode((node) => (isLeaf(node) ? next[node] : 0), 'INTEGER'),
    ...(hasMissing && { iris_missing_left: perNode((node) => String(missingLeft[node] === 1), 'BOOLEAN') }),
    ...(hasSets && {
      iris_set: perNode((node) => starts[node], 'INTEGER'),
      iris_sets: `[${bits.join(', ')}]::BOOLEAN[]`,
    }),
  };
}

function depthOf({ feature, next, nodeCount }: FlatScorer): number {
  const depth = new Int32Array(nodeCount);
  let most = 0;
  for (let node = 0; node < nodeCount; node++) {
    most = Math.max(most, depth[node]);
    if (feature[node] < 0) continue;
    depth[node + 1] = depth[node] + 1;
    depth[next[node]] = depth[node] + 1;
  }
  return most;
}
