import { RequestError, UsageError } from '../../../ground/errors.js';
import type { Classifier } from '../../../model/classifier.js';
import { contributionsSize } from '../../../model/contributions.js';
import { CLASS_NAMES_PARAMETER, CONTRIBUTIONS_OF_PARAMETER } from '../../../protocol/extensions.js';
import type { OutputTensor } from '../../../protocol/infer-response-codec.js';
import type { Turns } from '../../calls/turns.js';
import type { InputRows } from './input-rows.js';

/** Steps that a request may take, about half a second: others wait meanwhile. One row may take more. */
const MOST_STEPS = 2 ** 27;

/**
 * For each row and output, a number per feature, what is expected, and what rounding leaves.
 *
 * @throws RequestError where it would take too long, or the model is too large to be explained
 */
export async function describeContributions(
  { contributions, features }: Classifier,
  rows: InputRows,
  turns: Turns,
): Promise<OutputTensor> {
  const { rowCount } = rows;
  const shap = await inTurns(contributions.prepare(), turns);
  requireFewRows(shap.stepsPerRow, rowCount);
  const values = new Float64Array(rowCount * contributionsSize(contributions, features.length));
  await inTurns(
    shap.explain((row) => rows.slice(row, row + 1), rowCount, values),
    turns,
  );
  return {
    name: 'contributions',
    shape: [rowCount, contributions.classes.length, features.length + 2],
    parameters: {
      [CLASS_NAMES_PARAMETER]: JSON.stringify(contributions.classes),
      [CONTRIBUTIONS_OF_PARAMETER]: contributions.of,
    },
    datatype: 'FP64',
    values,
  };
}

function requireFewRows(stepsPerRow: number, rowCount: number): void {
  const most = Math.max(1, Math.floor(MOST_STEPS / stepsPerRow));
  if (rowCount <= most) return;
  throw new RequestError([
    { field: 'inputs[0].shape[0]', description: `expected at most ${most} rows with contributions, found ${rowCount}` },
  ]);
}

/** @param work yields how many steps it took since it yielded last */
async function inTurns<Result>(work: Generator<number, Result>, turns: Turns): Promise<Result> {
  try {
    for (;;) {
      const step = work.next();
      if (step.done) return step.value;
      if (turns.spend(step.value)) await turns.pause();
    }
  } catch (cause) {
    if (!(cause instanceof UsageError)) throw cause;
    throw new RequestError([{ field: 'outputs', description: cause.message }], { cause });
  }
}
