import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assembleModel, parseModel, serializeModel } from '../../../../src/formats/iris-json/format.js';
import { createClassifier } from '../../../../src/model/classifier.js';
import { packModel, unpacking } from '../../../../src/model/packed-model.js';
import { type Provenance, UNKNOWN_PROVENANCE } from '../../../../src/model/provenance.js';
import { runSteps } from '../../../../src/model/steps.js';
import { partlyKnownParts } from '../../../arbitraries/model.js';
import { answerOf } from '../../../model/one-row.js';
import { toyParts } from '../../../model/toy-model.js';
import { assembleTrained, modelPartsOf, SECOND_ORIGIN } from '../../../model/trained-parts.js';
import { sha256Of, toyDocument2 } from '../document.js';
import { recorded, walk } from '../walker.js';

const toy = assembleTrained({ ...toyParts(), origin: SECOND_ORIGIN });

function unknownParts(provenance: Provenance): string[] {
  return Object.entries(provenance).flatMap(([part, value]) => (value === null ? [part] : []));
}

describe('version 2 of the artifact', () => {
  it('has the keys in the order of the format, and what is of splits or leaves once for each of them', () => {
    const text = serializeModel(toy);
    const keys = [...text.matchAll(/^ {2}"(\w+)": /gm)].map(([, key]) => key);
    expect(keys.join()).toBe('format,version,features,classes,model,provenance,verification,sha256');
    expect(toyDocument2().model).toEqual({
      kind: 'tree',
      arithmetic: { input: 'float64', split: '<=', sum: 'exact', zero: 0 },
      combine: { by: 'mean', base: null, outputs: 2, link: 'none', scale: 1, function: 'float64/1' },
      classWeight: null,
      trees: [
        {
          output: null,
          weight: 1,
          feature: [0, 2, -1, -1, 1, -1, -1],
          threshold: [1.5, 10],
          missing: [0, 1, 1],
          sets: [[0, 2]],
          unknown: [1],
          value: [0, [1, 4], 0, 1],
          rows: [6, 5, 2, 7],
          impurity: [0.495, 0.4628099173553719, 0, 0.32, 0.345679012345679, 0, 0],
        },
      ],
    });
  });

  it('tells what each verification row answers, its shares as exact text', () => {
    const { verification } = toyDocument2();
    expect(verification).toHaveLength(6);
    expect(verification[3]).toEqual({ input: [1.5, null, 1], label: 1, shares: ['0.2', '0.8'], leaves: [3] });
  });

  it('predicts as version 1 of the same model does', () => {
    const [first, second] = [assembleTrained(toyParts()), toy].map((model) => createClassifier(model));
    for (const row of [Float64Array.of(1, 5, 1), Float64Array.of(2, Number.NaN, -1), Float64Array.of(1, 5, -1)]) {
      expect(answerOf(second, row)).toEqual(answerOf(first, row));
    }
  });

  it('keeps every model through writing, reading and packing, whatever is known of it', () => {
    fc.assert(
      fc.property(partlyKnownParts, (parts) => {
        const model = assembleModel(parts);
        expect(unknownParts(model.provenance)).toEqual(unknownParts(parts.provenance));
        const text = serializeModel(model);
        const read = parseModel(new TextEncoder().encode(text), 'm.json');
        expect(read).toEqual(model);
        expect(serializeModel(read)).toBe(text);
        expect(runSteps(unpacking(structuredClone(packModel(model))))).toEqual(model);
        const document = JSON.parse(text);
        const { sha256, ...content } = document;
        expect(sha256Of(content)).toBe(sha256);
        expect(document.verification.length).toBeGreaterThan(0);
        for (const row of document.verification) expect(walk(document, row.input)).toEqual(recorded(row));
      }),
    );
  });

  it('says nothing of provenance where nothing is known', () => {
    const model = assembleModel({ ...modelPartsOf(toyParts()), provenance: UNKNOWN_PROVENANCE });
    expect(Object.keys(JSON.parse(serializeModel(model)))).not.toContain('provenance');
    expect(model.provenance).toEqual(UNKNOWN_PROVENANCE);
  });
});
