import { ArtifactError } from '../../../ground/errors.js';
import { SKETCH_SIZE } from '../../../ground/limits.js';
import type { Feature } from '../../../model/model.js';
import {
  type CategorySummary,
  type DataHash,
  type FeatureSummary,
  type NumberSummary,
  type Partition,
  type Provenance,
  UNKNOWN_PROVENANCE,
} from '../../../model/provenance.js';
import { ALL_DECIMALS } from '../../../model/threshold-text.js';
import type { TrainingRecord } from '../../../model/training-record.js';
import {
  readArray,
  readInteger,
  readLength,
  readMatch,
  readMembers,
  readNumber,
  readObject,
  readPart,
  readString,
  refuse,
} from '../fields.js';
import { MAX_BINS, readCounts, readEdges } from '../histogram-format.js';
import type { JsonText } from '../json-text.js';
import {
  LATER_KEYS,
  metricsDocument,
  parametersDocument,
  RECORD_KEYS,
  readMetrics,
  readRecord,
  readSha256,
  readVersioned,
} from '../training-format.js';

const KEYS = [
  'training',
  'metrics',
  'summaries',
  'data',
  'partition',
  'sketch',
  'decimals',
] as const satisfies (keyof Provenance)[];
const TRAINING_KEYS = [...RECORD_KEYS, 'rows'];
const DATA_HASHES: readonly unknown[] = ['rows/2', 'aggregates/1'];
/** Values of a part beside those that are counted. */
const SMALL = 64;

/** The parts that are known; undefined where there are none. */
export function provenanceDocument(provenance: Provenance): Record<string, unknown> | undefined {
  const { data, decimals, metrics, partition, sketch, summaries, training } = provenance;
  const known = {
    ...(training && { training: trainingDocument(training) }),
    ...(metrics && { metrics: metricsDocument(metrics) }),
    ...(summaries && { summaries: summaries.map(summaryDocument) }),
    ...(data && { data: { hash: data.hash, sha256: data.sha256 } }),
    ...(partition && { partition: partitionDocument(partition) }),
    ...(sketch && { sketch }),
    ...(decimals && { decimals }),
  };
  return Object.keys(known).length === 0 ? undefined : known;
}

function trainingDocument(record: TrainingRecord): Record<string, unknown> {
  const { holdout, train } = record.rows;
  return { ...parametersDocument(record), rows: { train, holdout } };
}

/** A column comes last: models without one are as they were. */
function partitionDocument({ column, cuts, rule }: Partition): Record<string, unknown> {
  return { rule, cuts, ...(column !== undefined && { column }) };
}

function summaryDocument(summary: FeatureSummary): Record<string, unknown> {
  const { missing } = summary;
  if (summary.kind === 'category') {
    return { missing, ...(summary.histogram && { histogram: { counts: summary.histogram.counts } }) };
  }
  const { histogram, max, min, spread } = summary;
  const bins = histogram && { histogram: { edges: histogram.edges, counts: histogram.counts } };
  return { min, max, spread, missing, ...bins };
}

/** What the parts have to fit to: the model. */
export interface ProvenanceShape {
  readonly features: readonly Feature[];
  readonly classCount: number;
  /** Undefined where the model does not have them. */
  readonly classWeight: readonly number[] | null | undefined;
  /** That the counts of the model have; null where it has none. */
  readonly trainRows: number | null;
  /** Trees of a forest; null: another kind. */
  readonly forestTrees: number | null;
}

/** @throws ArtifactError */
export function readProvenance(text: JsonText, at: number | undefined, shape: ProvenanceShape): Provenance {
  if (at === undefined) return UNKNOWN_PROVENANCE;
  const members = readMembers(text, at, 'provenance', [], KEYS);
  if (members.size === 0) refuse('provenance', 'at least one part, or nothing', {});
  const part = <Part>(key: string, most: number, read: (value: unknown, path: string) => Part): Part | null => {
    const place = members.get(key);
    const path = `provenance.${key}`;
    return place === undefined ? null : read(readPart(text, place, path, most), path);
  };
  const { classCount, forestTrees } = shape;
  const training = part('training', classCount + SMALL, (value, path) => readTraining(value, path, shape));
  const trainRows = shape.trainRows ?? training?.rows.train ?? null;
  return {
    training,
    metrics: part('metrics', (forestTrees ?? 0) + SMALL, (value, path) =>
      readMetrics(value, path, training?.rows.holdout, forestTrees),
    ),
    summaries: members.has('summaries')
      ? readSummaries(text, members.get('summaries')!, { ...shape, trainRows })
      : null,
    data: part('data', SMALL, readData),
    partition: part('partition', classCount + SMALL, (value, path) => readPartition(value, path, classCount)),
    sketch: part('sketch', SKETCH_SIZE + SMALL, readSketch),
    decimals: part('decimals', shape.features.length + SMALL, (value, path) =>
      readDecimals(value, path, shape.features),
    ),
  };
}

function readTraining(
  value: unknown,
  path: string,
  { classCount, classWeight, trainRows }: ProvenanceShape,
): TrainingRecord {
  const record = readRecord(readObject(value, path, TRAINING_KEYS, LATER_KEYS), path, classCount);
  if (classWeight !== undefined && JSON.stringify(record.classWeight) !== JSON.stringify(classWeight)) {
    throw new ArtifactError('value', `${path}.classWeight: expected the weights of model.classWeight, found others`);
  }
  if (trainRows !== null && record.rows.train !== trainRows) {
    refuse(`${path}.rows.train`, `the ${trainRows} rows that the leaves have in all`, record.rows.train);
  }
  return record;
}

function readSummaries(text: JsonText, at: number, shape: ProvenanceShape): FeatureSummary[] {
  const path = 'provenance.summaries';
  readLength(text, at, path, shape.features.length);
  const most = (MAX_BINS + 1) * (shape.classCount + 1) + SMALL;
  const summaries: FeatureSummary[] = [];
  for (let element = text.first(at); element >= 0; element = text.next(text.end(element))) {
    const place = `${path}[${summaries.length}]`;
    summaries.push(readSummary(readPart(text, element, place, most), place, shape.features[summaries.length], shape));
  }
  return summaries;
}

function readSummary(value: unknown, path: string, feature: Feature, shape: ProvenanceShape): FeatureSummary {
  const summary =
    feature.kind === 'number'
      ? readNumbers(value, path, shape.classCount)
      : readCategories(value, path, feature.categories.length, shape.classCount);
  const { histogram, missing } = summary;
  if (missing > 0 && !feature.missing) refuse(`${path}.missing`, '0, as the model takes no missing value', missing);
  if (histogram === null) return summary;
  let rows = missing;
  for (const row of histogram.counts) for (const count of row) rows += count;
  if (shape.trainRows !== null && rows !== shape.trainRows) {
    throw new ArtifactError(
      'value',
      `${path}: expected the histogram's counts and missing to add up to the ${shape.trainRows} training rows, found ${rows}`,
    );
  }
  return summary;
}

function readNumbers(value: unknown, path: string, classCount: number): NumberSummary {
  const fields = readObject(value, path, ['min', 'max', 'spread', 'missing'], ['histogram']);
  const min = readNumber(fields.min, `${path}.min`);
  const max = readNumber(fields.max, `${path}.max`, min);
  const spread = readNumber(fields.spread, `${path}.spread`, 0);
  const missing = readInteger(fields.missing, `${path}.missing`, 0, Number.MAX_SAFE_INTEGER);
  const known = { kind: 'number', min, max, spread, missing } as const;
  if (fields.histogram === undefined) return { ...known, histogram: null };
  const histogram = readObject(fields.histogram, `${path}.histogram`, ['edges', 'counts']);
  const edges = readEdges(histogram.edges, `${path}.histogram.edges`, min, max);
  const counts = readCounts(histogram.counts, `${path}.histogram.counts`, edges.length - 1, classCount);
  return { ...known, histogram: { edges, counts } };
}

function readCategories(value: unknown, path: string, categoryCount: number, classCount: number): CategorySummary {
  const fields = readObject(value, path, ['missing'], ['histogram']);
  const missing = readInteger(fields.missing, `${path}.missing`, 0, Number.MAX_SAFE_INTEGER);
  if (fields.histogram === undefined) return { kind: 'category', missing, histogram: null };
  const histogram = readObject(fields.histogram, `${path}.histogram`, ['counts']);
  const counts = readCounts(histogram.counts, `${path}.histogram.counts`, categoryCount, classCount);
  return { kind: 'category', missing, histogram: { counts } };
}

function readData(value: unknown, path: string): DataHash {
  const { hash, sha256 } = readObject(value, path, ['hash', 'sha256']);
  if (!DATA_HASHES.includes(hash)) refuse(`${path}.hash`, DATA_HASHES.map((name) => `"${name}"`).join(' or '), hash);
  return { hash: hash as string, sha256: readSha256(sha256, `${path}.sha256`) };
}

function readPartition(value: unknown, path: string, classCount: number): Partition {
  const { column, cuts, rule } = readObject(value, path, ['rule', 'cuts'], ['column']);
  return {
    rule: readVersioned(rule, `${path}.rule`),
    ...(column !== undefined && { column: readString(column, `${path}.column`) }),
    cuts:
      cuts === null
        ? null
        : readArray(cuts, `${path}.cuts`, classCount).map((cut, index) => readCut(cut, `${path}.cuts[${index}]`)),
  };
}

function readCut(value: unknown, path: string): string | null {
  return value === null ? null : readMatch(value, path, /^[0-9a-f]{16}$/, '16 lower-case hex digits, or null');
}

/** A number of decimals for each number, null for each category. */
function readDecimals(value: unknown, path: string, features: readonly Feature[]): (number | null)[] {
  return readArray(value, path, features.length).map((decimals, index) => {
    const place = `${path}[${index}]`;
    if (features[index].kind === 'number') return readInteger(decimals, place, 0, ALL_DECIMALS);
    return decimals === null ? null : refuse(place, 'null, as the feature is a category', decimals);
  });
}

function readSketch(value: unknown, path: string): string[] {
  const sketch = readArray(value, path).map((hash, index) =>
    readMatch(hash, `${path}[${index}]`, /^[0-9a-f]{32}$/, '32 lower-case hex digits'),
  );
  if (sketch.length === 0 || sketch.length > SKETCH_SIZE) refuse(path, `1 to ${SKETCH_SIZE} hashes`, value);
  for (let index = 1; index < sketch.length; index++) {
    if (sketch[index] <= sketch[index - 1])
      refuse(`${path}[${index}]`, `a hash above ${sketch[index - 1]}`, sketch[index]);
  }
  return sketch;
}
