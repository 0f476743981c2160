import { type RankPoint, rankPoints } from './ranking.js';
import type { Tally } from './tally.js';

/** Points of a curve in the unit square, or the reason why there is no curve. */
export type Curve =
  | { readonly points: readonly (readonly [x: number, y: number])[] }
  | { readonly points: null; readonly reason: string };

/** The ROC curve of one class against the rest: false positive rate, true positive rate; from (0, 0) to (1, 1). */
export function rocCurve(tally: Tally, index: number): Curve {
  const ranked = rankPoints(tally, index);
  const { positives, negatives } = totalsOf(ranked);
  if (positives === 0) return noRowIs(tally, index);
  if (negatives === 0) return { points: null, reason: `every row is of class ${tally.classes[index]}` };
  const points = ranked.map(
    ({ falsePositives, truePositives }) => [falsePositives / negatives, truePositives / positives] as const,
  );
  return { points: [[0, 0], ...points] };
}

/**
 * The precision-recall curve of one class against the rest: recall, precision; by rising recall. The area under its
 * steps, each as high as the precision at its right end, is the average precision.
 */
export function precisionRecallCurve(tally: Tally, index: number): Curve {
  const ranked = rankPoints(tally, index);
  const { positives } = totalsOf(ranked);
  if (positives === 0) return noRowIs(tally, index);
  const points = ranked.map(
    ({ falsePositives, truePositives }) =>
      [truePositives / positives, truePositives / (truePositives + falsePositives)] as const,
  );
  return { points };
}

function totalsOf(ranked: readonly RankPoint[]): { positives: number; negatives: number } {
  const { truePositives: positives = 0, falsePositives: negatives = 0 } = ranked.at(-1) ?? {};
  return { positives, negatives };
}

function noRowIs(tally: Tally, index: number): Curve {
  return { points: null, reason: `no row is of class ${tally.classes[index]}` };
}
