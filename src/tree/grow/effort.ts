/** What the search of a node takes, before it is begun. */
import type { Objective } from '../criterion.js';
import { REMEMBERED_GROUPS } from './categories.js';

/** What of a table the effort depends on. */
interface Columns {
  /** How many categories each column has; 0 at a column of numbers. */
  readonly categoryCounts: ArrayLike<number>;
  readonly classCount: number;
}

/** The steps that it takes, about and at most, to search a node of so many rows for its best split. */
export function searchSteps({ categoryCounts, classCount }: Columns, objective: Objective, rowCount: number): number {
  const classes = Math.min(classCount, rowCount);
  const scoring = objective.weights === null ? 1 : classes;
  let steps = 0;
  for (let feature = 0; feature < categoryCounts.length; feature++) {
    const groups = Math.min(categoryCounts[feature], rowCount);
    steps += groups === 0 ? rowCount * scoring : rowCount + setSteps(groups, classes, rowCount, scoring);
  }
  return steps;
}

/** Each class orders the groups. A set is what was tried before and a group more, which moves the classes that it has. */
function setSteps(groups: number, classes: number, rowCount: number, scoring: number): number {
  const tried = (classes === 2 ? 1 : classes) * groups;
  const sets = groups <= REMEMBERED_GROUPS ? Math.min(tried, 1 << groups) : tried;
  return tried + sets * (Math.min(rowCount / groups, classes) + scoring);
}
