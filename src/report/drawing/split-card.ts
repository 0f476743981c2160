import { plural } from '../../ground/quote.js';
import { splitAt } from '../../model/split.js';
import { splitWords } from '../../model/split-words.js';
import { categoryBars, numberBars, valuePosition } from '../charts/feature-histogram.js';
import { shareBar, stackedBars } from '../charts/stacked-bars.js';
import { STRONG, shortenMiddle, shortenNames, shortNumber, textWidth } from '../charts/text.js';
import { type DescribedCategory, type DescribedNumber, describeFeature } from '../described-feature.js';
import { type Markup, markup } from '../markup.js';
import { type Answer, countWords, type DrawnTree } from './drawn-tree.js';

export const SPLIT_WIDTH = 176;
export const SPLIT_HEIGHT = 112;

const LEFT = 12;
const RIGHT = SPLIT_WIDTH - 12;
const TOP = 32;
const BOTTOM = 80;
/** Width of a category from which on its name is below it. */
const LEAST_LABEL = 44;

/**
 * A test: the histogram of its feature over all training rows by class, faint where the tests above let no row
 * through, with the threshold; below it the class shares of the rows at the node. The card's origin is its
 * upper left corner.
 */
export function splitCard(drawn: DrawnTree, node: number): Markup {
  const { answers, model } = drawn;
  const { tree } = answers;
  // Cards are drawn only where there are histograms.
  const feature = describeFeature(model, tree.feature[node])!;
  const answer = drawn.answerAt(node);
  const plot = feature.kind === 'number' ? numberPlot(drawn, node, feature) : categoryPlot(drawn, node, feature);
  const note = answer === undefined ? plural(drawn.rowsAt(node), 'row') : `= ${valueWords(answer)}`;
  const noteText = shortenMiddle(note, 80, 11);
  const name = drawn.featureAt(node, RIGHT - LEFT - textWidth(noteText, 12) - 10, STRONG);
  const on = drawn.isOnPath(node) ? ' on' : '';
  return markup`
    <title>${splitWords(tree, model, node).question}; ${countWords(drawn, node)}</title>
    <rect class="card${on}" width="${SPLIT_WIDTH}" height="${SPLIT_HEIGHT}" rx="8"${strokeWidth(on !== '')}/>
    <text class="strong" x="${LEFT}" y="20">${name}</text>
    <text class="small end${answer === undefined ? ' quiet' : ' strong'}" x="${RIGHT}" y="20">${noteText}</text>
    ${plot}${shareBar(drawn.sharesAt(node), LEFT, SPLIT_HEIGHT - 10, RIGHT - LEFT, 4)}
  `;
}

export function strokeWidth(on: boolean): Markup | null {
  return on ? markup` stroke-width="2"` : null;
}

function numberPlot(drawn: DrawnTree, node: number, feature: DescribedNumber): Markup[] {
  const { low, high } = drawn.reachOf(node);
  const bars = numberBars(feature, LEFT, RIGHT, (from, to) => to <= low || from > high);
  const position = valuePosition(feature, LEFT, RIGHT);
  const plot = [...stackedBars(bars, BOTTOM, BOTTOM - TOP), baseLine()];
  const split = splitAt(drawn.answers.tree, drawn.model, node);
  if (split.asks === 'value') plot.push(label((LEFT + RIGHT) / 2, 'has a value?', 'middle'));
  if (split.asks === 'threshold') plot.push(...thresholdMark(position(split.threshold), split.text, feature));
  const value = drawn.answerAt(node)?.value;
  if (typeof value === 'number') plot.push(rowMark(position(value)));
  return plot;
}

/** The threshold, and the ends of the range where they fit beside it. */
function thresholdMark(x: number, text: string, { histogram: { edges } }: DescribedNumber): Markup[] {
  const half = textWidth(text, 11) / 2;
  const middle = Math.min(Math.max(x, LEFT + half), RIGHT - half);
  const [first, last] = [edges[0], edges[edges.length - 1]].map(shortNumber);
  const marks = [
    markup`<line class="mark" x1="${x}" x2="${x}" y1="${TOP - 4}" y2="${BOTTOM + 4}" stroke-width="1.5"/>`,
    markup`<text class="small strong middle" x="${middle}" y="${BOTTOM + 15}">${text}</text>`,
  ];
  if (middle - half - 6 > LEFT + textWidth(first, 11)) marks.push(label(LEFT, first, ''));
  if (middle + half + 6 < RIGHT - textWidth(last, 11)) marks.push(label(RIGHT, last, 'end'));
  return marks;
}

/** Categories that go left are drawn left of the line. */
function categoryPlot(drawn: DrawnTree, node: number, feature: DescribedCategory): Markup[] {
  const { tree } = drawn.answers;
  const set = new Set(tree.categories === null ? [] : tree.categories[node]);
  const all = [...feature.categories.keys()];
  const order = [...all.filter((index) => set.has(index)), ...all.filter((index) => !set.has(index))];
  const { categories } = drawn.reachOf(node);
  const bars = categoryBars(feature, order, LEFT, RIGHT, (category) => !categories.includes(category));
  const step = (RIGHT - LEFT) / order.length;
  const x = LEFT + set.size * step;
  const plot = [
    ...stackedBars(bars, BOTTOM, BOTTOM - TOP),
    baseLine(),
    markup`<line class="mark" x1="${x}" x2="${x}" y1="${TOP - 4}" y2="${BOTTOM + 4}" stroke-width="1.5"/>`,
    ...categoryLabels(feature, order, set.size, step),
  ];
  const place = order.findIndex((category) => feature.categories[category] === drawn.answerAt(node)?.value);
  if (place >= 0) plot.push(rowMark(LEFT + (place + 0.5) * step));
  return plot;
}

function categoryLabels(
  { categories }: DescribedCategory,
  order: readonly number[],
  leftCount: number,
  step: number,
): Markup[] {
  // Semibold on the path of a row; neighbours never touch.
  const names = shortenNames(categories, step - 4, STRONG);
  if (step >= LEAST_LABEL) {
    return order.map((category, place) => label(LEFT + (place + 0.5) * step, names[category], 'middle'));
  }
  return [label(LEFT, `${leftCount} left`, ''), label(RIGHT, `${order.length - leftCount} right`, 'end')];
}

function label(x: number, text: string, anchor: '' | 'middle' | 'end'): Markup {
  return markup`<text class="small quiet ${anchor}" x="${x}" y="${BOTTOM + 15}">${text}</text>`;
}

function baseLine(): Markup {
  return markup`<line class="rule" x1="${LEFT}" x2="${RIGHT}" y1="${BOTTOM + 0.5}" y2="${BOTTOM + 0.5}"/>`;
}

/** The value of the explained row. */
function rowMark(x: number): Markup {
  return markup`<path class="ink" d="M${x - 5} ${TOP - 7}h10l-5 8z"/>`;
}

function valueWords({ value }: Answer): string {
  if (value === null) return 'missing';
  return typeof value === 'number' ? shortNumber(value) : value;
}
