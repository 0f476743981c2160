import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runInNewContext } from 'node:vm';
import { transformSync } from 'esbuild';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exportModel } from '../../src/exports/export-model.js';
import { makeVectors } from '../../src/exports/vectors.js';
import { assembleModel } from '../../src/formats/iris-json/format.js';
import { readModelBytes } from '../../src/formats/registry.js';
import type { Model } from '../../src/model/model.js';
import { ensembleParts, ensembles } from '../arbitraries/ensembles.js';
import { hostileNames } from '../arbitraries/hostile-text.js';
import { modelParts } from '../arbitraries/model.js';
import { bundled, documented } from '../browser/embedded.js';
import { ROOT } from '../e2e/cli.js';
import { toyEnsembleParts } from '../model/toy-ensemble.js';
import { toyParts } from '../model/toy-model.js';
import { assembleTrained } from '../model/trained-parts.js';
import { encodeCases, encodingModel } from './encode-cases.js';

interface Exported {
  margins?(row: Float64Array): number[];
  readonly classNames: string[];
  readonly featureNames: string[];
  encode(values: object): Float64Array;
  leaf(row: Float64Array): number;
  predict(row: Float64Array): { classIndex: number; label: string | null; probabilities: number[]; leaf?: number };
}

const NAMES = ['version', 'sha256', 'classNames', 'featureNames', 'encode', 'predict'];
/** What a module has more, by the kind of its model. */
const MORE = { tree: ['leaf'], forest: [], boosted: ['margins'] };
const moduleOf = (model: Model) => exportModel(model, { format: 'js', fileName: 'm.js' })[0].content as string;

/** Runs a module as a script that gives what it exports. */
function load(model: Model): Exported {
  const source = moduleOf(model);
  const exported = [...source.matchAll(/^export (?:const|function) (\w+)/gm)].map(([, name]) => name);
  expect(exported.sort()).toEqual([...NAMES, ...MORE[model.scorer.kind]].sort());
  return runInNewContext(`${source.replace(/^export /gm, '')}\n({ ${exported.join(', ')} })`) as Exported;
}

/** A value of the shared cases. */
function parsedValue(text: string): unknown {
  return /^-?(NaN|Infinity)$/.test(text) ? Number(text) : JSON.parse(text);
}

describe('the js export', () => {
  it('answers every vector as the model does, for any model', () => {
    fc.assert(
      fc.property(modelParts, (parts) => {
        const model = assembleTrained(parts);
        const exported = load(model);
        for (const { input, label, leaf, shares } of makeVectors(model)) {
          const found = exported.predict(input);
          expect({ ...found, probabilities: [...found.probabilities] }).toEqual({
            ...{ classIndex: label, label: model.classes[label] ?? null, leaf },
            probabilities: [...shares],
          });
          expect(exported.leaf(input)).toBe(leaf);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('answers every vector as the model does, for any forest and any boosted trees', () => {
    fc.assert(
      fc.property(ensembles, (drawn) => {
        const model = assembleModel(ensembleParts(drawn));
        const exported = load(model);
        for (const { input, label, margins, shares } of makeVectors(model)) {
          const found = exported.predict(input);
          expect({ ...found, probabilities: [...found.probabilities] }).toEqual({
            ...{ classIndex: label, label: model.classes[label] ?? null },
            probabilities: [...shares],
          });
          if (margins !== null) expect([...exported.margins!(input)]).toEqual([...margins]);
        }
      }),
      { numRuns: 30 },
    );
  });

  it('needs no language newer than ES2019, whatever the model', () => {
    for (const model of [encodingModel(), assembleModel(toyEnsembleParts())]) {
      const code = moduleOf(model);
      expect(transformSync(code, { target: 'es2019' }).warnings).toEqual([]);
      expect(code).not.toMatch(/BigInt|\?\?|\?\.|hasOwn\(/);
    }
  });

  it('gives a sum that is not exact an odd last bit, on the side of the exact one', () => {
    const code = moduleOf(assembleModel(toyEnsembleParts())).replace(/^export /gm, '');
    const { addToOdd } = runInNewContext(`${code}\n({ addToOdd })`) as { addToOdd(a: number, b: number): number };
    const bits = new BigInt64Array(1);
    const double = new Float64Array(bits.buffer);
    const small = fc.constantFrom(2 ** -60, -(2 ** -60), 2 ** -70, -(2 ** -70));
    // Half of them have no bits in their lower word, which then borrows from the upper one.
    const large = fc.double({ noNaN: true, min: 1, max: 2 }).map((value) => [value, Math.fround(value)]);
    fc.assert(
      fc.property(large, small, fc.boolean(), (values, b, negative) => {
        for (const value of values) {
          const a = negative ? -value : value;
          double[0] = a;
          if (bits[0]! % 2n === 0n) bits[0]! += b > 0 === a > 0 ? 1n : -1n;
          expect(addToOdd(a, b)).toBe(double[0]);
        }
      }),
    );
  });

  it('has the names of the model, whatever is in them', () => {
    fc.assert(
      fc.property(fc.uniqueArray(hostileNames, { minLength: 6, maxLength: 6 }), (names) => {
        const parts = toyParts();
        const features = parts.features.map((feature, index) => ({
          ...feature,
          name: names[index],
          ...(feature.kind === 'category' && { categories: names.slice(0, 3) }),
        }));
        const model = assembleTrained({ ...parts, features, classes: names.slice(3, 5) });
        const { classNames, encode, featureNames } = load(model);
        expect([...featureNames]).toEqual(names.slice(0, 3));
        expect([...classNames]).toEqual(names.slice(3, 5));
        expect([...encode({ [names[0]]: 1, [names[2]]: names[1] })]).toEqual([1, Number.NaN, 1]);
        expect(encode({ [names[2]]: names[5] })[2]).toBe(-1);
        const code = moduleOf(model);
        expect(code).not.toContain('</script');
        expect(code).not.toMatch(/[\u202e\u2028\u200b]/);
      }),
      { numRuns: 60 },
    );
  });

  it('makes of every value what Python makes of it', () => {
    const { encode, featureNames } = load(encodingModel());
    for (const { value, ...expected } of encodeCases) {
      const given = value === undefined ? undefined : parsedValue(value);
      for (const [name, index] of Object.entries(expected)) {
        const message = `${name}: expected a ${name === 'weight' ? 'number' : 'category'}, found ${String(given)}`;
        const encoded = () => encode({ [name]: given })[featureNames.indexOf(name)];
        if (index === null) expect(encoded, value).toThrow(expect.objectContaining({ name: 'TypeError', message }));
        else expect(encoded(), `${name} ${value}`).toBe(index);
      }
    }
  });

  it.each([null, undefined, 5, 'text', true, [5, 3.6]])('takes no %j for a row by name', (values) => {
    const message = `expected an object with values by name, found ${String(values)}`;
    expect(() => load(encodingModel()).encode(values as object)).toThrow(
      expect.objectContaining({ name: 'TypeError', message }),
    );
  });

  it('answers requests at the edge as it is documented, and bad ones with 400', async () => {
    const script = await bundled(documented('At the edge').replace('export default', 'globalThis.handler ='));
    const context: { handler?: { fetch(request: object): Promise<Response> } } = { Response } as object;
    runInNewContext(script, Object.assign(context, { globalThis: context }));
    const answer = async (body: string) => {
      const response = await context.handler!.fetch(new Request('http://edge.test', { method: 'POST', body }));
      return [response.status, await response.json()];
    };
    const flower = { sepal_length: 5, sepal_width: 3.6, petal_length: 1.3, petal_width: '0.25' };
    expect(await answer(JSON.stringify(flower))).toMatchObject([200, { label: 'setosa' }]);
    expect(await answer('{}')).toMatchObject([200, { classIndex: -1, label: null }]);
    expect(await answer('null')).toEqual([400, { error: 'expected an object with values by name, found null' }]);
    expect(await answer('[5]')).toEqual([400, { error: 'expected an object with values by name, found 5' }]);
    const error = 'sepal_width: expected a number, found wide';
    expect(await answer('{"sepal_width": "wide"}')).toEqual([400, { error }]);
    expect(await answer('{')).toEqual([400, { error: expect.stringContaining('JSON') }]);
  });

  it('is a file under 5 KB for iris, with types beside it', () => {
    const model = readModelBytes(readFileSync(join(ROOT, 'artifacts/iris.json')), 'iris.json');
    const files = exportModel(model, { format: 'js', fileName: 'iris.mjs' });
    expect(files.map(({ name }) => name)).toEqual(['iris.mjs', 'iris.d.mts']);
    expect(files[0].content.length).toBeLessThan(5000);
    const { encode, predict } = load(model);
    const flower = { sepal_length: 6, sepal_width: 3, petal_length: 4.9, petal_width: 1.8 };
    expect(predict(encode(flower))).toMatchObject({ label: 'virginica', leaf: 12 });
    expect(predict(encode({ ...flower, petal_width: null }))).toMatchObject({ classIndex: -1, label: null, leaf: -1 });
  });
});
