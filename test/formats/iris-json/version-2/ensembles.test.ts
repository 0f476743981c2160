import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { importBytes } from '../../../../src/formats/import-model.js';
import { assembleModel, parseModel, serializeModel } from '../../../../src/formats/iris-json/format.js';
import { ArtifactError } from '../../../../src/ground/errors.js';
import { createClassifier } from '../../../../src/model/classifier.js';
import { packModel, unpacking } from '../../../../src/model/packed-model.js';
import { runSteps } from '../../../../src/model/steps.js';
import { ensembleParts, ensembles } from '../../../arbitraries/ensembles.js';
import { fixturesOf, readFixture } from '../../fixtures.js';
import { type Document, type Patch, patched, sealed } from '../document.js';

describe('an ensemble as an artifact', () => {
  it('is the same model when it is read again, and on another thread', () => {
    fc.assert(
      fc.property(ensembles, (drawn) => {
        const model = assembleModel(ensembleParts(drawn));
        const text = serializeModel(model);
        const again = parseModel(new TextEncoder().encode(text), 'm.json');
        expect(again).toEqual(model);
        expect(serializeModel(again)).toBe(text);
        const elsewhere = runSteps(unpacking(structuredClone(packModel(model))));
        expect(elsewhere).toEqual(model);
        for (const row of model.verification) expect(row.leaves).toHaveLength(drawn.trees.length);
        expect(model.verification.length).toBeGreaterThan(0);
      }),
      { numRuns: 25 },
    );
  });
});

const documentOf = (name: string): (() => Document) => {
  const { bytes } = readFixture(fixturesOf(name).find((fixture) => fixture.name === name)!);
  const text = serializeModel(importBytes(bytes, 'm').model);
  return () => JSON.parse(text);
};
const boosted = documentOf('xgboost-1.7.6-categories-1');
const forest = documentOf('sklearn-1.9.1-forest');

const refused = (patch: Patch, of = boosted) => patched(patch, of);

describe('an ensemble that is none', () => {
  const [first] = boosted().model.trees;
  const nodes = first.feature.length;
  it.each<[string, Patch, string]>([
    ['of no trees', { 'model.trees': [] }, 'model.trees: expected at least one tree, found an array of 0'],
    ['with trees that are no array', { 'model.trees': 3 }, 'model.trees: expected an array, found 3'],
    [
      'of an unknown arithmetic',
      { 'model.arithmetic.input': 'float16' },
      'model.arithmetic.input: expected "float64" or "float32", found "float16"',
    ],
    [
      'with zeros that are large',
      { 'model.arithmetic.zero': 1 },
      'model.arithmetic.zero: expected a number below 1, found 1',
    ],
    [
      'of too many outputs',
      { 'model.combine.outputs': 4 },
      'model.combine.outputs: expected one output per class, 3, found 4',
    ],
    [
      'with a base that is too short',
      { 'model.combine.base': [0] },
      'model.combine.base: expected an array of 3, found an array of 1',
    ],
    [
      'with another link',
      { 'model.combine.link': 'none' },
      'model.combine.link: expected "sigmoid" or "softmax", found "none"',
    ],
    ['with a scale of 0', { 'model.combine.scale': 0 }, 'model.combine.scale: expected a number above 0, found 0'],
    [
      'with an unknown function',
      { 'model.combine.function': 'float32/3' },
      'model.combine.function: expected "float64/1" or "float64/2" or "float32/1" or "float32/2", found "float32/3"',
    ],
    [
      'with weights of classes',
      { 'model.classWeight': [1, 1, 1] },
      'model.classWeight: expected null, as of a boosted model, found an array of 3',
    ],
    [
      'with an output that is none',
      { 'model.trees.0.output': 3 },
      'model.trees[0].output: expected an integer from 0 to 2, found 3',
    ],
    [
      'with a feature that is none',
      { 'model.trees.0.feature.0': 4 },
      'model.trees[0].feature[0]: expected an integer from -1 to 3, found 4',
    ],
    [
      'with a tree that ends early',
      { 'model.trees.0.feature.0': -1 },
      'model.trees[0].feature[1]: expected the end of the tree, found',
    ],
    [
      'with an even number of nodes',
      { 'model.trees.0.feature': [...first.feature, -1] },
      `model.trees[0].feature: expected an odd number of nodes, found an array of ${nodes + 1}`,
    ],
    [
      'with too few leaves',
      { 'model.trees.0.value': [] },
      `model.trees[0].value: expected an array of ${(nodes + 1) / 2}, found an array of 0`,
    ],
    [
      'with a leaf that is no number',
      { 'model.trees.0.value.0': 'x' },
      'model.trees[0].value[0]: expected a finite number, found "x"',
    ],
    [
      'with an unknown direction',
      { 'model.trees.0.missing.0': 4 },
      'model.trees[0].missing[0]: expected an integer from 0 to 3, found 4',
    ],
    [
      'with a category that is none',
      { 'model.trees.0.sets.0': [99] },
      'model.trees[0].sets[0]: expected indices below',
    ],
    [
      'with a set that is none',
      { 'model.trees.0.sets.0': null },
      'model.trees[0].sets[0]: expected the categories that go left, found null',
    ],
    [
      'with a cover below 0',
      { 'model.trees.0.cover.0': -1 },
      'model.trees[0].cover[0]: expected a number of at least 0, found -1',
    ],
    ['with a source that has no hash', { 'model.source.sha256': 'x' }, 'model.source.sha256: expected'],
    ['with other leaves in its rows', { 'verification.0.leaves.1': 1 }, 'verification[0].leaves[1]: expected'],
    [
      'with a leaf that is no node',
      { 'verification.0.leaves.1': 1000 },
      'verification[0].leaves[1]: expected an integer from 0 to',
    ],
  ])('%s is refused', (_, patch, message) => {
    expect(refused(patch)).toContain(`m.json: ${message}`);
  });

  it.each<[string, Patch, string]>([
    [
      'with a base',
      { 'model.combine.base': [0, 0, 0] },
      'model.combine.base: expected null, as of a forest, found an array of 3',
    ],
    ['that sums', { 'model.combine.by': 'sum' }, 'model.combine.by: expected "mean", found "sum"'],
    [
      'with a tree for one class',
      { 'model.trees.0.output': 1 },
      'model.trees[0].output: expected null, as leaves are of all classes, found 1',
    ],
    [
      'with shares of more than the whole',
      { 'model.trees.0.value.0': [0.5, 0.6, 0] },
      'model.trees[0].value[0]: expected shares that add up to 1, found 1.1',
    ],
    [
      'with a share below 0',
      { 'model.trees.0.value.0': [-1, 1, 1] },
      'model.trees[0].value[0][0]: expected a number of at least 0, found -1',
    ],
    [
      'with a class that is none',
      { 'model.trees.0.value.0': 3 },
      'model.trees[0].value[0]: expected an integer from 0 to 2, found 3',
    ],
  ])('a forest %s is refused', (_, patch, message) => {
    expect(refused(patch, forest)).toBe(`m.json: ${message}`);
  });

  it('is refused with a place, or is a whole model, whatever is replaced in it', () => {
    const replacement = fc.constantFrom<unknown>(null, true, '', 'x', [], {}, [0], [[]], -1, 0, 0.5, 2, 1e308, 2 ** 53);
    let taken = 0;
    fc.assert(
      fc.property(fc.boolean(), fc.nat(), replacement, (isForest, choice, value) => {
        const document = (isForest ? forest : boosted)();
        const places = placesOf({ ...document, verification: document.verification.slice(0, 2) });
        const [container, key] = places[choice % places.length]!;
        container[key] = value;
        let model: ReturnType<typeof parseModel>;
        try {
          model = parseModel(sealed(document), 'm.json');
        } catch (error) {
          expect(error).toBeInstanceOf(ArtifactError);
          return;
        }
        taken++;
        const shares = new Float64Array(model.classes.length);
        createClassifier(model).sharesInto(new Float64Array(model.features.length), 1, shares);
        expect(serializeModel(parseModel(Buffer.from(serializeModel(model)), 'm'))).toBe(serializeModel(model));
      }),
      { numRuns: 150 },
    );
    expect(taken).toBeGreaterThan(3);
  });
});

function placesOf(value: Document): [Document, string][] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.keys(value).flatMap((key) => [[value, key] as [Document, string], ...placesOf(value[key])]);
}
