import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseModel, serializeModel } from '../../src/artifact/format.js';
import { createPredictor } from '../../src/artifact/predictor.js';
import { ArtifactError } from '../../src/errors.js';
import { type Document, sealed, toyDocument } from './document.js';

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
  it('is refused with a place, or is a whole model that predicts', () => {
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
        const leaf = createPredictor(model).leafOf(new Float64Array(model.features.length));
        expect(model.tree.left[leaf]).toBe(-1);
      }),
      { numRuns: 2000 },
    );
    // Another name, count or score is as good as the first one.
    expect(taken).toBeGreaterThan(20);
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
