import { setImmediate as nextTurn } from 'node:timers/promises';
import { inOrder } from '../client/in-order.js';
import {
  BadRowError,
  type Prediction,
  type PredictionSource,
  type Rows,
  selectRows,
  sliceRows,
  type Wanted,
} from '../client/prediction.js';
import { placeInWords } from '../data/table-source.js';
import { DataError, RequestError } from '../ground/errors.js';
import type { InputBatch } from './prediction-input.js';

/** Requests on their way at once: enough to hide the network, few enough to bound memory. */
const IN_FLIGHT = 4;
/** Rows that are asked for each alone, all at once, where one of them is refused: many more may be. */
const FEW_ROWS = 16;

/** A row without a prediction, and why. */
export interface RefusedRow {
  readonly refusal: Error;
}

export type Outcome = Prediction | RefusedRow;

export function isRefused(outcome: Outcome): outcome is RefusedRow {
  return 'refusal' in outcome;
}

export interface PredictedBatch {
  readonly batch: InputBatch;
  /** One per row of the batch. */
  readonly outcomes: readonly Outcome[];
  /** The numbers of the rows in their table, from 1 on; where some may be left out. */
  readonly numbers?: readonly number[];
}

export interface PredictOptions {
  /** What to ask for. */
  readonly wanted: Wanted;
  /** What of it must be told. */
  readonly required: Wanted;
  /** Whether to go on after a row that is refused. */
  readonly goOn: boolean;
  readonly signal: AbortSignal;
}

/**
 * Predicts batches, several at once, and yields them in their order. Unless it is to go on, it throws at the first row that
 * is refused, after what was right before it.
 *
 * @throws the signal's reason once it is aborted
 * @throws DataError that names the line of a row that is refused; RequestError where there is no line, or when the model
 *   does not tell what is required
 */
export async function* predictBatches(
  source: PredictionSource,
  batches: AsyncIterable<InputBatch> | Iterable<InputBatch>,
  options: PredictOptions,
): AsyncGenerator<PredictedBatch, void> {
  const predicted = inOrder(batches, IN_FLIGHT, async (batch) => {
    options.signal.throwIfAborted();
    const outcomes = await outcomesOf(source, batch, options);
    refuseWithout(options.required, outcomes);
    return { batch, outcomes };
  });
  for await (const { batch, outcomes } of predicted) {
    // A model in this process and a file as output leave the event loop no turn in which a signal is heard.
    await nextTurn();
    options.signal.throwIfAborted();
    const first = options.goOn ? -1 : outcomes.findIndex(isRefused);
    if (first !== 0)
      yield first < 0 ? { batch, outcomes } : selectOutcomes({ batch, outcomes }, (_, row) => row < first);
    if (first >= 0) throw (outcomes[first] as RefusedRow).refusal;
  }
}

/** Some rows of a batch, with what they have come to. */
export function selectOutcomes(
  { batch, numbers, outcomes }: PredictedBatch,
  isWanted: (outcome: Outcome, row: number) => boolean,
): PredictedBatch {
  const kept = [...outcomes.keys()].filter((row) => isWanted(outcomes[row]!, row));
  const { rows, table } = batch;
  return {
    batch: {
      rows: selectRows(rows, kept),
      ...(table && {
        table: {
          ...table,
          written: kept.map((row) => table.written[row]!),
          places: Uint32Array.from(kept, (row) => table.places[row]!),
        },
      }),
    },
    outcomes: kept.map((row) => outcomes[row]!),
    ...(numbers && { numbers: kept.map((row) => numbers[row]!) }),
  };
}

/** One per row; without going on, up to the first that is refused. */
async function outcomesOf(
  source: PredictionSource,
  batch: InputBatch,
  { goOn, wanted }: PredictOptions,
): Promise<readonly Outcome[]> {
  const { bad = [], rows } = batch;
  const end = goOn || bad.length === 0 ? rows.rowCount : bad[0]!.row;
  const isBad = new Map(bad.map(({ error, row }) => [row, { refusal: error }]));
  const readable = bad.length === 0 ? undefined : range(end).filter((row) => !isBad.has(row));
  const answers = await predictEach(source, readable ? selectRows(rows, readable) : rows, wanted, goOn);
  const outcomes = answers.map((outcome, i) =>
    isRefused(outcome) ? { refusal: placed(outcome.refusal, batch, readable?.[i] ?? i) } : outcome,
  );
  if (readable === undefined || (!goOn && outcomes.some(isRefused))) return outcomes;
  let next = 0;
  return range(goOn ? rows.rowCount : end + 1).map((row) => isBad.get(row) ?? outcomes[next++]!);
}

/**
 * The outcome of each row. After one that is refused fewer rows are asked for at once, then more again; where few of them
 * hold another, each is asked for alone.
 */
async function predictEach(source: PredictionSource, rows: Rows, wanted: Wanted, goOn: boolean): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  let most = rows.rowCount;
  while (outcomes.length < rows.rowCount) {
    const start = outcomes.length;
    const whole = start === 0 && most >= rows.rowCount;
    const part = whole ? rows : sliceRows(rows, start, Math.min(rows.rowCount, start + most));
    const answer = await predictOrRefuse(source, part, wanted);
    if (!(answer instanceof BadRowError)) {
      if (whole) return answer;
      outcomes.push(...answer);
      most *= 2;
    } else if (goOn && part.rowCount <= FEW_ROWS) {
      outcomes.push(...(await predictAlone(source, part, wanted, answer)));
    } else {
      const { row } = answer;
      if (row > 0) outcomes.push(...(await predictEach(source, sliceRows(part, 0, row), wanted, goOn)));
      outcomes.push({ refusal: answer });
      if (!goOn) break;
      most = Math.max(FEW_ROWS, 2 * row);
    }
  }
  return outcomes;
}

/** @param known why the first of them that is refused is */
function predictAlone(source: PredictionSource, rows: Rows, wanted: Wanted, known: BadRowError): Promise<Outcome[]> {
  return Promise.all(
    range(rows.rowCount).map(async (row): Promise<Outcome> => {
      if (row === known.row) return { refusal: known };
      const answer = await predictOrRefuse(source, sliceRows(rows, row, row + 1), wanted);
      return answer instanceof BadRowError ? { refusal: answer } : answer[0]!;
    }),
  );
}

async function predictOrRefuse(
  source: PredictionSource,
  rows: Rows,
  wanted: Wanted,
): Promise<Prediction[] | BadRowError> {
  try {
    return await source.predict(rows, wanted);
  } catch (error) {
    if (error instanceof BadRowError) return error;
    throw error;
  }
}

function range(end: number): number[] {
  return Array.from({ length: end }, (_, row) => row);
}

function placed(error: Error, { table }: InputBatch, row: number): Error {
  if (!table) return error;
  const place = placeInWords(table.origin, table.places[row]!);
  return new DataError('cell', `${place}: ${error.message}`, { cause: error });
}

function refuseWithout(required: Wanted, outcomes: readonly Outcome[]): void {
  const prediction = outcomes.find((outcome): outcome is Prediction => !isRefused(outcome));
  if (prediction === undefined) return;
  const { contributions, path, probabilities } = prediction;
  const absent = (output: string) =>
    new RequestError([{ field: output, description: 'expected this output, the server does not offer it' }]);
  if (required.path && path === undefined) throw absent('decision_path');
  if (required.contributions && contributions === undefined) throw absent('contributions');
  if (required.probabilities && probabilities.length === 0) throw absent('probabilities');
}
