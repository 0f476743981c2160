import { shownName } from '../ground/quote.js';
import type { Model } from '../model/model.js';
import { requireTree } from '../model/single-tree.js';
import { type Answer, pathOf } from '../report/drawing/drawn-tree.js';
import { contributionLines } from './contribution-output.js';
import { LocalModel } from './local-model.js';
import { rowFromArguments } from './row-arguments.js';

interface ExplainedRow {
  /** Nodes from the root to the leaf, both included. */
  readonly pathNodes: ReadonlySet<number>;
  /** The row's decision at each of them but the leaf. */
  readonly answers: readonly Answer[];
}

/**
 * What the features of one row bring to the answer of a model of several trees.
 *
 * @throws UsageError, RequestError
 */
export async function explainByFeatures(model: Model, values: string) {
  const source = new LocalModel(model);
  const { rows } = rowFromArguments(values.split(','), source);
  const [prediction] = await source.predict(rows, { probabilities: true, path: false, contributions: true });
  return { json: prediction!, lines: [`  ${shownName(prediction!.label)}`, ...contributionLines(prediction!)] };
}

/**
 * The path of one row through the tree.
 *
 * @param values in feature order, with commas between, or as `name=value`
 * @throws UsageError, RequestError
 */
export async function explainRow(model: Model, values: string): Promise<ExplainedRow> {
  const source = new LocalModel(model);
  const { rows } = rowFromArguments(values.split(','), source);
  const [prediction] = await source.predict(rows, { probabilities: false, path: true });
  const answers = prediction.path!;
  return { pathNodes: new Set(pathOf(requireTree(model, 'an explanation').tree, answers)), answers };
}
