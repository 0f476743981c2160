/**
 * The formats that models are read from and written to. To add one: a folder beside `iris-json/`, and a line here. A
 * format knows `model/` and `ground/`, and nothing of who asks.
 */
import type { Model } from '../model/model.js';
import { irisJson } from './iris-json/format.js';
import type { ModelFormat } from './model-format.js';

/** The own artifact, in which training writes. */
export { assembleModel, serializeModel } from './iris-json/format.js';

/** The first that recognizes a file reads it; the last one takes what no other does, and says what is wrong. */
export const MODEL_FORMATS: readonly [...ModelFormat[], ModelFormat] = [irisJson];

/**
 * A model from the bytes of a file in any of the formats.
 *
 * @param name of the file, for messages
 * @throws ArtifactError
 */
export function readModelBytes(bytes: Uint8Array, name: string, formats: typeof MODEL_FORMATS = MODEL_FORMATS): Model {
  const format = formats.find((candidate) => candidate.recognizes(bytes)) ?? formats[formats.length - 1];
  return format.read(bytes, name);
}
