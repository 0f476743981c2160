import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assembleModel, parseModel, serializeModel } from '../../../../src/formats/iris-json/format.js';
import { packModel, unpacking } from '../../../../src/model/packed-model.js';
import { runSteps } from '../../../../src/model/steps.js';
import { ensembleParts, ensembles } from '../../../arbitraries/ensembles.js';

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
      { numRuns: 100 },
    );
  });
});
