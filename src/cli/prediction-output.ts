import type { PathStep, Prediction, Wanted } from '../client/prediction.js';
import { cut, printable, shownName } from '../ground/quote.js';
import { stepWords } from '../model/path-step.js';
import type { InputBatch } from './prediction-input.js';

export const predictionFormats = ['table', 'csv', 'jsonl'] as const;
export type PredictionFormat = (typeof predictionFormats)[number] | 'json';

/** UTF-16 units of a step of a path that are shown: a foreign server may say anything. */
const MAX_WORDS = 1000;

/** Formats predictions batch by batch; only `json` holds the whole table. */
export interface PredictionWriter {
  batch(batch: InputBatch, predictions: readonly Prediction[]): string;
  /** Text after the last batch. */
  end(): string;
}

/** What a table or CSV has beside the label. */
interface Columns extends Wanted {
  /** Show thresholds with all of their digits. */
  readonly precise?: boolean;
  /** Put the shares of many classes in one column: a table is for people. */
  readonly listed?: boolean;
}

export function createPredictionWriter(format: PredictionFormat, wanted: Columns): PredictionWriter {
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

function columnsWriter(format: 'table' | 'csv', wanted: Columns): PredictionWriter {
  let widths: number[] | undefined;
  // A table has the path below its row, a CSV in a column.
  const shown = { ...wanted, path: wanted.path && format === 'csv', listed: format === 'table' };
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
      return text.map((line, i) => line + pathLines(predictions[i - header.length]?.path, wanted)).join('');
    },
    end: () => '',
  };
}

/** Names that the input already has are prefixed with `predicted_`, repeatedly if necessary. */
function columnNames({ table }: InputBatch, { probabilities }: Prediction, wanted: Columns): string[] {
  const names = ['label'];
  if (wanted.probabilities && isListed(wanted, probabilities)) names.push('probabilities');
  else if (wanted.probabilities) names.push(...probabilities.map((share) => `probability_${share.class}`));
  if (wanted.path) names.push('path');
  const taken = new Set(table?.columns ?? []);
  return [...taken, ...names.map((name) => freeName(name, taken))];
}

function freeName(name: string, taken: ReadonlySet<string>): string {
  return taken.has(name) ? freeName(`predicted_${name}`, taken) : name;
}

function resultCells({ label, path, probabilities }: Prediction, wanted: Columns, format: 'table' | 'csv'): string[] {
  const cells = [label];
  if (wanted.probabilities && isListed(wanted, probabilities)) cells.push(largestShares(probabilities));
  else if (wanted.probabilities) {
    cells.push(...probabilities.map(({ share }) => (format === 'csv' ? String(share) : share.toFixed(4))));
  }
  if (wanted.path) cells.push((path ?? []).map((step) => stepInWords(step, wanted.precise)).join('; '));
  return cells;
}

/** More classes than this have no column each in a table. */
const MOST_COLUMNS = 20;
const LARGEST = 3;

function isListed({ listed = false }: Columns, { length }: Prediction['probabilities']): boolean {
  return listed && length > MOST_COLUMNS;
}

/** `a 0.5000, b 0.2500, … 398 more classes`. */
function largestShares(probabilities: Prediction['probabilities']): string {
  const largest = probabilities.toSorted((a, b) => b.share - a.share).slice(0, LARGEST);
  const words = largest
    .filter(({ share }) => share > 0)
    .map((found) => `${shownName(found.class)} ${found.share.toFixed(4)}`);
  return [...words, `… ${probabilities.length - words.length} more classes`].join(', ');
}

/** As the server says it, which knows how few digits separate the training values; an older one does not say it. */
function stepInWords(step: PathStep, precise = false): string {
  if (precise && 'threshold' in step) return stepWords(step, String(step.threshold));
  return step.words === undefined ? stepWords(step) : printable(cut(step.words, MAX_WORDS));
}

function pathLines(path: readonly PathStep[] = [], { precise }: Columns): string {
  return path.map((step) => `  ${stepInWords(step, precise)}\n`).join('');
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
