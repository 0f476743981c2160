import type { Model } from '../../model/model.js';
import { requireTree } from '../../model/single-tree.js';
import { type Paint, paintClass } from '../terminal-paint.js';
import { describeNode } from './node-words.js';

/** Blocks of a class bar. */
const BAR_WIDTH = 12;

interface Line {
  readonly node: number;
  readonly branch: string;
  readonly test: string;
}

/**
 * The tree, one line per node: what leads to it, the training rows per class, the label at a leaf.
 *
 * @param pathNodes nodes to mark with `*`: the path of one row
 */
export function treeLines(model: Model, paint: Paint, pathNodes: ReadonlySet<number> = new Set()): string[] {
  const lines = walkTree(model);
  const width = lines.reduce((most, { branch, test }) => Math.max(most, branch.length + test.length), 0);
  return lines.map(({ branch, node, test }) => {
    const { counts, label, shares, test: question } = describeNode(model, node);
    const place = (branch + test).padEnd(width);
    const bar = paint === 'plain' ? '' : `  ${classBar(shares)}`;
    const leaf = question === null ? `  ${paintClass(label, model.classes.indexOf(label), paint)}` : '';
    const mark = pathNodes.size === 0 ? '' : pathNodes.has(node) ? '* ' : '  ';
    return `${mark}${place}${bar}  [${counts.join(', ')}]${leaf}`;
  });
}

function walkTree(model: Model): Line[] {
  const { samples, tree } = requireTree(model, 'a drawing of the tree');
  const { left, right } = tree;
  const lines: Line[] = [];
  // The right child waits below the left one's branch.
  const stack = [{ node: 0, branch: '', indent: '', test: `${samples[0]} training rows` }];
  while (stack.length > 0) {
    const { branch, indent, node, test } = stack.pop()!;
    lines.push({ node, branch, test });
    const question = describeNode(model, node).test;
    if (question === null) continue;
    stack.push({ node: right[node], branch: `${indent}└── `, indent: `${indent}    `, test: question.right });
    stack.push({ node: left[node], branch: `${indent}├── `, indent: `${indent}│   `, test: question.left });
  }
  return lines;
}

/** Blocks in the colours of the classes, as many as their shares; the largest remainders get what rounding leaves. */
function classBar(shares: readonly number[]): string {
  const blocks = shares.map((share) => Math.floor(share * BAR_WIDTH));
  const byRemainder = shares
    .map((share, index) => ({ index, remainder: share * BAR_WIDTH - blocks[index] }))
    .sort((a, b) => b.remainder - a.remainder || a.index - b.index);
  let left = BAR_WIDTH - blocks.reduce((sum, count) => sum + count, 0);
  for (const { index } of byRemainder) if (left-- > 0) blocks[index]++;
  return blocks.map((count, index) => (count === 0 ? '' : paintClass('█'.repeat(count), index, 'colour'))).join('');
}
