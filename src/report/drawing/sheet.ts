import type { PathStep } from '../../model/decision-path.js';
import type { Feature, Model } from '../../model/model.js';
import { requireTree } from '../../model/single-tree.js';
import type { TreeAnswers } from '../../tree/answers.js';
import { parentsOf, type Reach, reachAt } from '../../tree/reach.js';
import type { Tree } from '../../tree/tree.js';
import { plural } from '../charts/text.js';
import { type Markup, markup } from '../markup.js';

/** What the row that is followed answered. */
export type Answer = Pick<PathStep, 'value' | 'wentLeft'>;

/** What every part of a drawing asks of the model and of the row that is followed. */
export interface Sheet {
  readonly model: Model;
  readonly answers: TreeAnswers;
  /** The followed row's answer at a node; undefined off its path. */
  answerAt(node: number): Answer | undefined;
  /** Whether the followed row comes to a node; true everywhere where no row is followed. */
  isLit(node: number): boolean;
  /** Whether a row is followed and comes to a node. */
  isOnPath(node: number): boolean;
  /** The nodes of the path, root first; none where no row is followed. */
  readonly path: readonly number[];
  /** What a split can still be given of its own feature, after the questions above it. */
  reachOf(node: number): Reach;
  /** Index of the class with the largest share. */
  classAt(node: number): number;
  sharesAt(node: number): Float64Array;
  rowsAt(node: number): number;
}

/** @param answers of one row, from the root on; null where no row is followed */
export function sheetOf(model: Model, answers: readonly Answer[] | null): Sheet {
  const nodes = requireTree(model, 'a drawing of the tree');
  const { classes, samples, shares, tree } = nodes;
  const { classCount } = tree;
  const parents = parentsOf(tree);
  const path = answers === null ? [] : pathOf(tree, answers);
  const onPath = new Set(path);
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

/** Attributes of all that belongs to a node: its number, by which a page finds it; faint off the followed row's path. */
export function nodeMark({ isLit }: Sheet, node: number): Markup {
  return markup` data-node="${node}"${isLit(node) ? null : markup` opacity=".4"`}`;
}

/** Of more classes than `MOST_COUNTS` only the `FEW_COUNTS` with the most rows are named. */
const MOST_COUNTS = 12;
const FEW_COUNTS = 4;

/** `40 rows: setosa 38, versicolor 2`. */
export function countWords({ answers, model, rowsAt }: Sheet, node: number): string {
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
