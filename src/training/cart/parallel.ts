/** Sorting and growing on a team of threads, the caller's own among them. */
import { setTimeout as wait } from 'node:timers/promises';
import { searchSteps } from '../../tree/grow/effort.js';
import { addChildren, allowed, countsOf, markChildren, type OpenNode } from '../../tree/grow/grow.js';
import { graft } from '../../tree/grow/nodes.js';
import {
  type Member,
  NEXT_PIECE,
  perform,
  SETTLED_ROWS,
  type Task,
  type TaskResult,
} from '../../tree/grow/parallel.js';
import { offerSplit } from '../../tree/grow/search.js';
import { inTurns, type Pace } from '../pace.js';
import type { FitTeam } from './team.js';

/** Approximate number of subtrees per thread: enough for all threads to finish at about the same time. */
const SUBTREES_PER_THREAD = 8;
/** Below this many steps of a node's search, two messages cost more. */
const MIN_SHARED_STEPS = 1 << 17;

/** Interval at which the abort signal is checked while other threads work. */
const WAIT_MS = 30;

/** Sorts all columns. */
export async function presort(member: Member, team: FitTeam | null, pace: Pace): Promise<void> {
  const { featureCount } = member.grower.table;
  const taken = () => Math.min(1, Atomics.load(member.counters, NEXT_PIECE) / featureCount);
  await runOnAll(member, team, { kind: 'presort' }, () => pace(taken()));
}

/** Grows everything below `root`, whose rows are sorted, depth-first. */
export async function growOnTeam(member: Member, team: FitTeam, root: OpenNode, pace: Pace): Promise<void> {
  const { grower, counters } = member;
  const settled = () => Atomics.load(counters, SETTLED_ROWS) / grower.table.rowCount;
  const run = (task: Task) => runOnAll(member, team, task, () => pace(settled()));
  const minRows = (root.end - root.start) / ((team.size + 1) * SUBTREES_PER_THREAD);
  const isLarge = ({ start, end }: OpenNode) =>
    end - start >= minRows && searchSteps(grower.table, grower.objective, end - start) >= MIN_SHARED_STEPS;
  const large = [root];
  const small: OpenNode[] = [];
  for (let open = large.pop(); open !== undefined; open = large.pop()) {
    for (const child of await divideOnTeam(member, run, open)) {
      (isLarge(child) ? large : small).push(child);
    }
  }
  // Largest first, so that the last ones taken are small.
  small.sort((a, b) => b.end - b.start - (a.end - a.start));
  const subtrees = small.map((open) => ({ ...open, counts: countsOf(grower.nodes, open.node).slice() }));
  for (const result of await run({ kind: 'grow', subtrees })) {
    for (const { index, nodes } of result.subtrees) graft(grower.nodes, small[index].node, nodes);
  }
}

/** Splits a node, feature by feature on all threads; returns those of its children that may be split again. */
async function divideOnTeam(
  { grower }: Member,
  run: (task: Task) => Promise<TaskResult[]>,
  open: OpenNode,
): Promise<OpenNode[]> {
  const { start, end } = open;
  const range = { start, end };
  const results = await run({ kind: 'search', range, counts: countsOf(grower.nodes, open.node).slice() });
  // The caller's own search already holds the first result.
  for (const { split } of results.slice(1)) if (split !== null) offerSplit(grower.search, split);
  const split = allowed(grower);
  if (split === null) return [];
  const children = addChildren(grower, open, split);
  if (children.length > 0) await run({ kind: 'partition', range, inOrder: markChildren(grower, range, split) });
  return children;
}

/** The results of all members, the caller's first. Calls `turn` now and then. */
async function runOnAll(
  member: Member,
  team: FitTeam | null,
  task: Task,
  turn: () => Promise<void>,
): Promise<TaskResult[]> {
  Atomics.store(member.counters, NEXT_PIECE, 0);
  const others = team?.askAll(task);
  const own = await inTurns(perform(member, task), turn);
  if (others === undefined) return [own];
  // Other threads may take long to finish, and the fit may be aborted meanwhile.
  let results: TaskResult[] | null = null;
  while (results === null) {
    results = await Promise.race([others, wait(WAIT_MS, null, { ref: false })]);
    await turn();
  }
  return [own, ...results];
}
