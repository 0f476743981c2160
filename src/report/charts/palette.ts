import { css } from '../css.js';

/**
 * Ten colours that people with any common colour vision deficiency can tell apart, next to each other and on white: M. A. Petroff,
 * "Accessible Color Sequences for Data Visualization", 2021. On a dark background the two darkest are lighter. More
 * classes repeat the colours, so a class is always named too.
 */
const ON_LIGHT = [
  '#3f90da',
  '#ffa90e',
  '#bd1f01',
  '#94a4a2',
  '#832db6',
  '#a96b59',
  '#e76300',
  '#b9ac70',
  '#717581',
  '#92dadd',
];
const ON_DARK = [
  '#3f90da',
  '#ffa90e',
  '#e0492d',
  '#94a4a2',
  '#a760d6',
  '#a96b59',
  '#e76300',
  '#b9ac70',
  '#8a8e9a',
  '#92dadd',
];

/** Class names that fill (`k0` …) and stroke (`s0` …) with the colour of a class. */
export function fillOf(classIndex: number): string {
  return `k${classIndex % ON_LIGHT.length}`;
}

export function strokeOf(classIndex: number): string {
  return `s${classIndex % ON_LIGHT.length}`;
}

interface Theme {
  /** Behind the cards of a page. */
  readonly paper: string;
  /** Behind pictures. */
  readonly card: string;
  /** A table cell of share 0. */
  readonly cell: string;
  /** Right and wrong. */
  readonly good: string;
  readonly bad: string;
  readonly ink: string;
  readonly quiet: string;
  readonly rule: string;
  readonly colours: readonly string[];
}

const LIGHT: Theme = {
  paper: '#f5f7f9',
  card: '#fff',
  cell: '#f2f4f6',
  good: '#17806d',
  bad: '#c4500a',
  ink: '#1b1f24',
  quiet: '#59636e',
  rule: '#d1d9e0',
  colours: ON_LIGHT,
};
const DARK: Theme = {
  paper: '#0e1217',
  card: '#171c23',
  cell: '#222932',
  good: '#3fb69c',
  bad: '#f08a3c',
  ink: '#e8ecf1',
  quiet: '#9aa5b1',
  rule: '#38414c',
  colours: ON_DARK,
};

/**
 * The style of every picture, light and dark; print is always light. Colours are written out, since many SVG
 * viewers do not know CSS variables.
 */
export function pictureStyle(): string {
  return `${SHAPES}${coloursOf(LIGHT)}@media screen and (prefers-color-scheme:dark){${coloursOf(DARK)}}`;
}

const SHAPES = css`
  .picture {
    font:
      12px system-ui,
      -apple-system,
      "Segoe UI",
      Roboto,
      "Helvetica Neue",
      Arial,
      sans-serif;
  }
  .picture .small {
    font-size: 11px;
  }
  .picture .strong {
    font-weight: 600;
  }
  .picture .middle {
    text-anchor: middle;
  }
  .picture .end {
    text-anchor: end;
  }
  .picture path,
  .picture line {
    fill: none;
  }
  .picture .faint {
    opacity: 0.22;
  }
  .picture .halo {
    paint-order: stroke;
    stroke-width: 7px;
    stroke-linejoin: round;
  }
`;

function coloursOf({ card, ink, quiet, rule, colours }: Theme): string {
  return [
    `.picture text,.picture .ink{fill:${ink}}`,
    `.picture text.quiet,.picture .soft{fill:${quiet}}`,
    `.picture .rule{stroke:${rule}}`,
    `.picture .mark{stroke:${ink}}`,
    `.picture .edge{stroke:${quiet}}`,
    `.picture .dot{fill:${quiet};stroke:${card}}`,
    `.picture .card{fill:${card};stroke:${rule}}`,
    `.picture .card.on{stroke:${ink}}`,
    `.picture .ground{fill:${card}}.picture .halo{stroke:${card}}`,
    ...colours.map((colour, index) => `.picture .k${index}{fill:${colour}}.picture .s${index}{stroke:${colour}}`),
  ].join('');
}

/** The colours that a page around the pictures needs, as CSS variables. */
export function pageColours(): string {
  const dark = `@media screen and (prefers-color-scheme:dark){:root{${variablesOf(DARK)}}}`;
  return `:root{color-scheme:light dark;${variablesOf(LIGHT)}}${dark}`;
}

function variablesOf({ bad, card, cell, good, ink, paper, quiet, rule }: Theme): string {
  const colours = { paper, card, cell, ink, quiet, rule, good, bad };
  return Object.entries(colours)
    .map(([name, colour]) => `--${name}:${colour}`)
    .join(';');
}
