/**
 * exp, expf and logf as glibc has computed them since 2.28, bit for bit, on processors that fuse multiplication and addition.
 * The algorithms, polynomials and constants are those of Arm's optimized routines (Szabolcs Nagy, MIT licence:
 * github.com/ARM-software/optimized-routines, math/exp.c, expf.c, logf.c), which glibc took over; the powers of two are
 * computed here. `Math.exp` differs from them in the last bit of one result in ten, and from one engine to the next.
 * Why: docs/decisions/exponentials-of-glibc.md
 */

const STEPS = 128;
/** 2^52 · 1.5: what is added to it is rounded to an integer. */
const SHIFT = 6755399441055744;
const INV_LN2 = Math.LOG2E;
/** 2^-1022 */
const SMALLEST_NORMAL = 2.2250738585072014e-308;
/** 2^-54: nothing is lost where 1 is added to less. */
const TINY = 5.551115123125783e-17;
/** 2^-48 */
const FEW_ROUNDINGS = 3.552713678800501e-15;

const words = new Uint32Array(2);
const double = new Float64Array(words.buffer);
/** The lower half of a double: the first word where bytes are little-endian. */
const LOW = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1 ? 0 : 1;

/** e^x. */
export function exp(x: number): number {
  if (Number.isNaN(x)) return x;
  if (x > 709.782712893384) return Number.POSITIVE_INFINITY;
  if (x < -745.1332191019412) return 0;
  if (Math.abs(x) < TINY) return 1 + x;
  const rough = roughExp(x);
  if (rough > 0) return rough;
  // x = ln 2 / STEPS · k + r
  const k = fma(INV_LN2 * STEPS, x, SHIFT) - SHIFT;
  const r = fma(k, -1.2864023111638346e-14, fma(k, -0.005415212348111709, x));
  const step = k & (STEPS - 1);
  const r2 = r * r;
  const low = fma(r2, fma(r, 0.16666666666665886, 0.49999999999996786), exponentialTable.tails[step] + r);
  const rest = fma(r2 * r2, fma(r, 0.008333335853059549, 0.0416666808410674), low);
  return scaled(exponentialTable.heads[step], rest, (k - step) / STEPS, Math.abs(x) >= 512);
}

/** How far from the middle between two steps a number is where it belongs to the same one whatever is rounded. */
const SURE = 0.499999;
/** 2^-58: more than roundings of `roughExp` are worth. */
const ROUNDINGS = 3.469446951953614e-18;

/** e^x without fused operations, where it is certain that they would give the same; else 0. */
function roughExp(x: number): number {
  const z = INV_LN2 * STEPS * x;
  const k = z + SHIFT - SHIFT;
  if (Math.abs(z - k) > SURE || Math.abs(x) >= 512) return 0;
  const r = x + k * -0.005415212348111709 + k * -1.2864023111638346e-14;
  const step = k & (STEPS - 1);
  const r2 = r * r;
  const low = exponentialTable.tails[step] + r + r2 * (0.49999999999996786 + r * 0.16666666666665886);
  const rest = low + r2 * r2 * (0.0416666808410674 + r * 0.008333335853059549);
  const head = exponentialTable.heads[step];
  const more = head * rest;
  const y = head + more;
  // What was lost when it was added.
  const lost = head - y + more;
  const doubt = head * ROUNDINGS;
  return y + (lost + doubt) === y && y + (lost - doubt) === y ? y * powerOfTwo((k - step) / STEPS) : 0;
}

/** head · (1 + rest) · 2^exponent. @param large whether the exponent may be too large or too small for a double */
function scaled(head: number, rest: number, exponent: number, large: boolean): number {
  if (!large) return fma(head, rest, head) * powerOfTwo(exponent);
  if (exponent >= 0) return fma(head, rest, head) * powerOfTwo(exponent - 1) * 2;
  // Here compilers do not fuse: the product is used twice.
  const scale = head * powerOfTwo(exponent + 1022);
  const more = scale * rest;
  const y = scale + more;
  if (y >= 1) return y * SMALLEST_NORMAL;
  // Below the normal numbers: rounded where the last bit will be.
  const high = 1 + y;
  return (high + (1 - high + y + (scale - y + more)) - 1) * SMALLEST_NORMAL;
}

/** @param exponent from -1022 to 1023 */
function powerOfTwo(exponent: number): number {
  words[LOW] = 0;
  words[1 - LOW] = (exponent + 1023) << 20;
  return double[0];
}

const FLOAT_STEPS = 32;

/** e^x of a 32-bit number, as a 32-bit number. */
export function expf(x: number): number {
  if (x > 88.72283172607422) return Number.POSITIVE_INFINITY;
  if (x < -103.97207641601562) return 0;
  const z = INV_LN2 * FLOAT_STEPS * x;
  const k = z + SHIFT - SHIFT;
  const y = expfFrom(k, z - k, plainFma);
  // Far from the middle between two 32-bit numbers a few roundings more do not matter.
  if (Math.fround(y * (1 + FEW_ROUNDINGS)) === Math.fround(y * (1 - FEW_ROUNDINGS))) return Math.fround(y);
  const fused = fma(INV_LN2 * FLOAT_STEPS, x, SHIFT) - SHIFT;
  return Math.fround(expfFrom(fused, fma(INV_LN2 * FLOAT_STEPS, x, -fused), fma));
}

function expfFrom(k: number, r: number, fused: typeof fma): number {
  const step = k & (FLOAT_STEPS - 1);
  const scale = exponentialTable.heads[step * (STEPS / FLOAT_STEPS)] * powerOfTwo((k - step) / FLOAT_STEPS);
  const upper = fused(0.05550361559341535 / 32768, r, 0.2402284522445722 / 1024);
  const lower = fused(0.6931471806916203 / 32, r, 1);
  return fused(upper, r * r, lower) * scale;
}

function plainFma(a: number, b: number, c: number): number {
  return a * b + c;
}

/** Per sixteenth of the range from 0.699 to 1.398: about 1 / c and ln c of a c near its middle. */
const LOGS: readonly (readonly [number, number])[] = [
  [1.398907162146528, -0.33569133332882284],
  [1.3403141896637998, -0.2929040563774074],
  [1.286432210124115, -0.2518726580937369],
  [1.2367150214269895, -0.21245868807117255],
  [1.1906977166711752, -0.17453945183745634],
  [1.1479821020556429, -0.1380057072319758],
  [1.1082251448272158, -0.10275976698545139],
  [1.0711297413057381, -0.06871392447020525],
  [1.036437278977283, -0.0357891387398228],
  [1, 0],
  [0.9492859795739057, 0.05204517742929496],
  [0.8951049428609004, 0.11081431298787942],
  [0.8476821620351103, 0.1652495223695143],
  [0.8050314851692001, 0.21687389031699977],
  [0.7664671008843108, 0.2659635028121397],
  [0.731428603316328, 0.3127556664073557],
];

/** The natural logarithm of a normal, positive 32-bit number, as a 32-bit number. */
export function logf(x: number): number {
  if (x === 1) return 0;
  float[0] = x;
  const offset = (floatBits[0] - 0x3f330000) | 0;
  const k = offset >> 23;
  const [inverse, log] = LOGS[(offset >> 19) & 15];
  floatBits[0] -= k << 23;
  const r = fma(float[0], inverse, -1);
  const y = fma(-0.25089342214237154, r * r, fma(0.333456765744066, r, -0.4999997485802103));
  return Math.fround(fma(y, r * r, fma(k, Math.LN2, log) + r));
}

const float = new Float32Array(1);
const floatBits = new Int32Array(float.buffer);

/**
 * a · b + c, rounded once: products and sums with their errors (Dekker 1971, Knuth), the last two added to odd (Boldo and
 * Melquiond, Emulation of FMA and correctly rounded sums, 2008). For numbers whose products neither overflow nor vanish.
 */
function fma(a: number, b: number, c: number): number {
  const product = a * b;
  const productError = errorOfProduct(a, b, product);
  const low = c + productError;
  const lowError = errorOfSum(c, productError, low);
  const high = product + low;
  const highError = errorOfSum(product, low, high);
  return high + addToOdd(lowError, highError);
}

function errorOfProduct(a: number, b: number, product: number): number {
  // Halves of 26 bits: their products are exact.
  const aShift = a * 134217729;
  const aHigh = aShift - (aShift - a);
  const aLow = a - aHigh;
  const bShift = b * 134217729;
  const bHigh = bShift - (bShift - b);
  const bLow = b - bHigh;
  return aLow * bLow - (product - aHigh * bHigh - aLow * bHigh - aHigh * bLow);
}

function errorOfSum(a: number, b: number, sum: number): number {
  const other = sum - a;
  return a - (sum - other) + (b - other);
}

/** A sum that is not exact gets an odd last bit, so that adding it to a larger number rounds as the exact one does. */
function addToOdd(a: number, b: number): number {
  const sum = a + b;
  const error = errorOfSum(a, b, sum);
  if (error === 0) return sum;
  double[0] = sum;
  if ((words[LOW] & 1) === 1) return sum;
  // Towards the exact sum; an even number has a neighbour on either side within its word.
  if (error > 0 === sum > 0) words[LOW] += 1;
  else if (words[LOW] > 0) words[LOW] -= 1;
  else {
    words[LOW] = 0xffff_ffff;
    words[1 - LOW] -= 1;
  }
  return double[0];
}

/** Bits of the numbers that the powers of two are computed with. */
const PRECISION = 192n;

/** 2^(k / STEPS) as a double each, and what the exact one is more, as a share of it. */
function powersOfTwo() {
  const heads = new Float64Array(STEPS);
  const tails = new Float64Array(STEPS);
  let root = 2n << PRECISION;
  for (let squares = STEPS; squares > 1; squares /= 2) root = squareRoot(root << PRECISION);
  let power = 1n << PRECISION;
  for (let k = 0; k < STEPS; k++) {
    const head = (power + (1n << (PRECISION - 53n))) >> (PRECISION - 52n);
    heads[k] = Number(head) * powerOfTwo(-52);
    const tail = ((power - (head << (PRECISION - 52n))) << PRECISION) / power;
    tails[k] = Number(tail) * powerOfTwo(-Number(PRECISION));
    power = (power * root) >> PRECISION;
  }
  return { heads, tails };
}

/** Newton's method, downwards from above. */
function squareRoot(square: bigint): bigint {
  let root = 1n << BigInt((square.toString(16).length * 4) / 2 + 1);
  for (;;) {
    const next = (root + square / root) >> 1n;
    if (next >= root) return root;
    root = next;
  }
}

/** What generated code has of this file: it computes as `exp` and `expf` do. */
export const exponentialTable: { readonly heads: Float64Array; readonly tails: Float64Array } = powersOfTwo();
