import { type HierarchyPointNode, hierarchy, tree as tidyTree } from 'd3-hierarchy';
import { linkVertical } from 'd3-shape';
import { splitAt } from '../../model/split.js';
import { splitWords } from '../../model/split-words.js';
import { listThatFits, textWidth } from '../charts/text.js';
import { type Markup, markup } from '../markup.js';
import { type DrawnTree, nodeMark } from './drawn-tree.js';
import { LEAF_HEIGHT, LEAF_WIDTH, leafCard } from './leaf-card.js';
import type { Branch } from './outline.js';
import { SPLIT_HEIGHT, SPLIT_WIDTH, splitCard } from './split-card.js';

type Place = HierarchyPointNode<Branch>;

export interface Drawing {
  /** x of the root's middle. */
  readonly rootX: number;
  readonly width: number;
  readonly height: number;
  readonly content: readonly Markup[];
}

const GAP = 18;
const ROW_HEIGHT = SPLIT_HEIGHT + 58;

/** The root on top, a card per node. The origin is the upper left corner. */
export function drawCards(drawn: DrawnTree, outline: Branch): Drawing {
  const layout = tidyTree<Branch>()
    .nodeSize([1, ROW_HEIGHT])
    .separation((a, b) => (widthOf(a) + widthOf(b)) / 2 + GAP);
  const root = layout(hierarchy(outline));
  const places = root.descendants();
  const left = Math.min(...places.map((place) => place.x - widthOf(place) / 2));
  const right = Math.max(...places.map((place) => place.x + widthOf(place) / 2));
  for (const place of places) place.x -= left;
  const links = root.links();
  return {
    rootX: root.x,
    width: right - left,
    height: Math.max(...places.map((place) => place.y + heightOf(place))),
    content: [
      ...links.map(({ source, target }) => drawEdge(drawn, source, target)),
      ...places.map((place) => drawCard(drawn, place)),
      ...links.map(({ source, target }) => edgeLabel(drawn, source, target)),
    ],
  };
}

function drawCard(drawn: DrawnTree, place: Place): Markup {
  const { folded, node } = place.data;
  const card = place.children === undefined ? leafCard(drawn, node, folded) : splitCard(drawn, node);
  return markup`
    <g transform="translate(${place.x - widthOf(place) / 2} ${place.y})"${nodeMark(drawn, node)}>${card}</g>
  `;
}

const link = linkVertical<unknown, [number, number]>();

/** As wide as its share of the training rows. */
function drawEdge(drawn: DrawnTree, source: Place, target: Place): Markup {
  const { node } = target.data;
  const share = drawn.rowsAt(node) / drawn.rowsAt(0);
  const path = link({ source: [source.x, source.y + heightOf(source)], target: [target.x, target.y] });
  const stroke = drawn.isOnPath(node) ? 'mark' : 'edge';
  return markup`
    <path class="${stroke}"${nodeMark(drawn, node)} d="${shortPath(path)}" stroke-width="${1 + 5 * share}"/>
  `;
}

function edgeLabel(drawn: DrawnTree, source: Place, target: Place): Markup {
  const { node } = source.data;
  const { left, right } = splitWords(drawn.answers.tree, drawn.model, node);
  const isLeft = source.children?.[0] === target;
  const words = isLeft ? left : right;
  return markup`
    <text class="small middle halo"${nodeMark(drawn, target.data.node)} x="${target.x}" y="${target.y - 10}">
    <title>${words}</title>${answerThatFits(drawn, node, isLeft)}</text>
  `;
}

/** Neighbours are as far apart as leaves: their words never touch, semibold ones on the path of a row neither. */
const EDGE_WIDTH = LEAF_WIDTH - 8;

/** A list of categories names as many as fit; nothing else is as wide. */
function answerThatFits({ answers, model }: DrawnTree, node: number, isLeft: boolean): string {
  const { left, right } = splitWords(answers.tree, model, node);
  const split = splitAt(answers.tree, model, node);
  const words = isLeft ? left : right;
  if (split.asks !== 'category' || textWidth(words, 12) <= EDGE_WIDTH) return words;
  const missing = split.missing === (isLeft ? 'left' : 'right') ? ' or missing' : '';
  return `${listThatFits(isLeft ? split.left : split.right, EDGE_WIDTH - textWidth(missing, 12), 12)}${missing}`;
}

function shortPath(path: string | null): string {
  return (path ?? '').replaceAll(/\d+\.\d+/g, (digits) => String(Math.round(Number(digits) * 10) / 10));
}

function widthOf(place: { readonly children?: unknown }): number {
  return place.children === undefined ? LEAF_WIDTH : SPLIT_WIDTH;
}

function heightOf(place: { readonly children?: unknown }): number {
  return place.children === undefined ? LEAF_HEIGHT : SPLIT_HEIGHT;
}
