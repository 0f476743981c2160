import { createHash } from 'node:crypto';
import { ArtifactError } from '../errors.js';
import { canonicalize } from './canonical.js';
import { featureDocument, readFeatures } from './feature-format.js';
import { readInteger, readNames, readObject, refuse } from './fields.js';
import { parseJson } from './json.js';
import { layOut } from './layout.js';
import type { Model } from './model.js';
import { metricsDocument, readMetrics, readSha256, readTraining, trainingDocument } from './training-format.js';
import { readTree, treeDocument } from './tree-format.js';
import { makeVerificationRows, readVerification, verificationDocument } from './verification.js';

/** What training gives; the rest of a model follows from it. */
export type ModelParts = Pick<Model, 'features' | 'classes' | 'tree' | 'training' | 'metrics'>;

const FORMAT = 'iris-decision-tree';
const VERSION = 1;
/** All but `sha256`, which is about them. */
const KEYS = ['format', 'version', 'features', 'classes', 'tree', 'training', 'metrics', 'verification'];
/** Labels are 16-bit indices. */
const MAX_CLASSES = 0x1_0000;
/** Hex digits of the hash that are the model's version on the wire. */
const VERSION_DIGITS = 12;
/** Larger files are refused before they are parsed: about five million nodes fit. */
export const MAX_BYTES = 256 * 1024 * 1024;

/**
 * A model with its verification rows and its hash, checked as if it had been read.
 *
 * @throws ArtifactError where a reader would refuse the model
 */
export function assembleModel(parts: ModelParts): Model {
  const verification = makeVerificationRows(parts.features, parts.tree, parts.training.classWeight);
  const document = modelDocument({ ...parts, verification });
  return readContent(document, hashOf(document));
}

/** The text of the artifact: the same model gives the same bytes. */
export function serializeModel(model: Model): string {
  const document = modelDocument(model);
  return `${layOut({ ...document, sha256: hashOf(document) })}\n`;
}

/**
 * A model from the bytes of an artifact.
 *
 * @param name of the file, for messages
 * @throws ArtifactError with one message per way to be bad
 */
export function parseModel(bytes: Uint8Array, name: string): Model {
  try {
    if (bytes.length > MAX_BYTES) throw new ArtifactError(`expected at most ${MAX_BYTES} bytes, found ${bytes.length}`);
    return readDocument(parseJson(bytes));
  } catch (error) {
    if (!(error instanceof ArtifactError)) throw error;
    throw new ArtifactError(`${name}: ${error.message}`, { cause: error.cause });
  }
}

type Document = Record<string, unknown>;

function modelDocument(model: ModelParts & Pick<Model, 'verification'>): Document {
  return {
    format: FORMAT,
    version: VERSION,
    features: model.features.map(featureDocument),
    classes: model.classes,
    tree: treeDocument(model.tree),
    training: trainingDocument(model.training),
    metrics: metricsDocument(model.metrics),
    verification: model.verification.map(verificationDocument),
  };
}

function hashOf(document: Document): string {
  return createHash('sha256').update(canonicalize(document)).digest('hex');
}

function readDocument(value: unknown): Model {
  checkVersion(value);
  const { sha256, ...content } = value;
  return readContent(content, checkHash(sha256, content));
}

function readContent(content: Document, sha256: string): Model {
  const fields = readObject(content, '', KEYS);
  const classes = readNames(fields.classes, 'classes');
  if (classes.length < 2 || classes.length > MAX_CLASSES) refuse('classes', `2 to ${MAX_CLASSES} classes`, classes);
  const training = readTraining(fields.training, classes.length);
  const features = readFeatures(fields.features, classes.length, training.rows.train);
  const tree = readTree(fields.tree, {
    classCount: classes.length,
    categoryCounts: features.map((feature) => (feature.kind === 'category' ? feature.categories.length : 0)),
    trainRows: training.rows.train,
  });
  const metrics = readMetrics(fields.metrics, training.rows.holdout);
  const verification = readVerification(fields.verification, features, tree, training.classWeight);
  const version = sha256.slice(0, VERSION_DIGITS);
  return { features, classes, tree, training, metrics, verification, sha256, version };
}

/** First of all: what another version looks like, this one cannot know. */
function checkVersion(value: unknown): asserts value is Document {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ArtifactError('expected a model, found JSON that is no object');
  }
  const { format, version } = value as Document;
  if (format !== FORMAT) refuse('format', JSON.stringify(FORMAT), format);
  if (Number.isSafeInteger(version) && (version as number) > VERSION) {
    throw new ArtifactError(`format version ${version} is newer than this program, which reads up to ${VERSION}`);
  }
  readInteger(version, 'version', VERSION, VERSION);
}

function checkHash(sha256: unknown, content: Document): string {
  if (sha256 === undefined) throw new ArtifactError('the key "sha256" is missing');
  const recorded = readSha256(sha256, 'sha256');
  const computed = hashOf(content);
  if (computed !== recorded) refuse('sha256', `${computed}, the hash of the content`, recorded);
  return recorded;
}
