import type { ModelFormat } from '../model-format.js';
import { parseModel, serializeModel } from './format.js';

/** The own artifact: JSON. */
export const irisJson: ModelFormat = {
  name: 'iris-json',
  recognizes: (bytes) =>
    /^(\ufeff)?\s*\{\s*"format"\s*:\s*"iris-/.test(new TextDecoder().decode(bytes.subarray(0, 256))),
  read: parseModel,
  write: serializeModel,
};
