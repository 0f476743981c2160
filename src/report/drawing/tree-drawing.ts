import { plural } from '../../ground/quote.js';
import type { Model } from '../../model/model.js';
import { splitWords } from '../../model/split-words.js';
import { treeSize } from '../../model/tree-size.js';
import { drawLegend } from '../charts/legend.js';
import { picture } from '../charts/picture.js';
import { hasHistograms } from '../described-feature.js';
import { type Markup, markup } from '../markup.js';
import { targetOf } from '../printable.js';
import { drawCards } from './cards.js';
import { type Answer, type DrawnTree, drawnTree } from './drawn-tree.js';
import { drawLines } from './lines.js';
import { countBranches, outlineOf } from './outline.js';

/** Up to this many nodes, each is a card with a histogram. More nodes, or those of a model without histograms, are lines of text. */
const MOST_CARDS = 31;
/** More nodes are folded into branches. */
export const MOST_NODES = 511;

export interface TreeDrawingOptions {
  /** The answers of a row from the root on: its path is highlighted. Null for none. */
  readonly answers?: readonly Answer[] | null;
  /** Most nodes to draw; default 511. Nodes on the row's path are always drawn. */
  readonly limit?: number;
  /** An SVG file with a legend, instead of a part of a page. */
  readonly alone?: boolean;
}

const MARGIN = 16;
/** A drawing of this size has letters of 5 points on A4 and on US Letter. */
const PAPER_WIDTH = 1100;
const PAPER_HEIGHT = 1500;

export interface TreeDrawing {
  readonly svg: Markup;
  /** x of the root's middle. */
  readonly rootX: number;
  /** Whether it cannot be read when it is made as narrow as a sheet of paper. */
  readonly tooWideForPaper: boolean;
  /** False in the compact form. */
  readonly showsHistograms: boolean;
}

/** A tree as an SVG picture, from the artifact alone. */
export function drawTree(model: Model, options: TreeDrawingOptions = {}): TreeDrawing {
  const { alone = false, answers = null, limit = MOST_NODES } = options;
  const drawn = drawnTree(model, answers);
  const outline = outlineOf(drawn.answers, limit, drawn.path);
  const showsHistograms = hasHistograms(model) && countBranches(outline) <= MOST_CARDS;
  const drawing = showsHistograms ? drawCards(drawn, outline) : drawLines(drawn, outline);
  const width = Math.max(drawing.width, 320);
  const left = MARGIN + (width - drawing.width) / 2;
  const legend = alone ? drawLegend(model.classes, width) : { content: null, height: 0 };
  const content = [
    markup`<g transform="translate(${MARGIN} ${MARGIN})">${legend.content}</g>`,
    markup`<g transform="translate(${left} ${MARGIN + legend.height})">${drawing.content}</g>`,
  ];
  const size = {
    width: Math.ceil(width + 2 * MARGIN),
    height: Math.ceil(drawing.height + legend.height + 2 * MARGIN),
  };
  const title = `Decision tree for ${targetOf(model)}`;
  const svg = picture({ id: 'tree', ...size, title, description: describe(drawn), alone }, content);
  const tooWideForPaper = size.width > PAPER_WIDTH || size.height > PAPER_HEIGHT;
  return { svg, rootX: left + drawing.rootX, tooWideForPaper, showsHistograms };
}

/** An SVG file; it ends in a newline. */
export function treeSvg(model: Model, options: Omit<TreeDrawingOptions, 'alone'> = {}): string {
  return `${drawTree(model, { ...options, alone: true }).svg.markup}\n`;
}

function describe(drawn: DrawnTree): string {
  const { classes } = drawn.model;
  const { samples, tree } = drawn.answers;
  const { depth, leaves, nodes } = treeSize(tree);
  const names = classes.length > 12 ? `${classes.length} classes` : classes.join(', ');
  const parts = [
    `${plural(nodes, 'node')}, ${plural(leaves, 'leaf', 'leaves')}, depth ${depth}, grown from ${plural(samples[0], 'row')} of ${names}.`,
  ];
  if (tree.feature[0] >= 0) parts.push(`The first question: ${splitWords(tree, drawn.model, 0).question}.`);
  if (drawn.path.length > 0) parts.push(`The highlighted path: ${pathWords(drawn)}.`);
  return parts.join(' ');
}

function pathWords(drawn: DrawnTree): string {
  const { features } = drawn.model;
  const { tree } = drawn.answers;
  const answers = drawn.path.slice(0, -1).map((node) => {
    const { left, right } = splitWords(tree, drawn.model, node);
    return `${features[tree.feature[node]].name} ${drawn.answerAt(node)?.wentLeft ? left : right}`;
  });
  const leaf = drawn.path[drawn.path.length - 1];
  return [...answers, `predicts ${drawn.model.classes[drawn.classAt(leaf)]}`].join(', ');
}
