import { describe, expect, it } from 'vitest';
import { badOption, DataError, UsageError } from '../../src/ground/errors.js';
import {
  checkOptions,
  type OptionTable,
  optionsOf,
  required,
  requireKnownOptions,
  someText,
  wholeNumber,
} from '../../src/ground/options.js';
import * as iris from '../../src/index.js';

const { defaultParameters } = iris;
const dataset = await iris.readDataset(iris.bundledIrisPath());
const { model } = await iris.trainModel(dataset, defaultParameters);
const subject = { model, dataset };
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

describe('what an option is', () => {
  interface Options {
    readonly jobs?: number;
    readonly tls?: { readonly cert: string; readonly key?: string };
  }
  const table: OptionTable<Options> = {
    jobs: wholeNumber(1, 8),
    tls: optionsOf<NonNullable<Options['tls']>>({ cert: required(someText), key: someText }),
  };

  it.each([{}, { jobs: 8 }, { jobs: undefined, tls: undefined }, { tls: { cert: 'c' } }])(
    'may be as in %j',
    (options) => {
      expect(() => checkOptions(options as Options, table)).not.toThrow();
    },
  );

  it.each<[unknown, string, string]>([
    [null, 'options', 'options: expected an object, found null'],
    [[1], 'options', 'options: expected an object, found an array of 1'],
    [{ jobs: 9 }, 'jobs', 'jobs: expected a whole number from 1 to 8, found 9'],
    [{ jobs: '2' }, 'jobs', 'jobs: expected a whole number from 1 to 8, found "2"'],
    [{ jobs: Number.NaN }, 'jobs', 'jobs: expected a whole number from 1 to 8, found NaN'],
    [{ jobs: null }, 'jobs', 'jobs: expected a whole number from 1 to 8, found null'],
    [{ jobs: () => 1 }, 'jobs', 'jobs: expected a whole number from 1 to 8, found a function'],
    [{ tls: null }, 'tls', 'tls: expected an object, found null'],
    [{ tls: 'c' }, 'tls', 'tls: expected an object, found "c"'],
    [{ tls: {} }, 'tls.cert', 'tls.cert: expected a text, found undefined'],
    [{ tls: { cert: 'c', kye: 1 } }, 'tls.kye', 'unknown option tls.kye; did you mean tls.key?'],
  ])('is refused in %j', (options, option, message) => {
    const expected = { name: 'UsageError', option, message };
    expect(() => checkOptions(options as Options, table)).toThrow(expect.objectContaining(expected));
  });
});

const connectWith = (options: object) =>
  iris.InferenceClient.connect(place, { model: 'iris', timeoutMs: 1, ...options });
const serve = (options: object) => iris.createServer({ model: 'm.json', ...options });
const source: iris.TableSource = {
  origin: { name: 'query', unit: 'row' },
  open: () => Promise.reject(new Error('open')),
};
const tree = () => iris.growTree([Float64Array.of(1, 2)], [0, 1]);

describe('a value out of its range is an error that carries the option, before anything is done', () => {
  it.each<[string, unknown, string, () => unknown]>([
    ['keepalive', null, 'an object', () => serve({ keepalive: null })],
    ['keepalive', 5, 'an object', () => serve({ keepalive: 5 })],
    ['keepalive.timeMS', 9, 'keepalive.timeMs', () => serve({ keepalive: { timeMS: 9, timeoutMs: 9 } })],
    ['keepalive.timeMs', undefined, 'milliseconds from 1 to 2147483647', () => serve({ keepalive: { timeoutMs: 9 } })],
    ['http.site', { foo: 1 }, 'a function', () => serve({ http: { port: 0, site: { foo: 1 } } })],
    ['http.keepaliveMs', 9, 'http.keepAliveMs', () => serve({ http: { port: 0, keepaliveMs: 9 } })],
    ['http.port', '80', 'a whole number from 0 to 65535', () => serve({ http: { port: '80' } })],
    ['tls.clientCA', 'c', 'tls.clientCa', () => serve({ tls: { cert: 'c', key: 'k', clientCA: 'c' } })],
    ['tls.key', undefined, 'a text', () => serve({ tls: { cert: 'c' } })],
    ['tls.minVersion', '1.3', 'TLSv1.2 or TLSv1.3', () => serve({ tls: { cert: 'c', key: 'k', minVersion: '1.3' } })],
    ['port', 65_536, 'a whole number from 0 to 65535', () => serve({ port: 65_536 })],
    ['host', 1, 'a text', () => serve({ host: 1 })],
    ['maxBatchRows', Number.NaN, 'a whole number of at least 1', () => serve({ maxBatchRows: Number.NaN })],
    ['maxBatchRows', 'many', 'a whole number of at least 1', () => serve({ maxBatchRows: 'many' })],
    ['maxConcurrentCalls', 0, 'a whole number of at least 1', () => serve({ maxConcurrentCalls: 0 })],
    ['maxMessageBytes', 2 ** 31, 'a whole number from 1024 to 2147483647', () => serve({ maxMessageBytes: 2 ** 31 })],
    ['graceMs', Number.NaN, 'milliseconds from 0 to 2147483647', () => serve({ graceMs: Number.NaN })],
    ['drainDelayMs', 'x', 'milliseconds from 0 to 2147483647', () => serve({ drainDelayMs: 'x' })],
    ['maxConnectionAgeMs', 0, 'milliseconds from 1 to 2147483647', () => serve({ maxConnectionAgeMs: 0 })],
    ['watch', 'no', 'true or false', () => serve({ watch: 'no' })],
    ['allowedHosts', 'a', 'an array of texts', () => serve({ allowedHosts: 'a' })],
    ['onReload', 1, 'a function', () => serve({ onReload: 1 })],
    [
      'model',
      undefined,
      'a path, an https:// URL, a model, or a function that gives one',
      () => serve({ model: undefined }),
    ],
    ['timeoutMs', undefined, 'milliseconds from 0 to 2147483647', () => connectWith({ timeoutMs: undefined })],
    ['timeoutMs', '5s', 'milliseconds from 0 to 2147483647', () => connectWith({ timeoutMs: '5s' })],
    ['signal', 1, 'an AbortSignal', () => connectWith({ signal: 1 })],
    ['expectModel', 7, 'a text', () => connectWith({ expectModel: 7 })],
    ['tls.CA', 'c', 'tls.ca', () => iris.checkHealth({ ...place, tls: { CA: 'c' } as never }, '', { timeoutMs: 1 })],
    [
      'port',
      '1',
      'a whole number from 0 to 65535',
      () => iris.checkHealth({ ...place, port: '1' as never }, '', { timeoutMs: 1 }),
    ],
    ['service', undefined, 'a text', () => iris.checkHealth(place, undefined as never, { timeoutMs: 1 })],
    ['jobs', -1, 'a whole number from 1 to 1024', () => iris.train(dataset, defaultParameters, { jobs: -1 })],
    ['jobs', 1.5, 'a whole number from 1 to 1024', () => iris.trainModel(dataset, defaultParameters, { jobs: 1.5 })],
    ['jobs', Number.NaN, 'a whole number from 1 to 1024', () => iris.readDataset('-', { jobs: Number.NaN })],
    ['rules', 3, '1 or 2', () => iris.train(dataset, defaultParameters, { rules: 3 as never })],
    ['signal', 1, 'an AbortSignal', () => iris.verifyModel(model, '', dataset, { signal: 1 as never })],
    [
      'job',
      1,
      'jobs',
      () => iris.cartTrainer.fit(dataset, Uint32Array.of(0), defaultParameters, null, { job: 1 } as never),
    ],
    [
      'job',
      1,
      'jobs',
      () => iris.mlCartTrainer.fit(dataset, Uint32Array.of(0), defaultParameters, null, { job: 1 } as never),
    ],
    [
      'maxDepth',
      0,
      'a whole number of at least 1',
      () => iris.mlCartTrainer.fit(dataset, Uint32Array.of(0), { ...defaultParameters, maxDepth: 0 }, null),
    ],
    ['engine', 'cat', 'cart or forest or ml-cart', () => iris.defaultsOf('cat' as never)],
    ['features', 'x', 'an array of texts', () => iris.readDataset('-', { features: 'x' as never })],
    ['header', 'no', 'true or false', () => iris.readDataset('-', { header: 'no' as never })],
    ['schema', {}, 'a schema: features and classes', () => iris.readDataset('-', { schema: {} as never })],
    [
      'delimiter',
      'xx',
      'none, as the source gives columns and not text',
      () => iris.readDataset(source, { delimiter: 'xx' }),
    ],
    [
      'header',
      false,
      'none, as the source gives columns and not text',
      () => iris.readDataset(source, { header: false }),
    ],
    ['jobs', -5, 'a whole number from 1 to 1024', () => iris.readDataset(source, { jobs: -5 })],
    ['seed', undefined, 'a whole number of at least 0', () => iris.holdOut(dataset, { holdout: 0.2 } as never)],
    [
      'foo',
      1,
      'seed, partition, hashes, holdout',
      () => iris.holdOut(dataset, { holdout: 0, seed: 0, foo: 1 } as never),
    ],
    ['fold', 2, 'folds', () => iris.stratifiedFolds(dataset, Uint32Array.of(0), { fold: 2, seed: 0 } as never)],
    [
      'folds',
      3,
      'from 2 to 2, one for each row',
      () => iris.stratifiedFolds(dataset, Uint32Array.of(0, 1), { folds: 3, seed: 0 }),
    ],
    ['repeats', 0, 'a whole number of at least 1', () => iris.crossValidate(subject, { folds: 2, repeats: 0 })],
    ['folds', 2.5, 'a whole number of at least 2', () => iris.crossValidate(subject, { folds: 2.5, repeats: 1 })],
    [
      'crossValidation.fold',
      2,
      'crossValidation.folds',
      () => iris.evaluate(subject, { crossValidation: { fold: 2, repeats: 1 } as never }),
    ],
    ['gates', 'x', 'an array of gates, as parseGate gives them', () => iris.evaluate(subject, { gates: 'x' as never })],
    ['baseline.modle', 1, 'baseline.model', () => iris.evaluate(subject, { baseline: { modle: 1, dataset } as never })],
    ['heeder', true, 'header', () => iris.readSubject(model, undefined, { heeder: true } as never)],
    [
      'skipLines',
      -1,
      'a whole number of at least 0',
      () => iris.readBaseline(subject, model, 'b.csv', { skipLines: -1 }),
    ],
    ['path', undefined, 'a text', () => iris.readModel(undefined as never)],
    ['signal', 1, 'an AbortSignal', () => iris.readModel('m.json', 1 as never)],
    ['path', 1, 'a text', () => iris.writeModel(1 as never, model)],
    ['alpha', Number.NaN, 'a number of at least 0', () => iris.prune(tree(), null, Number.NaN)],
    [
      'repeats',
      0,
      'a whole number of at least 1',
      () =>
        iris.permutationImportances(tree(), new Int32Array(3), new Float64Array(2), [0, 1], { repeats: 0, seed: 0 }),
    ],
  ])('%s: %j', async (option, value, expected, call) => {
    const found = { name: 'UsageError', option, value, expected };
    await expect((async () => call())()).rejects.toMatchObject(found);
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
