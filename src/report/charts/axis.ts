import type { ScaleLinear } from 'd3-scale';
import { type Markup, markup } from '../markup.js';

/** The area of a chart inside its picture. */
export interface Plot {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

type Scale = ScaleLinear<number, number>;

const TICKS = 5;

/** Ticks, grid lines and a name below the plot. */
export function bottomAxis(scale: Scale, { bottom, left, right, top }: Plot, name: string): Markup[] {
  const format = scale.tickFormat(TICKS);
  const ticks = scale.ticks(TICKS).map((tick) => {
    const x = scale(tick);
    return markup`
      <line class="rule" x1="${x}" x2="${x}" y1="${top}" y2="${bottom}"/>
      <text class="small quiet middle" x="${x}" y="${bottom + 16}">${format(tick)}</text>
    `;
  });
  return [...ticks, markup`<text class="middle" x="${(left + right) / 2}" y="${bottom + 34}">${name}</text>`];
}

/** Ticks, grid lines and a name left of the plot. */
export function leftAxis(scale: Scale, { bottom, left, right, top }: Plot, name: string): Markup[] {
  const format = scale.tickFormat(TICKS);
  const ticks = scale.ticks(TICKS).map((tick) => {
    const y = scale(tick);
    return markup`
      <line class="rule" x1="${left}" x2="${right}" y1="${y}" y2="${y}"/>
      <text class="small quiet end" x="${left - 8}" y="${y + 4}">${format(tick)}</text>
    `;
  });
  const middle = (top + bottom) / 2;
  return [
    ...ticks,
    markup`<text class="middle" transform="translate(${left - 38} ${middle}) rotate(-90)">${name}</text>`,
  ];
}
