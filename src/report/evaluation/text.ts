import type { Evaluation } from '../../evaluation/evaluate.js';
import { printableEvaluation } from '../printable.js';
import { type Alignment, textTable } from '../text-table.js';
import {
  classRows,
  confusionRows,
  describeClasses,
  describeConfusion,
  describeRows,
  metricRows,
  undefinedFigures,
} from './words.js';

/** An evaluation for a terminal. */
export function evaluationText(evaluation: Evaluation): string {
  const shown = printableEvaluation(evaluation);
  const { measured, gates, notes, model, baseline } = shown;
  const against = baseline ? `, baseline ${baseline.version}` : '';
  const sections = [
    [`model ${model.version}${against}: ${describeRows(shown)}`],
    tableOf(metricRows(shown)),
    [...headed(describeClasses(measured)), ...tableOf(classRows(measured))],
    [describeConfusion(measured), ...tableOf(confusionRows(measured))],
    gates.length === 0 ? [] : textTable(gates.map(gateRow), ['left', 'left', 'left']),
    [...undefinedFigures(measured), ...notes.map((note) => `note: ${note}`)],
  ];
  return `${sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

function headed(words: string | null): string[] {
  return words === null ? [] : [words];
}

function tableOf(rows: readonly (readonly string[])[]): string[] {
  return textTable(
    rows,
    rows[0].map((_, column): Alignment => (column === 0 ? 'left' : 'right')),
  );
}

function gateRow({ gate, passed, explanation }: Evaluation['gates'][number]): string[] {
  return [passed ? 'passed' : 'FAILED', gate, explanation];
}
