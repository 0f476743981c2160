import type { Combine } from '../tree/ensemble.js';
import { exponentialTable } from '../tree/exponential.js';
import { PAIRWISE_RUN } from '../tree/link.js';
import { linkText } from './link-text.js';
import { decimal, wrapped } from './source-text.js';

/** The methods that turn scores into what the link makes of them, in place; none where there is no link. */
export function javaLink(combine: Combine): string {
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

/** `Math.fma` came with Java 9. */
const FUSED = `
    /** a * b + c, rounded once. */
    private static double fused(double a, double b, double c) {
        double rounded = a * b;
        double error = errorOfProduct(a, b, rounded);
        double low = c + error;
        double high = rounded + low;
        return high + addToOdd(errorOfSum(c, error, low), errorOfSum(rounded, low, high));
    }

    private static double errorOfProduct(double a, double b, double rounded) {
        // Halves of 26 bits: their products are exact.
        double aShift = a * 134217729;
        double aHigh = aShift - (aShift - a);
        double aLow = a - aHigh;
        double bShift = b * 134217729;
        double bHigh = bShift - (bShift - b);
        double bLow = b - bHigh;
        return aLow * bLow - (rounded - aHigh * bHigh - aLow * bHigh - aHigh * bLow);
    }

    private static double errorOfSum(double a, double b, double sum) {
        double other = sum - a;
        return a - (sum - other) + (b - other);
    }

    /** A sum that is not exact gets an odd last bit: added to a larger number it rounds as the exact one does. */
    private static double addToOdd(double a, double b) {
        double sum = a + b;
        double error = errorOfSum(a, b, sum);
        long bits = Double.doubleToRawLongBits(sum);
        if (error == 0 || (bits & 1) == 1) {
            return sum;
        }
        return Double.longBitsToDouble(error > 0 == sum > 0 ? bits + 1 : bits - 1);
    }

    /** For exponents from -1022 to 1023. */
    private static double powerOfTwo(int exponent) {
        return Double.longBitsToDouble((long) (exponent + 1023) << 52);
    }
`;

function doubleExponential(): string {
  const { heads, tails } = exponentialTable;
  const rows = Array.from(heads, (head, step) => `{${decimal(head)}, ${decimal(tails[step])}}`);
  return `
    /** 2^(i / 128), and what the exact one is more, as a share of it. */
    private static final double[][] POWERS = {
${wrapped(rows, '        ')}    };

    /** e^x as glibc computes it (Arm's optimized routines, MIT licence), bit for bit. */
    private static double exponential(double x) {
        if (Double.isNaN(x)) {
            return x;
        }
        if (x > 709.782712893384) {
            return Double.POSITIVE_INFINITY;
        }
        if (x < -745.1332191019412) {
            return 0;
        }
        if (Math.abs(x) < 5.551115123125783e-17) {
            return 1;
        }
        double k = fused(184.6649652337873, x, 6755399441055744.0) - 6755399441055744.0;
        double r = fused(k, -1.2864023111638346e-14, fused(k, -0.005415212348111709, x));
        int step = (int) k & 127;
        int exponent = ((int) k - step) / 128;
        double head = POWERS[step][0];
        double r2 = r * r;
        double low = fused(r2, fused(r, 0.16666666666665886, 0.49999999999996786), POWERS[step][1] + r);
        double rest = fused(r2 * r2, fused(r, 0.008333335853059549, 0.0416666808410674), low);
        if (exponent > 1022) {
            return fused(head, rest, head) * powerOfTwo(exponent - 1) * 2;
        }
        if (x > -512) {
            return fused(head, rest, head) * powerOfTwo(exponent);
        }
        double scale = head * powerOfTwo(exponent + 1022);
        double more = scale * rest;
        double y = scale + more;
        if (y >= 1) {
            return y * 2.2250738585072014e-308;
        }
        // Below the normal numbers: rounded where the last bit will be.
        double high = 1 + y;
        return (high + (1 - high + y + (scale - y + more)) - 1) * 2.2250738585072014e-308;
    }
`;
}

function floatExponential(): string {
  const heads = Array.from({ length: 32 }, (_, step) => decimal(exponentialTable.heads[step * 4]));
  return `
    /** 2^(i / 32) */
    private static final double[] POWERS = {
${wrapped(heads, '        ')}    };

    /** e^x in 32 bits as glibc computes it (Arm's optimized routines, MIT licence), bit for bit. */
    private static float exponential(double x) {
        if (Double.isNaN(x)) {
            return Float.NaN;
        }
        if (x > 88.72283172607422) {
            return Float.POSITIVE_INFINITY;
        }
        if (x < -103.97207641601562) {
            return 0;
        }
        double k = fused(46.16624130844683, x, 6755399441055744.0) - 6755399441055744.0;
        double r = fused(46.16624130844683, x, -k);
        int step = (int) k & 31;
        double scale = POWERS[step] * powerOfTwo(((int) k - step) / 32);
        double upper = fused(1.6938359250920212e-06, r, 0.00023459809789509004);
        double lower = fused(0.021660849396613134, r, 1);
        return (float) (fused(upper, r * r, lower) * scale);
    }
`;
}

const SIGMOID = `
    /** From scores to probabilities, in place. */
    private static void applyLink(double[] scores) {
        for (int k = 0; k < scores.length; k++) {
            scores[k] = 1 / (1 + exponential(-scores[k]));
        }
    }
`;

/** As XGBoost computes it. 88.7 in 32 bits. */
const FLOAT_SIGMOID = `
    /** From scores to probabilities, in place. */
    private static void applyLink(double[] scores) {
        for (int k = 0; k < scores.length; k++) {
            float divisor = exponential(Math.min(-scores[k], 88.69999694824219)) + 1;
            scores[k] = 1 / divisor;
        }
    }
`;

const LARGEST = `        double largest = scores[0];
        for (double score : scores) {
            if (score > largest) {
                largest = score;
            }
        }
`;

/** As XGBoost computes it: terms in 32 bits, their sum in 64. */
const FLOAT_SOFTMAX = `
    /** From scores to probabilities, in place. */
    private static void applyLink(double[] scores) {
${LARGEST}        double sum = 0;
        for (int k = 0; k < scores.length; k++) {
            scores[k] = exponential((float) (scores[k] - largest));
            sum += scores[k];
        }
        float divisor = (float) sum;
        for (int k = 0; k < scores.length; k++) {
            scores[k] = (float) scores[k] / divisor;
        }
    }
`;

/** What onnxruntime does with its sums, each step in 32 bits. */
const OF_ONNXRUNTIME: Readonly<Record<Combine['link'], string>> = {
  none: `
    /** From scores to probabilities, in place. */
    private static void applyLink(double[] scores) {
        for (int k = 0; k < scores.length; k++) {
            scores[k] = (float) scores[k];
        }
    }
`,
  sigmoid: `
    /** From scores to probabilities, in place. */
    private static void applyLink(double[] scores) {
        for (int k = 0; k < scores.length; k++) {
            float score = (float) scores[k];
            float share = 1 / (1 + exponential(-Math.abs(score)));
            scores[k] = score < 0 ? 1 - share : share;
        }
    }
`,
  softmax: `
    /** From scores to probabilities, in place. */
    private static void applyLink(double[] scores) {
        for (int k = 0; k < scores.length; k++) {
            scores[k] = (float) scores[k];
        }
${LARGEST}        float sum = 0;
        for (int k = 0; k < scores.length; k++) {
            scores[k] = exponential((float) (scores[k] - largest));
            sum += (float) scores[k];
        }
        for (int k = 0; k < scores.length; k++) {
            scores[k] = (float) scores[k] / sum;
        }
    }
`,
};

const SOFTMAX = `
    /** From scores to probabilities, in place. */
    private static void applyLink(double[] scores) {
${LARGEST}        for (int k = 0; k < scores.length; k++) {
            scores[k] = exponential(scores[k] - largest);
        }
        double sum = sumOf(scores, 0, scores.length);
        for (int k = 0; k < scores.length; k++) {
            scores[k] /= sum;
        }
    }
`;

const SUM = `
    private static double sumOf(double[] terms, int start, int end) {
        double sum = 0;
        for (int k = start; k < end; k++) {
            sum += terms[k];
        }
        return sum;
    }
`;

function sumInEights(outputs: number): string {
  const halves = `        int half = (end - start) / 2 - (end - start) / 2 % 8;
        if (end - start > ${PAIRWISE_RUN}) {
            return sumOf(terms, start, start + half) + sumOf(terms, start + half, end);
        }
`;
  return `
    /** As numpy adds an array. */
    private static double sumOf(double[] terms, int start, int end) {
${outputs > PAIRWISE_RUN ? halves : ''}        double[] sums = new double[8];
        int done = start;
        for (; done + 8 <= end; done += 8) {
            for (int i = 0; i < 8; i++) {
                sums[i] += terms[done + i];
            }
        }
        double sum = sums[0] + sums[1] + (sums[2] + sums[3]) + (sums[4] + sums[5] + (sums[6] + sums[7]));
        for (; done < end; done++) {
            sum += terms[done];
        }
        return sum;
    }
`;
}
