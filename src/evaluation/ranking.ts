import { type Figure, ratio, undefinedBecause } from './figure.js';
import type { Tally } from './tally.js';

/** One threshold on the share of a class: the rows at or above it, by whether they are of the class. */
export interface RankPoint {
  readonly threshold: number;
  readonly truePositives: number;
  readonly falsePositives: number;
}

/**
 * From the highest share of a class down to the lowest, one point per distinct share: what the ROC and the
 * precision-recall curve of "this class against the rest" are drawn from.
 */
export function rankPoints(tally: Tally, index: number): RankPoint[] {
  const points: RankPoint[] = [];
  eachThreshold(tally, index, (truePositives, falsePositives, threshold) => {
    points.push({ threshold, truePositives, falsePositives });
  });
  return points;
}

/**
 * Area under the ROC curve of one class against the rest: the chance that a row of the class has a larger share than
 * another row, ties counted half (Hanley & McNeil, 1982).
 */
export function rocAucOf(tally: Tally, index: number): Figure {
  let positives = 0;
  let negatives = 0;
  let doubled = 0;
  eachThreshold(tally, index, (truePositives, falsePositives) => {
    doubled += (falsePositives - negatives) * (truePositives + positives);
    positives = truePositives;
    negatives = falsePositives;
  });
  if (positives === 0) return undefinedBecause(`no row is of class ${tally.classes[index]}`);
  return ratio(doubled, 2 * positives * negatives, `every row is of class ${tally.classes[index]}`);
}

/** Σ (recall gained at a threshold) × (precision at it), without interpolation. */
export function averagePrecisionOf(tally: Tally, index: number): Figure {
  let sum = 0;
  let before = 0;
  eachThreshold(tally, index, (truePositives, falsePositives) => {
    if (truePositives > before) sum += ((truePositives - before) * truePositives) / (truePositives + falsePositives);
    before = truePositives;
  });
  return ratio(sum, before, `no row is of class ${tally.classes[index]}`);
}

/** Calls `visit` once per distinct share of a class, falling, with the rows that have at least this share. */
function eachThreshold(
  { classes, shares, counts, ranking }: Tally,
  index: number,
  visit: (truePositives: number, falsePositives: number, threshold: number) => void,
): void {
  const classCount = classes.length;
  const groups = ranking[index];
  let truePositives = 0;
  let falsePositives = 0;
  let visited = 0;
  for (let place = 0; place < groups.length; place++) {
    const start = groups[place] * classCount;
    for (let label = 0; label < classCount; label++) {
      if (label === index) truePositives += counts[start + label];
      else falsePositives += counts[start + label];
    }
    const threshold = shares[start + index];
    if (place + 1 < groups.length && shares[groups[place + 1] * classCount + index] === threshold) continue;
    if (truePositives + falsePositives > visited) visit(truePositives, falsePositives, threshold);
    visited = truePositives + falsePositives;
  }
}
