import { scaleLinear } from 'd3-scale';
import { curveLinear, curveStepBefore, line } from 'd3-shape';
import { type Markup, markup } from '../markup.js';
import { bottomAxis, leftAxis, type Plot } from './axis.js';
import { picture } from './picture.js';

export type UnitPoint = readonly [x: number, y: number];

/** A line in the plot. */
export interface UnitLine {
  readonly points: readonly UnitPoint[];
  /** CSS class of its colour. */
  readonly stroke: string;
  /** Index of the dash pattern: lines differ in more than colour. */
  readonly dash?: number;
  /** Drawn as steps: each y holds to the left, up to the point before. */
  readonly steps?: boolean;
  readonly faint?: boolean;
}

export interface UnitDot {
  readonly at: UnitPoint;
  readonly radius: number;
  readonly title: string;
}

export interface UnitPlotOptions {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly xName: string;
  readonly yName: string;
  readonly dots?: readonly UnitDot[];
  /** Values at the ends of the axes; default: 0 and 1. */
  readonly xDomain?: readonly [number, number];
  readonly yDomain?: readonly [number, number];
}

const WIDTH = 360;
const HEIGHT = 336;
const PLOT: Plot = { left: 54, right: WIDTH - 12, top: 10, bottom: HEIGHT - 44 };
const DASHES = ['', '7 3', '2 3', '9 3 2 3', '4 2'];

type Scale = ReturnType<typeof scaleLinear<number, number>>;

/** Lines and dots over [0, 1] × [0, 1], or other domains. */
export function unitPlot(
  { dots = [], xDomain = [0, 1], xName, yDomain = [0, 1], yName, ...texts }: UnitPlotOptions,
  lines: readonly UnitLine[],
): Markup {
  const x: Scale = scaleLinear(xDomain, [PLOT.left, PLOT.right]);
  const y: Scale = scaleLinear(yDomain, [PLOT.bottom, PLOT.top]);
  return picture({ ...texts, width: WIDTH, height: HEIGHT }, [
    ...bottomAxis(x, PLOT, xName),
    ...leftAxis(y, PLOT, yName),
    ...lines.map((line) => drawLine(line, x, y)),
    ...dots.map(
      ({ at, radius, title }) =>
        markup`<circle class="dot" cx="${x(at[0])}" cy="${y(at[1])}" r="${radius}"><title>${title}</title></circle>`,
    ),
  ]);
}

function drawLine({ dash = 0, faint = false, points, steps = false, stroke }: UnitLine, x: Scale, y: Scale): Markup {
  const path = line<UnitPoint>(
    (point) => x(point[0]),
    (point) => y(point[1]),
  )
    .curve(steps ? curveStepBefore : curveLinear)
    .digits(1)(thinOut(steps && points.length > 0 ? [[0, points[0][1]], ...points] : points, x, y));
  const pattern = DASHES[dash % DASHES.length];
  const dashes = pattern === '' ? null : markup` stroke-dasharray="${pattern}"`;
  return markup`
    <path class="${stroke}" stroke-width="${faint ? 1 : 2.25}" stroke-linejoin="round"${dashes}
      d="${path ?? ''}"/>
  `;
}

/** Leaves out points closer than half a pixel to the last one that was kept. */
function thinOut(points: readonly UnitPoint[], x: Scale, y: Scale): UnitPoint[] {
  const kept: UnitPoint[] = [];
  for (const [index, point] of points.entries()) {
    const last = kept.at(-1);
    const far = last === undefined || Math.abs(x(point[0]) - x(last[0])) + Math.abs(y(point[1]) - y(last[1])) >= 0.5;
    if (far || index === points.length - 1) kept.push(point);
  }
  return kept;
}
