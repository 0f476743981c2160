import type { Evaluation } from '../../evaluation/evaluate.js';
import type { Figure } from '../../evaluation/figure.js';
import { METRICS, type MetricName } from '../../evaluation/metrics.js';
import { standardErrorsOf } from '../evaluation/words.js';
import { type Markup, markup } from '../markup.js';
import { figureCell, fixed, intervalWords, type Section, scrollable } from './parts.js';

/** The figures that a reader looks at first. */
const FIRST: readonly MetricName[] = ['accuracy', 'balancedAccuracy', 'f1Macro', 'logLoss'];

export function summarySection(evaluation: Evaluation): Section {
  const { gates, notes } = evaluation;
  const content = [
    verdict(gates),
    markup`<dl class="tiles">${FIRST.map((name) => tile(evaluation, name))}</dl>`,
    notes.length === 0
      ? null
      : markup`<ul class="notes">${notes.map((note) => markup`<li>${capitalized(note)}</li>`)}</ul>`,
    gates.length === 0 ? null : gateList(gates),
  ];
  return { id: 'summary', title: 'Summary', content };
}

function verdict(gates: Evaluation['gates']): Markup {
  if (gates.length === 0) return markup`<p class="quiet">No gates were set.</p>`;
  const failed = gates.filter(({ passed }) => !passed).length;
  const words =
    failed === 0
      ? `Every gate passed: ${gates.length} of ${gates.length}.`
      : `${failed} of ${gates.length} gates failed.`;
  return markup`<p class="verdict ${failed === 0 ? 'hit' : 'miss'}">${words}</p>`;
}

function tile({ measured }: Evaluation, name: MetricName): Markup {
  const figure = measured.metrics[name];
  const interval = measured.intervals.get(name);
  const value = figure.value === null ? 'undefined' : fixed(figure.value);
  const remark = figure.value === null ? figure.reason : interval ? `95 %: ${intervalWords(interval)}` : '';
  return markup`
    <div class="tile">
      <dt>${titleOf(name)}</dt>
      <dd class="value">${value}</dd>
      <dd class="quiet small">${remark}</dd>
    </div>
  `;
}

function titleOf(name: MetricName): string {
  return capitalized(METRICS.find((metric) => metric.name === name)?.title ?? name);
}

function capitalized(sentence: string): string {
  return sentence.charAt(0).toUpperCase() + sentence.slice(1);
}

function gateList(gates: Evaluation['gates']): Markup {
  const entries = gates.map(
    ({ explanation, gate, passed }) =>
      markup`
        <li>
          <span class="badge ${passed ? 'hit' : 'miss'}">${passed ? '✓ passed' : '✗ failed'}</span> <code>${gate}</code>
          ${' '}<span class="quiet small">${explanation}</span>
        </li>
      `,
  );
  return markup`<h3>Gates</h3><ul class="gates">${entries}</ul>`;
}

/** Every metric, with what is known of its certainty and of the baseline. */
export function metricsSection({ baseline, measured }: Evaluation): Section {
  const errors = standardErrorsOf(measured);
  const head = ['value', ...(errors ? ['standard error'] : []), '95 % interval', ...(baseline ? ['baseline'] : [])];
  const rows = METRICS.map(({ better, name, title }) => {
    const figure = measured.metrics[name];
    const error = errors?.get(name);
    const certainty = [
      ...(errors ? [error === undefined ? '' : fixed(error)] : []),
      intervalWords(measured.intervals.get(name)),
    ];
    const note = better === 'lower' ? markup` <span class="quiet small">(lower is better)</span>` : null;
    return markup`
      <tr><th scope="row">${title}${note}</th>${figureCells(figure, certainty)}
      ${baseline ? figureCells(baseline.measured.metrics[name], []) : null}</tr>
    `;
  });
  const columns = head.map((name) => markup`<th scope="col">${name}</th>`);
  const table = markup`
    <table class="wide"><thead><tr><th scope="col">metric</th>${columns}</tr></thead><tbody>${rows}</tbody>
    </table>
  `;
  return {
    id: 'metrics',
    title: 'Metrics',
    half: errors === null && baseline === null,
    content: scrollable('Table of metrics', table),
  };
}

/** A figure with its interval and error; the reason why it is undefined spans all their columns. */
function figureCells(figure: Figure, certainty: readonly string[]): Markup {
  if (figure.value === null) return markup`<td colspan="${certainty.length + 1}">${figureCell(figure)}</td>`;
  return markup`<td>${figureCell(figure)}</td>${certainty.map((words) => markup`<td class="range">${words}</td>`)}`;
}
