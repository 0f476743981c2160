import type { Combine } from '../tree/ensemble.js';
import { exponentialTable } from '../tree/exponential.js';
import { PAIRWISE_RUN } from '../tree/link.js';
import { linkText } from './link-text.js';
import { listed } from './source-text.js';

/** The functions that turn scores into what the link makes of them, in place; none where there is no link. */
export function javascriptLink(combine: Combine): string {
  return linkText(combine, {
    exponential: (inFloats) => `${FUSED}${inFloats ? floatExponential() : doubleExponential()}`,
    ofOnnxruntime: OF_ONNXRUNTIME,
    sigmoid: SIGMOID,
    floatSigmoid: FLOAT_SIGMOID,
    softmax: SOFTMAX,
    floatSoftmax: FLOAT_SOFTMAX,
    sum: SUM,
    sumInEights,
  });
}

const FUSED = `
const bits = new DataView(new ArrayBuffer(8));

// a * b + c, rounded once.
function fused(a, b, c) {
  const rounded = a * b;
  const error = errorOfProduct(a, b, rounded);
  const low = c + error;
  const high = rounded + low;
  return high + addToOdd(errorOfSum(c, error, low), errorOfSum(rounded, low, high));
}

function errorOfProduct(a, b, rounded) {
  // Halves of 26 bits: their products are exact.
  const aShift = a * 134217729;
  const aHigh = aShift - (aShift - a);
  const aLow = a - aHigh;
  const bShift = b * 134217729;
  const bHigh = bShift - (bShift - b);
  const bLow = b - bHigh;
  return aLow * bLow - (rounded - aHigh * bHigh - aLow * bHigh - aHigh * bLow);
}

function errorOfSum(a, b, sum) {
  const other = sum - a;
  return a - (sum - other) + (b - other);
}

// A sum that is not exact gets an odd last bit: added to a larger number it rounds as the exact one does.
function addToOdd(a, b) {
  const sum = a + b;
  const error = errorOfSum(a, b, sum);
  if (error === 0) return sum;
  bits.setFloat64(0, sum);
  const low = bits.getUint32(4);
  if (low % 2 === 1) return sum;
  const isSmaller = error > 0 !== sum > 0;
  if (isSmaller && low === 0) bits.setUint32(0, bits.getUint32(0) - 1);
  bits.setUint32(4, isSmaller ? low - 1 : low + 1);
  return bits.getFloat64(0);
}

// From -1022 to 1023.
function powerOfTwo(exponent) {
  bits.setUint32(0, (exponent + 1023) << 20);
  bits.setUint32(4, 0);
  return bits.getFloat64(0);
}
`;

function doubleExponential(): string {
  const { heads, tails } = exponentialTable;
  return `
// 2^(i / 128), and what the exact one is more, as a share of it.
const POWERS = ${listed(
    Array.from(heads, (head, step) => `[${head}, ${tails[step]}]`),
    '[',
    ']',
    '  ',
  )};

// e^x as glibc computes it (Arm's optimized routines, MIT licence), bit for bit.
function exponential(x) {
  if (Number.isNaN(x)) return x;
  if (x > 709.782712893384) return Number.POSITIVE_INFINITY;
  if (x < -745.1332191019412) return 0;
  if (Math.abs(x) < 5.551115123125783e-17) return 1;
  const k = fused(184.6649652337873, x, 6755399441055744) - 6755399441055744;
  const r = fused(k, -1.2864023111638346e-14, fused(k, -0.005415212348111709, x));
  const step = k & 127;
  const exponent = (k - step) / 128;
  const [head, tail] = POWERS[step];
  const r2 = r * r;
  const low = fused(r2, fused(r, 0.16666666666665886, 0.49999999999996786), tail + r);
  const rest = fused(r2 * r2, fused(r, 0.008333335853059549, 0.0416666808410674), low);
  if (exponent > 1022) return fused(head, rest, head) * powerOfTwo(exponent - 1) * 2;
  if (x > -512) return fused(head, rest, head) * powerOfTwo(exponent);
  const scale = head * powerOfTwo(exponent + 1022);
  const more = scale * rest;
  const y = scale + more;
  if (y >= 1) return y * 2.2250738585072014e-308;
  // Below the normal numbers: rounded where the last bit will be.
  const high = 1 + y;
  return (high + (1 - high + y + (scale - y + more)) - 1) * 2.2250738585072014e-308;
}
`;
}

function floatExponential(): string {
  const heads = Array.from({ length: 32 }, (_, step) => String(exponentialTable.heads[step * 4]));
  return `
// 2^(i / 32)
const POWERS = ${listed(heads, '[', ']', '  ')};

// e^x in 32 bits as glibc computes it (Arm's optimized routines, MIT licence), bit for bit.
function exponential(x) {
  if (Number.isNaN(x)) return x;
  if (x > 88.72283172607422) return Number.POSITIVE_INFINITY;
  if (x < -103.97207641601562) return 0;
  const k = fused(46.16624130844683, x, 6755399441055744) - 6755399441055744;
  const r = fused(46.16624130844683, x, -k);
  const step = k & 31;
  const scale = POWERS[step] * powerOfTwo((k - step) / 32);
  const upper = fused(0.0000016938359250920212, r, 0.00023459809789509004);
  const lower = fused(0.021660849396613134, r, 1);
  return Math.fround(fused(upper, r * r, lower) * scale);
}
`;
}

const SIGMOID = `
// From scores to probabilities, in place.
function applyLink(scores) {
  for (let k = 0; k < scores.length; k++) scores[k] = 1 / (1 + exponential(-scores[k]));
}
`;

/** As XGBoost computes it. 88.7 in 32 bits. */
const FLOAT_SIGMOID = `
// From scores to probabilities, in place.
function applyLink(scores) {
  for (let k = 0; k < scores.length; k++) {
    const divisor = Math.fround(exponential(Math.min(-scores[k], 88.69999694824219)) + 1);
    scores[k] = Math.fround(1 / divisor);
  }
}
`;

const LARGEST = `  let largest = scores[0];
  for (let k = 1; k < scores.length; k++) if (scores[k] > largest) largest = scores[k];
`;

/** As XGBoost computes it: terms in 32 bits, their sum in 64. */
const FLOAT_SOFTMAX = `
// From scores to probabilities, in place.
function applyLink(scores) {
${LARGEST}  let sum = 0;
  for (let k = 0; k < scores.length; k++) {
    scores[k] = exponential(Math.fround(scores[k] - largest));
    sum += scores[k];
  }
  const divisor = Math.fround(sum);
  for (let k = 0; k < scores.length; k++) scores[k] = Math.fround(scores[k] / divisor);
}
`;

/** What onnxruntime does with its sums, each step in 32 bits. */
const OF_ONNXRUNTIME: Readonly<Record<Combine['link'], string>> = {
  none: `
// From scores to probabilities, in place.
function applyLink(scores) {
  for (let k = 0; k < scores.length; k++) scores[k] = Math.fround(scores[k]);
}
`,
  sigmoid: `
// From scores to probabilities, in place.
function applyLink(scores) {
  for (let k = 0; k < scores.length; k++) {
    const score = Math.fround(scores[k]);
    const share = Math.fround(1 / Math.fround(1 + exponential(-Math.abs(score))));
    scores[k] = score < 0 ? Math.fround(1 - share) : share;
  }
}
`,
  softmax: `
// From scores to probabilities, in place.
function applyLink(scores) {
  for (let k = 0; k < scores.length; k++) scores[k] = Math.fround(scores[k]);
${LARGEST}  let sum = 0;
  for (let k = 0; k < scores.length; k++) {
    scores[k] = exponential(Math.fround(scores[k] - largest));
    sum = Math.fround(sum + scores[k]);
  }
  for (let k = 0; k < scores.length; k++) scores[k] = Math.fround(scores[k] / sum);
}
`,
};

const SOFTMAX = `
// From scores to probabilities, in place.
function applyLink(scores) {
${LARGEST}  for (let k = 0; k < scores.length; k++) scores[k] = exponential(scores[k] - largest);
  const sum = sumOf(scores);
  for (let k = 0; k < scores.length; k++) scores[k] /= sum;
}
`;

const SUM = `
function sumOf(terms) {
  let sum = 0;
  for (let k = 0; k < terms.length; k++) sum += terms[k];
  return sum;
}
`;

function sumInEights(outputs: number): string {
  const halves = `  if (terms.length > ${PAIRWISE_RUN}) {
    const half = (terms.length >> 1) - ((terms.length >> 1) % 8);
    return sumOf(terms.subarray(0, half)) + sumOf(terms.subarray(half));
  }
`;
  return `
// As numpy adds an array.
function sumOf(terms) {
${outputs > PAIRWISE_RUN ? halves : ''}  const sums = terms.slice(0, 8);
  let done = 8;
  for (; done + 8 <= terms.length; done += 8) for (let i = 0; i < 8; i++) sums[i] += terms[done + i];
  let sum = sums[0] + sums[1] + (sums[2] + sums[3]) + (sums[4] + sums[5] + (sums[6] + sums[7]));
  for (; done < terms.length; done++) sum += terms[done];
  return sum;
}
`;
}
