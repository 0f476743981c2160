import { createHash } from 'node:crypto';
import { expect } from 'vitest';
import { parseModel, serializeModel } from '../../../src/formats/iris-json/format.js';
import { ArtifactError } from '../../../src/ground/errors.js';
import { toyParts } from '../../model/toy-model.js';
import { assembleTrained, SECOND_ORIGIN } from '../../model/trained-parts.js';

/** JSON of a model, free to be spoiled. */
// biome-ignore lint/suspicious/noExplicitAny: tests reach into it with paths of every kind
export type Document = any;

export function toyDocument(): Document {
  return JSON.parse(serializeModel(assembleTrained(toyParts())));
}

/** The toy model in version 2. */
export function toyDocument2(): Document {
  return JSON.parse(serializeModel(assembleTrained({ ...toyParts(), origin: SECOND_ORIGIN })));
}

/** The bytes of a document whose hash is right, whatever else is wrong. */
export function sealed(document: Document): Uint8Array {
  const { sha256: _, ...content } = document;
  return new TextEncoder().encode(JSON.stringify({ ...content, sha256: sha256Of(content) }));
}

/** SHA-256 of the compact JSON with sorted keys, computed without the code under test. */
export function sha256Of(content: Document): string {
  const sorted = (_key: string, value: Document) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value;
  return createHash('sha256').update(JSON.stringify(content, sorted)).digest('hex');
}

/** The message with which a file called m.json is refused. */
export function refusal(bytes: Uint8Array): string {
  try {
    parseModel(bytes, 'm.json');
  } catch (error) {
    expect(error).toBeInstanceOf(ArtifactError);
    return (error as ArtifactError).message;
  }
  return 'accepted';
}

/** What reading says of the toy model, changed and hashed again. */
export function refusalAfter(change: (document: Document) => void, toy = toyDocument): string {
  const document = toy();
  change(document);
  return refusal(sealed(document));
}

/** Values by their paths, as in `{'tree.left[4]': 6}`. */
export type Patch = Readonly<Record<string, unknown>>;

export function patched(patch: Patch, toy = toyDocument): string {
  return refusalAfter((document) => {
    for (const [path, value] of Object.entries(patch)) {
      const steps = path.split(/[.[\]]+/).filter((step) => step !== '');
      const last = steps.pop()!;
      steps.reduce((place, step) => place[step], document)[last] = value;
    }
  }, toy);
}
