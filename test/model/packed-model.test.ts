import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { serializeModel } from '../../src/formats/iris-json/format.js';
import { packModel, unpacking } from '../../src/model/packed-model.js';
import { treeScorerOf } from '../../src/model/single-tree.js';
import { runSteps } from '../../src/model/steps.js';
import { modelParts } from '../arbitraries/model.js';
import { toyParts } from './toy-model.js';
import { assembleTrained } from './trained-parts.js';

describe('a packed model', () => {
  it('is the same model again, elsewhere', () => {
    fc.assert(
      fc.property(modelParts, (parts) => {
        const model = assembleTrained(parts);
        const elsewhere = runSteps(unpacking(structuredClone(packModel(model))));
        expect(elsewhere).toEqual(model);
        expect(serializeModel(elsewhere)).toBe(serializeModel(model));
      }),
    );
  });

  it('is what a model was unpacked from, not made again', () => {
    const packed = packModel(assembleTrained(toyParts()));
    const model = runSteps(unpacking(packed));
    expect(packModel(model)).toBe(packed);
    expect(treeScorerOf(model).tree.threshold.buffer).toBe(packed);
  });
});
