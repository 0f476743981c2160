import { describe, expect, it, vi } from 'vitest';
import { parseModel, serializeModel } from '../../../src/formats/iris-json/format.js';
import type { Model } from '../../../src/model/model.js';
import { toyParts } from '../../model/toy-model.js';
import { assembleTrained, SECOND_ORIGIN } from '../../model/trained-parts.js';

/** As in a release that has one hyper-parameter more. */
vi.mock('../../../src/model/hyper-parameters.js', async (load) => {
  const now = await load<typeof import('../../../src/model/hyper-parameters.js')>();
  const patience = { words: 'Patience', label: 'patience', range: { kind: 'integer', least: 1 }, default: 1 };
  return {
    ...now,
    hyperParameterTable: { ...now.hyperParameterTable, patience },
    defaultHyperParameters: { ...now.defaultHyperParameters, patience: 1 },
    HYPER_PARAMETERS: [...now.HYPER_PARAMETERS, 'patience'],
  };
});

const origins = { 'version 1': {}, 'version 2': { origin: SECOND_ORIGIN } };

describe.each(Object.entries(origins))('a hyper-parameter that came after %s of the artifact', (_, origin) => {
  const modelWith = (patience: unknown): Model => {
    const parts = { ...toyParts(), ...origin };
    return assembleTrained({ ...parts, training: { ...parts.training, ...({ patience } as object) } });
  };
  const reread = (text: string) => parseModel(Buffer.from(text), 'm.json');

  it('stands in no file where it is at its default, and is read as that', () => {
    const text = serializeModel(modelWith(1));
    expect(text).not.toContain('patience');
    expect(reread(text).provenance.training).toMatchObject({ patience: 1 });
    expect(serializeModel(reread(text))).toBe(text);
  });

  it('is written after the others where it is not, and read again', () => {
    const text = serializeModel(modelWith(5));
    expect(text).toMatch(/"holdout": 0\.2,\n +"patience": 5,\n/);
    expect(reread(text).provenance.training).toMatchObject({ patience: 5 });
    expect(serializeModel(reread(text))).toBe(text);
  });

  it('is refused out of its range', () => {
    expect(() => modelWith(0)).toThrow(
      /^(provenance\.)?training\.patience: expected an integer from 1 to 9007199254740991, found 0$/,
    );
  });
});
