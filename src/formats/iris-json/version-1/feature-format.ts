import { ArtifactError } from '../../../ground/errors.js';
import { MAX_CATEGORIES } from '../../../ground/limits.js';
import type { Feature } from '../../../model/model.js';
import type { CategorySummary, FeatureSummary, NumberSummary } from '../../../model/provenance.js';
import { readInteger, readLength, readNames, readNumber, readObject, readPart, readString, refuse } from '../fields.js';
import { MAX_BINS, readCounts, readEdges } from '../histogram-format.js';
import type { JsonText } from '../json-text.js';

/** Values of a feature beside its histogram's counts: its keys, the edges, the categories. */
const MAX_OTHERS = MAX_BINS + 64;

/** A feature and what training saw of it, which this version keeps together. */
interface Column {
  readonly feature: Feature;
  readonly summary: FeatureSummary;
}

export function featureDocument(feature: Feature, summary: FeatureSummary): Record<string, unknown> {
  const { kind, name } = feature;
  const { histogram, missing } = summary;
  if (feature.kind === 'category') {
    return { name, kind, missing, histogram: { counts: histogram!.counts }, categories: feature.categories };
  }
  const { histogram: bins, max, min, spread } = summary as NumberSummary;
  return { name, kind, min, max, spread, missing, histogram: { edges: bins!.edges, counts: bins!.counts } };
}

/** @throws ArtifactError */
export function readFeatures(
  text: JsonText,
  at: number,
  classCount: number,
  trainRows: number,
): { features: Feature[]; summaries: FeatureSummary[] } {
  if (readLength(text, at, 'features') === 0) refuse('features', 'at least one feature', []);
  const most = MAX_BINS * (classCount + 1) + MAX_OTHERS;
  const columns: Column[] = [];
  for (let element = text.first(at); element >= 0; element = text.next(text.end(element))) {
    const path = `features[${columns.length}]`;
    columns.push(readFeature(readPart(text, element, path, most), path, classCount, trainRows));
  }
  const features = columns.map(({ feature }) => feature);
  readNames(
    features.map(({ name }) => name),
    'features',
  );
  return { features, summaries: columns.map(({ summary }) => summary) };
}

function readFeature(value: unknown, path: string, classCount: number, trainRows: number): Column {
  const kind = (value as { kind?: unknown } | null)?.kind;
  const column = kind === 'category' ? readCategory(value, path, classCount) : readNumeric(value, path, classCount);
  const { histogram, missing } = column.summary;
  let rows = missing;
  for (const row of histogram!.counts) for (const count of row) rows += count;
  if (rows !== trainRows) {
    throw new ArtifactError(
      'value',
      `${path}: expected the histogram's counts and missing to add up to training.rows.train, ${trainRows}, found ${rows}`,
    );
  }
  return column;
}

function readCategory(value: unknown, path: string, classCount: number): Column {
  const fields = readObject(value, path, ['name', 'kind', 'missing', 'histogram', 'categories']);
  const categories = readNames(fields.categories, `${path}.categories`);
  if (categories.length === 0 || categories.length > MAX_CATEGORIES) {
    refuse(`${path}.categories`, `1 to ${MAX_CATEGORIES} categories`, categories);
  }
  const histogram = readObject(fields.histogram, `${path}.histogram`, ['counts']);
  const name = readString(fields.name, `${path}.name`);
  const missing = readInteger(fields.missing, `${path}.missing`, 0, Number.MAX_SAFE_INTEGER);
  const counts = readCounts(histogram.counts, `${path}.histogram.counts`, categories.length, classCount);
  const summary: CategorySummary = { kind: 'category', missing, histogram: { counts } };
  return { feature: { name, kind: 'category', missing: missing > 0, categories }, summary };
}

function readNumeric(value: unknown, path: string, classCount: number): Column {
  const fields = readObject(value, path, ['name', 'kind', 'min', 'max', 'spread', 'missing', 'histogram']);
  if (fields.kind !== 'number') refuse(`${path}.kind`, '"number" or "category"', fields.kind);
  const min = readNumber(fields.min, `${path}.min`);
  const max = readNumber(fields.max, `${path}.max`, min);
  const histogram = readObject(fields.histogram, `${path}.histogram`, ['edges', 'counts']);
  const edges = readEdges(histogram.edges, `${path}.histogram.edges`, min, max);
  const name = readString(fields.name, `${path}.name`);
  const spread = readNumber(fields.spread, `${path}.spread`, 0);
  const missing = readInteger(fields.missing, `${path}.missing`, 0, Number.MAX_SAFE_INTEGER);
  const counts = readCounts(histogram.counts, `${path}.histogram.counts`, edges.length - 1, classCount);
  return {
    feature: { name, kind: 'number', missing: missing > 0 },
    summary: { kind: 'number', min, max, spread, missing, histogram: { edges, counts } },
  };
}
