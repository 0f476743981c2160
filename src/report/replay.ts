import type { AnswerChanges, ChangedRow } from '../evaluation/answer-changes.js';
import { nameInWords, namesInWords, plural, printable } from '../ground/quote.js';
import { textTable } from './text-table.js';

/** A recorded row, as a report shows it. */
export interface ReplayedRow {
  readonly file: string;
  readonly line: number;
  readonly version: string;
  readonly features: Readonly<Record<string, unknown>>;
}

/** Versions of the models that answered. */
export interface ReplayVersions {
  readonly recorded: readonly string[];
  readonly replayed: readonly string[];
}

/** Pairs of labels that the text lists. */
const MOST_PAIRS = 20;
/** Values of a row that the text lists. */
const MOST_VALUES = 8;

/** The JSON form. */
export function replayJson(changes: AnswerChanges<ReplayedRow>, versions: ReplayVersions) {
  const { changed, compared, kept, largest, pairs, refused, rowCount } = changes;
  return {
    rows: rowCount,
    versions,
    changed,
    refused,
    pairs,
    largestDifference:
      compared === 0
        ? null
        : { difference: largest?.difference ?? 0, class: largest?.class ?? null, ...placeJson(largest?.row) },
    shown: kept.map((found) => ({
      ...placeJson(found.row),
      version: found.row.version,
      from: found.from,
      to: 'to' in found ? found.to : null,
      ...('refusal' in found && { refusal: found.refusal }),
      features: found.row.features,
    })),
  };
}

function placeJson(row: ReplayedRow | undefined) {
  return { file: row?.file ?? null, line: row?.line ?? null };
}

/** Lines of text: what was compared, what changed, and the first rows that did. */
export function describeReplay(changes: AnswerChanges<ReplayedRow>, { recorded, replayed }: ReplayVersions): string {
  const { rowCount } = changes;
  const lines = [
    `${plural(rowCount, 'row')}, recorded with version ${namesInWords(recorded)}, replayed with version ${
      namesInWords(replayed) || 'unknown'
    }`,
    labelsInWords(changes),
    ...pairLines(changes),
    sharesInWords(changes),
    ...changes.kept.map(rowInWords),
  ];
  const hidden = changes.changed + changes.refused - changes.kept.length;
  if (hidden > 0) lines.push(`and ${plural(hidden, 'more row')}`);
  return lines.map((line) => `${printable(line)}\n`).join('');
}

function labelsInWords({ changed, refused, rowCount }: AnswerChanges<ReplayedRow>): string {
  const refusals = refused === 0 ? '' : `; ${plural(refused, 'row')} refused`;
  if (changed === 0) return `labels: all the same${refusals}`;
  const percent = ((100 * changed) / rowCount).toPrecision(3);
  return `labels: ${changed} changed (${Number(percent)} %)${refusals}`;
}

function pairLines({ pairs }: AnswerChanges<ReplayedRow>): string[] {
  if (pairs.length === 0) return [];
  const rows = pairs
    .slice(0, MOST_PAIRS)
    .map(({ from, rows, to }) => [`  ${nameInWords(from)} -> ${nameInWords(to)}`, String(rows)]);
  const hidden = pairs.length - rows.length;
  return [...textTable(rows, ['left', 'right']), ...(hidden > 0 ? [`  and ${plural(hidden, 'more pair')}`] : [])];
}

function sharesInWords({ compared, largest }: AnswerChanges<ReplayedRow>): string {
  if (compared === 0) return 'probabilities: none to compare';
  if (largest === undefined) return 'probabilities: all the same';
  const { class: name, difference, row } = largest;
  return `probabilities: largest difference ${Number(difference.toPrecision(3))}, of ${nameInWords(name)} in ${placeOf(row)}`;
}

function rowInWords(changed: ChangedRow<ReplayedRow>): string {
  const { features } = changed.row;
  const names = Object.keys(features);
  const values = names.slice(0, MOST_VALUES).map((name) => `${nameInWords(name)}=${valueInWords(features[name])}`);
  const more = names.length > values.length ? ', …' : '';
  const became = 'to' in changed ? nameInWords(changed.to) : `refused (${changed.refusal})`;
  return `${placeOf(changed.row)}: ${nameInWords(changed.from)} -> ${became}: ${values.join(', ')}${more}`;
}

function valueInWords(value: unknown): string {
  if (value === null) return '?';
  return typeof value === 'object' ? '(unknown)' : nameInWords(String(value));
}

function placeOf({ file, line }: ReplayedRow): string {
  return `${nameInWords(file)}:${line}`;
}
