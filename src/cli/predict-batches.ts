import { inOrder } from '../client/in-order.js';
import { BadRowError, type Prediction, type PredictionSource, type Wanted } from '../client/prediction.js';
import { placeInWords } from '../data/table-source.js';
import { DataError, RequestError } from '../ground/errors.js';
import type { InputBatch } from './prediction-input.js';

/** Requests in flight: enough to hide network latency, few enough to bound memory. */
const IN_FLIGHT = 4;

export interface PredictedBatch {
  readonly batch: InputBatch;
  readonly predictions: readonly Prediction[];
}

/**
 * Predicts batches, several at once, and yields them in their order.
 *
 * @param wanted what to ask for; an answer without what is `required` is an error
 * @throws DataError that names the line of a row that the model refuses; RequestError where there is no line, or when
 *   the model does not tell what is required
 */
export function predictBatches(
  source: PredictionSource,
  batches: AsyncIterable<InputBatch> | Iterable<InputBatch>,
  wanted: Wanted,
  required: Wanted,
  signal: AbortSignal,
): AsyncGenerator<PredictedBatch, void> {
  return inOrder(batches, IN_FLIGHT, async (batch) => {
    signal.throwIfAborted();
    const predictions = await source.predict(batch.rows, wanted).catch((error) => refuse(error, batch));
    refuseWithout(required, predictions[0]!);
    return { batch, predictions };
  });
}

function refuse(error: unknown, { table }: InputBatch): never {
  if (!table || !(error instanceof BadRowError)) throw error;
  throw new DataError('cell', `${placeInWords(table.origin, table.places[error.row]!)}: ${error.message}`, {
    cause: error,
  });
}

function refuseWithout(required: Wanted, { path, probabilities }: Prediction): void {
  const absent = (output: string) =>
    new RequestError([{ field: output, description: 'expected this output, the server does not offer it' }]);
  if (required.path && path === undefined) throw absent('decision_path');
  if (required.probabilities && probabilities.length === 0) throw absent('probabilities');
}
