import { describe, expect, it } from 'vitest';
import type { Dataset } from '../../src/data/dataset.js';
import { badOption, DataError, UsageError } from '../../src/ground/errors.js';
import { requireKnownOptions } from '../../src/ground/options.js';
import * as iris from '../../src/index.js';

const dataset = {} as Dataset;
const subject = { model: {}, dataset } as iris.Subject;
const { defaultParameters } = iris;
const place = { host: '127.0.0.1', port: 1 };

describe('names of options', () => {
  const known = ['maxDepth', 'seed'];

  it('may be absent', () => {
    expect(() => requireKnownOptions({ maxDepth: 3, seed: undefined }, known)).not.toThrow();
  });

  it.each([
    [{ maxDeph: 3 }, 'unknown option maxDeph; did you mean maxDepth?'],
    [{ colour: 1 }, 'unknown option colour; there are maxDepth, seed'],
    [{ 'a\nb': 1 }, 'unknown option "a\\nb"; there are maxDepth, seed'],
  ])('%j', (options, message) => {
    expect(() => requireKnownOptions(options, known)).toThrow(expect.objectContaining({ name: 'UsageError', message }));
  });
});

describe('an option with a name that there is not is an error, and the name that is meant is told', () => {
  it.each<[string, string, (options: object) => unknown]>([
    ['readDataset', 'traget/target', (options) => iris.readDataset('-', options)],
    ['train', 'job/jobs', (options) => iris.train(dataset, defaultParameters, options)],
    ['trainModel', 'withholdRow/withholdRows', (options) => iris.trainModel(dataset, defaultParameters, options)],
    [
      'a training parameter',
      'maxDeph/maxDepth',
      (options) => {
        return iris.train(dataset, { ...defaultParameters, ...options });
      },
    ],
    ['evaluate', 'gate/gates', (options) => iris.evaluate(subject, options)],
    [
      'crossValidate',
      'repeat/repeats',
      (options) => {
        return iris.crossValidate(subject, { folds: 2, repeats: 1, ...options });
      },
    ],
    ['createServer', 'maxBatchRow/maxBatchRows', (options) => iris.createServer({ model: 'm.json', ...options })],
    [
      'createServer, tls',
      'clientCA/clientCa',
      (options) => {
        return iris.createServer({ model: 'm.json', tls: options as never });
      },
    ],
    [
      'createServer, http',
      'keepaliveMs/keepAliveMs',
      (options) => {
        return iris.createServer({ model: 'm.json', http: { port: 0, ...options } });
      },
    ],
    [
      'connect',
      'timeoutMS/timeoutMs',
      (options) => {
        return iris.InferenceClient.connect(place, { model: 'iris', timeoutMs: 1, ...options });
      },
    ],
    [
      'connect, the server',
      'prot/port',
      (options) => {
        return iris.InferenceClient.connect({ ...place, ...options }, { model: 'iris', timeoutMs: 1 });
      },
    ],
    ['checkHealth', 'timeout/timeoutMs', (options) => iris.checkHealth(place, '', { timeoutMs: 1, ...options })],
    ['growTree', 'maxdepth/maxDepth', (options) => iris.growTree([], [], options)],
    [
      'permutationImportances',
      'sede/seed',
      (options) => {
        const tree = iris.growTree([Float64Array.of(1, 2)], [0, 1]);
        return iris.permutationImportances(tree, new Int32Array(3), new Float64Array(2), [0, 1], {
          repeats: 1,
          seed: 0,
          ...options,
        });
      },
    ],
  ])('%s', async (_, names, call) => {
    const [typed, meant] = names.split('/') as [string, string];
    const message = `unknown option ${typed}; did you mean ${meant}?`;
    const expected = { name: 'UsageError', message, option: typed, value: 1, expected: meant };
    await expect((async () => call({ [typed]: 1 }))()).rejects.toMatchObject(expected);
  });
});

describe('an error of an option', () => {
  it('carries the option, the value and what was expected', () => {
    const error = badOption('maxDepth', 'a whole number', 0.5);
    expect(error).toBeInstanceOf(UsageError);
    expect({ ...error }).toMatchObject({ option: 'maxDepth', value: 0.5, expected: 'a whole number' });
    expect(error.message).toBe('maxDepth: expected a whole number, found 0.5');
  });

  it('ends in the advice that it carries, in words of the library', () => {
    const advice = { option: 'ignore', value: 'id', effect: 'leaves it out' };
    const error = new DataError('constant', 't.csv: id: x', { advice });
    expect([error.message, error.advice]).toEqual(['t.csv: id: x; option ignore=id leaves it out', advice]);
    expect('advice' in new DataError('cell', 'x')).toBe(false);
  });
});
