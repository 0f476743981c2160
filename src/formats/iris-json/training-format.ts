import { ArtifactError } from '../../ground/errors.js';
import type { ParameterRange, ParameterRow } from '../../ground/parameter-table.js';
import {
  defaultHyperParameters,
  HYPER_PARAMETERS,
  type HyperParameterName,
  hyperParameterTable,
} from '../../model/hyper-parameters.js';
import type { Metrics, OutOfBag, Score } from '../../model/provenance.js';
import type { TrainingRecord } from '../../model/training-record.js';
import type { Tree } from '../../tree/tree.js';
import { readArray, readInteger, readMatch, readNumber, readObject, readString, refuse } from './fields.js';

/** The keys of every file, in their order. */
export const RECORD_KEYS = [
  'engine',
  'criterion',
  'maxDepth',
  'minSamplesSplit',
  'minSamplesLeaf',
  'maxLeafNodes',
  'minImpurityDecrease',
  'classWeight',
  'ccpAlpha',
  'target',
  'seed',
  'holdout',
] as const satisfies readonly (keyof TrainingRecord)[];

const isLater = (name: HyperParameterName) => !(RECORD_KEYS as readonly string[]).includes(name);
/** Parameters that came later follow in a file where they are not at their default: what it was before stays as it was. */
export const LATER_KEYS = HYPER_PARAMETERS.filter(isLater);

const MAX = Number.MAX_SAFE_INTEGER;

/** A record without its rows. */
export function parametersDocument(record: TrainingRecord): Record<string, unknown> {
  const changed = LATER_KEYS.filter((name) => record[name] !== defaultHyperParameters[name]);
  return Object.fromEntries([...RECORD_KEYS, ...changed].map((key) => [key, record[key]]));
}

/** @param path of the object that the fields are of: `RECORD_KEYS`, `rows`, and some of `LATER_KEYS` */
export function readRecord(fields: Record<string, unknown>, path: string, classCount: number): TrainingRecord {
  const read = (key: (typeof RECORD_KEYS)[number] | HyperParameterName): unknown => {
    const place = `${path}.${key}`;
    if (key === 'engine') return readVersioned(fields[key], place);
    if (key === 'target') return readString(fields[key], place);
    const { default: unrecorded, range }: ParameterRow = hyperParameterTable[key];
    return fields[key] === undefined ? unrecorded : readParameter(fields[key], place, range, classCount);
  };
  const known = Object.fromEntries([...RECORD_KEYS, ...LATER_KEYS].map((key) => [key, read(key)]));
  return { ...known, rows: readRows(fields.rows, `${path}.rows`) } as TrainingRecord;
}

/** The value of a parameter as it was used: neither `auto` nor a rule for weights. */
function readParameter(value: unknown, path: string, range: ParameterRange, classCount: number): unknown {
  switch (range.kind) {
    case 'integer':
      return range.orNull && value === null ? null : readInteger(value, path, range.least, MAX);
    case 'number': {
      const number = readNumber(value, path, range.least);
      const { below = Number.POSITIVE_INFINITY } = range;
      return number < below ? number : refuse(path, `a share below ${below}`, number);
    }
    case 'choice': {
      const { choices } = range;
      if (choices.includes(value as string)) return value;
      return refuse(path, choices.map((choice) => `"${choice}"`).join(' or '), value);
    }
    case 'class weights':
      return readClassWeight(value, path, classCount);
  }
}

/** A rule with its version, as in `cart/1` or `ml-cart/2.1.1`. @throws ArtifactError */
export function readVersioned(value: unknown, path: string): string {
  return readMatch(value, path, /^[a-z][a-z0-9-]*\/[0-9]+(\.[0-9]+)*$/, 'a name and a version, as in "name/1"');
}

/** @throws ArtifactError unless it is 64 lower-case hex digits */
export function readSha256(value: unknown, path: string): string {
  return readMatch(value, path, /^[0-9a-f]{64}$/, '64 lower-case hex digits');
}

function readRows(value: unknown, path: string): TrainingRecord['rows'] {
  const { holdout, train } = readObject(value, path, ['train', 'holdout']);
  return {
    train: readInteger(train, `${path}.train`, 1, MAX),
    holdout: readInteger(holdout, `${path}.holdout`, 0, MAX),
  };
}

/** No weight is 0: a leaf could have no share to give. */
export function readClassWeight(value: unknown, path: string, classCount: number): number[] | null {
  const { above } = hyperParameterTable.classWeight.range;
  if (value === null) return null;
  return readArray(value, path, classCount).map((element, index) => {
    const weight = readNumber(element, `${path}[${index}]`, above);
    return weight > above ? weight : refuse(`${path}[${index}]`, `a weight above ${above}`, weight);
  });
}

/**
 * Every leaf has shares: its counts times the weights have a finite sum. No node has a larger one than the root.
 *
 * @param path of the weights
 * @throws ArtifactError
 */
export function checkShares(
  { classCount, counts }: Tree,
  classWeight: readonly number[] | null,
  path = 'training.classWeight',
): void {
  if (classWeight === null) return;
  let sum = 0;
  for (let index = 0; index < classCount; index++) sum += counts[index] * classWeight[index];
  if (Number.isFinite(sum)) return;
  throw new ArtifactError('value', `${path}: expected weights that give the training rows a finite sum, found others`);
}

export function metricsDocument({ holdout, outOfBag, train }: Metrics): Record<string, unknown> {
  const scores = { train: scoreDocument(train), holdout: holdout === null ? null : scoreDocument(holdout) };
  return outOfBag ? { ...scores, outOfBag: { rows: outOfBag.rows, curve: outOfBag.curve } } : scores;
}

function scoreDocument({ accuracy, logLoss }: Score): Record<string, unknown> {
  return { accuracy, logLoss };
}

/**
 * Held-out rows have metrics, and no others have.
 *
 * @param holdoutRows undefined where nobody knows how many there were
 * @param trees of a forest, which has one more; null: of anything else
 * @throws ArtifactError
 */
export function readMetrics(
  value: unknown,
  path: string,
  holdoutRows: number | undefined,
  trees: number | null = null,
): Metrics {
  const { holdout, outOfBag, train } = readObject(
    value,
    path,
    ['train', 'holdout'],
    trees === null ? [] : ['outOfBag'],
  );
  if (holdoutRows !== undefined && (holdout === null) !== (holdoutRows === 0)) {
    refuse(`${path}.holdout`, holdoutRows === 0 ? 'null, as no row was held out' : 'an object', holdout);
  }
  return {
    train: readScore(train, `${path}.train`),
    holdout: holdout === null ? null : readScore(holdout, `${path}.holdout`),
    ...(outOfBag !== undefined && { outOfBag: readOutOfBag(outOfBag, `${path}.outOfBag`, trees!) }),
  };
}

function readOutOfBag(value: unknown, path: string, trees: number): OutOfBag {
  const { curve, rows } = readObject(value, path, ['rows', 'curve']);
  return {
    rows: readInteger(rows, `${path}.rows`, 0, MAX),
    curve: readArray(curve, `${path}.curve`, trees).map((accuracy, index) => {
      if (accuracy === null) return null;
      const share = readNumber(accuracy, `${path}.curve[${index}]`, 0);
      return share <= 1 ? share : refuse(`${path}.curve[${index}]`, 'a share of at most 1', share);
    }),
  };
}

function readScore(value: unknown, path: string): Score {
  const fields = readObject(value, path, ['accuracy', 'logLoss']);
  const accuracy = readNumber(fields.accuracy, `${path}.accuracy`, 0);
  if (accuracy > 1) refuse(`${path}.accuracy`, 'a share of at most 1', accuracy);
  return { accuracy, logLoss: readNumber(fields.logLoss, `${path}.logLoss`, 0) };
}
