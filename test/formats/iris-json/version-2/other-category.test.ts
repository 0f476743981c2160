import { describe, expect, it } from 'vitest';
import { assembleModel, parseModel, serializeModel } from '../../../../src/formats/iris-json/format.js';
import { type Feature, unseenCategory } from '../../../../src/model/model.js';
import { packModel, unpacking } from '../../../../src/model/packed-model.js';
import { runSteps } from '../../../../src/model/steps.js';
import { toyParts } from '../../../model/toy-model.js';
import { assembleTrained, SECOND_ORIGIN } from '../../../model/trained-parts.js';
import { patched, toyDocument2 } from '../document.js';

const toy = assembleTrained({ ...toyParts(), origin: SECOND_ORIGIN });
const withOther = (feature: Feature): Feature =>
  feature.kind === 'category' ? { ...feature, other: 'green' } : feature;
const pooled = assembleModel({ ...toy, features: toy.features.map(withOther) });

describe('a category that stands for the others', () => {
  it('is in the file, and known when it is read, packed or not', () => {
    const text = serializeModel(pooled);
    expect(JSON.parse(text).features[2]).toMatchObject({ categories: ['blue', 'green', 'red'], other: 'green' });
    expect(parseModel(Buffer.from(text), 'm.json').features).toEqual(pooled.features);
    expect(runSteps(unpacking(packModel(pooled))).features).toEqual(pooled.features);
  });

  it('takes every text that is none of the categories', () => {
    expect(pooled.features.map((feature) => feature.kind === 'category' && unseenCategory(feature))).toContain(1);
    expect(toy.features.map((feature) => feature.kind === 'category' && unseenCategory(feature))).toContain(-1);
  });

  it('is not there in a model that has none', () => {
    expect(serializeModel(toy)).not.toContain('other');
  });

  it.each<[string, unknown, string]>([
    ['no category', 'grey', 'features[2].other: expected one of the categories, found "grey"'],
    ['no text', 1, 'features[2].other: expected one of the categories, found 1'],
  ])('is refused where it is %s', (_, other, message) => {
    expect(patched({ 'features[2].other': other }, toyDocument2)).toBe(`m.json: ${message}`);
  });

  it('is refused of numbers', () => {
    expect(patched({ 'features[0].other': 'x' }, toyDocument2)).toBe(
      'm.json: features[0]: the key "other" is not part of the format',
    );
  });
});
