import { css } from '../css.js';
import { baseStyle } from './base-style.js';

/** The style of the whole page: one column, wide enough for two charts beside each other, and paper. */
export function pageStyle(): string {
  return `${baseStyle()}${LAYOUT}${TABLES}${PIECES}${PAPER}`;
}

const LAYOUT = css`
  main {
    display: grid;
    gap: 1.25rem;
    grid-template-columns: minmax(0, 1fr);
    padding-bottom: 2rem;
  }
  @media (min-width: 66rem) {
    main {
      grid-template-columns: repeat(2, minmax(0, 1fr));
    }
    section {
      grid-column: 1 / -1;
    }
    section.half:has(+ .half),
    section.half + .half {
      grid-column: auto;
    }
  }
  p {
    max-width: 68ch;
  }
  h3 {
    font-size: 1rem;
    margin: 1.1rem 0 0.35rem;
  }
  html {
    scroll-behavior: smooth;
    scroll-padding-top: 1rem;
  }
  nav ul {
    display: flex;
    flex-wrap: wrap;
    gap: 0.25rem 1.1rem;
    list-style: none;
    margin: 0.75rem 0 1.25rem;
    padding: 0;
    font-size: 0.925rem;
  }
  a {
    color: inherit;
    text-decoration-color: var(--rule);
    text-underline-offset: 0.25em;
  }
  a:hover {
    text-decoration-color: currentColor;
  }
  footer {
    padding-bottom: 3rem;
    color: var(--quiet);
    font-size: 0.875rem;
  }
`;

const TABLES = css`
  table {
    border-collapse: collapse;
    font-variant-numeric: tabular-nums;
    font-size: 0.925rem;
  }
  caption {
    text-align: left;
    color: var(--quiet);
    font-size: 0.875rem;
    padding-bottom: 0.4rem;
  }
  th,
  td {
    padding: 0.4rem 0.9rem 0.4rem 0;
    text-align: left;
    vertical-align: top;
    border-bottom: 1px solid var(--rule);
  }
  thead th {
    font-weight: 600;
    font-size: 0.8125rem;
    color: var(--quiet);
  }
  tbody th {
    font-weight: 400;
  }
  table {
    overflow-wrap: normal;
  }
  .number {
    text-align: right;
    white-space: nowrap;
  }
  .range {
    white-space: nowrap;
  }
  .wide {
    width: 100%;
  }
  .confusion td,
  .confusion th {
    border: 0;
    padding: 0.25rem;
  }
  .confusion thead th,
  .confusion tbody th {
    font-size: 0.875rem;
    color: var(--ink);
    font-weight: 400;
    max-width: 11rem;
  }
  .confusion thead th {
    text-align: center;
    vertical-align: bottom;
  }
  .confusion tbody th {
    text-align: right;
    padding-right: 0.6rem;
    vertical-align: middle;
  }
  .confusion td {
    min-width: 4.5rem;
    text-align: center;
    border-radius: 8px;
    padding: 0.6rem 0.4rem;
    line-height: 1.25;
    border: 2px solid var(--card);
    background: color-mix(in srgb, var(--hue) calc(var(--share) * 48%), var(--cell));
    print-color-adjust: exact;
    -webkit-print-color-adjust: exact;
  }
  .confusion td b {
    display: block;
    font-size: 1.1rem;
    font-weight: 600;
  }
  .confusion td span {
    font-size: 0.8125rem;
  }
  .hit {
    --hue: var(--good);
  }
  .miss {
    --hue: var(--bad);
  }
`;

const PIECES = css`
  .tiles {
    display: grid;
    gap: 0.75rem;
    grid-template-columns: repeat(auto-fit, minmax(min(100%, 8.75rem), 1fr));
    margin: 1rem 0;
  }
  .tile {
    border: 1px solid var(--rule);
    border-radius: 10px;
    padding: 0.85rem 1rem;
    break-inside: avoid;
  }
  .tile dt {
    font-size: 0.875rem;
    color: var(--quiet);
  }
  .tile dd {
    margin: 0;
  }
  .tile .value {
    font-size: 1.6rem;
    line-height: 1.25;
    font-weight: 600;
    letter-spacing: -0.02em;
    font-variant-numeric: tabular-nums;
  }
  .badge {
    display: inline-block;
    border-radius: 99px;
    padding: 0.05rem 0.65rem;
    font-size: 0.8125rem;
    font-weight: 600;
    border: 1.5px solid var(--hue);
    white-space: nowrap;
  }
  .verdict {
    font-size: 1.05rem;
    font-weight: 600;
    margin: 0.4rem 0 0;
    padding-left: 0.75rem;
    border-left: 4px solid var(--hue);
  }
  .notes {
    list-style: none;
    margin: 0.75rem 0;
    padding: 0.6rem 0.9rem;
    border-radius: 8px;
    background: var(--cell);
    font-size: 0.925rem;
  }
  .charts {
    display: grid;
    gap: 1.5rem 2rem;
    grid-template-columns: repeat(auto-fit, minmax(min(100%, 20rem), 1fr));
  }
  .small-charts {
    grid-template-columns: repeat(auto-fill, minmax(min(100%, 15.5rem), 1fr));
  }
  figure {
    margin: 0;
    min-width: 0;
    break-inside: avoid;
  }
  figcaption {
    margin-bottom: 0.4rem;
    color: var(--quiet);
    font-size: 0.875rem;
  }
  figcaption b {
    color: var(--ink);
    font-weight: 600;
  }
  .charts svg {
    display: block;
    width: 100%;
    max-width: 27rem;
    height: auto;
  }
  .gates {
    list-style: none;
    margin: 0;
    padding: 0;
  }
  .gates li {
    display: flex;
    flex-wrap: wrap;
    gap: 0.15rem 0.75rem;
    align-items: baseline;
    padding: 0.45rem 0;
    border-top: 1px solid var(--rule);
  }
`;

const PAPER = css`
  @media print {
    @page {
      margin: 14mm;
    }
    body {
      font-size: 10.5pt;
      background: none;
    }
    header,
    nav,
    main,
    footer {
      max-width: none;
      padding: 0;
    }
    nav {
      display: none;
    }
    section {
      border: 0;
      padding: 0 0 1rem;
      border-radius: 0;
    }
    h2 {
      break-after: avoid;
    }
    .badge {
      print-color-adjust: exact;
      -webkit-print-color-adjust: exact;
    }
    .charts {
      grid-template-columns: repeat(2, minmax(0, 1fr));
    }
    .small-charts {
      grid-template-columns: repeat(3, minmax(0, 1fr));
    }
  }
`;
