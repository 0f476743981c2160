import type { PathStep, Prediction, Wanted } from '../client/prediction.js';
import { printable, shownName } from '../ground/quote.js';
import type { InputBatch } from './prediction-input.js';

export const predictionFormats = ['table', 'csv', 'jsonl'] as const;
export type PredictionFormat = (typeof predictionFormats)[number] | 'json';

/** Formats predictions batch by batch; only `json` holds the whole table. */
export interface PredictionWriter {
  batch(batch: InputBatch, predictions: readonly Prediction[]): string;
  /** Text after the last batch. */
  end(): string;
}

/** @param wanted which columns a table or CSV has beside the label */
export function createPredictionWriter(format: PredictionFormat, wanted: Wanted): PredictionWriter {
  if (format === 'json') return jsonWriter();
  if (format === 'jsonl') return { batch: jsonLines, end: () => '' };
  return columnsWriter(format, wanted);
}

/** One array, an element per line, written at the end, so that an error midway is the only document. */
function jsonWriter(): PredictionWriter {
  const elements: string[] = [];
  return {
    batch(_batch, predictions) {
      for (const prediction of predictions) elements.push(`  ${printable(JSON.stringify(prediction))}`);
      return '';
    },
    end: () => (elements.length === 0 ? '[]\n' : `[\n${elements.join(',\n')}\n]\n`),
  };
}

/** The cells of the table are in `input`, by column. */
function jsonLines({ table }: InputBatch, predictions: readonly Prediction[]): string {
  return predictions
    .map((prediction, row) => {
      const input = table && Object.fromEntries(table.columns.map((name, i) => [name, table.cells[row]![i]]));
      return `${printable(JSON.stringify(input ? { input, ...prediction } : prediction))}\n`;
    })
    .join('');
}

function columnsWriter(format: 'table' | 'csv', wanted: Wanted): PredictionWriter {
  let widths: number[] | undefined;
  // A table has the path below its row, a CSV in a column.
  const shown = { ...wanted, path: wanted.path && format === 'csv' };
  return {
    batch(batch, predictions) {
      const header = widths ? [] : [columnNames(batch, predictions[0]!, shown)];
      const rows = predictions.map((prediction, row) => [
        ...(batch.table?.cells[row] ?? []),
        ...resultCells(prediction, shown, format),
      ]);
      const exact = [...header, ...rows];
      const lines = format === 'csv' ? exact : exact.map((cells) => cells.map(shownName));
      widths ??= lines[0]!.map((_, column) => Math.max(...lines.map((cells) => cells[column]!.length)));
      if (format === 'csv') return lines.map(csvLine).join('');
      const text = lines.map((cells) => tableLine(cells, widths!));
      if (!wanted.path) return text.join('');
      return text.map((line, i) => line + pathLines(predictions[i - header.length]?.path)).join('');
    },
    end: () => '',
  };
}

/** Names that the input already has are prefixed with `predicted_`, repeatedly if necessary. */
function columnNames({ table }: InputBatch, { probabilities }: Prediction, wanted: Wanted): string[] {
  const names = ['label'];
  if (wanted.probabilities) names.push(...probabilities.map((share) => `probability_${share.class}`));
  if (wanted.path) names.push('path');
  const taken = new Set(table?.columns ?? []);
  return [...taken, ...names.map((name) => freeName(name, taken))];
}

function freeName(name: string, taken: ReadonlySet<string>): string {
  return taken.has(name) ? freeName(`predicted_${name}`, taken) : name;
}

function resultCells({ label, path, probabilities }: Prediction, wanted: Wanted, format: 'table' | 'csv'): string[] {
  const cells = [label];
  if (wanted.probabilities) {
    cells.push(...probabilities.map(({ share }) => (format === 'csv' ? String(share) : share.toFixed(4))));
  }
  if (wanted.path) cells.push((path ?? []).map(stepInWords).join('; '));
  return cells;
}

/** One decision in words: `petal_length 1.3 <= 2.45`, `colour in {blue, red}: blue`, `age missing: goes left`. */
export function stepInWords(step: PathStep): string {
  const { feature, value, wentLeft } = step;
  if (value === null) return `${feature} missing: goes ${wentLeft ? 'left' : 'right'}`;
  if ('threshold' in step) return `${feature} ${value} ${wentLeft ? '<=' : '>'} ${step.threshold}`;
  return `${feature} ${wentLeft ? 'in' : 'not in'} {${step.categories.join(', ')}}: ${value}`;
}

function pathLines(path: readonly PathStep[] = []): string {
  return path.map((step) => `  ${printable(stepInWords(shownStep(step)))}\n`).join('');
}

function shownStep(step: PathStep): PathStep {
  const value = typeof step.value === 'string' ? shownName(step.value) : step.value;
  const shown = { ...step, feature: shownName(step.feature), value };
  return 'categories' in shown ? { ...shown, categories: shown.categories.map(shownName) } : shown;
}

/** RFC 4180, with LF. */
function csvLine(cells: readonly string[]): string {
  return `${cells.map((cell) => (/[",\r\n]|^\s|\s$/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)).join(',')}\n`;
}

/** The first batch decides the widths. */
function tableLine(cells: readonly string[], widths: readonly number[]): string {
  const padded = cells.map((cell, column) => cell.padEnd(widths[column]!));
  return `${padded.join('  ').trimEnd()}\n`;
}
