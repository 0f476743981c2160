import { ArtifactError } from '../../ground/errors.js';
import type { Model, Score } from '../../model/model.js';
import type { TrainingRecord } from '../../training/record.js';
import type { Tree } from '../../tree/tree.js';
import { readArray, readInteger, readMatch, readNumber, readObject, readString, refuse } from './fields.js';

const RECORD_KEYS = [
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
  'partition',
  'rows',
  'dataSha256',
] as const satisfies readonly (keyof TrainingRecord)[];

const MAX = Number.MAX_SAFE_INTEGER;
/** A rule with its version, as in `cart/1` or `ml-cart/2.1.1`. */
const VERSIONED = /^[a-z][a-z0-9-]*\/[0-9]+(\.[0-9]+)*$/;

/** The record with its keys in the order of the format. */
export function trainingDocument(record: TrainingRecord): Record<string, unknown> {
  const { holdout, train } = record.rows;
  return { ...Object.fromEntries(RECORD_KEYS.map((key) => [key, record[key]])), rows: { train, holdout } };
}

/** @throws ArtifactError */
export function readTraining(value: unknown, classCount: number): TrainingRecord {
  const fields = readObject(value, 'training', RECORD_KEYS);
  const integer = (key: string, min: number) => readInteger(fields[key], `training.${key}`, min, MAX);
  const integerOrNull = (key: string, min: number) => (fields[key] === null ? null : integer(key, min));
  const versioned = (key: string) =>
    readMatch(fields[key], `training.${key}`, VERSIONED, 'a name and a version, as in "name/1"');
  return {
    engine: versioned('engine'),
    criterion: readCriterion(fields.criterion),
    maxDepth: integerOrNull('maxDepth', 1),
    minSamplesSplit: integer('minSamplesSplit', 2),
    minSamplesLeaf: integer('minSamplesLeaf', 1),
    maxLeafNodes: integerOrNull('maxLeafNodes', 2),
    minImpurityDecrease: readNumber(fields.minImpurityDecrease, 'training.minImpurityDecrease', 0),
    classWeight: readClassWeight(fields.classWeight, classCount),
    ccpAlpha: readNumber(fields.ccpAlpha, 'training.ccpAlpha', 0),
    target: readString(fields.target, 'training.target'),
    seed: integer('seed', 0),
    holdout: readShare(fields.holdout),
    partition: versioned('partition'),
    rows: readRows(fields.rows),
    dataSha256: readSha256(fields.dataSha256, 'training.dataSha256'),
  };
}

/** @throws ArtifactError unless it is 64 lower-case hex digits */
export function readSha256(value: unknown, path: string): string {
  return readMatch(value, path, /^[0-9a-f]{64}$/, '64 lower-case hex digits');
}

function readCriterion(value: unknown): TrainingRecord['criterion'] {
  return value === 'gini' || value === 'entropy' ? value : refuse('training.criterion', '"gini" or "entropy"', value);
}

function readShare(value: unknown): number {
  const share = readNumber(value, 'training.holdout', 0);
  return share < 1 ? share : refuse('training.holdout', 'a share below 1', share);
}

function readRows(value: unknown): TrainingRecord['rows'] {
  const { holdout, train } = readObject(value, 'training.rows', ['train', 'holdout']);
  return {
    train: readInteger(train, 'training.rows.train', 1, MAX),
    holdout: readInteger(holdout, 'training.rows.holdout', 0, MAX),
  };
}

/** Weights are above 0: with 0 a leaf could have no share to give. */
function readClassWeight(value: unknown, classCount: number): number[] | null {
  if (value === null) return null;
  return readArray(value, 'training.classWeight', classCount).map((element, index) => {
    const path = `training.classWeight[${index}]`;
    const weight = readNumber(element, path, 0);
    return weight > 0 ? weight : refuse(path, 'a weight above 0', weight);
  });
}

/**
 * Every leaf has shares: its counts times the weights have a finite sum. No node has a larger one than the root.
 *
 * @throws ArtifactError
 */
export function checkShares({ classCount, counts }: Tree, classWeight: readonly number[] | null): void {
  if (classWeight === null) return;
  let sum = 0;
  for (let index = 0; index < classCount; index++) sum += counts[index] * classWeight[index];
  if (Number.isFinite(sum)) return;
  throw new ArtifactError(
    'training.classWeight: expected weights that give the training rows a finite sum, found others',
  );
}

export function metricsDocument({ holdout, train }: Model['metrics']): Record<string, unknown> {
  return { train: scoreDocument(train), holdout: holdout === null ? null : scoreDocument(holdout) };
}

function scoreDocument({ accuracy, logLoss }: Score): Record<string, unknown> {
  return { accuracy, logLoss };
}

/** Held-out rows have metrics, and no others have. @throws ArtifactError */
export function readMetrics(value: unknown, holdoutRows: number): Model['metrics'] {
  const { holdout, train } = readObject(value, 'metrics', ['train', 'holdout']);
  if ((holdout === null) !== (holdoutRows === 0)) {
    refuse('metrics.holdout', holdoutRows === 0 ? 'null, as no row was held out' : 'an object', holdout);
  }
  return {
    train: readScore(train, 'metrics.train'),
    holdout: holdout === null ? null : readScore(holdout, 'metrics.holdout'),
  };
}

function readScore(value: unknown, path: string): Score {
  const fields = readObject(value, path, ['accuracy', 'logLoss']);
  const accuracy = readNumber(fields.accuracy, `${path}.accuracy`, 0);
  if (accuracy > 1) refuse(`${path}.accuracy`, 'a share of at most 1', accuracy);
  return { accuracy, logLoss: readNumber(fields.logLoss, `${path}.logLoss`, 0) };
}
