import { ArtifactError } from '../../ground/errors.js';
import { hyperParameterTable } from '../../model/hyper-parameters.js';
import type { Metrics, Score } from '../../model/provenance.js';
import type { TrainingRecord } from '../../model/training-record.js';
import type { Tree } from '../../tree/tree.js';
import { readArray, readInteger, readMatch, readNumber, readObject, readString, refuse } from './fields.js';

/** The keys that both versions have, in their order. */
export const PARAMETER_KEYS = [
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

const MAX = Number.MAX_SAFE_INTEGER;

type IntegerName = 'maxDepth' | 'maxLeafNodes' | 'minSamplesLeaf' | 'minSamplesSplit' | 'seed';
type NumberName = 'ccpAlpha' | 'minImpurityDecrease';

/** @param path of the object that the fields are of */
export function readRecord(fields: Record<string, unknown>, path: string, classCount: number): TrainingRecord {
  const integer = (name: IntegerName) =>
    readInteger(fields[name], `${path}.${name}`, hyperParameterTable[name].range.least, MAX);
  const integerOrNull = (name: IntegerName) => (fields[name] === null ? null : integer(name));
  const number = (name: NumberName) =>
    readNumber(fields[name], `${path}.${name}`, hyperParameterTable[name].range.least);
  return {
    engine: readVersioned(fields.engine, `${path}.engine`),
    criterion: readCriterion(fields.criterion, `${path}.criterion`),
    maxDepth: integerOrNull('maxDepth'),
    minSamplesSplit: integer('minSamplesSplit'),
    minSamplesLeaf: integer('minSamplesLeaf'),
    maxLeafNodes: integerOrNull('maxLeafNodes'),
    minImpurityDecrease: number('minImpurityDecrease'),
    classWeight: readClassWeight(fields.classWeight, `${path}.classWeight`, classCount),
    ccpAlpha: number('ccpAlpha'),
    target: readString(fields.target, `${path}.target`),
    seed: integer('seed'),
    holdout: readShare(fields.holdout, `${path}.holdout`),
    rows: readRows(fields.rows, `${path}.rows`),
  };
}

/** A rule with its version, as in `cart/1` or `ml-cart/2.1.1`. @throws ArtifactError */
export function readVersioned(value: unknown, path: string): string {
  return readMatch(value, path, /^[a-z][a-z0-9-]*\/[0-9]+(\.[0-9]+)*$/, 'a name and a version, as in "name/1"');
}

/** @throws ArtifactError unless it is 64 lower-case hex digits */
export function readSha256(value: unknown, path: string): string {
  return readMatch(value, path, /^[0-9a-f]{64}$/, '64 lower-case hex digits');
}

function readCriterion(value: unknown, path: string): TrainingRecord['criterion'] {
  const { choices } = hyperParameterTable.criterion.range;
  return (
    choices.find((choice) => choice === value) ??
    refuse(path, choices.map((choice) => `"${choice}"`).join(' or '), value)
  );
}

function readShare(value: unknown, path: string): number {
  const share = readNumber(value, path, 0);
  return share < 1 ? share : refuse(path, 'a share below 1', share);
}

function readRows(value: unknown, path: string): TrainingRecord['rows'] {
  const { holdout, train } = readObject(value, path, ['train', 'holdout']);
  return {
    train: readInteger(train, `${path}.train`, 1, MAX),
    holdout: readInteger(holdout, `${path}.holdout`, 0, MAX),
  };
}

/** Weights are above 0: with 0 a leaf could have no share to give. */
export function readClassWeight(value: unknown, path: string, classCount: number): number[] | null {
  if (value === null) return null;
  return readArray(value, path, classCount).map((element, index) => {
    const weight = readNumber(element, `${path}[${index}]`, 0);
    return weight > 0 ? weight : refuse(`${path}[${index}]`, 'a weight above 0', weight);
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

export function metricsDocument({ holdout, train }: Metrics): Record<string, unknown> {
  return { train: scoreDocument(train), holdout: holdout === null ? null : scoreDocument(holdout) };
}

function scoreDocument({ accuracy, logLoss }: Score): Record<string, unknown> {
  return { accuracy, logLoss };
}

/**
 * Held-out rows have metrics, and no others have.
 *
 * @param holdoutRows undefined where nobody knows how many there were
 * @throws ArtifactError
 */
export function readMetrics(value: unknown, path: string, holdoutRows: number | undefined): Metrics {
  const { holdout, train } = readObject(value, path, ['train', 'holdout']);
  if (holdoutRows !== undefined && (holdout === null) !== (holdoutRows === 0)) {
    refuse(`${path}.holdout`, holdoutRows === 0 ? 'null, as no row was held out' : 'an object', holdout);
  }
  return {
    train: readScore(train, `${path}.train`),
    holdout: holdout === null ? null : readScore(holdout, `${path}.holdout`),
  };
}

function readScore(value: unknown, path: string): Score {
  const fields = readObject(value, path, ['accuracy', 'logLoss']);
  const accuracy = readNumber(fields.accuracy, `${path}.accuracy`, 0);
  if (accuracy > 1) refuse(`${path}.accuracy`, 'a share of at most 1', accuracy);
  return { accuracy, logLoss: readNumber(fields.logLoss, `${path}.logLoss`, 0) };
}
