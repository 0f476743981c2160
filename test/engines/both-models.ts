import { readDataset } from '../../src/data/read-dataset.js';
import type { ReadOptions } from '../../src/data/schema.js';
import { trainModel } from '../../src/evaluation/train-model.js';
import type { Model } from '../../src/model/model.js';
import { type PushDownOptions, trainPushedDown } from '../../src/pushdown/train-pushed-down.js';
import { defaultParameters, type TrainingParameters } from '../../src/training/parameters.js';

/** Memory in which a few dozen rows fit, so that some nodes are fetched. */
export const SOME_ROWS = 60_000;

/**
 * A model of rows that are read, and one of rows that are counted: what of them is comparable. An error in the place of one that there is not.
 *
 * @param options.memoryBytes 0: no row fits
 */
export async function bothModels(
  input: string,
  reading: ReadOptions,
  parameters: Partial<TrainingParameters>,
  options: PushDownOptions = {},
) {
  const all = { ...defaultParameters, holdout: 0, ...parameters };
  const models = [
    async () => (await trainModel(await readDataset(input, reading), all, { jobs: 1 })).model,
    async () => (await trainPushedDown(input, reading, all, { memoryBytes: 0, ...options })).model,
  ];
  const [read, pushed] = await Promise.all(models.map((model) => model().then(comparable, (error: Error) => error)));
  return [read, pushed];
}

/** All but the hash of the table and the sketch of its rows. */
export function comparable({ classes, features, provenance, scorer }: Model) {
  return { classes, features, scorer, provenance: { ...provenance, data: null, sketch: null } };
}
