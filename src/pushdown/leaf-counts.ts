/** Rows of each class in the leaves of a tree that is finished. */

import { predictInto } from '../tree/predict.js';
import type { Tree } from '../tree/tree.js';
import { unknownCategory } from './finish-nodes.js';
import { nodeOfRow, type SplitNodes } from './live-nodes.js';
import type { SearchedRows } from './searched-rows.js';

/** Leaves that one query tells apart. */
const MOST_LEAVES = 512;

/**
 * Counts rows by leaf in the engine. Of a tree with more leaves than one query tells apart the rows are fetched, in
 * bounded memory, where they may be.
 *
 * @param searched with the rows to count
 * @param rowsStay whether no row may be fetched
 * @returns `counts[node * classCount + class]`
 */
export async function countLeaves(searched: SearchedRows, tree: Tree, rowsStay: boolean): Promise<Float64Array> {
  const { classCount, nodeCount } = tree;
  const counts = new Float64Array(nodeCount * classCount);
  const leaves = [...tree.feature.keys()].filter((node) => tree.feature[node]! < 0);
  if (leaves.length > MOST_LEAVES && !rowsStay) {
    await countFetched(searched, tree, counts);
    return counts;
  }
  const nodes = nodesOf(tree);
  for (let start = 0; start < leaves.length; start += MOST_LEAVES) {
    await countSome(searched, nodes, leaves.slice(start, start + MOST_LEAVES), counts);
  }
  return counts;
}

async function countSome(
  { classCount, engine, features, rows }: SearchedRows,
  nodes: SplitNodes,
  leaves: readonly number[],
  counts: Float64Array,
): Promise<void> {
  const { dialect } = engine.table;
  const ids = new Map(leaves.map((leaf) => [leaf, leaf]));
  const inner = `(SELECT ${nodeOfRow(nodes, ids, features, dialect)} AS n, c FROM ${rows}) AS leaves`;
  const cells = ['n', 'c', 'count(*)'].map((one) => `CAST(${one} AS ${dialect.double})`);
  const sql = `SELECT ${cells.join(', ')} FROM ${inner} WHERE n IS NOT NULL GROUP BY n, c`;
  for await (const chunk of engine.ask(sql, ['number', 'number', 'number'])) {
    const [nodesOfRows, labels, each] = [chunk.numbers(0), chunk.numbers(1), chunk.numbers(2)];
    for (let row = 0; row < chunk.rowCount; row++) counts[nodesOfRows[row]! * classCount + labels[row]!] = each[row]!;
  }
}

async function countFetched(
  { classCount, engine, features, rows, source }: SearchedRows,
  tree: Tree,
  counts: Float64Array,
): Promise<void> {
  const { double } = engine.table.dialect;
  const cells = features.map(({ alias, kind }) => (kind === 'number' ? `CAST(${alias} AS ${double})` : alias));
  const shape = ['number', ...features.map(({ kind }) => (kind === 'number' ? 'number' : 'text'))] as const;
  for await (const chunk of engine.ask(`SELECT CAST(c AS ${double}), ${cells.join(', ')} FROM ${rows}`, shape)) {
    const values = new Float64Array(chunk.rowCount * features.length);
    for (const [feature, { codeOf, kind }] of features.entries()) {
      const column =
        kind === 'number'
          ? chunk.numbers(feature + 1)
          : chunk.texts(feature + 1).map((text) => {
              const code = text === null ? Number.NaN : codeOf.get(text);
              if (code === undefined) throw unknownCategory(source, text!);
              return code;
            });
      for (let row = 0; row < chunk.rowCount; row++) values[row * features.length + feature] = column[row]! + 0;
    }
    const leaves = new Int32Array(chunk.rowCount);
    predictInto(tree, values, chunk.rowCount, leaves);
    const labels = chunk.numbers(0);
    for (let row = 0; row < chunk.rowCount; row++) counts[leaves[row]! * classCount + labels[row]!]!++;
  }
}

function nodesOf({ categories, feature, left, missingLeft, right, threshold }: Tree): SplitNodes {
  return {
    feature: (node) => feature[node]!,
    left: (node) => left[node]!,
    right: (node) => right[node]!,
    threshold: (node) => threshold[node]!,
    categories: (node) => categories?.[node] ?? null,
    missingLeft: (node) => missingLeft[node] === 1,
  };
}
