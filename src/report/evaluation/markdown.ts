import type { Evaluation } from '../../evaluation/evaluate.js';
import { printableEvaluation } from '../printable.js';
import {
  classRows,
  confusionRows,
  describeClasses,
  describeConfusion,
  describeRows,
  metricRows,
  undefinedFigures,
} from './words.js';

/** An evaluation as a comment on a pull request: GitHub's and GitLab's Markdown. */
export function evaluationMarkdown(evaluation: Evaluation): string {
  const shown = printableEvaluation(evaluation);
  const { measured, gates, notes, model, baseline } = shown;
  const failed = gates.filter(({ passed }) => !passed).length;
  const against = baseline ? ` against baseline \`${baseline.version}\`` : '';
  const remarks = [...undefinedFigures(measured), ...notes];
  const described = describeClasses(measured);
  const sections = [
    [`## ${headline(gates.length, failed)}`],
    [`Model \`${model.version}\`${against}, ${escapeMarkdown(describeRows(shown))}.`],
    gates.length === 0 ? [] : tableOf([['gate', 'result', 'why'], ...gates.map(gateRow)], 3),
    tableOf(metricRows(shown), 1),
    described === null ? [] : [escapeMarkdown(`${capital(described)}.`)],
    tableOf(classRows(measured), 1),
    [escapeMarkdown(`${capital(describeConfusion(measured))}.`)],
    tableOf(confusionRows(measured), 1),
    remarks.map((remark) => `- ${escapeMarkdown(remark)}`),
  ];
  return `${sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

function capital(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function headline(gateCount: number, failed: number): string {
  if (gateCount === 0) return 'Evaluation';
  const [count, verdict] = failed === 0 ? [gateCount, 'passed'] : [failed, 'failed'];
  return `Evaluation: ${count} of ${gateCount} ${gateCount === 1 ? 'gate' : 'gates'} ${verdict}`;
}

function gateRow({ gate, passed, explanation }: Evaluation['gates'][number]): string[] {
  return [gate, passed ? 'passed' : 'failed', explanation];
}

/** @param leftColumns how many columns from the left are words; the others are numbers, aligned to the right */
function tableOf([header, ...rows]: readonly (readonly string[])[], leftColumns: number): string[] {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [
    line(header.map(escapeMarkdown)),
    line(header.map((_, column) => (column < leftColumns ? '---' : '---:'))),
    ...rows.map((row) => line(row.map(escapeMarkdown))),
  ];
}

/** Text that stays text: no markup, no HTML, no end of a cell. */
function escapeMarkdown(text: string): string {
  return text
    .replaceAll(/[\\`*_{}[\]()#!|~$@]/g, '\\$&')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll(/\s+/g, ' ');
}
