import type { FlatScorer } from './flat-scorer.js';
import { commentText, decimal, nodeList, type SetBits } from './source-text.js';

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
  if (nested === null) return tableWalk(scorer, bits);
  return `${scorer.hasSets ? SET_TEST : ''}static struct leaf find_leaf(const double *row)
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
    const above = `${value} ${asked.missing && missingLeft[node] === 1 ? '>' : '<='} ${decimal(threshold[node])}`;
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

function tableWalk(scorer: FlatScorer, bits: SetBits): string {
  return `${structure(scorer)}

static const struct node NODES[${scorer.nodeCount}] = {
${nodeRows(scorer, bits)}};

static struct leaf find_leaf(const double *row)
{
    const struct node *node = NODES;
    while (node->feature >= 0) {
        const double value = row[node->feature];
${step(scorer)}        if (left) node++;
        else node = NODES + node->next;
    }
    return (struct leaf){(int32_t)(node - NODES), node->next};
}
`;
}

function structure({ hasMissing, hasSets }: FlatScorer): string {
  return `/* The left child of NODES[i] is NODES[i + 1]. */
struct node {
    double threshold;     /* left when the value is at most this */
    int32_t feature;      /* -1 at a leaf */
    int32_t next;         /* the right child; at a leaf its row of ANSWERS */
${hasSets ? '    int32_t set;          /* where its bits begin in SETS; -1 where a number is asked for */\n' : ''}${
  hasMissing ? '    int32_t missing_left; /* whether a missing value goes left */\n' : ''
}};`;
}

function nodeRows(scorer: FlatScorer, { start }: SetBits): string {
  const texts = Array.from({ length: scorer.nodeCount }, (_, node) => {
    const cells = [decimal(scorer.threshold[node]), scorer.feature[node], scorer.next[node]];
    if (scorer.hasSets) cells.push(start[node]);
    if (scorer.hasMissing) cells.push(scorer.missingLeft[node]);
    return `{${cells.join(', ')}}`;
  });
  return nodeList(scorer, texts, '    ', ['/*', ' */']);
}

function step({ hasMissing, hasSets }: FlatScorer): string {
  if (!hasSets && !hasMissing) return '        const int left = value <= node->threshold;\n';
  const branches: string[] = [];
  if (hasMissing) branches.push('if (isnan(value)) left = node->missing_left;');
  if (hasSets) {
    branches.push(`if (node->set >= 0) {
            const int bit = (int)value + 1;
            left = SETS[node->set + (bit >> 5)] >> (bit & 31) & 1;
        }`);
  }
  return `        int left;
        ${branches.join('\n        else ')}
        else left = value <= node->threshold;
`;
}
