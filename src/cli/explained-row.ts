import type { Model } from '../artifact/model.js';
import { openModel } from './local-model.js';
import { rowFromArguments } from './prediction-input.js';

/**
 * The nodes on the way of one row, root and leaf included.
 *
 * @param path of the model's file
 * @param values in feature order, with commas between, or as `name=value`
 * @throws UsageError, RequestError
 */
export async function explainRow(path: string, { tree }: Model, values: string): Promise<Set<number>> {
  const source = await openModel(path);
  const { rows } = rowFromArguments(values.split(','), source);
  const [prediction] = await source.predict(rows, { probabilities: false, path: true });
  const way = new Set([0]);
  let node = 0;
  for (const { wentLeft } of prediction.path!) {
    node = wentLeft ? tree.left[node] : tree.right[node];
    way.add(node);
  }
  return way;
}
