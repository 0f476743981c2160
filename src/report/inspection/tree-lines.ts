import { cut } from '../../ground/quote.js';
import type { Model } from '../../model/model.js';
import { requireTree } from '../../model/single-tree.js';
import type { Tree } from '../../tree/tree.js';
import { branchSize } from '../drawing/outline.js';
import { type Paint, paintClass } from '../terminal-paint.js';
import { describeNode, rowsInWords } from './node-words.js';

/** Lines that fit a screen together with what stands around them. */
const SCREEN_LINES = 24;
/** Blocks of a class bar. */
const BAR_WIDTH = 12;
/** UTF-16 units of a branch and its test that are shown: a set of categories may be long, and so may a name. */
const MAX_PLACE = 80;
/** Of the test, however deep it is. */
const LEAST_TEST = 40;
/** Of the end of a test that is cut: it has the threshold, or where missing values go. */
const MAX_END = 24;

/** How much of a tree is shown. */
export interface TreeExtent {
  /** Levels below the root; 0: all. Left out: as many as fit a screen. */
  readonly depth?: number;
  /** Nodes on the path of one row: they are shown whatever the depth, and marked with `*`. */
  readonly pathNodes?: ReadonlySet<number>;
}

export interface TreeLines {
  readonly lines: readonly string[];
  /** Nodes below those that are shown. */
  readonly hidden: number;
}

interface Line {
  readonly node: number;
  readonly branch: string;
  readonly test: string;
  /** Nodes below that are not shown. */
  readonly hidden: number;
}

/** The tree, one line per node: what leads to it, the training rows per class, the label at a leaf. */
export function treeLines(model: Model, paint: Paint, { depth, pathNodes = new Set() }: TreeExtent = {}): TreeLines {
  const { tree } = requireTree(model, 'a drawing of the tree');
  const most = depth === 0 ? Number.POSITIVE_INFINITY : (depth ?? depthOfScreen(tree));
  const found = walkTree(model, most, pathNodes);
  const width = found.reduce((widest, { branch, test }) => Math.max(widest, branch.length + test.length), 0);
  const lines = found.map(({ branch, hidden, node, test }) => {
    const words = describeNode(model, node);
    const { label, shares } = words;
    const place = (branch + test).padEnd(width);
    const bar = paint === 'plain' ? '' : `  ${classBar(shares)}`;
    const mark = pathNodes.size === 0 ? '' : pathNodes.has(node) ? '* ' : '  ';
    let end = '';
    if (words.test === null) end = `  ${paintClass(label, model.classes.indexOf(label), paint)}`;
    else if (hidden > 0) end = `  … ${hidden} nodes below`;
    return `${mark}${place}${bar}  [${rowsInWords(words, model.classes)}]${end}`;
  });
  return { lines, hidden: found.reduce((sum, { hidden }) => sum + hidden, 0) };
}

/** The most levels whose nodes fit a screen; at least one. */
function depthOfScreen({ feature, left, right }: Tree): number {
  let level = [0];
  let shown = 1;
  for (let depth = 0; ; depth++) {
    level = level.filter((node) => feature[node] >= 0).flatMap((node) => [left[node], right[node]]);
    shown += level.length;
    if (level.length === 0) return Number.POSITIVE_INFINITY;
    if (shown > SCREEN_LINES) return Math.max(depth, 1);
  }
}

function walkTree(model: Model, most: number, pathNodes: ReadonlySet<number>): Line[] {
  const { samples, tree } = requireTree(model, 'a drawing of the tree');
  const { left, right } = tree;
  const lines: Line[] = [];
  // The right child waits below the left one's branch.
  const stack = [{ node: 0, branch: '', indent: '', test: `${samples[0]} training rows`, depth: 0 }];
  while (stack.length > 0) {
    const { branch, depth, indent, node, test } = stack.pop()!;
    const question = describeNode(model, node).test;
    const isOpen = question !== null && (depth < most || pathNodes.has(node));
    lines.push({
      node,
      branch,
      test: cutTest(test, Math.max(LEAST_TEST, MAX_PLACE - branch.length)),
      hidden: isOpen ? 0 : branchSize(tree, node) - 1,
    });
    if (question === null || !isOpen) continue;
    const below = depth + 1;
    stack.push(
      { node: right[node], branch: `${indent}└── `, indent: `${indent}    `, test: question.right, depth: below },
      { node: left[node], branch: `${indent}├── `, indent: `${indent}│   `, test: question.left, depth: below },
    );
  }
  return lines;
}

/** Its beginning and its end. */
function cutTest(test: string, longest: number): string {
  if (test.length <= longest) return test;
  const end = test.slice(-MAX_END).replace(/^[\udc00-\udfff]/, '');
  return cut(test, longest - MAX_END - 1) + end;
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
