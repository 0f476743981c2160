import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseModel, serializeModel } from '../../../src/formats/iris-json/format.js';
import { ArtifactError } from '../../../src/ground/errors.js';
import { createClassifier } from '../../../src/model/classifier.js';
import type { Model } from '../../../src/model/model.js';
import { singleTree, treeScorerOf } from '../../../src/model/single-tree.js';
import { inspectionFormats, renderInspection } from '../../../src/report/inspection/formats.js';
import { inspectionJson } from '../../../src/report/inspection/inspection.js';
import { playgroundPage } from '../../../src/report/playground/page.js';
import { impurityImportances } from '../../../src/tree/importance.js';
import { answerOf } from '../../model/one-row.js';
import { toyParts } from '../../model/toy-model.js';
import { assembleTrained } from '../../model/trained-parts.js';
import { type Document, sealed, toyDocument, toyDocument2 } from './document.js';

/** Every place of a document that can be replaced: its container and key. */
function places(value: Document): [Document, string][] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.keys(value).flatMap((key) => [[value, key] as [Document, string], ...places(value[key])]);
}

const replacement = fc.oneof(
  fc.integer({ min: -2, max: 9 }),
  fc.constantFrom(null, true, '', 'size', [], {}, [0], [[]], -0, 0.5, 1e308, 2 ** 53, '__proto__'),
  fc.jsonValue({ maxDepth: 1 }),
);

describe('a model with a part replaced and hashed again', () => {
  it.each([
    ['version 1', toyDocument],
    ['version 2', toyDocument2],
  ])('is refused with a place, or is a whole model that predicts: %s', (_, toyDocument) => {
    let taken = 0;
    fc.assert(
      fc.property(fc.nat(), replacement, fc.boolean(), (choice, value, twice) => {
        const document = toyDocument();
        const all = places(document);
        const [container, key] = all[choice % all.length];
        container[key] = value;
        if (twice) {
          const [other, otherKey] = all[(choice * 7) % all.length];
          other[otherKey] = value;
        }
        const model = read(sealed(document));
        if (model === undefined) return;
        taken++;
        const bytes = new TextEncoder().encode(serializeModel(model));
        expect(parseModel(bytes, 'm.json')).toEqual(model);
        const { leaf } = answerOf(createClassifier(model), new Float64Array(model.features.length));
        expect(treeScorerOf(model).tree.left[leaf]).toBe(-1);
        expectUsable(model);
      }),
      { numRuns: 1000 },
    );
    // Another name, count or score is as good as the first one.
    expect(taken).toBeGreaterThan(10);
  });
});

/** Whatever is asked of a model that was taken has an answer. */
function expectUsable(model: Model): void {
  const { classWeights, shares, tree } = singleTree(model)!;
  const { classCount } = tree;
  for (let node = 0; node < tree.nodeCount; node++) {
    const sum = shares.subarray(node * classCount, (node + 1) * classCount).reduce((total, share) => total + share, 0);
    expect(sum).toBeCloseTo(1, 9);
  }
  const importances = impurityImportances(tree, classWeights);
  const inspection = { path: 'm.json', model, importances, pathNodes: new Set<number>() };
  for (const format of inspectionFormats) {
    expect(renderInspection(inspection, format, 'plain')).not.toMatch(/\bNaN\b|\bundefined\b|Infinity/);
  }
  expect(JSON.stringify(inspectionJson(inspection).importances)).not.toContain('null');
  expect(playgroundPage(model, 'iris')).not.toMatch(/\bNaN\b|\bundefined\b|Infinity/);
}

/** Numbers at the ends of what a double holds, wherever a model has numbers. */
describe('a model with extreme numbers', () => {
  const extremes = [0, 5e-324, 1e-300, 0.5, 1e15, 1e300, 1.7976931348623157e308];

  it.each(
    extremes.flatMap((extreme) => [toyDocument, toyDocument2].map((toy, index) => [extreme, index + 1, toy] as const)),
  )('is refused with a place, or answers: %s in version %i', (extreme, version, toyDocument) => {
    for (const [, key] of places(toyDocument()).filter(([container, key]) => typeof container[key] === 'number')) {
      for (const sign of [1, -1]) {
        const document = toyDocument();
        const training = version === 1 ? document.training : document.provenance.training;
        training.classWeight = [1, 1];
        if (version === 2) document.model.classWeight = [1, 1];
        for (const [container, other] of places(document)) {
          if (other === key && typeof container[other] === 'number') container[other] = sign * extreme;
        }
        const model = read(sealed(document));
        if (model) expectUsable(model);
      }
    }
  });

  it('answers with weights as small as there are, and with one that drowns the other', () => {
    for (const weights of [
      [5e-324, 5e-324],
      [5e-324, 1e307],
      [1e-300, 1],
    ]) {
      const parts = { ...toyParts(), training: { ...toyParts().training, classWeight: weights } };
      expectUsable(assembleTrained(parts));
    }
  });
});

function read(bytes: Uint8Array) {
  try {
    return parseModel(bytes, 'm.json');
  } catch (error) {
    expect(error).toBeInstanceOf(ArtifactError);
    expect((error as Error).message).toMatch(/^m\.json: [^\n]+$/);
    return undefined;
  }
}
