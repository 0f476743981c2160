import { scaleLinear } from 'd3-scale';
import { curveLinear, curveStepBefore, line } from 'd3-shape';
import { type Markup, markup } from '../markup.js';
import { bottomAxis, leftAxis, type Plot } from './axis.js';
import { picture } from './picture.js';

export type UnitPoint = readonly [x: number, y: number];

/** A line in the unit square. */
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
}

const WIDTH = 360;
const HEIGHT = 336;
const PLOT: Plot = { left: 54, right: WIDTH - 12, top: 10, bottom: HEIGHT - 44 };
const DASHES = ['', '7 3', '2 3', '9 3 2 3', '4 2'];

const x = scaleLinear([0, 1], [PLOT.left, PLOT.right]);
const y = scaleLinear([0, 1], [PLOT.bottom, PLOT.top]);

/** Lines and dots over [0, 1] × [0, 1]. */
export function unitPlot({ dots = [], xName, yName, ...texts }: UnitPlotOptions, lines: readonly UnitLine[]): Markup {
  return picture({ ...texts, width: WIDTH, height: HEIGHT }, [
    ...bottomAxis(x, PLOT, xName),
    ...leftAxis(y, PLOT, yName),
    ...lines.map(drawLine),
    ...dots.map(
      ({ at, radius, title }) =>
        markup`<circle class="dot" cx="${x(at[0])}" cy="${y(at[1])}" r="${radius}"><title>${title}</title></circle>`,
    ),
  ]);
}

function drawLine({ dash = 0, faint = false, points, steps = false, stroke }: UnitLine): Markup {
  const path = line<UnitPoint>(
    (point) => x(point[0]),
    (point) => y(point[1]),
  )
    .curve(steps ? curveStepBefore : curveLinear)
    .digits(1)(thinOut(steps && points.length > 0 ? [[0, points[0][1]], ...points] : points));
  const pattern = DASHES[dash % DASHES.length];
  const dashes = pattern === '' ? null : markup` stroke-dasharray="${pattern}"`;
  return markup`
    <path class="${stroke}" stroke-width="${faint ? 1 : 2.25}" stroke-linejoin="round"${dashes}
      d="${path ?? ''}"/>
  `;
}

/** Leaves out points closer than half a pixel to the last one that was kept. */
function thinOut(points: readonly UnitPoint[]): UnitPoint[] {
  const kept: UnitPoint[] = [];
  for (const [index, point] of points.entries()) {
    const last = kept.at(-1);
    const far = last === undefined || Math.abs(x(point[0]) - x(last[0])) + Math.abs(y(point[1]) - y(last[1])) >= 0.5;
    if (far || index === points.length - 1) kept.push(point);
  }
  return kept;
}
