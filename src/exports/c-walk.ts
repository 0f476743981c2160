import type { FlatScorer } from './flat-scorer.js';
import { commentText, decimalOr, nodeList, type SetBits } from './source-text.js';
import { hasDirections, numberOf } from './together-text.js';

/**
 * Trees that are written as questions within questions: a processor learns each of them by its place, which takes two thirds of
 * a loop's time. Larger ones outgrow its memory for code, and compilers take long.
 */
const MOST_NESTED_NODES = 2048;
/** Braces in braces that every compiler takes: C99 promises 127. */
const MOST_BRACES = 100;

/** The function that finds the leaf of a row. */
export function treeWalk(scorer: FlatScorer, bits: SetBits): string {
  const nested = scorer.nodeCount > 1 && scorer.nodeCount <= MOST_NESTED_NODES ? nestedQuestions(scorer, bits) : null;
  if (nested === null) {
    return `${tableWalk(scorer, bits, 'double', 'double')}
static struct leaf find_answer(const double *row)
{
    const struct node *leaf = walk_tree(NODES, row);
    return (struct leaf){(int32_t)(leaf - NODES), leaf->right};
}
`;
  }
  return `${scorer.hasSets ? SET_TEST : ''}static struct leaf find_answer(const double *row)
{
${nested}}
`;
}

/** Null where they are too deep: each left child lies in the braces of its parent, a right one after them. */
function nestedQuestions(scorer: FlatScorer, { start }: SetBits): string | null {
  const { feature, features, missingLeft, next, threshold } = scorer;
  const lines: string[] = [];
  const stack = [{ node: 0, depth: 1, closes: 0 }];
  for (let place = stack.pop(); place !== undefined; place = stack.pop()) {
    const { closes, depth, node } = place;
    if (depth > MOST_BRACES) return null;
    const indent = '    '.repeat(Math.min(depth, 16));
    if (closes > 0) lines.push(`${'    '.repeat(Math.min(closes, 16))}}\n`);
    const asked = features[feature[node]];
    if (asked === undefined) {
      lines.push(`${indent}return (struct leaf){${node}, ${next[node]}};\n`);
      continue;
    }
    const value = `row[${feature[node]}]`;
    const above = `${value} ${asked.missing && missingLeft[node] === 1 ? '>' : '<='} ${decimalOr('INFINITY', threshold[node])}`;
    const question =
      start[node] >= 0
        ? `in_set(SETS + ${start[node]}, ${value}, ${missingLeft[node]})`
        : above.includes('>')
          ? `!(${above})`
          : above;
    lines.push(`${indent}if (${question}) { /* ${node}: ${commentText(asked.name)} */\n`);
    stack.push({ node: next[node], depth, closes: depth }, { node: node + 1, depth: depth + 1, closes: 0 });
  }
  return lines.join('');
}

const SET_TEST = `static int in_set(const uint32_t *set, double category, int missing_left)
{
    int bit;
    if (isnan(category)) return missing_left;
    bit = (int)category + 1;
    return set[bit >> 5] >> (bit & 31) & 1;
}

`;

/** What thresholds are compared as. */
export type ValueType = 'double' | 'float';

/** A literal of a type. That of a float is no double which a compiler would have to round. */
export function numberLiteral(value: number, type: ValueType): string {
  const text = decimalOr('INFINITY', value);
  return type === 'float' && Number.isFinite(value) ? `${text}f` : text;
}

/** Trees as a table of nodes, and the loop that goes from a root to a leaf. */
export function tableWalk(scorer: FlatScorer, bits: SetBits, type: ValueType, rowType: ValueType): string {
  return `${structure(scorer, type)}

static const struct node NODES[${scorer.nodeCount}] = {
${nodeRows(scorer, bits, type)}};

static const struct node *walk_tree(const struct node *node, const ${rowType} *row)
{
    while (node->feature >= 0) {
        const ${rowType} value = row[node->feature];
${step(scorer)}        node += 1 + (node->right & (left - 1)); /* Without a branch, which would often be mispredicted. */
    }
    return node;
}
`;
}

function structure(scorer: FlatScorer, type: ValueType): string {
  const { hasSets, together } = scorer;
  const adds = together?.output.some((output) => output >= 0);
  const fields = [
    [`${type} threshold;`, `left when the value is at most this${adds ? '; at a leaf what is added to a sum' : ''}`],
    ['int32_t feature;', '-1 at a leaf'],
    [
      'int32_t right;',
      `how far the right child is from the left one${scorer.answerCount > 0 ? '; at a leaf its row of ANSWERS' : ''}`,
    ],
    ...(hasSets ? [['int32_t set;', 'where its bits begin in SETS; -1 where a number is asked for']] : []),
    ...(hasDirections(scorer) ? [['int32_t missing_left;', 'whether a missing value goes left']] : []),
    ...(scorer.hasZeroMissing ? [['int32_t zero_missing;', 'whether 0 goes where a missing value goes']] : []),
  ];
  const lines = fields.map(([field, about]) => `    ${field.padEnd(21)} /* ${about} */\n`);
  return `/* The left child of NODES[i] is NODES[i + 1]. */
struct node {
${lines.join('')}};`;
}

function nodeRows(scorer: FlatScorer, { start }: SetBits, type: ValueType): string {
  const texts = Array.from({ length: scorer.nodeCount }, (_, node) => {
    const right = scorer.feature[node] < 0 ? scorer.next[node] : scorer.next[node] - node - 1;
    const cells = [numberLiteral(numberOf(scorer, node), type), scorer.feature[node], right];
    if (scorer.hasSets) cells.push(start[node]);
    if (hasDirections(scorer)) cells.push(scorer.missingLeft[node]);
    if (scorer.hasZeroMissing) cells.push(scorer.zeroMissing[node]);
    return `{${cells.join(', ')}}`;
  });
  return nodeList(scorer, texts, '    ', ['/*', ' */']);
}

function step(scorer: FlatScorer): string {
  const { hasSets, hasZeroMissing } = scorer;
  const compared = hasDirections(scorer)
    ? 'node->missing_left ? !(value > node->threshold) : value <= node->threshold'
    : 'value <= node->threshold';
  if (!hasSets && !hasZeroMissing) return `        const int left = ${compared};\n`;
  const branches: string[] = [];
  if (hasSets) {
    branches.push(`if (node->set >= 0${hasDirections(scorer) ? ' && !isnan(value)' : ''}) {
            const int bit = (int)value + 1;
            left = SETS[node->set + (bit >> 5)] >> (bit & 31) & 1;
        }`);
  }
  if (hasZeroMissing) branches.push('if (value == 0 && node->zero_missing) left = node->missing_left;');
  return `        int left;
        ${branches.join('\n        else ')}
        else left = ${compared};
`;
}
