import { plural } from '../../ground/quote.js';
import type { Feature, Model } from '../../model/model.js';
import type { PathStep } from '../../model/path-step.js';
import { requireTree } from '../../model/single-tree.js';
import type { TreeAnswers } from '../../tree/answers.js';
import { parentsOf, type Reach, reachAt } from '../../tree/reach.js';
import type { Tree } from '../../tree/tree.js';
import { shortenMiddle, shortenNames, textWidth } from '../charts/text.js';
import { type Markup, markup } from '../markup.js';

/** A step of the explained row. */
export type Answer = Pick<PathStep, 'value' | 'wentLeft'>;

/** The model and the explained row, as every part of a drawing needs them. */
export interface DrawnTree {
  readonly model: Model;
  readonly answers: TreeAnswers;
  /** The explained row's answer at a node; undefined off its path. */
  answerAt(node: number): Answer | undefined;
  /** Whether a node is on the path of the explained row; always true where no row is explained. */
  isLit(node: number): boolean;
  /** Whether a row is explained and a node is on its path. */
  isOnPath(node: number): boolean;
  /** The nodes of the path, root first; empty where no row is explained. */
  readonly path: readonly number[];
  /** Which values of its feature can reach a split, after the tests above it. */
  reachOf(node: number): Reach;
  /** Index of the class with the largest share. */
  classAt(node: number): number;
  sharesAt(node: number): Float64Array;
  rowsAt(node: number): number;
  /** The name of a split's feature, or of a leaf's class, where it has a width in pixels: names that differ stay different. */
  featureAt(node: number, width: number, fontSize: number): string;
  className(index: number, width: number, fontSize: number): string;
}

/** @param answers of one row, from the root on; null where no row is explained */
export function drawnTree(model: Model, answers: readonly Answer[] | null): DrawnTree {
  const nodes = requireTree(model, 'a drawing of the tree');
  const { classes, samples, shares, tree } = nodes;
  const { classCount } = tree;
  const parents = parentsOf(tree);
  const path = answers === null ? [] : pathOf(tree, answers);
  const onPath = new Set(path);
  const features = namesAtWidths(model.features.map(({ name }) => name));
  return {
    model,
    answers: nodes,
    path,
    answerAt: (node) => (onPath.has(node) ? answers?.[path.indexOf(node)] : undefined),
    isLit: (node) => answers === null || onPath.has(node),
    isOnPath: (node) => onPath.has(node),
    reachOf: (node) => reachAt(tree, parents, node, tree.feature[node], anyValue(model.features[tree.feature[node]])),
    classAt: (node) => classes[node],
    sharesAt: (node) => shares.subarray(node * classCount, (node + 1) * classCount),
    rowsAt: (node) => samples[node],
    featureAt: (node, width, fontSize) => features(tree.feature[node], width, fontSize),
    className: namesAtWidths(model.classes),
  };
}

/** Widths are rounded down to these, so that few lists of names are cut. */
const WIDTH_STEP = 8;
/** Of more names each is cut alone. */
const MOST_COMPARED = 500;

/** @returns a function that gives one of the names, cut together with the others */
function namesAtWidths(names: readonly string[]): (index: number, width: number, fontSize: number) => string {
  const known = new Map<number, readonly string[]>();
  return (index, width, fontSize) => {
    if (textWidth(names[index], fontSize) <= width) return names[index];
    const rounded = Math.max(WIDTH_STEP, Math.floor(width / WIDTH_STEP) * WIDTH_STEP);
    if (names.length > MOST_COMPARED) return shortenMiddle(names[index], rounded, fontSize);
    const key = rounded * 100 + fontSize;
    const shown = known.get(key) ?? shortenNames(names, rounded, fontSize);
    known.set(key, shown);
    return shown[index];
  };
}

function anyValue(feature: Feature): Reach {
  const categories = feature.kind === 'category' ? [...feature.categories.keys()] : [];
  return { low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY, categories, missing: feature.missing };
}

/** The nodes that the answers lead through, root and leaf included. */
export function pathOf({ left, right }: Tree, answers: readonly Answer[]): number[] {
  const path = [0];
  for (const { wentLeft } of answers) path.push((wentLeft ? left : right)[path[path.length - 1]]);
  return path;
}

/** Attributes of every element of a node: its number, by which a page finds it; faint off the path of the explained row. */
export function nodeMark({ isLit }: DrawnTree, node: number): Markup {
  return markup` data-node="${node}"${isLit(node) ? null : markup` opacity=".4"`}`;
}

/** Of more classes than `MOST_COUNTS`, only the `FEW_COUNTS` with the most rows are named. */
const MOST_COUNTS = 12;
const FEW_COUNTS = 4;

/** `40 rows: setosa 38, versicolor 2`. */
export function countWords({ answers, model, rowsAt }: DrawnTree, node: number): string {
  const { classCount, counts } = answers.tree;
  const found = [...counts.subarray(node * classCount, (node + 1) * classCount)]
    .map((count, index) => ({ count, index }))
    .filter(({ count }) => count > 0);
  const few = found.length > MOST_COUNTS;
  const shown = few ? found.sort((a, b) => b.count - a.count).slice(0, FEW_COUNTS) : found;
  const words = shown.map(({ count, index }) => `${model.classes[index]} ${count}`);
  if (few) words.push(`${found.length - FEW_COUNTS} more classes`);
  return `${plural(rowsAt(node), 'row')}: ${words.join(', ')}`;
}
