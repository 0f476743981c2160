import { cartTrainer } from '../../../src/training/cart/engine.js';
import { defaultParameters } from '../../../src/training/parameters.js';
import type { FitOptions } from '../../../src/training/trainer.js';
import type { Tree } from '../../../src/tree/tree.js';
import { expectLegalTree, type PlainSettings, type PlainTable, plainSettings } from './brute-force.js';
import { datasetOf } from './fixture-table.js';

/** Fits a table with the product, and has the tree checked by brute force. */
export async function fitPlain(
  table: PlainTable,
  settings: Partial<PlainSettings> = {},
  { rows, ...options }: FitOptions & { readonly rows?: readonly number[] } = {},
): Promise<Tree> {
  const all = { ...plainSettings, ...settings };
  const { weights, ...growth } = all;
  const bounded = (limit: number) => (limit === Number.POSITIVE_INFINITY ? null : limit);
  const tree = await cartTrainer.fit(
    datasetOf(table),
    Uint32Array.from(rows ?? table.labels.keys()),
    { ...defaultParameters, ...growth, maxDepth: bounded(all.maxDepth), maxLeafNodes: bounded(all.maxLeafNodes) },
    weights === null ? null : Float64Array.from(weights),
    { jobs: 1, ...options },
  );
  expectLegalTree(tree, table, all);
  return tree;
}
