import { describe, expect, it } from 'vitest';
import { type Document, refusal, refusalAfter, sealed, toyDocument } from './document.js';

const text = (json: string) => refusal(new TextEncoder().encode(json));

describe('a file that is no model', () => {
  const sound = JSON.stringify(toyDocument());

  it.each<[string, string, string]>([
    ['empty', '', 'm.json: not JSON: Unexpected end of JSON input'],
    [
      'truncated',
      sound.slice(0, -1),
      `m.json: not JSON: Expected ',' or '}' after property value in JSON at position ${sound.length - 1}`,
    ],
    ['an array', '[]', 'm.json: expected a model, found JSON that is no object'],
    ['null', 'null', 'm.json: expected a model, found JSON that is no object'],
    ['without a format', '{}', 'm.json: format: expected "iris-model" or "iris-decision-tree", found undefined'],
    [
      'of another format',
      '{"format":"onnx"}',
      'm.json: format: expected "iris-model" or "iris-decision-tree", found "onnx"',
    ],
    ['without a version', '{"format":"iris-decision-tree"}', 'm.json: version: expected 1, found undefined'],
    [
      'with a version of text',
      '{"format":"iris-decision-tree","version":"1"}',
      'm.json: version: expected 1, found "1"',
    ],
    ['older than any', '{"format":"iris-decision-tree","version":0}', 'm.json: version: expected 1, found 0'],
    [
      'of a newer version',
      '{"format":"iris-decision-tree","version":2}',
      'm.json: format version 2 is newer than this program, which reads up to 1',
    ],
    ['without a hash', '{"format":"iris-decision-tree","version":1}', 'm.json: the key "sha256" is missing'],
    [
      'with a hash in capitals',
      `{"format":"iris-decision-tree","version":1,"sha256":"${'A'.repeat(64)}"}`,
      `m.json: sha256: expected 64 lower-case hex digits, found "${'A'.repeat(40)}…"`,
    ],
    [
      'with a key twice',
      sound.replace('{', '{"version":1,'),
      'm.json: expected every key once, found one twice in one object',
    ],
    ['nested without end', '['.repeat(1_000_000), 'm.json: expected at most 7 levels of nesting, found 1000000'],
    [
      'full of empty objects, three bytes each',
      `[${'{},'.repeat(11_000_000)}0]`,
      'm.json: expected at most 11000000 objects and arrays, found 11000001',
    ],
    [
      'with a number out of range',
      sound.replace('"seed":0', '"seed":1e400'),
      'm.json: expected finite 64-bit numbers, found one out of their range',
    ],
    [
      'with half a character',
      sound.replace('"sold"', String.raw`"\ud83d"`),
      String.raw`m.json: expected Unicode text, found an unpaired surrogate in "\ud83d"`,
    ],
  ])('%s is refused', (_, json, message) => {
    expect(text(json)).toBe(message);
  });

  it('in another encoding is refused', () => {
    expect(refusal(Uint8Array.of(0x7b, 0xff, 0x7d))).toBe('m.json: expected UTF-8, found other bytes');
  });

  it('whose content was changed is refused with the hash that it has', () => {
    const document = toyDocument();
    const recorded = document.sha256;
    document.classes = ['yes', 'no'];
    const computed = JSON.parse(new TextDecoder().decode(sealed(document))).sha256;
    expect(text(JSON.stringify(document))).toBe(
      `m.json: sha256: expected ${computed}, the hash of the content, found "${recorded.slice(0, 40)}…"`,
    );
  });

  it('says so in one line, whatever the text', () => {
    expect(text('{\n  "format": oops\n}')).not.toContain('\n');
  });
});

describe('a model with a key too few or too many', () => {
  const objects: [string, (document: Document) => Document][] = [
    ['', (document) => document],
    ['features[0]: ', (document) => document.features[0]],
    ['features[0].histogram: ', (document) => document.features[0].histogram],
    ['features[2]: ', (document) => document.features[2]],
    ['features[2].histogram: ', (document) => document.features[2].histogram],
    ['tree: ', (document) => document.tree],
    ['training: ', (document) => document.training],
    ['training.rows: ', (document) => document.training.rows],
    ['metrics: ', (document) => document.metrics],
    ['metrics.train: ', (document) => document.metrics.train],
    ['metrics.holdout: ', (document) => document.metrics.holdout],
    ['verification[3]: ', (document) => document.verification[3]],
  ];
  /** These say what they miss in words of their own. */
  const special = new Set(['format', 'version', 'sha256']);
  const keys = objects.flatMap(([path, at]) =>
    Object.keys(at(toyDocument()))
      .filter((key) => !special.has(key))
      .map((key) => [path, key, at] as const),
  );

  it.each(keys)('misses %s%s', (path, key, at) => {
    // Without its kind a category cannot be told from a number.
    const missing = path === 'features[2]: ' && key === 'kind' ? /^m\.json: features\[2\]: / : undefined;
    const message = refusalAfter((document) => {
      delete at(document)[key];
    });
    if (missing) expect(message).toMatch(missing);
    else expect(message).toBe(`m.json: ${path}the key "${key}" is missing`);
  });

  it.each(objects)('has one more in %s', (path, at) => {
    const message = refusalAfter((document) => {
      at(document).note = 1;
    });
    expect(message).toBe(`m.json: ${path}the key "note" is not part of the format`);
  });

  it('has __proto__ for one more', () => {
    const document = toyDocument();
    Object.defineProperty(document.training, '__proto__', { value: {}, enumerable: true });
    expect(JSON.stringify(document)).toContain('"__proto__":{}');
    expect(refusal(sealed(document))).toBe('m.json: training: the key "__proto__" is not part of the format');
  });

  it('has categories in a tree that asks for none', () => {
    const message = refusalAfter((document) => {
      document.features.pop();
    });
    expect(message).toBe('m.json: tree: the key "categories" is not part of the format');
  });
});
