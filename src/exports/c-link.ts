import type { Combine } from '../tree/ensemble.js';
import { exponentialTable } from '../tree/exponential.js';
import { PAIRWISE_RUN } from '../tree/link.js';
import { decimal, wrapped } from './source-text.js';

/** The functions that turn scores into what the link makes of them, in place; none where there is no link. */
export function cLink({ function: arithmetic, link, outputs, scale }: Combine): string {
  if (link === 'none') {
    return `${scale === 1 ? '' : PRODUCT}${arithmetic === 'float32/2' ? `${SINGLE}${OF_ONNXRUNTIME.none}` : ''}`;
  }
  const inFloats = arithmetic.startsWith('float32');
  const exponential = `${PRODUCT}${inFloats ? SINGLE : ''}${FUSED}${inFloats ? floatExponential() : doubleExponential()}`;
  if (arithmetic === 'float32/2') return `${exponential}${OF_ONNXRUNTIME[link]}`;
  if (link === 'sigmoid') return `${exponential}${inFloats ? FLOAT_SIGMOID : SIGMOID}`;
  if (inFloats) return `${exponential}${FLOAT_SOFTMAX}`;
  const inEights = arithmetic === 'float64/2' && outputs >= 8;
  return `${exponential}${inEights ? sumInEights(outputs) : SUM}${SOFTMAX}`;
}

/** Compilers for some processors fuse a product with a sum beside it: no expression has both. */
const PRODUCT = `/* A product that is rounded before anything is added: no compiler fuses a sum with what it stores. */
static double product(double a, double b)
{
    volatile double rounded = a * b;
    return rounded;
}

`;

/** GCC 12 leaves the rounding out where it makes vectors of conversions there and back: a volatile variable has it. */
const SINGLE = `/* The nearest 32-bit number. */
static double single(double value)
{
    volatile float rounded = (float)value;
    return rounded;
}

`;

const FUSED = `#if !defined(FP_FAST_FMA) || !defined(__OPTIMIZE__)
static double error_of_product(double a, double b, double rounded)
{
    /* Halves of 26 bits: their products are exact. */
    const double a_shift = product(a, 134217729), a_high = a_shift - (a_shift - a), a_low = a - a_high;
    const double b_shift = product(b, 134217729), b_high = b_shift - (b_shift - b), b_low = b - b_high;
    const double rest = rounded - product(a_high, b_high) - product(a_low, b_high) - product(a_high, b_low);
    return product(a_low, b_low) - rest;
}

static double error_of_sum(double a, double b, double sum)
{
    const double other = sum - a;
    return a - (sum - other) + (b - other);
}

/* A sum that is not exact gets an odd last bit: added to a larger number it rounds as the exact one does. */
static double add_to_odd(double a, double b)
{
    double sum = a + b;
    const double error = error_of_sum(a, b, sum);
    uint64_t bits;
    memcpy(&bits, &sum, sizeof bits);
    if (error == 0 || (bits & 1) == 1) return sum;
    if ((error > 0) == (sum > 0)) bits++;
    else bits--;
    memcpy(&sum, &bits, sizeof bits);
    return sum;
}
#endif

/* a * b + c, rounded once. */
static double fused(double a, double b, double c)
{
#if defined(FP_FAST_FMA) && defined(__OPTIMIZE__)
    return fma(a, b, c);
#else
    const double rounded = product(a, b);
    const double error = error_of_product(a, b, rounded);
    const double low = c + error;
    const double high = rounded + low;
    return high + add_to_odd(error_of_sum(c, error, low), error_of_sum(rounded, low, high));
#endif
}

/* For exponents from -1022 to 1023. */
static double power_of_two(int exponent)
{
    const uint64_t bits = (uint64_t)(exponent + 1023) << 52;
    double power;
    memcpy(&power, &bits, sizeof power);
    return power;
}

`;

function doubleExponential(): string {
  const { heads, tails } = exponentialTable;
  const rows = Array.from(heads, (head, step) => `{${decimal(head)}, ${decimal(tails[step])}}`);
  return `/* 2^(i / 128), and what the exact one is more, as a share of it. */
static const double POWERS[${rows.length}][2] = {
${wrapped(rows, '    ')}};

/* e^x as glibc computes it (Arm's optimized routines, MIT licence), bit for bit. */
static double exponential(double x)
{
    double k, r, r2, low, rest, head;
    int step, exponent;
    if (isnan(x)) return x;
    if (x > 709.782712893384) return INFINITY;
    if (x < -745.1332191019412) return 0;
    if (fabs(x) < 5.551115123125783e-17) return 1;
    k = fused(184.6649652337873, x, 6755399441055744.0) - 6755399441055744.0;
    r = fused(k, -1.2864023111638346e-14, fused(k, -0.005415212348111709, x));
    step = (int)k & 127;
    exponent = ((int)k - step) / 128;
    head = POWERS[step][0];
    r2 = product(r, r);
    low = fused(r2, fused(r, 0.16666666666665886, 0.49999999999996786), POWERS[step][1] + r);
    rest = fused(product(r2, r2), fused(r, 0.008333335853059549, 0.0416666808410674), low);
    if (exponent > 1022) return product(product(fused(head, rest, head), power_of_two(exponent - 1)), 2);
    if (x > -512) return product(fused(head, rest, head), power_of_two(exponent));
    {
        const double scale = product(head, power_of_two(exponent + 1022)), more = product(scale, rest);
        const double y = scale + more, high = 1 + y;
        if (y >= 1) return product(y, 2.2250738585072014e-308);
        /* Below the normal numbers: rounded where the last bit will be. */
        return product(high + (1 - high + y + (scale - y + more)) - 1, 2.2250738585072014e-308);
    }
}

`;
}

function floatExponential(): string {
  const heads = Array.from({ length: 32 }, (_, step) => decimal(exponentialTable.heads[step * 4]));
  return `/* 2^(i / 32) */
static const double POWERS[32] = {
${wrapped(heads, '    ')}};

/* e^x in 32 bits as glibc computes it (Arm's optimized routines, MIT licence), bit for bit. */
static double exponential(double x)
{
    double k, r, upper, lower, scale;
    int step;
    if (isnan(x)) return x;
    if (x > 88.72283172607422) return INFINITY;
    if (x < -103.97207641601562) return 0;
    k = fused(46.16624130844683, x, 6755399441055744.0) - 6755399441055744.0;
    r = fused(46.16624130844683, x, -k);
    step = (int)k & 31;
    scale = product(POWERS[step], power_of_two(((int)k - step) / 32));
    upper = fused(1.6938359250920212e-06, r, 0.00023459809789509004);
    lower = fused(0.021660849396613134, r, 1);
    return single(product(fused(upper, product(r, r), lower), scale));
}

`;
}

const SIGMOID = `/* From scores to probabilities, in place. */
static void apply_link(double *scores, int count)
{
    for (int k = 0; k < count; k++) scores[k] = 1 / (1 + exponential(-scores[k]));
}
`;

/** As XGBoost computes it. 88.7 in 32 bits. */
const FLOAT_SIGMOID = `/* From scores to probabilities, in place. */
static void apply_link(double *scores, int count)
{
    for (int k = 0; k < count; k++) {
        const double x = -scores[k] > 88.69999694824219 ? 88.69999694824219 : -scores[k];
        scores[k] = single(1 / single(exponential(x) + 1));
    }
}
`;

const LARGEST = `    double largest = scores[0];
    for (int k = 1; k < count; k++) {
        if (scores[k] > largest) largest = scores[k];
    }
`;

/** As XGBoost computes it: terms in 32 bits, their sum in 64. */
const FLOAT_SOFTMAX = `/* From scores to probabilities, in place. */
static void apply_link(double *scores, int count)
{
    double sum = 0;
${LARGEST}    for (int k = 0; k < count; k++) {
        scores[k] = exponential(single(scores[k] - largest));
        sum += scores[k];
    }
    sum = single(sum);
    for (int k = 0; k < count; k++) scores[k] = single(scores[k] / sum);
}
`;

/** What onnxruntime does with its sums, each step in 32 bits. */
const OF_ONNXRUNTIME: Readonly<Record<Combine['link'], string>> = {
  none: `/* From scores to probabilities, in place. */
static void apply_link(double *scores, int count)
{
    for (int k = 0; k < count; k++) scores[k] = single(scores[k]);
}
`,
  sigmoid: `/* From scores to probabilities, in place. */
static void apply_link(double *scores, int count)
{
    for (int k = 0; k < count; k++) {
        const double score = single(scores[k]);
        const double share = single(1 / single(1 + exponential(-fabs(score))));
        scores[k] = score < 0 ? single(1 - share) : share;
    }
}
`,
  softmax: `/* From scores to probabilities, in place. */
static void apply_link(double *scores, int count)
{
    double largest = single(scores[0]), sum = 0;
    for (int k = 0; k < count; k++) {
        scores[k] = single(scores[k]);
        if (scores[k] > largest) largest = scores[k];
    }
    for (int k = 0; k < count; k++) {
        scores[k] = exponential(single(scores[k] - largest));
        sum = single(sum + scores[k]);
    }
    for (int k = 0; k < count; k++) scores[k] = single(scores[k] / sum);
}
`,
};

const SOFTMAX = `/* From scores to probabilities, in place. */
static void apply_link(double *scores, int count)
{
    double sum;
${LARGEST}    for (int k = 0; k < count; k++) scores[k] = exponential(scores[k] - largest);
    sum = sum_of(scores, count);
    for (int k = 0; k < count; k++) scores[k] /= sum;
}
`;

const SUM = `static double sum_of(const double *terms, int count)
{
    double sum = 0;
    for (int k = 0; k < count; k++) sum += terms[k];
    return sum;
}

`;

function sumInEights(outputs: number): string {
  const halves = `    if (count > ${PAIRWISE_RUN}) {
        const int half = count / 2 - count / 2 % 8;
        return sum_of(terms, half) + sum_of(terms + half, count - half);
    }
`;
  return `/* As numpy adds an array. */
static double sum_of(const double *terms, int count)
{
    double sums[8] = {0}, sum;
    int done;
${outputs > PAIRWISE_RUN ? halves : ''}    for (done = 0; done + 8 <= count; done += 8) {
        for (int i = 0; i < 8; i++) sums[i] += terms[done + i];
    }
    sum = sums[0] + sums[1] + (sums[2] + sums[3]) + (sums[4] + sums[5] + (sums[6] + sums[7]));
    for (; done < count; done++) sum += terms[done];
    return sum;
}

`;
}
