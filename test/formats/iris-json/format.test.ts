import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseModel, serializeModel } from '../../../src/formats/iris-json/format.js';
import { modelParts } from '../../arbitraries/model.js';
import { toyParts } from '../../model/toy-model.js';
import { assembleTrained } from '../../model/trained-parts.js';
import { sha256Of } from './document.js';

const bytes = (text: string) => new TextEncoder().encode(text);

describe('the artifact as text', () => {
  it('keeps every model through writing and reading, and its bytes through writing again', () => {
    fc.assert(
      fc.property(modelParts, (parts) => {
        const model = assembleTrained(parts);
        const text = serializeModel(model);
        const read = parseModel(bytes(text), 'model.json');
        expect(read).toEqual(model);
        expect(serializeModel(read)).toBe(text);
      }),
    );
  });

  it('has the keys in the order of the format, one newline at the end, and no white space but indentation', () => {
    const text = serializeModel(assembleTrained(toyParts()));
    const keys = [...text.matchAll(/^ {2}"(\w+)": /gm)].map(([, key]) => key);
    expect(keys.join()).toBe('format,version,features,classes,tree,training,metrics,verification,sha256');
    expect(text).toMatch(/^\{\n {2}"format".*[^\n]\n\}\n$/s);
    expect(text).not.toMatch(/\t|\r| $/m);
  });

  it('has an array of scalars on one line, and each of several arrays on one of its own', () => {
    const text = serializeModel(assembleTrained(toyParts()));
    expect(text).toContain('\n    "threshold": [1.5, 0, 0, 0, 10, 0, 0],\n');
    expect(text).toContain('\n    "counts": [\n      [9, 11],\n      [7, 4],\n');
    expect(text).toContain('\n    "categories": [\n      null,\n      [0, 2],\n      null,\n');
    expect(text).toContain('\n  "classes": ["no", "yes"],\n');
  });

  it('hashes the content and not its white space or its order', () => {
    const text = serializeModel(assembleTrained(toyParts()));
    const reversed = Object.fromEntries(Object.entries(JSON.parse(text)).reverse());
    expect(parseModel(bytes(JSON.stringify(reversed)), 'm')).toEqual(parseModel(bytes(text), 'm'));
  });

  it('has for version the first 12 digits of the SHA-256 of its sorted, compact JSON', () => {
    const model = assembleTrained(toyParts());
    const { sha256, ...content } = JSON.parse(serializeModel(model));
    const expected = sha256Of(content);
    expect(model.sha256).toBe(expected);
    expect(sha256).toBe(expected);
    expect(model.version).toBe(expected.slice(0, 12));
  });

  it('reads the file that the first release of version 1 wrote, and writes it again', async () => {
    const file = await readFile(new URL('../../fixtures/artifact/version-1.json', import.meta.url));
    const model = parseModel(file, 'version-1.json');
    expect(model).toEqual(assembleTrained(toyParts()));
    expect(serializeModel(model)).toBe(file.toString());
  });
});
