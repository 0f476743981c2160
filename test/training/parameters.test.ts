import { describe, expect, it } from 'vitest';
import type { TrainingParameters } from '../../src/training/parameters.js';
import { checkParameters, defaultParameters, defaultsOf } from '../../src/training/parameters.js';

const check = (changes: object): void => checkParameters({ ...defaultParameters, ...changes } as TrainingParameters);

describe('a parameter in its range passes', () => {
  it.each([
    [{}],
    [defaultsOf('ml-cart')],
    [{ maxDepth: 1, maxLeafNodes: 2, minSamplesLeaf: 9, minImpurityDecrease: 0.5, ccpAlpha: 3, holdout: 0.999 }],
    [{ ccpAlpha: 'auto', classWeight: 'balanced', holdout: 0, seed: Number.MAX_SAFE_INTEGER }],
    [{ classWeight: new Map([['a', 0.001]]) }],
  ])('%j', (changes) => {
    expect(() => check(changes)).not.toThrow();
  });
});

describe('a parameter out of its range is refused by name, with what was expected and found', () => {
  it.each([
    [{ engine: 'c4.5' }, 'engine: expected cart or forest or ml-cart, found c4.5'],
    [{ criterion: 'log_loss' }, 'criterion: expected gini or entropy, found log_loss'],
    [{ maxdepth: 3 }, 'unknown option maxdepth; did you mean maxDepth?'],
    [{ maxDepth: 0 }, 'maxDepth: expected a whole number of at least 1, found 0'],
    [{ maxDepth: 2.5 }, 'maxDepth: expected a whole number of at least 1, found 2.5'],
    [{ minSamplesSplit: 1 }, 'minSamplesSplit: expected a whole number of at least 2, found 1'],
    [{ minSamplesSplit: Number.NaN }, 'minSamplesSplit: expected a whole number of at least 2, found NaN'],
    [{ minSamplesLeaf: 0 }, 'minSamplesLeaf: expected a whole number of at least 1, found 0'],
    [{ maxLeafNodes: 1 }, 'maxLeafNodes: expected a whole number of at least 2, found 1'],
    [{ minImpurityDecrease: -0.1 }, 'minImpurityDecrease: expected a finite number of at least 0, found -0.1'],
    [{ ccpAlpha: -1 }, 'ccpAlpha: expected a finite number of at least 0, found -1'],
    [{ ccpAlpha: Number.POSITIVE_INFINITY }, 'ccpAlpha: expected a finite number of at least 0, found Infinity'],
    [{ seed: -1 }, 'seed: expected a whole number of at least 0, found -1'],
    [{ seed: 2 ** 53 }, 'seed: expected a whole number of at least 0, found 9007199254740992'],
    [{ holdout: 1 }, 'holdout: expected a number of at least 0 and below 1, found 1'],
    [{ holdout: -0.1 }, 'holdout: expected a number of at least 0 and below 1, found -0.1'],
    [{ holdout: Number.NaN }, 'holdout: expected a number of at least 0 and below 1, found NaN'],
    [{ classWeight: 'even' }, 'classWeight: expected balanced, found even'],
    [{ classWeight: new Map([['a', 0]]) }, 'classWeight: expected a finite number above 0 for a, found 0'],
    [{ classWeight: new Map([['a', Number.NaN]]) }, 'classWeight: expected a finite number above 0 for a, found NaN'],
  ])('%j', (changes, message) => {
    expect(() => check(changes)).toThrow(expect.objectContaining({ name: 'UsageError', message }));
  });
});
