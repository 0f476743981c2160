import { pageColours, pictureStyle } from '../charts/palette.js';
import { css } from '../css.js';

/** The rules that the page of an evaluation and the playground share: colours, text, sections, legends, records. */
export function baseStyle(): string {
  return `${pageColours()}${pictureStyle()}${TEXT}${BLOCKS}`;
}

const TEXT = css`
  * {
    box-sizing: border-box;
  }
  html {
    -webkit-text-size-adjust: 100%;
  }
  body {
    margin: 0;
    background: var(--paper);
    color: var(--ink);
    font:
      16px / 1.5 system-ui,
      -apple-system,
      "Segoe UI",
      Roboto,
      "Helvetica Neue",
      Arial,
      sans-serif;
    overflow-wrap: anywhere;
  }
  h1 {
    font-size: clamp(1.5rem, 5vw, 2.1rem);
    line-height: 1.2;
    letter-spacing: -0.02em;
    margin: 0 0 0.35rem;
  }
  h2 {
    font-size: 1.15rem;
    line-height: 1.3;
    letter-spacing: -0.01em;
    margin: 0 0 0.4rem;
  }
  p {
    margin: 0 0 0.9rem;
  }
  .quiet {
    color: var(--quiet);
  }
  .small {
    font-size: 0.875rem;
  }
  code,
  pre {
    font:
      0.875em / 1.5 ui-monospace,
      SFMono-Regular,
      Menlo,
      Consolas,
      monospace;
  }
  :focus-visible {
    outline: 2px solid var(--good);
    outline-offset: 2px;
    border-radius: 4px;
  }
  summary {
    cursor: pointer;
    font-size: 0.925rem;
  }
  details {
    margin-top: 0.9rem;
  }
`;

const BLOCKS = css`
  header,
  nav,
  main,
  footer {
    max-width: 72rem;
    margin: 0 auto;
    padding: 0 clamp(1rem, 4vw, 2.5rem);
  }
  header {
    padding-top: clamp(1.25rem, 4vw, 2.5rem);
  }
  section {
    background: var(--card);
    border: 1px solid var(--rule);
    border-radius: 12px;
    padding: clamp(1rem, 2.5vw, 1.5rem);
    min-width: 0;
  }
  .record {
    display: grid;
    grid-template-columns: repeat(auto-fit, minmax(min(100%, 17rem), 1fr));
    gap: 0.1rem 2rem;
    margin: 0;
  }
  .record div {
    display: flex;
    justify-content: space-between;
    gap: 1rem;
    border-bottom: 1px solid var(--rule);
    padding: 0.35rem 0;
  }
  .record dt {
    color: var(--quiet);
    flex: none;
    max-width: 70%;
  }
  .record dd {
    margin: 0;
    text-align: right;
    font-variant-numeric: tabular-nums;
  }
  .record .whole {
    grid-column: 1 / -1;
  }
  .legend {
    display: flex;
    flex-wrap: wrap;
    gap: 0.2rem 1.1rem;
    list-style: none;
    margin: 0.2rem 0 1rem;
    padding: 0;
    font-size: 0.925rem;
  }
  .legend svg {
    width: 0.75rem;
    height: 0.75rem;
    margin-right: 0.4rem;
  }
  .scroll {
    --shade: color-mix(in srgb, var(--ink) 20%, transparent);
    overflow-x: auto;
    max-width: 100%;
    margin: 0.5rem 0;
    background:
      linear-gradient(90deg, var(--card) 40%, transparent) 0 0 / 3rem 100% no-repeat local,
      linear-gradient(-90deg, var(--card) 40%, transparent) 100% 0 / 3rem 100% no-repeat local,
      linear-gradient(90deg, var(--shade), transparent) 0 0 / 0.9rem 100% no-repeat scroll,
      linear-gradient(-90deg, var(--shade), transparent) 100% 0 / 0.9rem 100% no-repeat scroll;
  }
  .scroll svg {
    display: block;
    margin: 0 auto;
  }
  .drawing {
    position: relative;
  }
  .drawing svg {
    max-width: max(100%, calc(var(--width) * 0.8));
    height: auto;
  }
  .root {
    position: absolute;
    top: 0;
    left: calc(var(--root) * 0.8 - 50%);
    scroll-initial-target: nearest;
  }
  .outline,
  .outline ul {
    padding-left: 1.1rem;
    font-size: 0.925rem;
  }
  .outline li {
    min-width: 14rem;
  }
  @media print {
    svg {
      print-color-adjust: exact;
      -webkit-print-color-adjust: exact;
    }
    .scroll {
      overflow: visible;
      background: none;
    }
    .scroll svg {
      max-width: 100%;
      height: auto;
      max-height: 240mm;
    }
    .screen-only {
      display: none;
    }
    details::details-content {
      content-visibility: visible;
      display: block;
    }
  }
`;
