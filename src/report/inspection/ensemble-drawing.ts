import { hierarchy, tree as tidyTree } from 'd3-hierarchy';
import type { EnsembleScorer, Model } from '../../model/model.js';
import { picture } from '../charts/picture.js';
import { textWidth } from '../charts/text.js';
import { type Markup, markup } from '../markup.js';
import { printableModel } from '../printable.js';
import { quoteDot } from './dot.js';
import { checkedTree, leafInWords, splitInWords, startInWords } from './ensemble.js';
import type { inspectionFormats } from './formats.js';
import { entities } from './mermaid.js';

/** A node of one tree, numbered from 0 at the root. */
interface DrawnNode {
  readonly number: number;
  /** What a row that goes left answers; of a leaf its values. */
  readonly words: string;
  /** Left and right; none at a leaf. */
  readonly children: DrawnNode[];
}

interface OneTree {
  readonly model: Model;
  readonly scorer: EnsembleScorer;
  /** Its number; undefined where none was asked for. */
  readonly tree: number | undefined;
}

/** One tree of several, as a drawing: what its splits ask, and the values of its leaves. @throws UsageError without a tree */
export function ensembleDrawing(
  { scorer, tree, ...inspected }: OneTree,
  format: Exclude<(typeof inspectionFormats)[number], 'text'>,
): string {
  const model = printableModel(inspected.model);
  const number = checkedTree(scorer, tree);
  const nodes = nodesOf(model, scorer, number);
  if (format === 'dot') return dotOf(nodes);
  if (format === 'mermaid') return mermaidOf(nodes);
  return svgOf(nodes, `Tree ${number}: ${startInWords(model, scorer, number)}`);
}

/** In preorder. */
function nodesOf(model: Model, scorer: EnsembleScorer, tree: number): DrawnNode[] {
  const { feature, right, roots } = scorer.ensemble.trees;
  const nodes: DrawnNode[] = [];
  for (let at = roots[tree + 1] - 1; at >= roots[tree]; at--) {
    const number = at - roots[tree];
    nodes[number] =
      feature[at] < 0
        ? { number, words: leafInWords(model, scorer, tree, at), children: [] }
        : {
            number,
            words: splitInWords(model, scorer, at).left,
            children: [nodes[number + 1], nodes[right[at] - roots[tree]]],
          };
  }
  return nodes;
}

function dotOf(nodes: readonly DrawnNode[]): string {
  const lines = nodes.flatMap(({ children, number, words }) => [
    `  ${number} [label=${quoteDot(words)}];`,
    ...children.map((child, side) => `  ${number} -> ${child.number} [label="${side === 0 ? 'yes' : 'no'}"];`),
  ]);
  const style = '  node [shape=box, style=rounded, fontname="sans-serif"];\n  edge [fontname="sans-serif"];';
  return `digraph tree {\n${style}\n${lines.join('\n')}\n}\n`;
}

function mermaidOf(nodes: readonly DrawnNode[]): string {
  const lines = nodes.flatMap(({ children, number, words }) => {
    const text = `"${entities(words)}"`;
    const shape = children.length === 0 ? `(${text})` : `[${text}]`;
    return [
      `  n${number}${shape}`,
      ...children.map((child, side) => `  n${number} -->|${side === 0 ? 'yes' : 'no'}| n${child.number}`),
    ];
  });
  return `flowchart TD\n${lines.join('\n')}\n`;
}

const MARGIN = 16;
const LINE = 22;
/** Between the words of a level and those of the next. */
const GAP = 56;
const FONT_SIZE = 12;

/** The root at the left, yes above no. */
function svgOf(nodes: readonly DrawnNode[], title: string): string {
  const root = tidyTree<DrawnNode>()
    .nodeSize([LINE, 1])
    .separation(() => 1)(hierarchy(nodes[0]));
  const places = root.descendants();
  const top = Math.min(...places.map(({ x }) => x)) - MARGIN - LINE / 2;
  const widths = new Array<number>(root.height + 1).fill(0);
  for (const { data, depth } of places) widths[depth] = Math.max(widths[depth], textWidth(data.words, FONT_SIZE));
  const lefts = widths.map((_, depth) => MARGIN + widths.slice(0, depth).reduce((sum, width) => sum + width + GAP, 0));
  for (const place of places) {
    place.x -= top;
    place.y = lefts[place.depth];
  }
  const links = root.links().map(({ source, target }): Markup => {
    const answer = source.children?.[0] === target ? 'yes' : 'no';
    const from = source.y + textWidth(source.data.words, FONT_SIZE) + 6;
    return markup`
      <path class="edge" stroke-width="1" d="M${from} ${source.x}H${target.y - 32}V${target.x}H${target.y - 4}"/>
      <text class="small quiet halo end" x="${target.y - 6}" y="${target.x - 3}">${answer}</text>
    `;
  });
  const words = places.map(
    ({ data, x, y }) =>
      markup`<text class="small" data-node="${data.number}" x="${y}" y="${x + 4}">${data.words}</text>`,
  );
  const width = Math.ceil(Math.max(320, lefts[root.height] + widths[root.height] + MARGIN));
  const height = Math.ceil(Math.max(...places.map(({ x }) => x)) + LINE / 2 + MARGIN);
  const size = { id: 'tree', width, height, title, description: `${nodes.length} nodes`, alone: true };
  return `${picture(size, [...links, ...words]).markup}\n`;
}
