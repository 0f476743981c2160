/** Sorts the columns of the training rows, on the caller's thread and, where there is one, those of a team. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Dataset } from '../data/dataset.js';
import type { Member } from '../tree/parallel.js';
import { encodeColumn } from '../tree/presort.js';
import type { Pace } from './cart-pace.js';
import type { Team } from './cart-team.js';

/** Columns that a thread has at hand, so that it need not wait while the caller sorts one itself. */
const COLUMNS_AHEAD = 2;

/** The values of a column's training rows. */
function gather(column: Float64Array, rows: Uint32Array): Float64Array<ArrayBuffer> {
  const values = new Float64Array(rows.length);
  for (let i = 0; i < rows.length; i++) values[i] = column[rows[i]];
  return values;
}

/** What `SortedTable.codes` is to hold for the features of a dataset. */
export function encodeFeatures(
  { features }: Dataset,
  rows: Uint32Array,
  allocate: (bytes: number) => ArrayBufferLike,
): (Uint8Array | null)[] {
  return features.map((column) => {
    const categoryCount = column.kind === 'category' ? column.categories.length : 0;
    return encodeColumn(column.values, rows, categoryCount, allocate);
  });
}

export async function presort(
  { features }: Dataset,
  rows: Uint32Array,
  { sortInto }: Member,
  team: Team | null,
  pace: Pace,
): Promise<void> {
  const asked: Promise<unknown>[] = [];
  for (const [feature, column] of features.entries()) {
    const values = gather(column.values, rows);
    if (team !== null && team.idlest.waiting < COLUMNS_AHEAD) {
      asked.push(team.ask(team.idlest.member, { kind: 'presort', feature, values }, [values.buffer]));
      continue;
    }
    sortInto(feature, values);
    if (team !== null) await nextTurn();
    await pace(feature / features.length);
  }
  await Promise.all(asked);
}
