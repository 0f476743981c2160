/**
 * Growing on several threads that share memory: the work of one member of the team, without the threads themselves.
 *
 * Columns are sorted one by one. Large nodes at the top are searched and divided feature by feature; below
 * them are disjoint subtrees, each grown by a free member. A member takes its next piece by `Atomics.add`. Which
 * member does which piece does not change the tree: ties between splits are settled by their position.
 */
import { createGrower, type Grower, growDepthFirst, type Plan, partitionInTurns, withNewNodes } from './grow.js';
import { GrowthLoops, type SharedLoops } from './growth-loops.js';
import { addLeaf, type GrownNodes } from './nodes.js';
import { createPresorter } from './presort.js';
import type { Split } from './search.js';
import { beginSearch, type NodeRange, searchInTurns } from './split.js';

/** What all members share: the numbers are in shared memory. */
export interface TeamPlan extends Plan {
  /** For as many members; null: the loops are those in JavaScript. */
  readonly loops: SharedLoops | null;
  /** The next piece of the current task, how many rows have reached their leaf, and how many members there are. */
  readonly counters: Int32Array;
}

export const NEXT_PIECE = 0;
export const SETTLED_ROWS = 1;
export const MEMBERS = 2;
export const COUNTERS = 3;

/** The root of a subtree. */
export interface SubtreeRange extends NodeRange {
  readonly depth: number;
  readonly counts: Uint32Array;
}

/** A piece of work. It goes to every member, with the piece counter at 0. */
export type Task =
  | { readonly kind: 'presort' }
  | { readonly kind: 'search'; readonly range: NodeRange; readonly counts: Uint32Array }
  | { readonly kind: 'partition'; readonly range: NodeRange; readonly inOrder: number }
  | { readonly kind: 'grow'; readonly subtrees: readonly SubtreeRange[] };

export interface GrownSubtree {
  /** Index into the task's subtrees. */
  readonly index: number;
  readonly nodes: GrownNodes;
}

/** The result of one member's share of a task. */
export interface TaskResult {
  /** The best split on the features that it searched. */
  readonly split: Split | null;
  readonly subtrees: readonly GrownSubtree[];
}

export interface Member {
  readonly grower: Grower;
  readonly loops: GrowthLoops | null;
  readonly counters: Int32Array;
}

export function createMember(plan: TeamPlan): Member {
  const workspace = plan.loops?.workspaces[Atomics.add(plan.counters, MEMBERS, 1)];
  const loops = workspace === undefined ? null : new GrowthLoops(plan.loops!, workspace, plan);
  return { grower: createGrower(plan, null, loops), counters: plan.counters, loops };
}

/** Does a member's share of a task. Yields now and then. */
export function* perform(member: Member, task: Task): Generator<void, TaskResult> {
  const { grower, counters } = member;
  const { features, scan, search } = grower;
  const noSubtrees: GrownSubtree[] = [];
  switch (task.kind) {
    case 'presort':
      yield* sortColumns(member);
      return { split: null, subtrees: noSubtrees };
    case 'search':
      beginSearch(search, task.range, task.counts);
      yield* searchInTurns(scan, task.range, takePieces(counters, features.length));
      return { split: search.best.feature === -1 ? null : search.best, subtrees: noSubtrees };
    case 'partition':
      yield* partitionInTurns(grower, task.range, task.inOrder, takePieces(counters, features.length));
      return { split: null, subtrees: noSubtrees };
    case 'grow':
      return { split: null, subtrees: yield* growSubtrees(member, task.subtrees) };
  }
}

function* sortColumns({ grower, counters, loops }: Member): Generator<void, void> {
  const { table } = grower;
  const sortInto = createPresorter(table, loops);
  for (const feature of takePieces(counters, table.featureCount)) {
    yield* sortInto(feature);
    yield;
  }
}

/** Indices below `count` that no other member has taken. */
function* takePieces(counters: Int32Array, count: number): Generator<number> {
  for (;;) {
    const piece = Atomics.add(counters, NEXT_PIECE, 1);
    if (piece >= count) return;
    yield piece;
  }
}

function* growSubtrees(
  { grower, counters }: Member,
  subtrees: readonly SubtreeRange[],
): Generator<void, GrownSubtree[]> {
  const grown: GrownSubtree[] = [];
  for (const index of takePieces(counters, subtrees.length)) {
    const { start, end, depth, counts } = subtrees[index];
    const own = withNewNodes(grower);
    const root = { node: addLeaf(own.nodes), depth, start, end };
    own.nodes.counts.set(counts);
    let settled = 0;
    for (const rows of growDepthFirst(own, root)) {
      Atomics.add(counters, SETTLED_ROWS, rows - settled);
      settled = rows;
      yield;
    }
    Atomics.add(counters, SETTLED_ROWS, end - start - settled);
    grown.push({ index, nodes: own.nodes });
  }
  return grown;
}
