import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseModel } from '../../../src/formats/iris-json/format.js';
import type { ArtifactReason } from '../../../src/ground/errors.js';
import { ROOT } from '../../e2e/cli.js';
import { type Document, sealed } from './document.js';

const text = readFileSync(join(ROOT, 'artifacts/iris.json'), 'utf8');
/** The model with a change; the hash is right, unless it is the one of the old content. */
const changed = (change: (document: Document) => void): Uint8Array => {
  const document = JSON.parse(text) as Document;
  change(document);
  return sealed(document);
};
const assign = (part: string, value: unknown) => changed((document) => Object.assign(document, { [part]: value }));
const bytes = (json: string): Uint8Array => Buffer.from(json);

describe('why a file is no model, as a program reads it', () => {
  it.each<[ArtifactReason, string, Uint8Array]>([
    ['not-json', 'other text', bytes('x')],
    ['too-large', 'much nesting', bytes('['.repeat(5000))],
    ['format', 'no object', bytes('[]')],
    ['format', 'another format', assign('format', 'x')],
    ['version', 'a later version', assign('version', 99)],
    ['version', 'an earlier version', assign('version', 0)],
    ['key', 'a key of another format', assign('x', 1)],
    ['key', 'a key that comes twice', bytes(text.replace('{', '{"format": "iris-model",'))],
    ['hash', 'another content', bytes(text.replaceAll('setosa', 'sotesa'))],
    ['tree', 'no node', changed(({ model }) => Object.assign(model.trees[0], { feature: [] }))],
    ['verification', 'another answer', changed(({ verification }) => Object.assign(verification[0], { label: 1 }))],
    ['value', 'classes that are none', assign('classes', 'x')],
  ])('%s: %s', (reason, _, file) => {
    expect(() => parseModel(file, 'm.json')).toThrow(
      expect.objectContaining({ name: 'ArtifactError', reason, message: expect.stringMatching(/^m\.json: /) }),
    );
  });
});
