/** Nodes whose rows fit into memory are fetched, and grown here. */

import { DataError } from '../ground/errors.js';
import { inTurns, type Pace } from '../training/pace.js';
import { isTerminal, type Limits } from '../tree/grow/grow.js';
import type { GrownNodes } from '../tree/grow/nodes.js';
import { createMember, perform } from '../tree/grow/parallel.js';
import { addRoot, growRoot, planGrowth } from '../tree/grow/training-rows.js';
import type { GrownTree } from './grown-tree.js';
import { nodeOfRow } from './live-nodes.js';
import { changed, type SearchedRows } from './search-nodes.js';

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
  { limits, rootMass }: Growth,
  pace: Pace,
): Promise<void> {
  const { classCount, features, objective } = searched;
  const fetched = await fetchRows(searched, tree, batch);
  for (const [id, { columns, labels }] of fetched.entries()) {
    const { depth, node } = batch[id]!;
    const rows = new Uint32Array(labels.length).map((_, row) => row);
    const training = {
      columns: columns.map((values, feature) => ({ values, categoryCount: features[feature]!.categories.length })),
      rows,
      labels,
      classCount,
    };
    const own = { ...limits, maxDepth: limits.maxDepth - depth };
    const turn = () => pace(0);
    const plan = await inTurns(planGrowth(training, objective, own), turn);
    const member = createMember({ ...plan, rootMass });
    await inTurns(perform(member, { kind: 'presort' }), turn);
    const root = addRoot(member);
    if (!isTerminal(member.grower, root)) await inTurns(growRoot(member, root), turn);
    graftGrown(tree, node, member.grower.nodes, columns);
  }
}

function graftGrown(tree: GrownTree, node: number, grown: GrownNodes, columns: readonly Float64Array[]): void {
  tree.graft(node, grown, (feature, row) => columns[feature]![row]!);
}

interface FetchedRows {
  readonly columns: readonly Float64Array[];
  readonly labels: Uint16Array;
}

async function fetchRows(
  { classCount, engine, features, rows, source }: SearchedRows,
  tree: GrownTree,
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
    const isSame = filled[id] === rowCount && tree.countsOf(node).every((count, c) => count === counts[c]);
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
