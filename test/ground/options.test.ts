import { describe, expect, it } from 'vitest';
import { readDataset } from '../../src/data/read-dataset.js';
import { crossValidate } from '../../src/evaluation/cross-validation.js';
import { evaluate } from '../../src/evaluation/evaluate.js';
import { trainModel } from '../../src/evaluation/train-model.js';
import { UsageError } from '../../src/ground/errors.js';
import { requireKnownOptions } from '../../src/ground/options.js';
import { createServer } from '../../src/server/life/server.js';

/** As from JavaScript, where nothing else says so. */
const misspelt = (options: object) => options as never;
const nothing = {} as never;

describe('options of the library', () => {
  it('are refused where there is no such name, with the one that is meant', () => {
    expect(() => requireKnownOptions({ maxDepth: 3, seed: undefined }, ['maxDepth', 'seed'])).not.toThrow();
    expect(() => requireKnownOptions({ maxDeph: 3 }, ['maxDepth', 'seed'])).toThrow(
      new UsageError('unknown option maxDeph; did you mean maxDepth?'),
    );
    expect(() => requireKnownOptions({ colour: 1 }, ['maxDepth', 'seed'])).toThrow(
      new UsageError('unknown option colour; there are maxDepth, seed'),
    );
    expect(() => requireKnownOptions({ 'a\nb': 1 }, ['seed'])).toThrow('unknown option "a\\nb"; there are seed');
  });

  it.each([
    ['readDataset', () => readDataset('-', misspelt({ tagret: 'x' })), 'target'],
    ['trainModel', () => trainModel(nothing, nothing, misspelt({ job: 1 })), 'jobs'],
    ['evaluate', () => evaluate(nothing, misspelt({ gate: [] })), 'gates'],
    ['crossValidate', () => crossValidate(nothing, misspelt({ folds: 2, repeat: 1 })), 'repeats'],
    ['createServer', () => createServer(misspelt({ model: 'x', ports: 1 })), 'port'],
  ])('are known to %s', async (_, call, meant) => {
    await expect(call()).rejects.toThrow(new RegExp(`^unknown option \\w+; did you mean ${meant}\\?$`));
  });
});
