import { MAX_CATEGORIES } from '../../../ground/limits.js';
import type { Feature } from '../../../model/model.js';
import { readBoolean, readLength, readNames, readObject, readPart, readString, refuse } from '../fields.js';
import type { JsonText } from '../json-text.js';

/** Values of a feature: its keys, the categories. */
const MAX_VALUES = MAX_CATEGORIES + 16;

export function featureDocument(feature: Feature): Record<string, unknown> {
  const { kind, missing, name } = feature;
  if (kind === 'number') return { name, kind, missing };
  const { categories, other } = feature;
  return { name, kind, missing, categories, ...(other !== undefined && { other }) };
}

/** @throws ArtifactError */
export function readFeatures(text: JsonText, at: number): Feature[] {
  if (readLength(text, at, 'features') === 0) refuse('features', 'at least one feature', []);
  const features: Feature[] = [];
  for (let element = text.first(at); element >= 0; element = text.next(text.end(element))) {
    const path = `features[${features.length}]`;
    features.push(readFeature(readPart(text, element, path, MAX_VALUES), path));
  }
  readNames(
    features.map(({ name }) => name),
    'features',
  );
  return features;
}

function readFeature(value: unknown, path: string): Feature {
  const kind = (value as { kind?: unknown } | null)?.kind;
  const keys = ['name', 'kind', 'missing'];
  const isCategory = kind === 'category';
  const fields = readObject(value, path, isCategory ? [...keys, 'categories'] : keys, isCategory ? ['other'] : []);
  const name = readString(fields.name, `${path}.name`);
  const missing = readBoolean(fields.missing, `${path}.missing`);
  if (kind === 'number') return { name, kind, missing };
  if (kind !== 'category') return refuse(`${path}.kind`, '"number" or "category"', kind);
  const categories = readNames(fields.categories, `${path}.categories`);
  if (categories.length === 0 || categories.length > MAX_CATEGORIES) {
    refuse(`${path}.categories`, `1 to ${MAX_CATEGORIES} categories`, categories);
  }
  const { other } = fields;
  if (other === undefined) return { name, kind, missing, categories };
  if (typeof other !== 'string' || !categories.includes(other)) {
    return refuse(`${path}.other`, 'one of the categories', other);
  }
  return { name, kind, missing, categories, other };
}
