import { ArtifactError } from '../../ground/errors.js';
import { MAX_CATEGORIES } from '../../ground/limits.js';
import type { CategoryFeature, Feature, NumberFeature } from '../../model/model.js';
import {
  readArray,
  readInteger,
  readLength,
  readNames,
  readNumber,
  readObject,
  readPart,
  readString,
  refuse,
} from './fields.js';
import type { JsonText } from './json-text.js';

/** A count of rows that a file may name: any that is exact, also one from a table larger than ours may be. */
const MAX_COUNT = Number.MAX_SAFE_INTEGER;
/** Most bins of a histogram: fifty times as many as the writer makes. */
const MAX_BINS = 1024;
/** Values of a feature beside its histogram's counts: its keys, the edges, the categories. */
const MAX_OTHERS = MAX_BINS + 64;

export function featureDocument(feature: Feature): Record<string, unknown> {
  const { histogram, kind, missing, name } = feature;
  if (kind === 'category') {
    return { name, kind, missing, histogram: { counts: histogram.counts }, categories: feature.categories };
  }
  const { min, max, spread } = feature;
  return {
    name,
    kind,
    min,
    max,
    spread,
    missing,
    histogram: { edges: feature.histogram.edges, counts: histogram.counts },
  };
}

/** @throws ArtifactError */
export function readFeatures(text: JsonText, at: number, classCount: number, trainRows: number): Feature[] {
  if (readLength(text, at, 'features') === 0) refuse('features', 'at least one feature', []);
  const most = MAX_BINS * (classCount + 1) + MAX_OTHERS;
  const features: Feature[] = [];
  for (let element = text.first(at); element >= 0; element = text.next(text.end(element))) {
    const path = `features[${features.length}]`;
    features.push(readFeature(readPart(text, element, path, most), path, classCount, trainRows));
  }
  readNames(
    features.map(({ name }) => name),
    'features',
  );
  return features;
}

function readFeature(value: unknown, path: string, classCount: number, trainRows: number): Feature {
  const kind = (value as { kind?: unknown } | null)?.kind;
  const feature = kind === 'category' ? readCategory(value, path, classCount) : readNumeric(value, path, classCount);
  let rows = feature.missing;
  for (const row of feature.histogram.counts) for (const count of row) rows += count;
  if (rows !== trainRows) {
    throw new ArtifactError(
      `${path}: expected the histogram's counts and missing to add up to training.rows.train, ${trainRows}, found ${rows}`,
    );
  }
  return feature;
}

function readCategory(value: unknown, path: string, classCount: number): CategoryFeature {
  const fields = readObject(value, path, ['name', 'kind', 'missing', 'histogram', 'categories']);
  const categories = readNames(fields.categories, `${path}.categories`);
  if (categories.length === 0 || categories.length > MAX_CATEGORIES) {
    refuse(`${path}.categories`, `1 to ${MAX_CATEGORIES} categories`, categories);
  }
  const histogram = readObject(fields.histogram, `${path}.histogram`, ['counts']);
  return {
    name: readString(fields.name, `${path}.name`),
    kind: 'category',
    missing: readInteger(fields.missing, `${path}.missing`, 0, MAX_COUNT),
    histogram: { counts: readCounts(histogram.counts, path, categories.length, classCount) },
    categories,
  };
}

function readNumeric(value: unknown, path: string, classCount: number): NumberFeature {
  const fields = readObject(value, path, ['name', 'kind', 'min', 'max', 'spread', 'missing', 'histogram']);
  if (fields.kind !== 'number') refuse(`${path}.kind`, '"number" or "category"', fields.kind);
  const min = readNumber(fields.min, `${path}.min`);
  const max = readNumber(fields.max, `${path}.max`, min);
  const histogram = readObject(fields.histogram, `${path}.histogram`, ['edges', 'counts']);
  const edges = readEdges(histogram.edges, `${path}.histogram.edges`, min, max);
  return {
    name: readString(fields.name, `${path}.name`),
    kind: 'number',
    min,
    max,
    spread: readNumber(fields.spread, `${path}.spread`, 0),
    missing: readInteger(fields.missing, `${path}.missing`, 0, MAX_COUNT),
    histogram: { edges, counts: readCounts(histogram.counts, path, edges.length - 1, classCount) },
  };
}

function readEdges(value: unknown, path: string, min: number, max: number): number[] {
  const edges = readArray(value, path).map((edge, index) => readNumber(edge, `${path}[${index}]`));
  if (edges.length < 2) refuse(path, 'at least two edges', value);
  if (edges.length > MAX_BINS + 1) refuse(path, `at most ${MAX_BINS + 1} edges`, value);
  for (let index = 1; index < edges.length; index++) {
    const ascends = edges[index] > edges[index - 1] || (edges.length === 2 && min === max);
    if (!ascends) refuse(`${path}[${index}]`, `an edge above ${edges[index - 1]}`, edges[index]);
  }
  const last = edges.length - 1;
  if (edges[0] > min) refuse(`${path}[0]`, `an edge of at most min, ${min}`, edges[0]);
  if (edges[last] < max) refuse(`${path}[${last}]`, `an edge of at least max, ${max}`, edges[last]);
  return edges;
}

function readCounts(value: unknown, path: string, length: number, classCount: number): number[][] {
  const counts = `${path}.histogram.counts`;
  return readArray(value, counts, length).map((row, bin) =>
    readArray(row, `${counts}[${bin}]`, classCount).map((count, index) =>
      readInteger(count, `${counts}[${bin}][${index}]`, 0, MAX_COUNT),
    ),
  );
}
