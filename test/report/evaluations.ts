import type { Evaluation } from '../../src/evaluation/evaluate.js';
import { measure } from '../../src/evaluation/measurement.js';
import { tallyOf } from '../../src/evaluation/tally.js';
import { runSteps } from '../../src/model/steps.js';

/** Four rows of the classes that are given, one of the last class taken for the first. */
export function makeEvaluation(classes: readonly [string, string], changes: Partial<Evaluation> = {}): Evaluation {
  const tally = tallyOf(
    {
      labels: [0, 0, 1, 1],
      predicted: [0, 0, 1, 0],
      shares: Float64Array.of(0.75, 0.25, 0.75, 0.25, 0.25, 0.75, 0.75, 0.25),
    },
    classes,
  );
  return {
    model: { sha256: 'ab'.repeat(32), version: 'abababababab' },
    source: 'rows.csv',
    scored: 'holdout',
    measured: runSteps(measure(tally, 0)),
    baseline: null,
    gates: [],
    notes: [],
    ...changes,
  };
}
