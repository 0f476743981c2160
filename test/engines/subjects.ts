import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { readDataset } from '../../src/data/read-dataset.js';
import type { ReadOptions } from '../../src/data/schema.js';
import { trainModel } from '../../src/evaluation/train-model.js';
import { serializeModel } from '../../src/formats/registry.js';
import { defaultParameters, type TrainingParameters } from '../../src/training/parameters.js';
import { ROOT } from '../e2e/cli.js';

const reference = join(ROOT, 'test/fixtures/reference');

/** CSV files by name: each is a table in the engines. */
export const TABLES: ReadonlyMap<string, string> = new Map([
  ['iris', join(ROOT, 'data/iris.csv')],
  ...readdirSync(reference)
    .filter((name) => name.endsWith('.csv') && name !== 'iris.csv')
    .map((name) => [name.replace('.csv', ''), join(reference, name)] as const),
]);

const PARAMETERS: Readonly<Record<string, Partial<TrainingParameters>>> = {
  'the default': {},
  'entropy and weights': { criterion: 'entropy', classWeight: 'balanced', maxDepth: 4, holdout: 0.3, seed: 7 },
  'limits and pruning': { maxLeafNodes: 9, minSamplesLeaf: 3, ccpAlpha: 0.01 },
};

/** The files of models that a table makes by each set of parameters. */
export async function modelsOf(input: string, options: ReadOptions = {}): Promise<Readonly<Record<string, string>>> {
  const dataset = await readDataset(input, options);
  const entries = Object.entries(PARAMETERS).map(async ([name, parameters]) => {
    const { model } = await trainModel(dataset, { ...defaultParameters, ...parameters }, { jobs: 1 });
    return [name, serializeModel(model)] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

/** The files of models are long: what is compared is shown by name. */
export function differing(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): string[] {
  return Object.keys(a).filter((name) => a[name] !== b[name]);
}
