import type { Figure } from '../../evaluation/figure.js';
import type { Interval } from '../../evaluation/intervals.js';
import { fillOf } from '../charts/palette.js';
import { type Content, type Markup, markup } from '../markup.js';

/** A section of the page, with a heading of its own. */
export interface Section {
  /** Unique in the page. */
  readonly id: string;
  readonly title: string;
  readonly content: Content;
  /** Takes half of the width, beside another such section before or after it, where the window is wide enough. */
  readonly half?: boolean;
}

export function drawSection({ content, half = false, id, title }: Section): Markup {
  return markup`
    <section${half ? markup` class="half"` : null} id="${id}" aria-labelledby="${id}-heading">
    <h2 id="${id}-heading">${title}</h2>${content}</section>
  `;
}

/** A picture with a caption above it. */
export function figure(title: string, caption: Content, content: Content): Markup {
  return markup`<figure><figcaption><b>${title}</b> ${caption}</figcaption>${content}</figure>`;
}

/** What is too wide for a phone: it scrolls by itself, with the keyboard too. */
export function scrollable(name: string, content: Content, kind = ''): Markup {
  return markup`<div class="scroll ${kind}" role="region" aria-label="${name}" tabindex="0">${content}</div>`;
}

/** A longer legend is cut. */
const MOST_CLASSES = 40;

export function classLegend(classes: readonly string[], indices: readonly number[] = [...classes.keys()]): Markup {
  const entries = indices.slice(0, MOST_CLASSES).map(
    (index) =>
      markup`
          <li><svg class="picture" viewBox="0 0 10 10" aria-hidden="true">
          <rect class="${fillOf(index)}" width="10" height="10" rx="2.5"/></svg>${classes[index]}</li>
        `,
  );
  const rest = indices.length - entries.length;
  const more = rest > 0 ? markup`<li class="quiet">and ${rest} more classes</li>` : null;
  return markup`<ul class="legend" aria-label="Classes">${entries}${more}</ul>`;
}

/** Three or four digits, or `undefined` with the reason. */
export function figureCell(figure: Figure): Content {
  return figure.value === null ? undefinedWords(figure.reason) : fixed(figure.value);
}

export function undefinedWords(reason: string): Markup {
  return markup`undefined <span class="quiet small">(${reason})</span>`;
}

export function intervalWords(interval: Interval | undefined): string {
  return interval === undefined ? '' : `${fixed(interval.lower)} to ${fixed(interval.upper)}`;
}

export function fixed(value: number): string {
  return value.toFixed(3);
}
