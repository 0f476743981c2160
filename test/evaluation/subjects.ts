import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { bundledIrisPath } from '../../src/data/bundled.js';
import { readDataset } from '../../src/data/read-dataset.js';
import type { ReadOptions } from '../../src/data/schema.js';
import type { Subject } from '../../src/evaluation/subject.js';
import { trainModel } from '../../src/evaluation/train-model.js';
import type { TrainingParameters } from '../../src/training/parameters.js';
import { defaultParameters } from '../../src/training/parameters.js';

/** A folder for tables, gone after the tests of the file. */
export function tableFolder(): (name: string, text: string) => string {
  const folder = mkdtempSync(join(tmpdir(), 'iris-evaluation-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  return (name, text) => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  };
}

/** Trains on a table, the bundled iris by default. */
export async function trainOn(
  parameters: Partial<TrainingParameters> = {},
  path: string = bundledIrisPath(),
  options: ReadOptions = {},
): Promise<Subject> {
  const dataset = await readDataset(path, options);
  const { model } = await trainModel(dataset, { ...defaultParameters, ...parameters });
  return { model, dataset };
}
