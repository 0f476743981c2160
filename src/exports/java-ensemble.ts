import type { FlatScorer, Together } from './flat-scorer.js';
import { javaLink } from './java-link.js';
import type { Lists } from './java-lists.js';
import { decimal } from './source-text.js';
import { additionOf, baseOf, divisorsOf, hasLink, isFloatLink, isPrepared } from './together-text.js';

/** The tables of the trees beside their nodes. */
export function ensembleTables(scorer: FlatScorer, together: Together, lists: Lists): string {
  const { combine, output } = together;
  const addition = additionOf(together);
  const divisors = divisorsOf(together);
  const each = output.includes(-1) ? '; -1 where leaves have an answer for each' : '';
  return `    /** Where each tree begins. */
${lists.numbers('int', 'ROOTS', scorer.roots.subarray(0, -1), String)}${
  addition === 'one' || addition === 'mixed'
    ? `    /** Which sum it is added to${each}. */\n${lists.numbers('int', 'OUTPUT', output, String)}`
    : ''
}    /** What the sums begin with. */
${lists.numbers('double', 'BASE', baseOf(together), decimal)}${
  divisors === null || typeof divisors === 'number'
    ? ''
    : `    /** How many trees are added to each of ${combine.outputs} sums. */\n${lists.numbers('double', 'TREES', divisors, decimal)}`
}`;
}

export const PREDICT = `
    /**
     * The class of a row, as an index of classNames; -1 where the model refuses the row.
     *
     * @param probabilities receives CLASS_COUNT of them, NaN where the row is refused; may be null
     */
    public static int predict(double[] row, double[] probabilities) {
        if (!accepts(row)) {
            if (probabilities != null) {
                java.util.Arrays.fill(probabilities, 0, CLASS_COUNT, Double.NaN);
            }
            return -1;
        }
        double[] shares = findShares(addUp(row));
        if (probabilities != null) {
            System.arraycopy(shares, 0, probabilities, 0, CLASS_COUNT);
        }
        int best = 0;
        for (int k = 1; k < CLASS_COUNT; k++) {
            if (shares[k] > shares[best]) {
                best = k;
            }
        }
        return best;
    }
`;

export function marginsMethod({ arithmetic }: Together): string {
  return `
    /** What the trees add up to, before that becomes probabilities; NaN where the model refuses the row. */
    public static double[] margins(double[] row) {
        double[] margins = new double[BASE.length];
        if (!accepts(row)) {
            java.util.Arrays.fill(margins, Double.NaN);
            return margins;
        }
        ${arithmetic.sum === 'float32' ? 'float' : 'double'}[] sums = addUp(row);
        for (int k = 0; k < sums.length; k++) {
            margins[k] = sums[k];
        }
        return margins;
    }
`;
}

/** From a row to its answer. */
export function ensembleMethods(together: Together): string {
  const sumType = together.arithmetic.sum === 'float32' ? 'float' : 'double';
  return `
    /** What the leaves of a row add up to, tree after tree. */
    private static ${sumType}[] addUp(double[] row) {
        ${sumType}[] sums = new ${sumType}[BASE.length];
        for (int k = 0; k < sums.length; k++) {
            sums[k] = ${sumType === 'float' ? '(float) ' : ''}BASE[k];
        }
${prepared(together)}        for (int t = 0; t < ROOTS.length; t++) {
            int leaf = findLeaf(${isPrepared(together) ? 'values' : 'row'}, ROOTS[t]);
${addition(together)}        }
        return sums;
    }
${javaLink(together.combine)}
    /** From the sums to a probability for each class. */
    private static double[] findShares(${sumType}[] sums) {
${shares(together)}    }
`;
}

function prepared(together: Together): string {
  if (!isPrepared(together)) return '';
  const { input, zero } = together.arithmetic;
  const toZero = `            if (Math.abs(values[f]) <= ${decimal(zero)}) {
                values[f] = 0;
            }
`;
  return `        double[] values = new double[FEATURE_COUNT];
        for (int f = 0; f < FEATURE_COUNT; f++) {
            values[f] = ${input === 'float32' ? '(float) ' : ''}row[f];
${zero > 0 ? toZero : ''}        }
`;
}

function addition(together: Together): string {
  const { outputs } = together.combine;
  const each = (indent: string) => `${indent}int from = NEXT[leaf] * ${outputs};
${indent}for (int k = 0; k < ${outputs}; k++) {
${indent}    sums[k] += ANSWERS[from + k];
${indent}}
`;
  switch (additionOf(together)) {
    case 'alone':
      return '            sums[0] += THRESHOLD[leaf];\n';
    case 'one':
      return '            sums[OUTPUT[t]] += THRESHOLD[leaf];\n';
    case 'each':
      return each('            ');
    case 'mixed':
      return `            if (OUTPUT[t] >= 0) {
                sums[OUTPUT[t]] += THRESHOLD[leaf];
            } else {
${each('                ')}            }
`;
  }
}

function shares(together: Together): string {
  const { outputs, scale } = together.combine;
  const divisors = divisorsOf(together);
  const sum =
    together.arithmetic.sum === 'float32' && divisors === null && scale !== 1 ? '(double) sums[k]' : 'sums[k]';
  const mean = divisors === null ? sum : `${sum} / ${typeof divisors === 'number' ? decimal(divisors) : 'TREES[k]'}`;
  const score = scale === 1 ? mean : `${mean} * ${decimal(scale)}`;
  const scores = `        double[] scores = new double[sums.length];
        for (int k = 0; k < scores.length; k++) {
            scores[k] = ${score};
        }
${hasLink(together.combine) ? '        applyLink(scores);\n' : ''}`;
  if (outputs > 1) return `${scores}        return scores;\n`;
  const first = isFloatLink(together.combine) ? '(float) (1 - scores[0])' : '1 - scores[0]';
  return `${scores}        return new double[] {${first}, scores[0]};\n`;
}
