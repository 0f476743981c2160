import type { FlatScorer, Together } from './flat-scorer.js';
import { javascriptLink } from './javascript-link.js';
import { ABOUT } from './javascript-types.js';
import { listed, numberText } from './source-text.js';
import { additionOf, baseOf, divisorsOf, hasLink, isFloatLink, isPrepared } from './together-text.js';

const list = (values: Iterable<number>) => listed(Array.from(values, numberText), '[', ']', '  ');

/** The tables of the trees beside their nodes. */
export function ensembleTables({ roots }: FlatScorer, together: Together): string {
  const output = additionOf(together) === 'one' || additionOf(together) === 'mixed';
  const each = together.output.includes(-1) ? ', -1 where leaves have an answer for each' : '';
  return `// Where each tree begins.
const ROOTS = new Int32Array(${list(roots.subarray(0, -1))});
${output ? `// Which sum it is added to${each}.\nconst OUTPUT = new Int32Array(${list(together.output)});\n` : ''}// What the sums begin with.
const BASE = ${list(baseOf(together))};
`;
}

/** From a row to its answer. */
export function ensembleFunctions(together: Together): string {
  const { arithmetic, combine, kind } = together;
  return `
// What the leaves of a row add up to, tree after tree.
function addUp(row) {
  const sums = new ${arithmetic.sum === 'float32' ? 'Float32Array' : 'Float64Array'}(BASE);
${isPrepared(together) ? prepared(together) : ''}  for (let t = 0; t < ROOTS.length; t++) {
    const at = findLeaf(${isPrepared(together) ? 'values' : 'row'}, ROOTS[t]);
${addition(together)}  }
  return sums;
}
${javascriptLink(combine)}
// From the sums to a probability for each class.
function findShares(sums) {
${shares(together)}}
${kind === 'boosted' ? MARGINS : ''}
${ABOUT.predict}
export function predict(row) {
  if (!accepts(row)) return { classIndex: -1, label: null, probabilities: classNames.map(() => Number.NaN) };
  const probabilities = findShares(addUp(row));
  let classIndex = 0;
  for (let k = 1; k < probabilities.length; k++) if (probabilities[k] > probabilities[classIndex]) classIndex = k;
  return { classIndex, label: classNames[classIndex], probabilities };
}
`;
}

const MARGINS = `
${ABOUT.margins}
export function margins(row) {
  return accepts(row) ? [...addUp(row)] : BASE.map(() => Number.NaN);
}
`;

function prepared({ arithmetic: { input, zero } }: Together): string {
  const rounded = input === 'float32' ? 'Float32Array.from(row)' : 'Float64Array.from(row)';
  const toZero = `  for (let f = 0; f < values.length; f++) if (Math.abs(values[f]) <= ${zero}) values[f] = 0;\n`;
  return `  const values = ${rounded};\n${zero > 0 ? toZero : ''}`;
}

function addition(together: Together): string {
  const each = 'for (let k = 0; k < sums.length; k++) sums[k] += ANSWERS[NEXT[at]][k];\n';
  switch (additionOf(together)) {
    case 'alone':
      return '    sums[0] += THRESHOLD[at];\n';
    case 'one':
      return '    sums[OUTPUT[t]] += THRESHOLD[at];\n';
    case 'each':
      return `    ${each}`;
    case 'mixed':
      return `    if (OUTPUT[t] >= 0) sums[OUTPUT[t]] += THRESHOLD[at];\n    else ${each}`;
  }
}

function shares(together: Together): string {
  const { outputs, scale } = together.combine;
  const divisors = divisorsOf(together);
  const table = divisors === null || typeof divisors === 'number' ? '' : `  const trees = ${list(divisors)};\n`;
  const mean = divisors === null ? 'sum' : `sum / ${table === '' ? divisors : 'trees[k]'}`;
  const score = scale === 1 ? mean : `${divisors === null ? mean : `(${mean})`} * ${scale}`;
  const scores = `${table}  const scores = Float64Array.from(sums${score === 'sum' ? '' : `, (sum${table === '' ? '' : ', k'}) => ${score}`});
${hasLink(together.combine) ? '  applyLink(scores);\n' : ''}`;
  if (outputs > 1) return `${scores}  return [...scores];\n`;
  return `${scores}  return [${isFloatLink(together.combine) ? 'Math.fround(1 - scores[0])' : '1 - scores[0]'}, scores[0]];\n`;
}
