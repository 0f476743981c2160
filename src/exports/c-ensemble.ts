import { cLink } from './c-link.js';
import { numberLiteral, tableWalk, type ValueType } from './c-walk.js';
import type { FlatScorer, Together } from './flat-scorer.js';
import { answerRows, decimal, type SetBits, wrapped } from './source-text.js';
import { additionOf, baseOf, divisorsOf, hasLink, isFloatLink, isPrepared } from './together-text.js';

/** What follows the tables of names: the trees, what they add up to, and the functions of the header. */
export function ensembleCode(scorer: FlatScorer, together: Together, bits: SetBits, name: string): string {
  const NAME = name.toUpperCase();
  const { arithmetic, combine, kind } = together;
  const type = valueType(together);
  const sumType = arithmetic.sum === 'float32' ? 'float' : 'double';
  return `${answers(scorer, sumType)}${tableWalk(scorer, bits, type, together.arithmetic.input === 'float32' ? 'float' : 'double')}
/* Where each tree begins in NODES. */
static const int32_t ROOTS[${scorer.treeCount}] = {
${wrapped(Array.from(scorer.roots.subarray(0, -1), String), '    ')}};
${outputTable(together)}
/* What the leaves of a row add up to, tree after tree. */
static void add_up(const double *row, ${sumType} *sums)
{
${prepared(together, NAME)}${begin(together, sumType)}    for (int t = 0; t < ${scorer.treeCount}; t++) {
        const struct node *leaf = walk_tree(NODES + ROOTS[t], ${isPrepared(together) ? 'values' : 'row'});
${addition(together)}    }
}

${cLink(combine)}${hasLink(combine) ? '\n' : ''}${probabilities(together, sumType)}
int ${name}_predict(const double *row, double *probabilities)
{
    ${sumType} sums[${combine.outputs}];
    double shares[${NAME}_CLASS_COUNT];
    int best = 0;
    if (!accepts(row)) {
        if (probabilities != NULL) {
            for (int k = 0; k < ${NAME}_CLASS_COUNT; k++) probabilities[k] = NAN;
        }
        return -1;
    }
    add_up(row, sums);
    find_shares(sums, shares);
    for (int k = 0; k < ${NAME}_CLASS_COUNT; k++) {
        if (shares[k] > shares[best]) best = k;
        if (probabilities != NULL) probabilities[k] = shares[k];
    }
    return best;
}
${kind === 'boosted' ? marginsFunction(name, NAME, sumType) : ''}`;
}

/** Thresholds are 32-bit where values are, and the leaves beside them. */
function valueType({ arithmetic, output }: Together): ValueType {
  return arithmetic.input === 'float32' && (arithmetic.sum === 'float32' || output.every((one) => one < 0))
    ? 'float'
    : 'double';
}

function answers(scorer: FlatScorer, type: ValueType): string {
  if (scorer.answerCount === 0) return '';
  const rows = answerRows(scorer).map((row) => row.map((text) => (type === 'float' ? `${text}f` : text)));
  return `/* What leaves add to each of the sums. */
static const ${type} ANSWERS[${scorer.answerCount}][${scorer.answerWidth}] = {
${rows.map((row) => (row.length <= 4 ? `    {${row.join(', ')}},\n` : `    {\n${wrapped(row, '        ')}    },\n`)).join('')}};

`;
}

function outputTable(together: Together): string {
  const { output } = together;
  const addition = additionOf(together);
  if (addition === 'alone' || addition === 'each') return '';
  return `
/* Which sum a tree is added to${addition === 'mixed' ? '; -1: its leaves have an answer for each' : ''}. */
static const int32_t OUTPUT[${output.length}] = {
${wrapped(Array.from(output, String), '    ')}};
`;
}

function prepared(together: Together, NAME: string): string {
  if (!isPrepared(together)) return '';
  const { input, zero } = together.arithmetic;
  const toZero = zero > 0 ? `        if (fabs((double)values[f]) <= ${decimal(zero)}) values[f] = 0;\n` : '';
  const value = input === 'float32' ? '(float)row[f]' : 'row[f]';
  return `    ${input === 'float32' ? 'float' : 'double'} values[${NAME}_FEATURE_COUNT];
    for (int f = 0; f < ${NAME}_FEATURE_COUNT; f++) ${toZero === '' ? '' : '{\n        '}values[f] = ${value};
${toZero}${toZero === '' ? '' : '    }\n'}`;
}

function begin(together: Together, type: ValueType): string {
  const values = baseOf(together);
  const { outputs } = together.combine;
  if (outputs === 1) return `    sums[0] = ${numberLiteral(values[0], type)};\n`;
  if (values.every((value) => Object.is(value, 0))) return `    for (int k = 0; k < ${outputs}; k++) sums[k] = 0;\n`;
  return `    static const ${type} BASE[${outputs}] = {
${wrapped(
  values.map((value) => numberLiteral(value, type)),
  '        ',
)}    };
    for (int k = 0; k < ${outputs}; k++) sums[k] = BASE[k];
`;
}

function addition(together: Together): string {
  const each = `for (int k = 0; k < ${together.combine.outputs}; k++) sums[k] += ANSWERS[leaf->right][k];`;
  const isNarrowed = together.arithmetic.sum === 'float32' && valueType(together) === 'double';
  const added = `${isNarrowed ? '(float)' : ''}leaf->threshold`;
  switch (additionOf(together)) {
    case 'alone':
      return `        sums[0] += ${added};\n`;
    case 'one':
      return `        sums[OUTPUT[t]] += ${added};\n`;
    case 'each':
      return `        ${each}\n`;
    case 'mixed':
      return `        if (OUTPUT[t] >= 0) sums[OUTPUT[t]] += ${added};
        else {
            ${each}
        }
`;
  }
}

function probabilities(together: Together, sumType: string): string {
  const { outputs, scale } = together.combine;
  const divisors = divisorsOf(together);
  const index = outputs === 1 ? '0' : 'k';
  const table =
    divisors === null || typeof divisors === 'number'
      ? ''
      : `    static const double TREES[${outputs}] = {\n${wrapped(divisors.map(String), '        ')}    };\n`;
  const divisor = divisors === null ? '' : ` / ${typeof divisors === 'number' ? decimal(divisors) : `TREES[${index}]`}`;
  const mean = `sums[${index}]${divisor}`;
  const score = scale === 1 ? mean : `product(${mean}, ${decimal(scale)})`;
  const applied = !hasLink(together.combine)
    ? ''
    : `    apply_link(${outputs === 1 ? 'shares + 1, 1' : `shares, ${outputs}`});\n`;
  const first = isFloatLink(together.combine) ? 'single(1 - shares[1])' : '1 - shares[1]';
  const body =
    outputs === 1
      ? `    shares[1] = ${score};\n${applied}    shares[0] = ${first};\n`
      : `    for (int k = 0; k < ${outputs}; k++) shares[k] = ${score};\n${applied}`;
  return `/* From the sums to a probability for each class. */
static void find_shares(const ${sumType} *sums, double *shares)
{
${table}${body}}
`;
}

function marginsFunction(name: string, NAME: string, sumType: string): string {
  return `
int ${name}_margins(const double *row, double *margins)
{
    ${sumType} sums[${NAME}_MARGIN_COUNT];
    const int accepted = accepts(row);
    if (accepted) add_up(row, sums);
    for (int k = 0; k < ${NAME}_MARGIN_COUNT; k++) margins[k] = accepted ? sums[k] : NAN;
    return accepted ? 0 : -1;
}
`;
}
