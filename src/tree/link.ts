/** From what the trees of an ensemble add up to, to the shares of the classes. */
import { type Combine, type Ensemble, ensembleClassCount } from './ensemble.js';
import { exp, expf } from './exponential.js';

/**
 * @param sums the outputs of a row, from `from` on: what its trees came to, `combine.base` included
 * @param shares receives one share per class, from `at` on
 */
export type Link = (sums: ArrayLike<number>, from: number, shares: Float64Array, at: number) => void;

/** @param counts how many trees are added to each output */
export function createLink(ensemble: Pick<Ensemble, 'combine'>, counts: ArrayLike<number>): Link {
  const { combine } = ensemble;
  const { by, outputs, scale } = combine;
  const classCount = ensembleClassCount(ensemble);
  const scores = new Float64Array(outputs);
  const apply = linkFunction(combine);
  const inFloats = combine.function === 'float32/1' || combine.function === 'float32/2';
  return (sums, from, shares, at) => {
    for (let k = 0; k < outputs; k++) {
      const sum = by === 'mean' ? sums[from + k] / counts[k] : sums[from + k];
      scores[k] = scale === 1 ? sum : sum * scale;
    }
    apply(scores);
    if (outputs === classCount) {
      for (let k = 0; k < outputs; k++) shares[at + k] = scores[k];
      return;
    }
    shares[at] = inFloats ? Math.fround(1 - scores[0]) : 1 - scores[0];
    shares[at + 1] = scores[0];
  };
}

/** @returns what turns scores into shares, in place */
function linkFunction({ function: arithmetic, link }: Combine): (scores: Float64Array) => void {
  if (arithmetic === 'float32/2') return OF_ONNXRUNTIME[link];
  if (link === 'none') return () => undefined;
  if (link === 'sigmoid') return arithmetic === 'float32/1' ? sigmoid32 : sigmoid64;
  if (arithmetic === 'float32/1') return softmax32;
  return arithmetic === 'float64/2' ? softmaxInEights : softmaxInOrder;
}

function sigmoid64(scores: Float64Array): void {
  for (let k = 0; k < scores.length; k++) scores[k] = 1 / (1 + exp(-scores[k]));
}

/** As XGBoost computes it: what is added to avoid a division by zero is lost in 32 bits. */
function sigmoid32(scores: Float64Array): void {
  for (let k = 0; k < scores.length; k++) {
    scores[k] = Math.fround(1 / Math.fround(expf(Math.min(-scores[k], LARGEST_EXPONENT)) + 1));
  }
}

/** 88.7 in 32 bits. */
const LARGEST_EXPONENT = Math.fround(88.7);

/** As XGBoost computes it: terms in 32 bits, their sum in 64. */
function softmax32(scores: Float64Array): void {
  const largest = largestOf(scores);
  let sum = 0;
  for (let k = 0; k < scores.length; k++) {
    scores[k] = expf(Math.fround(scores[k] - largest));
    sum += scores[k];
  }
  const divisor = Math.fround(sum);
  for (let k = 0; k < scores.length; k++) scores[k] = Math.fround(scores[k] / divisor);
}

/** What onnxruntime does with its sums, each step in 32 bits: ml_common.h. */
const OF_ONNXRUNTIME: Readonly<Record<Combine['link'], (scores: Float64Array) => void>> = {
  none: round,
  sigmoid: (scores) => {
    for (let k = 0; k < scores.length; k++) {
      const score = Math.fround(scores[k]);
      const share = Math.fround(1 / Math.fround(1 + expf(-Math.abs(score))));
      scores[k] = score < 0 ? Math.fround(1 - share) : share;
    }
  },
  softmax: (scores) => {
    round(scores);
    const largest = largestOf(scores);
    for (let k = 0; k < scores.length; k++) scores[k] = expf(Math.fround(scores[k] - largest));
    divideInFloats(scores);
  },
};

function round(scores: Float64Array): void {
  for (let k = 0; k < scores.length; k++) scores[k] = Math.fround(scores[k]);
}

function divideInFloats(scores: Float64Array): void {
  let sum = 0;
  for (let k = 0; k < scores.length; k++) sum = Math.fround(sum + scores[k]);
  for (let k = 0; k < scores.length; k++) scores[k] = Math.fround(scores[k] / sum);
}

function softmaxInOrder(scores: Float64Array): void {
  raise(scores);
  let sum = 0;
  for (let k = 0; k < scores.length; k++) sum += scores[k];
  for (let k = 0; k < scores.length; k++) scores[k] /= sum;
}

function softmaxInEights(scores: Float64Array): void {
  raise(scores);
  const sum = sumInEights(scores, 0, scores.length);
  for (let k = 0; k < scores.length; k++) scores[k] /= sum;
}

function raise(scores: Float64Array): void {
  const largest = largestOf(scores);
  for (let k = 0; k < scores.length; k++) scores[k] = exp(scores[k] - largest);
}

function largestOf(scores: Float64Array): number {
  let largest = scores[0];
  for (let k = 1; k < scores.length; k++) if (scores[k] > largest) largest = scores[k];
  return largest;
}

/** Numbers that are added in one run of eight sums; more are halved first. */
export const PAIRWISE_RUN = 128;

/** As numpy adds an array (pairwise_sum in its loops_utils.h.src). */
function sumInEights(terms: Float64Array, start: number, count: number): number {
  if (count > PAIRWISE_RUN) {
    const half = Math.floor(count / 2) - (Math.floor(count / 2) % 8);
    return sumInEights(terms, start, half) + sumInEights(terms, start + half, count - half);
  }
  let sum = 0;
  let done = 0;
  if (count >= 8) {
    const sums = terms.slice(start, start + 8);
    for (done = 8; done + 8 <= count; done += 8) for (let i = 0; i < 8; i++) sums[i] += terms[start + done + i];
    sum = sums[0] + sums[1] + (sums[2] + sums[3]) + (sums[4] + sums[5] + (sums[6] + sums[7]));
  }
  for (; done < count; done++) sum += terms[start + done];
  return sum;
}
