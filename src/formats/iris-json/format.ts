import { ArtifactError } from '../../ground/errors.js';
import { MAX_ARTIFACT_BYTES } from '../../ground/limits.js';
import { checkArgument } from '../../ground/options.js';
import { aModel, type Model, type ModelParts } from '../../model/model.js';
import type { ModelFormat } from '../model-format.js';
import { canonicalSha256 } from './canonical.js';
import { readInteger, readMembers, refuse } from './fields.js';
import { JsonText } from './json-text.js';
import { layOut } from './layout.js';
import { readSha256 } from './training-format.js';
import type { FormatVersion } from './version.js';
import { DATA_HASH, version1 } from './version-1/version-1.js';
import { version2 } from './version-2/version-2.js';

/** What files begin with that were written as they are written here, or on one line. */
const BEGINNING = /^(\ufeff)?\s*\{\s*"format"\s*:\s*"iris-/;
/** The newest last. */
const VERSIONS: readonly FormatVersion[] = [version1, version2];

/** The own artifact: JSON. */
export const irisJson: ModelFormat = {
  name: 'iris-json',
  recognizes: (bytes) => BEGINNING.test(new TextDecoder().decode(bytes.subarray(0, 256))),
  read: parseModel,
  write: serializeModel,
};

/** A model, and the text of its file. */
export interface Artifact<M = Model> {
  readonly model: M;
  readonly text: string;
}

/**
 * A model with its verification rows and its hash, checked as if it had been read.
 *
 * @throws ArtifactError where a reader would refuse the model
 */
export function assembleArtifact(parts: ModelParts): Artifact {
  const version = versionFor(parts);
  const content = layOut(documentOf({ ...parts, verification: version.verificationRows(parts) }, version));
  const text = new JsonText(Buffer.from(content));
  const model = version.read(text, text.members(text.root).values, canonicalSha256(text));
  return { model, text: withHash(content, model.sha256) };
}

/** The model alone. */
export function assembleModel(parts: ModelParts): Model {
  return assembleArtifact(parts).model;
}

/** The text of the artifact: the same model gives the same bytes. */
export function serializeModel(model: Model): string {
  checkArgument('model', model, aModel);
  const content = layOut(documentOf(model, versionFor(model)));
  return withHash(content, canonicalSha256(new JsonText(Buffer.from(content))));
}

/** The hash is the last member, before the brace that closes. */
function withHash(content: string, sha256: string): string {
  return `${content.slice(0, -2)},\n  "sha256": "${sha256}"\n}\n`;
}

/**
 * A model from the bytes of an artifact.
 *
 * @param name of the file, for messages
 * @throws ArtifactError with one message per way to be bad
 */
export function parseModel(bytes: Uint8Array, name: string): Model {
  try {
    if (bytes.length > MAX_ARTIFACT_BYTES) {
      throw new ArtifactError('too-large', `expected at most ${MAX_ARTIFACT_BYTES} bytes, found ${bytes.length}`);
    }
    return readDocument(new JsonText(bytes));
  } catch (error) {
    if (!(error instanceof ArtifactError)) throw error;
    throw new ArtifactError(error.reason, `${name}: ${error.message}`, { cause: error.cause });
  }
}

function documentOf(model: ModelParts & Pick<Model, 'verification'>, version: FormatVersion): Record<string, unknown> {
  return { format: version.format, version: version.version, ...version.document(model) };
}

/** A model is written in the version that it was read from: its hash names it. Only version 1 hashes tables its way. */
function versionFor({ provenance, scorer }: ModelParts): FormatVersion {
  return provenance.data?.hash === DATA_HASH && scorer.kind === 'tree' ? version1 : version2;
}

function readDocument(text: JsonText): Model {
  if (!text.isObject(text.root)) throw new ArtifactError('format', 'expected a model, found JSON that is no object');
  const { values } = text.members(text.root);
  const version = findVersion(text, values);
  const recorded = values.get('sha256');
  if (recorded === undefined) throw new ArtifactError('key', 'the key "sha256" is missing');
  const sha256 = readSha256(text.glimpse(recorded), 'sha256');
  const keys = ['format', 'version', ...version.keys, 'sha256'];
  const members = readMembers(text, text.root, '', keys, version.optionalKeys);
  version.checkOutline(text, members);
  const computed = canonicalSha256(text, 'sha256');
  if (computed !== sha256) refuse('sha256', `${computed}, the hash of the content`, sha256);
  return version.read(text, members, sha256);
}

/** First of all: what another version looks like, this one cannot know. */
function findVersion(text: JsonText, members: ReadonlyMap<string, number>): FormatVersion {
  const found = (key: string) => {
    const at = members.get(key);
    return at === undefined ? undefined : text.glimpse(at);
  };
  const format = found('format');
  const known = VERSIONS.find((version) => version.format === format);
  if (known === undefined)
    return refuse(
      'format',
      VERSIONS.toReversed()
        .map(({ format }) => JSON.stringify(format))
        .join(' or '),
      format,
    );
  const version = found('version');
  if (Number.isSafeInteger(version) && (version as number) > known.version) {
    throw new ArtifactError(
      'version',
      `format version ${version} is newer than this program, which reads up to ${known.version}`,
    );
  }
  readInteger(version, 'version', known.version, known.version);
  return known;
}
