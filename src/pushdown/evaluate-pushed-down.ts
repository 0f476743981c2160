import type { LabelledTableOptions } from '../data/schema.js';
import type { TableSource } from '../data/table-source.js';
import { type EvaluateOptions, type Evaluation, gateOnTrainingRows, measureTally } from '../evaluation/evaluate.js';
import { checkGates } from '../evaluation/gates.js';
import { tallyOfTree } from '../evaluation/leaf-score.js';
import { holdoutColumnOf } from '../evaluation/model-schema.js';
import { nameInWords } from '../ground/quote.js';
import type { Model } from '../model/model.js';
import { runStepsInTurns } from '../model/steps.js';
import { Engine } from './engine.js';
import { knownTable, rowsToCount } from './known-table.js';
import { countLeaves } from './leaf-counts.js';
import { openSql, type PushDownOptions } from './train-pushed-down.js';

export type EvaluatePushedOptions = Pick<EvaluateOptions, 'gates' | 'includeTrainingRows' | 'signal'> &
  Pick<PushDownOptions, 'memoryBytes'>;

/**
 * Measures a model on rows that an engine counts by leaf and class: those on the held-out side of its column. Where no column
 * says which these are, or with `includeTrainingRows`, all rows are counted.
 *
 * @throws UsageError for a gate on rows that the model was trained on, or may have been
 */
export async function evaluatePushedDown(
  model: Model,
  input: string | TableSource,
  layout: LabelledTableOptions,
  options: EvaluatePushedOptions = {},
): Promise<Evaluation> {
  const { gates = [], includeTrainingRows = false, signal } = options;
  const by = holdoutColumnOf(model.provenance);
  const holdsOut = by !== undefined && (model.provenance.training?.rows.holdout ?? 0) > 0;
  const isHeldOut = holdsOut && !includeTrainingRows;
  if (!isHeldOut && !includeTrainingRows && gates.length > 0) throw gateOnTrainingRows({ overlap: null });
  const table = await openSql(input, layout, options);
  try {
    const engine = new Engine(table, signal);
    const known = await knownTable(engine, model, layout);
    const counts = await countLeaves(rowsToCount(engine, known, isHeldOut ? 'h = 1' : 'h >= 0'), known.tree, false);
    const tally = tallyOfTree(known.tree, known.classWeights, counts, model.classes);
    const measured = await runStepsInTurns(measureTally(tally), signal);
    const note = isHeldOut
      ? `only the rows that ${nameInWords(by.column)} holds out are scored`
      : 'the model may have been trained on these rows: the figures say nothing about new ones';
    return {
      model: { sha256: model.sha256, version: model.version },
      source: table.name,
      scored: isHeldOut ? 'holdout' : holdsOut ? 'all rows' : 'training rows',
      measured,
      baseline: null,
      gates: checkGates(gates, measured),
      notes: [note],
    };
  } finally {
    await table.close();
  }
}
