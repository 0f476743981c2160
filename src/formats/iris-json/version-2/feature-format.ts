import { MAX_CATEGORIES } from '../../../ground/limits.js';
import type { Feature } from '../../../model/model.js';
import { readBoolean, readLength, readNames, readObject, readPart, readString, refuse } from '../fields.js';
import type { JsonText } from '../json-text.js';

/** Values of a feature: its keys, the categories. */
const MAX_VALUES = MAX_CATEGORIES + 16;

export function featureDocument(feature: Feature): Record<string, unknown> {
  const { kind, missing, name } = feature;
  return kind === 'number' ? { name, kind, missing } : { name, kind, missing, categories: feature.categories };
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
  const fields = readObject(value, path, kind === 'category' ? [...keys, 'categories'] : keys);
  const name = readString(fields.name, `${path}.name`);
  const missing = readBoolean(fields.missing, `${path}.missing`);
  if (kind === 'number') return { name, kind, missing };
  if (kind !== 'category') return refuse(`${path}.kind`, '"number" or "category"', kind);
  const categories = readNames(fields.categories, `${path}.categories`);
  if (categories.length === 0 || categories.length > MAX_CATEGORIES) {
    refuse(`${path}.categories`, `1 to ${MAX_CATEGORIES} categories`, categories);
  }
  return { name, kind, missing, categories };
}
