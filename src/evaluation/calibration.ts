import { type Figure, ratio } from './figure.js';
import { rowCountOf, type Tally } from './tally.js';

/** Rows whose top share lies in (lower, upper]; the first bin holds 0 too. Empty bins are left out of a curve. */
export interface CalibrationBin {
  readonly lower: number;
  readonly upper: number;
  readonly rows: number;
  /** Mean of the predicted class's share. */
  readonly meanShare: number;
  /** Share of the rows that were predicted rightly. */
  readonly accuracy: number;
}

const BIN_COUNT = 10;

/** How often the predicted class was right, for each tenth of the share that it had. */
export function calibrationCurve(tally: Tally): CalibrationBin[] {
  const classCount = tally.classes.length;
  const sums = Array.from({ length: BIN_COUNT }, () => ({ rows: 0, shares: 0, hits: 0 }));
  for (let group = 0; group < tally.groupCount; group++) {
    const share = tally.shares[group * classCount + tally.predicted[group]];
    const bin = sums[binOf(share)];
    for (let label = 0; label < classCount; label++) {
      const count = tally.counts[group * classCount + label];
      bin.rows += count;
      bin.shares += count * share;
      if (label === tally.predicted[group]) bin.hits += count;
    }
  }
  return sums.flatMap(({ rows, shares, hits }, index) =>
    rows === 0
      ? []
      : [
          {
            lower: index / BIN_COUNT,
            upper: (index + 1) / BIN_COUNT,
            rows,
            meanShare: shares / rows,
            accuracy: hits / rows,
          },
        ],
  );
}

function binOf(share: number): number {
  let bin = 0;
  while (bin < BIN_COUNT - 1 && share > (bin + 1) / BIN_COUNT) bin++;
  return bin;
}

/**
 * Expected calibration error: the mean over rows of |accuracy - mean share| of the row's bin (Naeini, Cooper &
 * Hauskrecht, "Obtaining well calibrated probabilities using Bayesian binning", 2015).
 */
export function calibrationErrorOf(tally: Tally): Figure {
  let sum = 0;
  for (const { rows, meanShare, accuracy } of calibrationCurve(tally)) sum += rows * Math.abs(accuracy - meanShare);
  return ratio(sum, rowCountOf(tally), 'there are no rows');
}
