import { cLink } from './c-link.js';
import { tableWalk, type ValueType } from './c-walk.js';
import type { FlatScorer, Together } from './flat-scorer.js';
import { decimal, type SetBits, wrapped } from './source-text.js';

/** What follows the tables of names: the trees, what they add up to, and the functions of the header. */
export function ensembleCode(scorer: FlatScorer, together: Together, bits: SetBits, name: string): string {
  const NAME = name.toUpperCase();
  const { arithmetic, combine, kind, output } = together;
  const type = valueType(together);
  const sumType = arithmetic.sum === 'float32' ? 'float' : 'double';
  return `${answers(scorer, sumType)}${tableWalk(scorer, bits, type)}
/* Where each tree begins in NODES. */
static const int32_t ROOTS[${scorer.treeCount}] = {
${wrapped(Array.from(scorer.roots.subarray(0, -1), String), '    ')}};
${outputTable(output, combine.outputs)}
/* What the leaves of a row add up to, tree after tree. */
static void add_up(const double *row, ${sumType} *sums)
{
${prepared(together, type, NAME)}${begin(together, sumType)}    for (int t = 0; t < ${scorer.treeCount}; t++) {
        const struct node *leaf = find_leaf(NODES + ROOTS[t], ${isPrepared(together) ? 'values' : 'row'});
${addition(output, combine.outputs)}    }
}

${cLink(combine)}${probabilities(together, sumType)}
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

/** Values and thresholds are 32-bit where both are, and the leaves beside them. */
function valueType({ arithmetic, output }: Together): ValueType {
  return arithmetic.input === 'float32' && (arithmetic.sum === 'float32' || output.every((one) => one < 0))
    ? 'float'
    : 'double';
}

function isPrepared({ arithmetic: { input, zero } }: Together): boolean {
  return input === 'float32' || zero > 0;
}

function answers({ answerCount, answerWidth, answers: rows }: FlatScorer, type: string): string {
  if (answerCount === 0) return '';
  const texts = Array.from({ length: answerCount }, (_, row) =>
    Array.from(rows.subarray(row * answerWidth, (row + 1) * answerWidth), decimal),
  );
  return `/* What leaves add to each of the sums. */
static const ${type} ANSWERS[${answerCount}][${answerWidth}] = {
${texts.map((row) => (row.length <= 4 ? `    {${row.join(', ')}},\n` : `    {\n${wrapped(row, '        ')}    },\n`)).join('')}};

`;
}

function outputTable(output: Int32Array, outputs: number): string {
  if (outputs === 1 || output.every((one) => one < 0)) return '';
  const each = output.includes(-1) ? '; -1: its leaves have an answer for each' : '';
  return `
/* Which sum a tree is added to${each}. */
static const int32_t OUTPUT[${output.length}] = {
${wrapped(Array.from(output, String), '    ')}};
`;
}

function prepared(together: Together, type: ValueType, NAME: string): string {
  if (!isPrepared(together)) return '';
  const { input, zero } = together.arithmetic;
  const toZero = zero > 0 ? `        if (fabs((double)values[f]) <= ${decimal(zero)}) values[f] = 0;\n` : '';
  const value = input === 'float32' ? '(float)row[f]' : 'row[f]';
  return `    ${type} values[${NAME}_FEATURE_COUNT];
    for (int f = 0; f < ${NAME}_FEATURE_COUNT; f++) ${toZero === '' ? '' : '{\n        '}values[f] = ${value};
${toZero}${toZero === '' ? '' : '    }\n'}`;
}

function begin({ combine: { base, outputs } }: Together, type: string): string {
  const values = Array.from({ length: outputs }, (_, k) => base?.[k] ?? 0);
  const rounded = type === 'float' ? values.map(Math.fround) : values;
  if (outputs === 1) return `    sums[0] = ${decimal(rounded[0])};\n`;
  if (rounded.every((value) => Object.is(value, 0))) return `    for (int k = 0; k < ${outputs}; k++) sums[k] = 0;\n`;
  return `    static const ${type} BASE[${outputs}] = {
${wrapped(rounded.map(decimal), '        ')}    };
    for (int k = 0; k < ${outputs}; k++) sums[k] = BASE[k];
`;
}

function addition(output: Int32Array, outputs: number): string {
  const one = `sums[${outputs === 1 ? 0 : 'OUTPUT[t]'}] += leaf->threshold;`;
  if (!output.includes(-1)) return `        ${one}\n`;
  const each = `for (int k = 0; k < ${outputs}; k++) sums[k] += ANSWERS[leaf->next][k];`;
  if (output.every((index) => index < 0)) return `        ${each}\n`;
  return `        if (OUTPUT[t] >= 0) ${one}
        else {
            ${each}
        }
`;
}

function probabilities({ combine, treesPerOutput }: Together, sumType: string): string {
  const { by, function: arithmetic, link, outputs, scale } = combine;
  const counts = [...new Set(treesPerOutput)];
  const table =
    by === 'mean' && counts.length > 1
      ? `    static const double TREES[${outputs}] = {\n${wrapped(Array.from(treesPerOutput, String), '        ')}    };\n`
      : '';
  const mean = by === 'sum' ? 'sums[k]' : `sums[k] / ${counts.length > 1 ? 'TREES[k]' : decimal(counts[0])}`;
  const score = scale === 1 ? mean : `product(${mean}, ${decimal(scale)})`;
  const applied = link === 'none' ? '' : `    apply_link(${outputs === 1 ? 'shares + 1, 1' : `shares, ${outputs}`});\n`;
  const first = arithmetic === 'float32/1' ? '(float)(1 - shares[1])' : '1 - shares[1]';
  return `/* From the sums to a probability for each class. */
static void find_shares(const ${sumType} *sums, double *shares)
{
${table}${
  outputs === 1
    ? `    shares[1] = ${score.replace('[k]', '[0]').replace('TREES[k]', 'TREES[0]')};\n${applied}    shares[0] = ${first};\n`
    : `    for (int k = 0; k < ${outputs}; k++) shares[k] = ${score};\n${applied}`
}}
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
