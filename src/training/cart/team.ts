/** The threads that help to grow a tree. */
import { Team } from '../../threads/team.js';
import type { Task, TaskResult, TeamPlan } from '../../tree/grow/parallel.js';

/** Messages to a thread. It replies to tasks only. */
export type Message = Task | { readonly kind: 'begin'; readonly plan: TeamPlan } | { readonly kind: 'end' };

export type FitTeam = Team<Message, TaskResult>;

/** How long idle threads wait for another fit, as in a cross-validation, where one follows another. */
const IDLE_MS = 5_000;

/**
 * A team that works on `plan`; dismiss it at the end.
 *
 * @param script what a thread runs: see worker.ts
 */
export function beginTeam(script: URL, size: number, plan: TeamPlan): FitTeam {
  const team: FitTeam = Team.take(script, size, { name: 'a training thread' });
  team.tell({ kind: 'begin', plan });
  return team;
}

/** Releases the plan; the threads stay idle until the next fit. */
export function dismissTeam(team: FitTeam): Promise<void> {
  team.tell({ kind: 'end' });
  return team.rest(IDLE_MS);
}
