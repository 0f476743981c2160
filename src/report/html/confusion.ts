import type { Measurement } from '../../evaluation/measurement.js';
import { percent } from '../charts/text.js';
import { frequentErrors } from '../evaluation/words.js';
import { type Markup, markup } from '../markup.js';
import { scrollable } from './parts.js';

/** A larger matrix is a list of its largest errors. */
const MOST_CLASSES = 16;

export function confusionMatrix(measured: Measurement): Markup[] {
  return measured.classes.length <= MOST_CLASSES ? matrix(measured) : largestErrors(measured);
}

function matrix({ classes, confusion }: Measurement): Markup[] {
  const rows = confusion.map((counts, label) => {
    const support = counts.reduce((sum, count) => sum + count, 0);
    const cells = counts.map((count, predicted) => cell(count, support, label === predicted));
    return markup`<tr><th scope="row">${classes[label]}</th>${cells}</tr>`;
  });
  const heads = classes.map((name) => markup`<th scope="col">${name}</th>`);
  return [
    markup`
      <p class="quiet small">Confusion matrix: rows are true classes, columns predicted ones, shares are of the
        true class.</p>
    `,
    scrollable(
      'Confusion matrix',
      markup`<table class="confusion"><thead><tr><td></td>${heads}</tr></thead><tbody>${rows}</tbody></table>`,
    ),
  ];
}

function cell(count: number, support: number, hit: boolean): Markup {
  const share = support === 0 ? 0 : count / support;
  const words = support === 0 ? 'no rows' : count === 0 ? '' : percent(share);
  return markup`
    <td class="${hit ? 'hit' : 'miss'}${count === 0 ? ' quiet' : ''}" style="--share:${share}">
      <b>${String(count)}</b><span>${words}</span>
    </td>
  `;
}

function largestErrors(measured: Measurement): Markup[] {
  const { classes } = measured;
  const { found, shown } = frequentErrors(measured);
  const rows = shown.map(
    ({ count, label, predicted }) =>
      markup`
          <tr>
            <th scope="row">${classes[label]}</th>
            <td>${classes[predicted]}</td>
            <td class="number">${String(count)}</td>
          </tr>
        `,
  );
  return [
    markup`
      <p class="quiet">
      ${String(classes.length)} classes are too many for a matrix: these are the ${String(shown.length)} most frequent
        of ${String(found)} kinds of error.</p>
    `,
    scrollable(
      'Errors',
      markup`
        <table><thead><tr><th scope="col">true class</th><th scope="col">predicted as</th>
        <th scope="col">rows</th></tr></thead><tbody>${rows}</tbody></table>
      `,
    ),
  ];
}
