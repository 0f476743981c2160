import type { PathStep, Prediction, Wanted } from '../client/prediction.js';
import type { WrittenRow } from '../data/written-row.js';
import { cut, printable, shownName } from '../ground/quote.js';
import { stepWords } from '../model/path-step.js';
import { shownNames } from '../report/printable.js';
import { contributionCells, contributionColumns, contributionLines } from './contribution-output.js';
import { isRefused, type Outcome, type PredictedBatch } from './predict-batches.js';

export const predictionFormats = ['table', 'csv', 'jsonl'] as const;
export type PredictionFormat = (typeof predictionFormats)[number] | 'json';

/** UTF-16 units of a step of a path that are shown: a foreign server may say anything. */
const MAX_WORDS = 1000;

/**
 * Formats predictions batch by batch; only `json` holds the whole table. A row that was refused has no label, and in JSON
 * an `error`.
 */
export interface PredictionWriter {
  /** In JSON, rows with numbers say them. */
  batch(predicted: PredictedBatch): string;
  /** Text after the last batch. */
  end(): string;
}

/** What a table or CSV has beside the label. */
export interface Columns extends Wanted {
  /** Show thresholds with all of their digits. */
  readonly precise?: boolean;
  /** Put the shares of many classes in one column: a table is for people. */
  readonly listed?: boolean;
}

export function createPredictionWriter(format: PredictionFormat, wanted: Columns): PredictionWriter {
  if (format === 'json') return jsonWriter();
  if (format === 'jsonl') return { batch: jsonLines, end: () => '' };
  return new ColumnsWriter(format, wanted);
}

/** One array, an element per line, written at the end, so that an error midway is the only document. */
function jsonWriter(): PredictionWriter {
  const elements: string[] = [];
  return {
    batch({ numbers, outcomes }) {
      for (const [i, outcome] of outcomes.entries()) {
        elements.push(`  ${printable(JSON.stringify(elementOf(outcome, numbers?.[i])))}`);
      }
      return '';
    },
    end: () => (elements.length === 0 ? '[]\n' : `[\n${elements.join(',\n')}\n]\n`),
  };
}

/** The cells of the table are in `input`, by column. */
function jsonLines({ batch: { table }, numbers, outcomes }: PredictedBatch): string {
  return outcomes
    .map((outcome, row) => {
      const { cells } = table?.written[row] ?? NO_ROW;
      const input = table && Object.fromEntries(table.columns.map((name, i) => [name, cells[i]]));
      const element = elementOf(outcome, numbers?.[row]);
      return `${printable(JSON.stringify(input ? { input, ...element } : element))}\n`;
    })
    .join('');
}

function elementOf(outcome: Outcome, row: number | undefined): object {
  if (!isRefused(outcome)) return row === undefined ? outcome : { row, ...outcome };
  return { label: null, classIndex: null, probabilities: [], error: outcome.refusal.message };
}

/** The first prediction names the classes, and its batch decides the widths; rows that are refused before it wait. */
class ColumnsWriter implements PredictionWriter {
  readonly #format: 'table' | 'csv';
  readonly #wanted: Columns;
  /** The columns: a table has explanations below its row, a CSV in columns. */
  readonly #shown: Columns;
  #widths: readonly number[] | undefined;
  #columns: readonly string[] = [];
  /** Classes as a table shows them, each of them once. */
  #classNames: ReadonlyMap<string, string> = new Map();
  #resultCount = 0;
  #waiting: Row[] = [];

  constructor(format: 'table' | 'csv', wanted: Columns) {
    this.#format = format;
    this.#wanted = wanted;
    const inColumns = format === 'csv';
    this.#shown = {
      ...wanted,
      path: wanted.path && inColumns,
      contributions: wanted.contributions === true && inColumns,
      listed: format === 'table',
    };
  }

  batch({ batch: { table }, outcomes }: PredictedBatch): string {
    const rows = outcomes.map((outcome, row) => ({ written: table?.written[row] ?? NO_ROW, outcome }));
    if (this.#widths) return this.#write([], rows);
    this.#waiting.push(...rows);
    this.#columns = table?.columns ?? [];
    const first = outcomes.find((outcome): outcome is Prediction => !isRefused(outcome));
    return first === undefined ? '' : this.#begin(first);
  }

  end(): string {
    return this.#waiting.length === 0 ? '' : this.#begin({ probabilities: [] });
  }

  #begin(first: Pick<Prediction, 'contributions' | 'probabilities'>): string {
    if (this.#format === 'table') this.#classNames = shownClasses(first);
    const named = { ...first, probabilities: this.#named(first.probabilities) };
    const names = columnNames(this.#columns, named, this.#shown);
    this.#resultCount = names.length - this.#columns.length;
    return this.#write([names], this.#waiting.splice(0));
  }

  #write(header: readonly (readonly string[])[], rows: readonly Row[]): string {
    if (this.#format === 'csv') {
      this.#widths ??= [];
      return [...header.map(csvLine), ...rows.map((row) => this.#csvRow(row))].join('');
    }
    const exact = rows.map((row) => [...row.written.cells, ...this.#resultsOf(row)]);
    const lines = [...header.map(shownNames), ...exact.map((cells) => cells.map(shownName))];
    this.#widths ??= lines[0]!.map((_, column) => Math.max(...lines.map((cells) => cells[column]!.length)));
    const text = lines.map((cells) => tableLine(cells, this.#widths!));
    return text.map((line, i) => line + this.#explanationOf(rows[i - header.length])).join('');
  }

  /** Lines below the row of a table. */
  #explanationOf(row: Row | undefined): string {
    if (row === undefined || isRefused(row.outcome)) return '';
    const { contributions, path, precise } = this.#wanted;
    if (path) return pathLines(row.outcome.path, this.#wanted);
    if (!contributions) return '';
    return contributionLines(row.outcome, precise)
      .map((line) => `${line}\n`)
      .join('');
  }

  #csvRow(row: Row): string {
    const results = this.#resultsOf(row);
    const { csv } = row.written;
    return csv === undefined ? csvLine([...row.written.cells, ...results]) : `${csv},${csvLine(results)}`;
  }

  #resultsOf({ outcome }: Row): readonly string[] {
    return isRefused(outcome)
      ? new Array<string>(this.#resultCount).fill('')
      : resultCells(this.#namedOutcome(outcome), this.#shown, this.#format);
  }

  /** In CSV, names are whole. */
  #namedOutcome(prediction: Prediction): Prediction {
    if (this.#format === 'csv') return prediction;
    const { label, probabilities } = prediction;
    const shares = this.#shown.probabilities ? this.#named(probabilities) : probabilities;
    return { ...prediction, label: this.#classNames.get(label) ?? label, probabilities: shares };
  }

  #named(probabilities: Prediction['probabilities']): Prediction['probabilities'] {
    if (this.#format === 'csv') return probabilities;
    return probabilities.map((found) => ({ ...found, class: this.#classNames.get(found.class) ?? found.class }));
  }
}

function shownClasses({ probabilities }: Pick<Prediction, 'probabilities'>): ReadonlyMap<string, string> {
  const classes = probabilities.map((share) => share.class);
  const shown = shownNames(classes);
  return new Map(classes.map((name, index) => [name, shown[index]!]));
}

interface Row {
  readonly written: WrittenRow;
  readonly outcome: Outcome;
}

/** Of the command line. */
const NO_ROW: WrittenRow = { cells: [] };

/** Names that the input already has are prefixed with `predicted_`, repeatedly if necessary. */
export function columnNames(
  columns: readonly string[],
  { contributions, probabilities }: Pick<Prediction, 'contributions' | 'probabilities'>,
  wanted: Columns,
): string[] {
  const names = ['label'];
  if (wanted.probabilities && isListed(wanted, probabilities)) names.push('probabilities');
  else if (wanted.probabilities) names.push(...probabilities.map((share) => `probability_${share.class}`));
  if (wanted.path) names.push('path');
  if (wanted.contributions && contributions) names.push(...contributionColumns(contributions));
  const taken = new Set(columns);
  return [...taken, ...names.map((name) => freeName(name, taken))];
}

function freeName(name: string, taken: ReadonlySet<string>): string {
  return taken.has(name) ? freeName(`predicted_${name}`, taken) : name;
}

export function resultCells(prediction: Prediction, wanted: Columns, format: 'table' | 'csv'): string[] {
  const { label, path, probabilities } = prediction;
  const cells = [label];
  if (wanted.probabilities && isListed(wanted, probabilities)) cells.push(largestShares(probabilities));
  else if (wanted.probabilities) {
    cells.push(...probabilities.map(({ share }) => (format === 'csv' ? String(share) : share.toFixed(4))));
  }
  if (wanted.path) cells.push((path ?? []).map((step) => stepInWords(step, wanted.precise)).join('; '));
  if (wanted.contributions) cells.push(...contributionCells(prediction));
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
