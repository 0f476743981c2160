import { MAX_CLASSES } from '../../ground/limits.js';
import { readLength, readNames, refuse } from './fields.js';
import type { JsonText } from './json-text.js';

/** @throws ArtifactError */
export function readClasses(text: JsonText, at: number): string[] {
  const count = readLength(text, at, 'classes');
  if (count < 2 || count > MAX_CLASSES) refuse('classes', `2 to ${MAX_CLASSES} classes`, text.glimpse(at));
  return readNames(text.parse(at), 'classes');
}
