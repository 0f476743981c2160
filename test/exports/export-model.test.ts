import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ExportOptions, exportFormats, exportModel } from '../../src/exports/export-model.js';
import { commentText } from '../../src/exports/source-text.js';
import { hostileNames } from '../arbitraries/hostile-text.js';
import { toyParts } from '../model/toy-model.js';
import { assembleTrained } from '../model/trained-parts.js';

const toy = assembleTrained(toyParts());
const FILE: Readonly<Record<string, string>> = {
  c: 'toy.c',
  go: 'toy.go',
  java: 'Toy.java',
  js: 'toy.js',
  python: 'toy.py',
};

describe('exportModel', () => {
  it.each(Object.entries(FILE))('writes %s as it did', async (format, fileName) => {
    const files = exportModel(toy, { format: format as 'c', fileName, withTest: true });
    expect(files.at(-1)!.name).toBe(fileName.replace(/\.\w+$/, '.vectors.tsv'));
    for (const { content, name } of files) await expect(content).toMatchFileSnapshot(`golden/${format}/${name}.txt`);
  });

  it('has the version and the hash of the model in every format', () => {
    for (const format of exportFormats) {
      const [{ content }] = exportModel(toy, { format, fileName: FILE[format] ?? 'toy.tsv' });
      expect(content).toContain(toy.version);
      expect(content).toContain(toy.sha256);
    }
  });

  it.each<[string, ExportOptions, string]>([
    [
      'an extension of another format',
      { format: 'c', fileName: 'm.js' },
      'out: expected a file that ends in .c, found m.js',
    ],
    [
      'an extension alone',
      { format: 'js', fileName: '.js' },
      'out: expected a file that ends in .js or .mjs, found .js',
    ],
    [
      'a name that is no identifier',
      { format: 'java', fileName: 'my-model.java' },
      'out: expected a file whose name is an identifier, as it names what is in it, found my-model.java',
    ],
    [
      'a keyword',
      { format: 'python', fileName: 'import.py' },
      'out: expected a file whose name is an identifier, as it names what is in it, found import.py',
    ],
    [
      'a package where there is none',
      { format: 'c', fileName: 'm.c', package: 'p' },
      'package: expected a format with packages (go or java), found c',
    ],
    [
      'a package with a keyword',
      { format: 'java', fileName: 'M.java', package: 'com.new' },
      'package: expected identifiers with dots between them, found com.new',
    ],
    [
      'dots in a package of Go',
      { format: 'go', fileName: 'm.go', package: 'a.b' },
      'package: expected an identifier, found a.b',
    ],
    [
      'a test of vectors',
      { format: 'vectors', fileName: 'm.tsv', withTest: true },
      'withTest: expected a format that is code, found vectors',
    ],
  ])('refuses %s', (_, options, message) => {
    expect(() => exportModel(toy, options)).toThrow(expect.objectContaining({ name: 'UsageError', message }));
  });

  it('refuses a zero character in C, where it would end the name', () => {
    const model = assembleTrained({ ...toyParts(), classes: ['a\0b', 'c'] });
    expect(() => exportModel(model, { format: 'c', fileName: 'm.c' })).toThrow(
      'a name with a zero character cannot be a string of C, found "a\\u0000b"',
    );
  });

  it.each([
    ['c', 'class.c', 'class_predict'],
    ['c', '2024-model.c', 'model_2024_model_predict'],
    ['go', 'type.go', 'package model_type'],
    ['go', 'My-Model.go', 'package my_model'],
  ] as const)('makes an identifier of the file in %s: %s', (format, fileName, expected) => {
    expect(exportModel(toy, { format, fileName })[0].content).toContain(expected);
  });
});

it('a comment is one line of ASCII that no name ends', () => {
  fc.assert(
    fc.property(
      fc.oneof(hostileNames, fc.string({ unit: fc.constantFrom('*', '/', '?', '-', '\\', '"', "'", '\n', 'é') })),
      (name) => {
        const text = commentText(name);
        expect(text).toMatch(/^[ -~]*$/);
        expect(text).not.toMatch(/\*\/|\/\*|\/\/|\?\?|\\|"""|'''|--/);
        expect(text.length).toBeLessThan(600);
      },
    ),
  );
});
