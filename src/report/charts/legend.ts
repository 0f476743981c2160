import { type Markup, markup } from '../markup.js';
import { fillOf } from './palette.js';
import { shortenNames, textWidth } from './text.js';

const LINE = 20;
const SWATCH = 11;
const MOST_CLASSES = 40;

/** The classes with their colours, as many to a line as fit, with a margin below. The origin is the upper left corner. */
export function drawLegend(classes: readonly string[], width: number): { content: Markup[]; height: number } {
  let x = 0;
  let y = 0;
  const shown = shortenNames(classes.slice(0, MOST_CLASSES), Math.min(width - 20, 220), 12);
  const content = shown.map((text, index) => {
    const entryWidth = SWATCH + 6 + textWidth(text, 12) + 18;
    if (x > 0 && x + entryWidth > width) {
      x = 0;
      y += LINE;
    }
    const entry = markup`
      <rect class="${fillOf(index)}" x="${x}" y="${y + 1}" width="${SWATCH}" height="${SWATCH}" rx="3"/>
      <text x="${x + SWATCH + 6}" y="${y + 11}">${text}</text>
    `;
    x += entryWidth;
    return entry;
  });
  if (classes.length > MOST_CLASSES) {
    y += LINE;
    content.push(markup`<text class="quiet" y="${y + 11}">and ${classes.length - MOST_CLASSES} more classes</text>`);
  }
  return { content, height: y + LINE + 12 };
}
