import { UsageError } from '../../ground/errors.js';
import { type FlatScorer, leafAnswer } from '../flat-scorer.js';
import type { Dialect } from './dialects.js';
import { linkSteps } from './link.js';
import { preparedColumns, preparedConditions } from './prepared-row.js';
import { type Column, QuerySteps } from './steps.js';
import { answered, type ColumnOf, treeCase } from './tree-case.js';

/** Trees of a step, and their nodes: engines take expressions only so large. */
const STEP_TREES = 16;
const STEP_NODES = 4000;

/**
 * Steps that end in `iris_class`, a share per class and a margin per output: sums in the order and the arithmetic of the model.
 * NULL where the model refuses the row.
 *
 * @throws UsageError where the dialect lacks what the model is computed with
 */
export function ensembleSteps(scorer: FlatScorer, dialect: Dialect, table: string, columnOf: ColumnOf): QuerySteps {
  const { arithmetic, combine } = scorer.together!;
  const inFloats = arithmetic.sum === 'float32' || combine.function.startsWith('float32');
  if (inFloats && dialect.round32 === null)
    throw new UsageError('this model adds 32-bit numbers, which this dialect does not have: export it for another one');
  const steps = new QuerySteps(dialect, `${table} AS iris_table`);
  const prepared = preparedColumns(scorer, dialect, columnOf);
  const known = answered(scorer, dialect, columnOf, dialect.number(0));
  steps.add([...prepared, { name: 'iris_known', expression: known }]);
  let sums = Array.from(
    { length: combine.outputs },
    (_, k) => `iris_known + ${dialect.number(round(arithmetic.sum, combine.base?.[k] ?? 0))}`,
  );
  let dropped: readonly string[] = ['iris_known'];
  for (const [block, trees] of blocksOf(scorer).entries()) {
    const leaves = leafColumns(scorer, dialect, trees);
    if (leaves.length > 0) steps.add(leaves);
    const names = sums.map((_, k) => `iris_sum${k}_${block}`);
    const columns = sums.map((sum, k) => ({ name: names[k], expression: addTrees(scorer, dialect, trees, k, sum) }));
    steps.add(columns, [...dropped, ...leaves.map(({ name }) => name)]);
    dropped = names;
    sums = names;
  }
  linkSteps(steps, scorer, dialect, sums, [...dropped, ...prepared.map(({ name }) => name)]);
  return steps;
}

const round = (sum: 'float32' | 'float64', value: number) => (sum === 'float32' ? Math.fround(value) : value);

/** Trees in their order, some in each step. */
function blocksOf({ roots, treeCount }: FlatScorer): number[][] {
  const blocks: number[][] = [];
  let nodes = STEP_NODES;
  for (let tree = 0; tree < treeCount; tree++) {
    nodes += roots[tree + 1] - roots[tree];
    if (nodes > STEP_NODES || blocks.at(-1)!.length === STEP_TREES) {
      blocks.push([]);
      nodes = roots[tree + 1] - roots[tree];
    }
    blocks.at(-1)!.push(tree);
  }
  return blocks;
}

/** Of trees whose leaves have several values: which answer of the tree it is. */
function leafColumns(scorer: FlatScorer, dialect: Dialect, trees: readonly number[]): Column[] {
  if (dialect.valueAt === null) return [];
  const conditions = preparedConditions(scorer, dialect);
  return trees
    .filter((tree) => scorer.together!.output[tree] < 0)
    .map((tree) => {
      const places = new Map(answersOf(scorer, tree).map((answer, place) => [answer, place]));
      const place = (leaf: number) => String(places.get(scorer.next[leaf]));
      return { name: `iris_leaf${tree}`, expression: treeCase(scorer, tree, dialect, conditions, place) };
    });
}

/** The rows of `answers` that the leaves of a tree have. */
function answersOf({ feature, next, roots }: FlatScorer, tree: number): number[] {
  const found = new Set<number>();
  for (let node = roots[tree]; node < roots[tree + 1]; node++) if (feature[node] < 0) found.add(next[node]);
  return [...found];
}

/** A sum, and after it what trees add to an output. */
function addTrees(scorer: FlatScorer, dialect: Dialect, trees: readonly number[], output: number, sum: string): string {
  const { answerWidth, answers, together } = scorer;
  const conditions = preparedConditions(scorer, dialect);
  const single = together!.arithmetic.sum === 'float32';
  let added = sum;
  for (const tree of trees) {
    const only = together!.output[tree];
    if (only >= 0 && only !== output) continue;
    const addedAt = (leaf: number) => dialect.number(leafAnswer(scorer, tree, leaf)[only < 0 ? output : 0]);
    const values =
      only < 0 && dialect.valueAt !== null
        ? dialect.valueAt(
            answersOf(scorer, tree).map((row) => dialect.number(answers[row * answerWidth + output])),
            `iris_leaf${tree}`,
          )
        : treeCase(scorer, tree, dialect, conditions, addedAt);
    added = single ? dialect.round32!(`${added} + ${values}`) : `${added} + ${values}`;
  }
  return added;
}
