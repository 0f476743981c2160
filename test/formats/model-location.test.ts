import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseLocation, shownLocation, signatureLocation } from '../../src/formats/model-location.js';
import { UsageError } from '../../src/ground/errors.js';

const URL_OR_PATH = 'expected a path or an https:// URL, found';
const OTHER = "have KServe's storage initializer or a sidecar put the model into a file, or use its https:// URL";

describe('where a model is', () => {
  it.each([
    'iris.json',
    './a/b.json',
    '/models/iris.json',
    'C:\\models\\iris.json',
    'c:/models/iris.json',
    's3:/iris',
    '',
  ])('is a file for %j', (path) => {
    expect(parseLocation(path)).toEqual({ kind: 'file', path, shown: path });
  });

  it.each(['https://example.com/m.json', 'HTTPS://EXAMPLE.com/m.json'])('is an address for %s', (text) => {
    expect(parseLocation(text)).toEqual({
      kind: 'address',
      url: new URL('https://example.com/m.json'),
      shown: text,
    });
  });

  it.each([
    ['s3://bucket/m.json', `s3://bucket/m.json: ${URL_OR_PATH} s3://: ${OTHER}`],
    ['gs://key:secret@bucket/m.json', `gs://bucket/m.json: ${URL_OR_PATH} gs://: ${OTHER}`],
    ['hdfs://n:9000/m', `hdfs://n:9000/m: ${URL_OR_PATH} hdfs://: ${OTHER}`],
    ['oci://registry/m:1', `oci://registry/m:1: ${URL_OR_PATH} oci://: ${OTHER}`],
    [
      'http://127.0.0.1/m.json',
      `http://127.0.0.1/m.json: ${URL_OR_PATH} http://: whoever is on the way could change what comes over http`,
    ],
    ['file:///models/m.json', `file:///models/m.json: ${URL_OR_PATH} file://: write the path alone`],
    ['https://', 'https://: expected an https:// URL, found none that can be read'],
    ['https://user:p/w@host/m.json', 'https://…: expected an https:// URL, found none that can be read'],
    [
      'https://u:%ZZpw@host/m.json',
      'https://host/m.json: expected a user and a password in which % begins an escape, found another %: write it as %25',
    ],
  ])('is nowhere for %s', (text, message) => {
    expect(() => parseLocation(text)).toThrow(new UsageError(message));
  });
});

describe('the signature of a model', () => {
  it.each([
    ['a/iris.json', 'a/iris.json.sig'],
    ['https://h/iris.json', 'https://h/iris.json.sig'],
    ['https://u:p@h/iris.json?token=t', 'https://h/iris.json.sig?…'],
  ])('is beside %s', (model, signature) => {
    expect(signatureLocation(parseLocation(model)).shown).toBe(signature);
  });

  it('is fetched with the credentials of the model', () => {
    expect(signatureLocation(parseLocation('https://u:p@h/iris.json?token=t'))).toMatchObject({
      url: new URL('https://u:p@h/iris.json.sig?token=t'),
    });
  });
});

describe('a location that is shown', () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 20 }).map((drawn) => `SECRET${drawn}`);

  it('has no user, no password, no query and no fragment', () => {
    const parts = fc.record({
      scheme: fc.constantFrom('https', 'http', 's3', 'gs', 'HTTPS'),
      user: text.map(encodeURIComponent),
      password: text.map(encodeURIComponent),
      query: text,
    });
    fc.assert(
      fc.property(parts, ({ scheme, user, password, query }) => {
        const shown = shownLocation(`${scheme}://${user}:${password}@host/m.json?${query}`);
        expect(shown).toBe(`${scheme.toLowerCase()}://host/m.json?…`);
      }),
    );
  });

  it.each(['https://EXAMPLE.com', 'http://localhost', 's3://bucket/m.json'])('is as it was written: %s', (url) => {
    expect(shownLocation(url)).toBe(url);
  });

  it.each([
    ['sc://host:15002/;token=secret;use_ssl=true', 'sc://host:15002/;…'],
    ['https://host/a;key=secret/m.json?b', 'https://host/a;…?…'],
  ])('has no parameters of a path: %s', (url, shown) => {
    expect(shownLocation(url)).toBe(shown);
  });

  it('is the path of a file, whatever is in it', () => {
    fc.assert(
      fc.property(text, (path) => {
        expect(shownLocation(`./${path}`)).toBe(`./${path}`);
      }),
    );
  });
});
