import { ArtifactError } from '../../ground/errors.js';
import { MAX_ARTIFACT_BYTES, MAX_CLASSES } from '../../ground/limits.js';
import { type Model, versionOf } from '../../model/model.js';
import { canonicalSha256 } from './canonical.js';
import { featureDocument, readFeatures } from './feature-format.js';
import { readInteger, readLength, readMembers, readNames, readPart, refuse } from './fields.js';
import { JsonText } from './json-text.js';
import { layOut } from './layout.js';
import {
  checkShares,
  metricsDocument,
  readMetrics,
  readSha256,
  readTraining,
  trainingDocument,
} from './training-format.js';
import { checkTreeOutline, readTree, treeDocument } from './tree-format.js';
import { MAX_VERIFICATION_ROWS, makeVerificationRows, readVerification, verificationDocument } from './verification.js';

/** What training gives; the rest of a model follows from it. */
export type ModelParts = Pick<Model, 'features' | 'classes' | 'tree' | 'training' | 'metrics'>;

const FORMAT = 'iris-decision-tree';
const VERSION = 1;
/** Values of a part beside those that are counted. */
const SMALL = 64;
/** All but `sha256`, which is about them. */
const KEYS = ['format', 'version', 'features', 'classes', 'tree', 'training', 'metrics', 'verification'];

/**
 * A model with its verification rows and its hash, checked as if it had been read.
 *
 * @throws ArtifactError where a reader would refuse the model
 */
export function assembleModel(parts: ModelParts): Model {
  const verification = makeVerificationRows(parts.features, parts.tree, parts.training.classWeight);
  const text = new JsonText(Buffer.from(layOut(modelDocument({ ...parts, verification }))));
  return readContent(text, text.members(text.root).values, canonicalSha256(text));
}

/** The text of the artifact: the same model gives the same bytes. */
export function serializeModel(model: Model): string {
  const content = layOut(modelDocument(model));
  const text = new JsonText(Buffer.from(content));
  // The last member, before the brace that closes.
  return `${content.slice(0, -2)},\n  "sha256": "${canonicalSha256(text)}"\n}\n`;
}

/**
 * A model from the bytes of an artifact.
 *
 * @param name of the file, for messages
 * @throws ArtifactError with one message per way to be bad
 */
export function parseModel(bytes: Uint8Array, name: string): Model {
  try {
    if (bytes.length > MAX_ARTIFACT_BYTES)
      throw new ArtifactError(`expected at most ${MAX_ARTIFACT_BYTES} bytes, found ${bytes.length}`);
    return readDocument(new JsonText(bytes));
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

/** What is bounded is so before anything is hashed or built. */
function readDocument(text: JsonText): Model {
  if (!text.isObject(text.root)) throw new ArtifactError('expected a model, found JSON that is no object');
  const { values } = text.members(text.root);
  checkVersion(text, values);
  const recorded = values.get('sha256');
  if (recorded === undefined) throw new ArtifactError('the key "sha256" is missing');
  const sha256 = readSha256(text.glimpse(recorded), 'sha256');
  const members = readMembers(text, text.root, '', [...KEYS, 'sha256']);
  checkTreeOutline(text, members.get('tree')!);
  const computed = canonicalSha256(text, 'sha256');
  if (computed !== sha256) refuse('sha256', `${computed}, the hash of the content`, sha256);
  return readContent(text, members, sha256);
}

function readContent(text: JsonText, members: ReadonlyMap<string, number>, sha256: string): Model {
  const at = (key: string) => members.get(key)!;
  const classes = readClasses(text, at('classes'));
  const classCount = classes.length;
  const training = readTraining(readPart(text, at('training'), 'training', classCount + SMALL), classCount);
  const features = readFeatures(text, at('features'), classCount, training.rows.train);
  const tree = readTree(text, at('tree'), {
    classCount,
    categoryCounts: features.map((feature) => (feature.kind === 'category' ? feature.categories.length : 0)),
    trainRows: training.rows.train,
    criterion: training.criterion,
  });
  checkShares(tree, training.classWeight);
  const metrics = readMetrics(readPart(text, at('metrics'), 'metrics', SMALL), training.rows.holdout);
  const cells = MAX_VERIFICATION_ROWS * (features.length + SMALL);
  const rows = readPart(text, at('verification'), 'verification', cells);
  const verification = readVerification(rows, features, tree, training.classWeight);
  return { features, classes, tree, training, metrics, verification, sha256, version: versionOf(sha256) };
}

function readClasses(text: JsonText, at: number): string[] {
  const count = readLength(text, at, 'classes');
  if (count < 2 || count > MAX_CLASSES) refuse('classes', `2 to ${MAX_CLASSES} classes`, text.glimpse(at));
  return readNames(text.parse(at), 'classes');
}

/** First of all: what another version looks like, this one cannot know. */
function checkVersion(text: JsonText, members: ReadonlyMap<string, number>): void {
  const found = (key: string) => {
    const at = members.get(key);
    return at === undefined ? undefined : text.glimpse(at);
  };
  const format = found('format');
  if (format !== FORMAT) refuse('format', JSON.stringify(FORMAT), format);
  const version = found('version');
  if (Number.isSafeInteger(version) && (version as number) > VERSION) {
    throw new ArtifactError(`format version ${version} is newer than this program, which reads up to ${VERSION}`);
  }
  readInteger(version, 'version', VERSION, VERSION);
}
