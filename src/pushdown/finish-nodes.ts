/** Nodes whose rows fit into memory are fetched, and grown here. */

import { DataError } from '../ground/errors.js';
import { inTurns, type Pace } from '../training/pace.js';
import { isTerminal, type Limits } from '../tree/grow/grow.js';
import type { GrownNodes } from '../tree/grow/nodes.js';
import { createMember, perform } from '../tree/grow/parallel.js';
import { addRoot, growRoot, planGrowth, releasePlan } from '../tree/grow/training-rows.js';
import type { GrownTree } from './grown-tree.js';
import { nodeOfRow, type SplitNodes } from './live-nodes.js';
import { changed } from './search-nodes.js';
import type { SearchedRows } from './searched-rows.js';

/** A leaf that is to be grown on. */
export interface OpenNode {
  readonly node: number;
  readonly depth: number;
  readonly rowCount: number;
}

/** Some nodes whose rows are fetched at once. */
export function batchesOf(nodes: readonly OpenNode[], mostRows: number): OpenNode[][] {
  const batches: OpenNode[][] = [];
  let room = 0;
  for (const open of nodes) {
    if (batches.length === 0 || open.rowCount > room) {
      batches.push([]);
      room = mostRows;
    }
    batches.at(-1)!.push(open);
    room -= open.rowCount;
  }
  return batches;
}

/** What bounds the growth below the root, and the weight of its rows. */
export interface Growth {
  readonly limits: Limits;
  readonly rootMass: number;
}

/** @throws DataError where other rows come than were counted */
export async function finishNodes(
  searched: SearchedRows,
  tree: GrownTree,
  batch: readonly OpenNode[],
  growth: Growth,
  pace: Pace,
): Promise<void> {
  const fetched = await fetchRows(searched, tree, batch);
  for (const [at, rows] of fetched.entries()) {
    const { depth, node } = batch[at]!;
    const grown = await growFetched(searched, rows, depth, growth, pace);
    tree.graft(node, grown, (feature, row) => rows.columns[feature]![row]!);
  }
}

/** Grows all that is below a node. @param depth of the node */
export async function growFetched(
  { classCount, features, objective }: SearchedRows,
  { columns, labels }: FetchedRows,
  depth: number,
  { limits, rootMass }: Growth,
  pace: Pace,
): Promise<GrownNodes> {
  const training = {
    columns: columns.map((values, feature) => ({ values, categoryCount: features[feature]!.categories.length })),
    rows: new Uint32Array(labels.length).map((_, row) => row),
    labels,
    classCount,
  };
  const own = { ...limits, maxDepth: limits.maxDepth - depth };
  const turn = () => pace(0);
  const plan = await inTurns(planGrowth(training, objective, own, { members: 1 }), turn);
  try {
    const member = createMember({ ...plan, rootMass });
    await inTurns(perform(member, { kind: 'presort' }), turn);
    const root = addRoot(member);
    if (!isTerminal(member.grower, root)) await inTurns(growRoot(member, root), turn);
    return member.grower.nodes;
  } finally {
    releasePlan(plan);
  }
}

export interface FetchedRows {
  readonly columns: readonly Float64Array[];
  readonly labels: Uint16Array;
}

export async function fetchRows(
  { classCount, engine, features, rows, source }: SearchedRows,
  tree: SplitNodes & { countsOf(node: number): ArrayLike<number> },
  batch: readonly OpenNode[],
): Promise<FetchedRows[]> {
  const { dialect } = engine.table;
  const ids = new Map(batch.map(({ node }, id) => [node, id]));
  const number = `${nodeOfRow(tree, ids, features, dialect)} AS n`;
  const cells = features.map(({ alias, kind }) => (kind === 'number' ? `CAST(${alias} AS ${dialect.double})` : alias));
  const inner = `SELECT ${[number, 'c', ...features.map(({ alias }) => alias)].join(', ')} FROM ${rows}`;
  const heads = ['n', 'c'].map((one) => `CAST(${one} AS ${dialect.double})`);
  const sql = `SELECT ${[...heads, ...cells].join(', ')} FROM (${inner}) AS nodes WHERE n IS NOT NULL`;
  const fetched = batch.map(({ rowCount }) => ({
    columns: features.map(() => new Float64Array(rowCount)),
    labels: new Uint16Array(rowCount),
  }));
  const filled = new Float64Array(batch.length);
  const shape = ['number', 'number', ...features.map(({ kind }) => (kind === 'number' ? 'number' : 'text'))] as const;
  for await (const chunk of engine.ask(sql, shape)) {
    const [numbers, labels] = [chunk.numbers(0), chunk.numbers(1)];
    const places = Uint32Array.from({ length: chunk.rowCount }, (_, row) => filled[numbers[row]!]!++);
    for (let row = 0; row < chunk.rowCount; row++) fetched[numbers[row]!]!.labels[places[row]!] = labels[row]!;
    for (const [feature, { codeOf, kind }] of features.entries()) {
      if (kind === 'number') {
        const values = chunk.numbers(feature + 2);
        for (let row = 0; row < chunk.rowCount; row++) {
          fetched[numbers[row]!]!.columns[feature]![places[row]!] = values[row]! + 0;
        }
        continue;
      }
      for (const [row, text] of chunk.texts(feature + 2).entries()) {
        const code = text === null ? Number.NaN : codeOf.get(text);
        if (code === undefined) throw unknownCategory(source, text!);
        fetched[numbers[row]!]!.columns[feature]![places[row]!] = code;
      }
    }
  }
  for (const [id, { node, rowCount }] of batch.entries()) {
    const counts = new Uint32Array(classCount);
    for (const label of fetched[id]!.labels) counts[label]!++;
    const isSame = filled[id] === rowCount && counts.every((count, c) => count === tree.countsOf(node)[c]);
    if (!isSame) throw changed(source, rowCount, filled[id]!);
  }
  return fetched;
}

export function unknownCategory(source: string, text: string): DataError {
  const expected = 'expected the categories that were there before';
  return new DataError(
    'changed',
    `${source}: ${expected}, found ${JSON.stringify(text)}: the table has changed meanwhile`,
  );
}
