/** Sorts the columns of the training rows, on the caller's thread and, where there is one, those of a team. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Member } from '../tree/parallel.js';
import { gather, type TrainingRows } from '../tree/training-rows.js';
import type { Pace } from './cart-pace.js';
import type { Team } from './cart-team.js';

/** Columns that a thread has at hand, so that it need not wait while the caller sorts one itself. */
const COLUMNS_AHEAD = 2;

export async function presort(
  { columns, rows }: TrainingRows,
  { sortInto }: Member,
  team: Team | null,
  pace: Pace,
): Promise<void> {
  const asked: Promise<unknown>[] = [];
  for (const [feature, column] of columns.entries()) {
    const values = gather(column, rows);
    if (team !== null && team.idlest.waiting < COLUMNS_AHEAD) {
      asked.push(team.ask(team.idlest.member, { kind: 'presort', feature, values }, [values.buffer]));
      continue;
    }
    sortInto(feature, values);
    if (team !== null) await nextTurn();
    await pace(feature / columns.length);
  }
  await Promise.all(asked);
}
