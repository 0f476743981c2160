import { scaleLinear } from 'd3-scale';
import { type Markup, markup } from '../markup.js';
import { type PictureOptions, picture } from './picture.js';
import { STRONG, shorten, shortenMiddle, shortenNames } from './text.js';

/** A bar with its name and its value in words. */
export interface Bar {
  readonly name: string;
  /** Null where it is undefined; `text` says why. */
  readonly value: number | null;
  readonly text: string;
  /** CSS class of its colour. */
  readonly fill: string;
  /** Drawn as a line over the end of the bar. */
  readonly range?: { readonly lower: number; readonly upper: number };
}

export interface BarGroup {
  /** Above its bars. */
  readonly title?: string;
  readonly bars: readonly Bar[];
}

export interface BarRowsOptions extends Omit<PictureOptions, 'width' | 'height'> {
  /** Values at the two ends; bars begin at 0. */
  readonly domain: readonly [number, number];
}

const WIDTH = 360;
const LINE = 22;
const TITLE = 26;
const NAME_WIDTH = 108;
const VALUE_WIDTH = 54;
const LEFT = NAME_WIDTH + 8;
const RIGHT = WIDTH - VALUE_WIDTH;

/** Horizontal bars in groups. */
export function barRows({ domain, ...texts }: BarRowsOptions, groups: readonly BarGroup[]): Markup {
  const scale = scaleLinear(domain, [LEFT, RIGHT]).clamp(true);
  const zero = scale(0);
  const content: Markup[] = [];
  let y = 0;
  for (const { bars, title } of groups) {
    if (title !== undefined) {
      content.push(markup`<text class="strong" y="${y + 16}">${shortenMiddle(title, WIDTH, STRONG)}</text>`);
      y += TITLE;
    }
    const names = shortenNames(
      bars.map(({ name }) => name),
      NAME_WIDTH,
      12,
    );
    const end = y + bars.length * LINE;
    content.push(
      ...bars.map((bar, place) => drawBar(bar, names[place], y + place * LINE, scale)),
      markup`<line class="rule" x1="${zero}" x2="${zero}" y1="${y}" y2="${end}"/>`,
    );
    y = title === undefined ? end : end + 8;
  }
  return picture({ ...texts, width: WIDTH, height: y + 2 }, content);
}

function drawBar(
  { fill, name, range, text, value }: Bar,
  shown: string,
  y: number,
  scale: (value: number) => number,
): Markup {
  const label = markup`
    <text class="end" x="${NAME_WIDTH}" y="${y + 15}"><title>${name}</title>${shown}
    </text>
  `;
  if (value === null) {
    const words = shorten(text, WIDTH - LEFT - 6, 11);
    return markup`
      ${label}<text class="small quiet" x="${LEFT + 6}" y="${y + 15}"><title>${text}</title>${words}</text>
    `;
  }
  const [from, to] = [scale(Math.min(0, value)), scale(Math.max(0, value))];
  const bar = markup`<rect class="${fill}" x="${from}" y="${y + 4}" width="${to - from}" height="${LINE - 9}" rx="2"/>`;
  return markup`
    ${label}${bar}
    ${range === undefined ? null : drawRange(scale(range.lower), scale(range.upper), y + LINE / 2)}
    <text class="small end" x="${WIDTH}" y="${y + 15}">${text}</text>
  `;
}

/** A line from the lower to the upper end, with caps. */
function drawRange(lower: number, upper: number, y: number): Markup {
  return markup`
    <path class="mark" stroke-width="1.25"
      d="M${lower} ${y - 4}v7M${lower} ${y - 0.5}H${upper}M${upper} ${y - 4}v7"/>
  `;
}
