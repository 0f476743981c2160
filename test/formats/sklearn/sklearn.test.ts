import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { importBytes } from '../../../src/formats/import-model.js';
import { openArchive } from '../../../src/formats/sklearn/zip.js';
import { createClassifier } from '../../../src/model/classifier.js';
import { differencesOf, FIXTURES, fixturesOf, readFixture } from '../fixtures.js';
import { expectRefusedOrWhole, refusalOf } from '../foreign.js';
import { zipOf } from './zip-of.js';

const bytesOf = (name: string) => readFileSync(join(FIXTURES, `sklearn-1.9.1-${name}.skops`));

/** Of several classes the logarithm of the prior is numpy's there, and ours here. */
const NEARLY = /boosted-multi/;

/** A file with another schema, or another array. */
function changed(name: string, change: (schema: string) => string, arrays: Record<string, Buffer> = {}): Buffer {
  const archive = openArchive(bytesOf(name));
  const schema = archive.read('schema.json').toString();
  const files = Object.fromEntries(
    [...schema.matchAll(/"(\d+\.npy)"/g)].map(([, file]) => [file, archive.read(file!)]),
  );
  const other = change(schema);
  expect([other !== schema, Object.keys(arrays).length > 0]).toContain(true);
  return zipOf({ ...files, ...arrays, 'schema.json': Buffer.from(other) });
}

describe('a model of scikit-learn', () => {
  it.each(fixturesOf('sklearn'))('$name answers as it does there, bit for bit', (fixture) => {
    const { answers, imported } = readFixture(fixture);
    const differences = differencesOf(answers, imported);
    expect(differences.labels).toBe(0);
    if (!NEARLY.test(fixture.name)) expect(differences).toMatchObject({ margins: 0, shares: 0 });
    expect(differences.distance).toBeLessThan(3e-15);
  });

  it('says where it comes from, with the names of its classes', () => {
    const { model, notes } = importBytes(bytesOf('forest'), 'm');
    expect([model.classes, notes]).toEqual([
      ['ape', 'bee', 'cat'],
      ['the file has no names of features: they are numbered'],
    ]);
    expect(model.scorer).toMatchObject({
      kind: 'forest',
      source: { library: 'sklearn', version: '1.9.1', iterations: null },
    });
    expect(importBytes(bytesOf('forest-weighted'), 'm').model.classes).toEqual(['False', 'True']);
    expect(importBytes(bytesOf('hist-categories'), 'm').model.features.map(({ name, kind }) => [name, kind])).toEqual([
      ['a', 'number'],
      ['b', 'category'],
      ['c', 'number'],
      ['d', 'category'],
    ]);
  });

  it('refuses a missing value where it does there', () => {
    const { model } = importBytes(bytesOf('boosted'), 'm');
    const found = createClassifier(model).findBadValue(Float64Array.of(1, 2, Number.NaN, 4), 1);
    expect(found?.feature).toBe(2);
    const older = changed('extra', (schema) => schema.replaceAll('1.9.1', '1.5.2'));
    expect(importBytes(older, 'm').model.features.some(({ missing }) => missing)).toBe(false);
    expect(importBytes(bytesOf('extra'), 'm').model.features.every(({ missing }) => missing)).toBe(true);
  });

  it.each<[string, (schema: string) => string, string]>([
    [
      'another class',
      (schema) => schema.replace('"RandomForestClassifier"', '"AdaBoostClassifier"'),
      'm: "AdaBoostClassifier" is not read: expected DecisionTreeClassifier, ExtraTreeClassifier, RandomForestClassifier, ExtraTreesClassifier, GradientBoostingClassifier, HistGradientBoostingClassifier',
    ],
    [
      'a class of that name from elsewhere',
      (schema) => schema.replace('sklearn.ensemble._forest', 'mine'),
      'm: "RandomForestClassifier" is not read: expected DecisionTreeClassifier, ExtraTreeClassifier, RandomForestClassifier, ExtraTreesClassifier, GradientBoostingClassifier, HistGradientBoostingClassifier',
    ],
    [
      'an old version',
      (schema) => schema.replaceAll('1.9.1', '1.2.2'),
      'm: expected a model of scikit-learn 1.3 or newer, found one of 1.2.2',
    ],
    [
      'an array that is not there',
      (schema) => schema.replace(/"\d+\.npy"/, '"0.npy"'),
      'm: zip: expected a file "0.npy", found none',
    ],
    ['a schema that is none', () => '[]', 'm: schema.json: expected an object, found an array of 0'],
    ['no JSON', () => 'x', 'm: expected JSON, found text that is none: Unexpected token'],
  ])('with %s is refused', (_, change, message) => {
    expect(refusalOf(changed('forest', change))).toContain(message);
  });

  it('takes no rounds', () => {
    expect(refusalOf(bytesOf('boosted'), { iterations: 2 })).toBe('iterations: scikit-learn predicts with all rounds');
  });

  it.each(['forest', 'tree', 'hist-categories'])('that was damaged is refused, or whole: %s', (name) =>
    expectRefusedOrWhole(bytesOf(name), 'sklearn', 60),
  );
});

describe('an array in a file', () => {
  const file = /"(\d+\.npy)"/.exec(openArchive(bytesOf('tree')).read('schema.json').toString())![1]!;
  const npy = (header: string, content = Buffer.alloc(0)) =>
    Buffer.concat([
      Buffer.from('\x93NUMPY\x01\0', 'latin1'),
      Buffer.from([header.length + 1, 0]),
      Buffer.from(`${header}\n`),
      content,
    ]);

  it.each<[string, Buffer, string]>([
    [
      'more elements than bytes',
      npy("{'descr': '<f8', 'fortran_order': False, 'shape': (4000000000, 9), }"),
      'expected 36000000000 elements of 8 bytes, found 0 bytes',
    ],
    [
      'objects, which are code',
      npy("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }"),
      'expected numbers, or text, in little-endian order, found "|O"',
    ],
    [
      'numbers in big-endian order',
      npy("{'descr': '>f8', 'fortran_order': False, 'shape': (), }", Buffer.alloc(8)),
      'found ">f8"',
    ],
    [
      'a header that is an expression',
      npy("{'descr': exit(), 'fortran_order': False, 'shape': (), }"),
      'expected fields with a name each',
    ],
    [
      'a header beyond its end',
      Buffer.from('\x93NUMPY\x01\0\xff\xff{}', 'latin1'),
      'expected a header within the file',
    ],
    ['no array', Buffer.from('hello world, hello'), 'expected an array of numpy, found other bytes'],
  ])('with %s is refused', (_, bytes, message) => {
    expect(refusalOf(changed('tree', (schema) => schema, { [file]: bytes }))).toContain(message);
  });
});

describe('an archive', () => {
  const bomb = (size: number) =>
    zipOf({ 'schema.json': deflateRawSync(Buffer.alloc(64 * 1024 * 1024)) }, { method: 8, size });

  it.each<[string, Buffer, string]>([
    [
      'that says it is larger than a model may be',
      bomb(1 << 30),
      'zip: expected at most 268435456 bytes in all, found 1073741824',
    ],
    ['that inflates to more than it says', bomb(1000), 'zip: expected "schema.json" as deflate writes it'],
    [
      'of another checksum',
      zipOf({ 'schema.json': Buffer.from('{}') }, { crc: 1 }),
      'zip: expected "schema.json" as its checksum says, found other bytes',
    ],
    [
      'of another method',
      zipOf({ 'schema.json': Buffer.from('{}') }, { method: 12 }),
      'zip: expected files that are stored or deflated, found method 12',
    ],
    [
      'without a directory',
      Buffer.from('PK\x03\x04 and nothing else, for as long as this'),
      'zip: expected the end of a directory, found none',
    ],
    ['without the schema', zipOf({ other: Buffer.from('{}') }), 'zip: expected a file "schema.json", found none'],
  ])('%s is refused', (_, bytes, message) => {
    expect(refusalOf(bytes)).toContain(message);
  });
});
