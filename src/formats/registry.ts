/**
 * The formats that models are read from and written to. To add one: a folder beside `iris-json/`, and a line here. A
 * format knows `model/` and `ground/`, and nothing of who asks.
 */
import { ArtifactError } from '../ground/errors.js';
import { checkArgument, someText, typedArray } from '../ground/options.js';
import type { ModelParts } from '../model/model.js';
import { type PredictingModel, predicting } from '../model/predicting-model.js';
import { FOREIGN_FILES } from './foreign-files.js';
import { type Artifact, assembleArtifact as assembleOwn, irisJson } from './iris-json/format.js';
import type { ModelFormat } from './model-format.js';

/** The own artifact, in which training writes. */
export { serializeModel } from './iris-json/format.js';

/** As the own format's. */
export function assembleArtifact(parts: ModelParts): Artifact<PredictingModel> {
  const { model, text } = assembleOwn(parts);
  return { model: predicting(model), text };
}

/** The model alone. */
export function assembleModel(parts: ModelParts): PredictingModel {
  return assembleArtifact(parts).model;
}

/** The first that recognizes a file reads it; the last one takes what no other does, and says what is wrong. */
export const MODEL_FORMATS: readonly [...ModelFormat[], ModelFormat] = [irisJson];

/**
 * A model from the bytes of a file in any of the formats.
 *
 * @param name of the file, for messages
 * @throws ArtifactError
 */
export function readModelBytes(
  bytes: Uint8Array,
  name: string,
  formats: typeof MODEL_FORMATS = MODEL_FORMATS,
): PredictingModel {
  checkArgument('bytes', bytes, typedArray('a Uint8Array, the bytes of a model'));
  checkArgument('name', name, someText);
  const format = formats.find((candidate) => candidate.recognizes(bytes));
  if (format === undefined) refuseForeign(bytes, name);
  return predicting((format ?? formats[formats.length - 1]).read(bytes, name));
}

/** @throws ArtifactError for a file of another library, which an importer takes */
function refuseForeign(bytes: Uint8Array, name: string): void {
  const foreign = FOREIGN_FILES.find(({ recognizes }) => recognizes(bytes));
  if (foreign === undefined) return;
  throw new ArtifactError('format', `${name}: expected a model of iris, found ${foreign.files}: import it first`);
}
