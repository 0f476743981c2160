import { StringDecoder } from 'node:string_decoder';
import type { InputFeature, PredictionSource, Rows } from '../client/prediction.js';
import { parseNumber } from '../data/cells.js';
import { reasonOf } from '../formats/whole-file.js';
import { DataError, InputError, RequestError } from '../ground/errors.js';
import { openInput } from '../ground/open-input.js';
import { nameInWords, namesInWords, quote, shownValue } from '../ground/quote.js';
import { RECORD_KEYS, type RecordedRow, type RecordedValue } from '../server/telemetry/record-line.js';
import { type InputBatch, rowsPerRequest } from './prediction-input.js';

/** A row with the place that it comes from. */
export interface PlacedRow extends RecordedRow {
  readonly file: string;
  /** From 1. */
  readonly line: number;
}

/** Recorded rows as a model takes them. */
export interface RecordedBatch extends InputBatch {
  readonly records: readonly PlacedRow[];
}

/** UTF-16 units of a line: far more than a row has. */
const LONGEST_LINE = 2 ** 26;
const CHUNK_BYTES = 2 ** 18;

/** What a category is sent as that the recording model did not know: a noncharacter of Unicode, which no table has. */
const UNKNOWN_TEXT = '\uffff';

interface ReadOptions {
  /** Read the rows of this model only. */
  readonly recorded?: string | undefined;
  /** Is told of a line that has no end. */
  readonly onWarning: (warning: string) => void;
}

/**
 * The rows of files that `iris serve` recorded, in order, as many at once as a request should have.
 *
 * @throws InputError for a file that cannot be read
 * @throws DataError for a line that is no recorded row, a row without a feature that the model asks for, rows of several
 *   models where none of them is chosen, and where there is no row
 */
export async function* recordedBatches(
  files: readonly string[],
  source: PredictionSource,
  options: ReadOptions,
): AsyncGenerator<RecordedBatch, void> {
  const { features, named } = source;
  if (features === null || !named) {
    const description = 'expected a server that names the features of its model, by which rows are recorded';
    throw new RequestError([{ field: 'inputs', description }]);
  }
  const most = rowsPerRequest(features, false);
  const encode = rowEncoder(features);
  let records: PlacedRow[] = [];
  let found = false;
  for await (const record of recordedRows(files, options)) {
    found = true;
    records.push(record);
    if (records.length < most) continue;
    yield encode(records);
    records = [];
  }
  if (records.length > 0) yield encode(records);
  if (found) return;
  const of = options.recorded === undefined ? '' : ` of model ${nameInWords(options.recorded)}`;
  throw new DataError('empty', `${namesInWords(files)}: expected at least one recorded row${of}, found none`);
}

async function* recordedRows(
  files: readonly string[],
  { onWarning, recorded }: ReadOptions,
): AsyncGenerator<PlacedRow, void> {
  let model = recorded;
  for (const file of files) {
    let line = 0;
    for await (const { ends, text } of linesOf(file)) {
      line++;
      const place = `${nameInWords(file)}:${line}`;
      if (!ends) {
        onWarning(
          `${place}: a line without an end, which is left out: the server wrote it when it was killed, or does now`,
        );
        break;
      }
      const row = parseRow(text, place);
      if (recorded !== undefined && row.model !== recorded) continue;
      model ??= row.model;
      if (row.model !== model) throw severalModels(place, model, row.model);
      yield { ...row, file, line };
    }
  }
}

function severalModels(place: string, model: string, other: string): DataError {
  const expected = `expected rows of one model, ${nameInWords(model)}, found one of ${nameInWords(other)}`;
  const advice = { option: 'recorded', value: nameInWords(model), effect: 'replays the rows of one model' };
  return new DataError('several', `${place}: ${expected}`, { advice });
}

interface Line {
  readonly text: string;
  /** Whether the end of the line is there. */
  readonly ends: boolean;
}

async function* linesOf(file: string): AsyncGenerator<Line, void> {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  try {
    for await (const chunk of openInput(file, CHUNK_BYTES)) {
      const lines = (rest + decoder.write(chunk)).split('\n');
      rest = lines.pop()!;
      for (const text of lines) yield { text, ends: true };
      if (rest.length > LONGEST_LINE) {
        throw new DataError('syntax', `${nameInWords(file)}: expected lines of recorded rows, found a longer one`);
      }
    }
  } catch (cause) {
    if (cause instanceof DataError) throw cause;
    throw new InputError(`${nameInWords(file)}: cannot be read: ${reasonOf(cause)}`, { cause });
  }
  if (rest !== '') yield { text: rest, ends: false };
}

/** @throws DataError */
function parseRow(text: string, place: string): RecordedRow {
  const refuse = (what: string, found: string) =>
    new DataError('syntax', `${place}: expected ${what} that iris serve recorded, found ${found}`);
  let row: unknown;
  try {
    row = JSON.parse(text);
  } catch {
    throw refuse('a row', quote(text));
  }
  if (!isObject(row)) throw refuse('a row', shownValue(row));
  for (const key of RECORD_KEYS) {
    const value = row[key];
    const isRight = partChecks[key](value);
    if (!isRight) throw refuse(`a row with "${key}"`, value === undefined ? 'none' : shownValue(value));
  }
  return row as unknown as RecordedRow;
}

const isText = (value: unknown): value is string => typeof value === 'string';
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const partChecks: { readonly [Key in (typeof RECORD_KEYS)[number]]: (value: unknown) => boolean } = {
  time: isText,
  model: isText,
  version: isText,
  features: (value) => isObject(value) && Object.values(value).every(isRecordedValue),
  label: isText,
  probabilities: (value) => isObject(value) && Object.values(value).every((share) => typeof share === 'number'),
};

function isRecordedValue(value: unknown): value is RecordedValue {
  return value === null || typeof value === 'number' || isText(value) || (isObject(value) && value['unknown'] === true);
}

/** @returns what puts the values of rows in the order of a model's features */
function rowEncoder(features: readonly InputFeature[]): (records: readonly PlacedRow[]) => RecordedBatch {
  const width = features.length;
  const hasTexts = features.some(({ kind }) => kind === 'category');
  return (records) => {
    const values = new Float64Array(records.length * width).fill(Number.NaN);
    const texts = hasTexts ? new Array<string>(values.length).fill('') : undefined;
    const bad: { row: number; error: DataError }[] = [];
    for (const [row, record] of records.entries()) {
      for (const [column, { kind, name }] of features.entries()) {
        const value = recordedValue(record, name, features);
        const at = row * width + column;
        if (kind === 'category') texts![at] = textOf(value);
        else {
          const number = numberOf(value);
          if (number !== undefined) values[at] = number;
          else if (bad.at(-1)?.row !== row) bad.push({ row, error: noNumber(record, name, value) });
        }
      }
    }
    const rows: Rows = { rowCount: records.length, values, ...(texts && { texts }) };
    return { rows, bad, records };
  };
}

function recordedValue(record: PlacedRow, name: string, features: readonly InputFeature[]): RecordedValue {
  if (Object.hasOwn(record.features, name)) return record.features[name]!;
  const names = Object.keys(record.features);
  const more = names.filter((known) => !features.some((feature) => feature.name === known));
  const found = more.length > 0 ? namesInWords(more) : names.length > 0 ? `only ${namesInWords(names)}` : 'none';
  throw new DataError(
    'columns',
    `${placeOf(record)}: expected a value of ${nameInWords(name)}, which the model asks for, found ${found}`,
  );
}

function textOf(value: RecordedValue): string {
  if (value === null) return '';
  return typeof value === 'object' ? UNKNOWN_TEXT : String(value);
}

/** Undefined where there is no number. */
function numberOf(value: RecordedValue): number | undefined {
  if (value === null) return Number.NaN;
  if (typeof value === 'object') return undefined;
  return typeof value === 'number' ? value : parseNumber(value);
}

function noNumber(record: PlacedRow, name: string, value: RecordedValue): DataError {
  const found = typeof value === 'object' ? 'a category' : shownValue(value);
  return new DataError('cell', `${placeOf(record)}: ${nameInWords(name)}: expected a number, found ${found}`);
}

export function placeOf({ file, line }: PlacedRow): string {
  return `${nameInWords(file)}:${line}`;
}
