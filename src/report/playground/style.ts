import { css } from '../css.js';
import { baseStyle } from '../html/base-style.js';

/** The style sheet of the playground. */
export function playgroundStyle(): string {
  return `${baseStyle()}${LAYOUT}${FIELDS}${ANSWER}${TREE}${MOTION}`;
}

const LAYOUT = css`
  .verdict {
    background: var(--card);
    border: 1px solid var(--rule);
    border-radius: 12px;
    padding: clamp(1rem, 2.5vw, 1.5rem);
    min-width: 0;
    order: -2;
  }
  main {
    display: flex;
    flex-direction: column;
    gap: 1rem;
    padding-bottom: 3rem;
  }
  .answer {
    display: contents;
  }
  .unseen {
    position: absolute;
    width: 1px;
    height: 1px;
    margin: 0;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }
  .banner {
    padding: 0.6rem 0.9rem;
    border-radius: 8px;
    background: var(--cell);
    border-left: 4px solid var(--bad);
  }
  pre {
    overflow-x: auto;
    padding: 0.75rem 1rem;
    border-radius: 8px;
    background: var(--cell);
    overflow-wrap: normal;
  }
  @media (min-width: 56rem) {
    main {
      display: grid;
      grid-template-columns: minmax(0, 1fr) minmax(0, 24rem);
      align-items: start;
      gap: 1.25rem;
    }
    .answer {
      display: grid;
      gap: 1.25rem;
      position: sticky;
      top: 1.25rem;
    }
    #tree-section,
    #about {
      grid-column: 1 / -1;
    }
  }
`;

const FIELDS = css`
  .examples {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 0.5rem;
    margin-bottom: 1.1rem;
  }
  button {
    font: inherit;
    font-size: 0.925rem;
    color: inherit;
    background: var(--card);
    border: 1px solid var(--rule);
    border-radius: 99px;
    padding: 0.3rem 0.9rem;
    cursor: pointer;
    max-width: 100%;
  }
  button:hover {
    border-color: var(--quiet);
  }
  .swatch {
    width: 0.7rem;
    height: 0.7rem;
    margin-right: 0.45rem;
  }
  .feature {
    padding: 0.7rem 0 0.55rem;
    border-top: 1px solid var(--rule);
  }
  .head {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 0.25rem 0.8rem;
  }
  .name {
    font-weight: 600;
    flex: 1 1 5rem;
  }
  .missing {
    font-size: 0.875rem;
    color: var(--quiet);
    display: flex;
    align-items: center;
    gap: 0.35rem;
  }
  .exact,
  select {
    font: inherit;
    color: inherit;
    background: var(--card);
    border: 1px solid var(--rule);
    border-radius: 8px;
    padding: 0.2rem 0.5rem;
    max-width: 100%;
  }
  .exact {
    width: 7.5rem;
    text-align: right;
    font-variant-numeric: tabular-nums;
  }
  .exact:invalid {
    border-color: var(--bad);
  }
  :disabled {
    opacity: 0.45;
  }
  .scale {
    position: relative;
    margin-top: 0.35rem;
  }
  .histogram {
    display: block;
    height: 2.75rem;
    width: calc(100% - 20px);
    margin: 0 10px;
  }
  .picture .threshold {
    stroke-width: 1;
    stroke-dasharray: 3 2;
    vector-effect: non-scaling-stroke;
    opacity: 0.65;
  }
  input[type="range"]:focus-visible {
    outline: none;
  }
  input[type="range"]:focus-visible::-webkit-slider-thumb {
    outline: 3px solid var(--good);
    outline-offset: 1px;
  }
  input[type="range"]:focus-visible::-moz-range-thumb {
    outline: 3px solid var(--good);
    outline-offset: 1px;
  }
  .histogram .soft {
    opacity: 0.5;
  }
  .categories .histogram {
    width: 100%;
    margin: 0;
  }
  .here {
    position: absolute;
    bottom: -0.35rem;
    width: 0;
    height: 0;
    margin-left: -6px;
    border: 6px solid transparent;
    border-top: 0;
    border-bottom-color: var(--ink);
  }
  .note {
    margin: 0.15rem 0 0;
    font-size: 0.8125rem;
    color: var(--quiet);
  }
  .categories + .note {
    margin-top: 0.5rem;
  }
  .note.outside {
    color: var(--bad);
  }
  input[type="range"] {
    -webkit-appearance: none;
    appearance: none;
    display: block;
    width: 100%;
    height: 22px;
    margin: -6px 0 0;
    background: none;
    cursor: pointer;
  }
  input[type="range"]::-webkit-slider-runnable-track {
    height: 4px;
    margin: 0 2px;
    border-radius: 2px;
    background: var(--rule);
  }
  input[type="range"]::-moz-range-track {
    height: 4px;
    border-radius: 2px;
    background: var(--rule);
  }
  input[type="range"]::-webkit-slider-thumb {
    -webkit-appearance: none;
    width: 20px;
    height: 20px;
    margin-top: -8px;
    border: 3px solid var(--card);
    border-radius: 50%;
    background: var(--ink);
    box-shadow: 0 0 0 1px var(--quiet);
  }
  input[type="range"]::-moz-range-thumb {
    width: 14px;
    height: 14px;
    border: 3px solid var(--card);
    border-radius: 50%;
    background: var(--ink);
    box-shadow: 0 0 0 1px var(--quiet);
  }
`;

const ANSWER = css`
  .verdict {
    position: sticky;
    top: 0;
    z-index: 1;
    padding-top: 0.8rem;
    padding-bottom: 0.9rem;
  }
  .label {
    display: flex;
    align-items: baseline;
    justify-content: space-between;
    gap: 1rem;
    margin: 0 0 0.5rem;
    font-size: 1.6rem;
    font-weight: 600;
    line-height: 1.2;
    letter-spacing: -0.02em;
  }
  .label .quiet {
    font-size: 1.1rem;
    font-weight: 400;
    letter-spacing: 0;
    white-space: nowrap;
    font-variant-numeric: tabular-nums;
  }
  .shares {
    display: block;
    width: 100%;
    height: 0.6rem;
    border-radius: 99px;
  }
  .waiting {
    opacity: 0.55;
  }
  .bars,
  .steps {
    list-style: none;
    margin: 0;
    padding: 0;
    font-size: 0.925rem;
  }
  .bars li {
    display: grid;
    grid-template-columns: minmax(0, 1fr) auto;
    gap: 0.1rem 0.75rem;
    margin-bottom: 0.55rem;
    font-variant-numeric: tabular-nums;
  }
  .bars svg {
    grid-column: 1 / -1;
    display: block;
    width: 100%;
    height: 0.45rem;
    border-radius: 99px;
    background: var(--cell);
  }
  .bars rect {
    transform-origin: 0 0;
  }
  table {
    border-collapse: collapse;
    font-size: 0.925rem;
    font-variant-numeric: tabular-nums;
  }
  th {
    font-weight: 400;
    text-align: left;
    color: var(--quiet);
  }
  td,
  th + th {
    padding-left: 1.25rem;
    text-align: right;
  }
  .picture .for {
    fill: var(--good);
  }
  .picture .against {
    fill: var(--bad);
  }
  .bars .first {
    font-weight: 600;
  }
  .steps li {
    display: flex;
    justify-content: space-between;
    gap: 1rem;
    padding: 0.35rem 0 0.35rem 0.9rem;
    border-left: 2px solid var(--rule);
  }
  .steps li:last-child {
    border-color: var(--ink);
    font-weight: 600;
  }
  .steps .quiet {
    white-space: nowrap;
    font-size: 0.8125rem;
  }
  @media (min-width: 56rem) {
    .verdict {
      position: static;
      padding-top: 1.2rem;
      padding-bottom: 1.3rem;
    }
    .label {
      font-size: 2rem;
    }
  }
`;

const TREE = css`
  .following [data-node]:not(.lit) {
    opacity: 0.4;
  }
  .picture .lit .card {
    stroke: var(--ink);
    stroke-width: 2.5px;
  }
  .picture path.edge.lit,
  .picture .lit > path.edge {
    stroke: var(--ink);
  }
  .lit text.small {
    font-weight: 600;
  }
`;

const MOTION = css`
  @media (prefers-reduced-motion: no-preference) {
    [data-node] {
      transition: opacity 0.25s;
    }
    .bars rect {
      transition: transform 0.2s ease-out;
    }
  }
`;
