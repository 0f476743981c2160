import { type Figure, ratio, undefinedBecause } from './figure.js';
import type { CountedShares, Tally } from './tally.js';

/** Shares are clipped to [2^-52, 1 - 2^-52], so that one confident error costs much and not everything. */
const EPSILON = Number.EPSILON;

/** The loss of a row whose shares begin at `start` and whose true class is `label`. */
type Cost = (shares: Float64Array, start: number, classCount: number, label: number) => number;

/** Mean of -ln(share of the true class), in nats; shares are clipped, then normalised to a sum of 1. */
export function logLossOf(tally: CountedShares): Figure {
  return meanOverRows(tally, negativeLog);
}

/**
 * Mean over rows of the squared distance between the shares and the truth, in [0, 2]: Brier, "Verification of
 * forecasts expressed in terms of probability", 1950. Not halved, for two classes either.
 */
export function brierOf(tally: Tally): Figure {
  return meanOverRows(tally, squaredDistance);
}

/** Share of rows whose true class is among the k with the largest shares; equal shares: the lower class index first. */
export function topKAccuracyOf(tally: Tally, k: number): Figure {
  const { length } = tally.classes;
  if (k >= length) return undefinedBecause(`there are only ${length} classes`);
  return meanOverRows(tally, (shares, start, classCount, label) =>
    rankOf(shares, start, classCount, label) < k ? 1 : 0,
  );
}

const negativeLog: Cost = (shares, start, classCount, label) => {
  let sum = 0;
  for (let at = start; at < start + classCount; at++) sum += clip(shares[at]);
  return -Math.log(clip(shares[start + label]) / sum);
};

function clip(share: number): number {
  return Math.min(Math.max(share, EPSILON), 1 - EPSILON);
}

const squaredDistance: Cost = (shares, start, classCount, label) => {
  let sum = 0;
  for (let at = start; at < start + classCount; at++) {
    const error = shares[at] - (at === start + label ? 1 : 0);
    sum += error * error;
  }
  return sum;
};

/** How many classes come before the label. */
const rankOf: Cost = (shares, start, classCount, label) => {
  const share = shares[start + label];
  let before = 0;
  for (let index = 0; index < classCount; index++) {
    if (shares[start + index] > share || (shares[start + index] === share && index < label)) before++;
  }
  return before;
};

function meanOverRows({ counts, groupCount, shares }: CountedShares, cost: Cost): Figure {
  const classCount = counts.length / groupCount;
  let sum = 0;
  let rows = 0;
  for (let cell = 0, label = 0; cell < counts.length; cell++, label = label + 1 === classCount ? 0 : label + 1) {
    if (counts[cell] === 0) continue;
    sum += counts[cell] * cost(shares, cell - label, classCount, label);
    rows += counts[cell];
  }
  return ratio(sum, rows, 'there are no rows');
}
