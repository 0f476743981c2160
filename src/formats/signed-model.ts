import { ArtifactError, InputError } from '../ground/errors.js';
import type { PredictingModel } from '../model/predicting-model.js';
import { download } from './download.js';
import { withModelFile } from './model-file.js';
import { type ModelLocation, signatureLocation } from './model-location.js';
import { tooLarge } from './model-size.js';
import { readModelBytes } from './registry.js';
import { requireSigned, signedHashes, type VerifyKeys } from './signature.js';

/** Far more than a signature has. */
const MAX_SIGNATURE_BYTES = 64 * 1024;

/**
 * The SHA-256 of the files that the signature beside a model is good for, in hex.
 *
 * @throws ArtifactError where there is none by any of the keys, UnavailableError where it can't be downloaded
 */
export async function readSignedHashes(
  model: ModelLocation,
  keys: VerifyKeys,
  signal?: AbortSignal,
): Promise<readonly string[]> {
  const location = signatureLocation(model);
  try {
    return signedHashes(await readSignature(location, signal), location.shown, keys);
  } catch (cause) {
    if (!(cause instanceof InputError)) throw cause;
    throw new ArtifactError('signature', `${model.shown}: expected a signature beside it: ${cause.message}`, { cause });
  }
}

async function readSignature(location: ModelLocation, signal: AbortSignal | undefined): Promise<Buffer> {
  const checkSize = (bytes: number) => {
    if (bytes > MAX_SIGNATURE_BYTES) throw tooLarge(location.shown, MAX_SIGNATURE_BYTES);
  };
  if (location.kind === 'address') return download(location.url, { checkSize, signal });
  return withModelFile(location.path, (file) => {
    checkSize(file.bytes);
    return file.read();
  });
}

/**
 * A model from the bytes of its file.
 *
 * @param hashes of the files that are signed; undefined where none has to be
 * @throws ArtifactError where they are not those that were signed, before they are looked into
 */
export function readSignedModel(
  bytes: Uint8Array,
  name: string,
  hashes: readonly string[] | undefined,
): PredictingModel {
  if (hashes !== undefined) requireSigned(bytes, name, hashes);
  return readModelBytes(bytes, name);
}
