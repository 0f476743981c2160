import { type HierarchyPointNode, hierarchy, tree as tidyTree } from 'd3-hierarchy';
import { plural } from '../../ground/quote.js';
import { splitAt } from '../../model/split.js';
import { splitWords } from '../../model/split-words.js';
import { shareBar } from '../charts/stacked-bars.js';
import { listThatFits, STRONG, textWidth } from '../charts/text.js';
import { type Markup, markup } from '../markup.js';
import type { Drawing } from './cards.js';
import { countWords, type DrawnTree, nodeMark } from './drawn-tree.js';
import type { Branch } from './outline.js';

type Place = HierarchyPointNode<Branch>;

const COLUMN = 240;
const LINE = 20;
const BAR = 28;
const TEXT = BAR + 6;
const WORDS_WIDTH = COLUMN - TEXT - 34;

/** The compact form for large trees: the root at the left, a line of text per node, yes above no. */
export function drawLines(drawn: DrawnTree, outline: Branch): Drawing {
  const root = tidyTree<Branch>()
    .nodeSize([LINE, COLUMN])
    .separation(() => 1)(hierarchy(outline));
  const places = root.descendants();
  const top = Math.min(...places.map(({ x }) => x)) - LINE / 2;
  for (const place of places) place.x -= top;
  return {
    rootX: 0,
    width: Math.max(...places.map(({ y }) => y)) + COLUMN,
    height: Math.max(...places.map(({ x }) => x)) + LINE / 2,
    content: [
      ...root.links().map(({ source, target }) => drawLink(drawn, source, target)),
      ...places.map((place) => drawLine(drawn, place)),
    ],
  };
}

function drawLine(drawn: DrawnTree, place: Place): Markup {
  const { node } = place.data;
  const on = drawn.isOnPath(node) || place.children === undefined ? ' strong' : '';
  const words = wordsThatFit(drawn, place);
  return markup`
    <g transform="translate(${place.y} ${place.x})"${nodeMark(drawn, node)}>
      <title>${wordsOf(drawn, place)}; ${countWords(drawn, node)}</title>
      ${shareBar(drawn.sharesAt(node), 0, -4, BAR, 8)}
      <text class="small${on}" x="${TEXT}" y="4">${words}</text>
    </g>
  `;
}

function wordsOf(drawn: DrawnTree, { children, data: { folded, node } }: Place): string {
  if (children !== undefined) return splitWords(drawn.answers.tree, drawn.model, node).question;
  if (folded > 0) return `${plural(folded, 'node')} below`;
  return `${drawn.model.classes[drawn.classAt(node)]} · ${drawn.rowsAt(node)}`;
}

/** Names are cut, never the threshold nor the number of rows. */
function wordsThatFit(drawn: DrawnTree, place: Place): string {
  const { answers, model } = drawn;
  const { children, data } = place;
  const { folded, node } = data;
  if (folded > 0 && children === undefined) return wordsOf(drawn, place);
  const nameWidth = (rest: string, fontSize: number) => WORDS_WIDTH - textWidth(rest, fontSize);
  if (children === undefined) {
    const rows = ` · ${drawn.rowsAt(node)}`;
    return `${drawn.className(drawn.classAt(node), nameWidth(rows, 12), 12)}${rows}`;
  }
  const split = splitAt(answers.tree, model, node);
  // On the path of a row words are semibold.
  if (split.asks === 'category') {
    const name = drawn.featureAt(node, (WORDS_WIDTH - textWidth(' in {}', 12)) / 2, 12);
    return `${name} in {${listThatFits(split.left, nameWidth(`${name} in {}`, 12), 12)}}`;
  }
  const test = split.asks === 'value' ? ' has a value' : ` ≤ ${split.text}`;
  return `${drawn.featureAt(node, nameWidth(test, 12), 12)}${test}`;
}

/** From the end of the parent's words to the child's bar, with its answer where it bends. */
function drawLink(drawn: DrawnTree, source: Place, target: Place): Markup {
  const from = source.y + TEXT + Math.min(textWidth(wordsThatFit(drawn, source), STRONG), WORDS_WIDTH) + 6;
  const bend = target.y - 26;
  const answer = source.children?.[0] === target ? 'yes' : 'no';
  const { node } = target.data;
  const stroke = drawn.isOnPath(node) ? 'mark' : 'edge';
  const width = drawn.isOnPath(node) ? 2 : 1;
  return markup`
    <g${nodeMark(drawn, node)}>
      <path class="${stroke}" stroke-width="${width}" d="M${from} ${source.x}H${bend}V${target.x}H${target.y - 4}"/>
      <text class="small quiet halo end" x="${target.y - 6}" y="${target.x - 3}">${answer}</text>
    </g>
  `;
}
