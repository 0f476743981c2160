import type { Markup } from '../markup.js';
import { markup } from '../markup.js';
import { fillOf } from './palette.js';

/** One bar: how many rows of each class. */
export interface StackedBar {
  readonly x: number;
  readonly width: number;
  readonly counts: readonly number[];
  /** Drawn with low opacity. */
  readonly faint?: boolean;
}

/**
 * Bars of stacked classes, the first class lowest.
 *
 * @param bottom y of the base line
 * @param height of the tallest bar
 */
export function stackedBars(bars: readonly StackedBar[], bottom: number, height: number): Markup[] {
  const tallest = Math.max(...bars.map(({ counts }) => totalOf(counts)), 1);
  const boxes = new Boxes();
  for (const { counts, faint = false, width, x } of bars) {
    let y = bottom;
    for (const [index, count] of counts.entries()) {
      const part = (count * height) / tallest;
      y -= part;
      if (count > 0) boxes.add(faint ? `${fillOf(index)} faint` : fillOf(index), x, y, width, part);
    }
  }
  return boxes.draw();
}

/** Parts narrower than this, in pixels, are one grey part at the end. */
const NARROWEST = 0.5;

/** A horizontal bar whose parts are shares of 1. */
export function shareBar(shares: ArrayLike<number>, x: number, y: number, width: number, height: number): Markup[] {
  const boxes = new Boxes();
  let from = x;
  for (let index = 0; index < shares.length; index++) {
    const part = shares[index] * width;
    if (part < NARROWEST) continue;
    boxes.add(fillOf(index), from, y, part, height);
    from += part;
  }
  const rest = x + width - from;
  if (rest >= NARROWEST) boxes.add('soft', from, y, rest, height);
  return boxes.draw();
}

/** Boxes as one path per colour, so that a picture of many stays small. */
class Boxes {
  readonly #paths = new Map<string, string>();

  add(kind: string, x: number, y: number, width: number, height: number): void {
    const [left, top, across, down] = [x, y, width, height].map((value) => Math.round(value * 100) / 100);
    this.#paths.set(kind, `${this.#paths.get(kind) ?? ''}M${left} ${top}h${across}v${down}h${-across}z`);
  }

  draw(): Markup[] {
    return [...this.#paths].map(([kind, path]) => markup`<path class="${kind}" d="${path}"/>`);
  }
}

export function totalOf(counts: ArrayLike<number>): number {
  let total = 0;
  for (let index = 0; index < counts.length; index++) total += counts[index];
  return total;
}
