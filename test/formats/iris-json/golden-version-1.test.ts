import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { serializeModel } from '../../../src/formats/iris-json/format.js';
import { readModelBytes } from '../../../src/formats/registry.js';
import { createClassifier } from '../../../src/model/classifier.js';
import { answerOf } from '../../model/one-row.js';

const FOLDER = new URL('../../fixtures/artifact/version-1/', import.meta.url);

/** What the release that wrote the files predicted: input, leaf, class, shares. */
type Golden = readonly [input: readonly (number | null)[], leaf: number, classIndex: number, shares: readonly number[]];

const golden: Record<string, { sha256: string; rows: readonly Golden[] }> = JSON.parse(
  readFileSync(new URL('predictions.json', FOLDER), 'utf8'),
);

describe('a file of format version 1', () => {
  it('has predictions beside it', () => {
    const files = readdirSync(FOLDER).filter((name) => name.endsWith('.json') && name !== 'predictions.json');
    expect(files.sort()).toEqual(Object.keys(golden).sort());
    expect(files.length).toBeGreaterThan(5);
  });

  it.each(Object.keys(golden))('%s predicts what it predicted, to the bit, and is written as it was', (name) => {
    const bytes = readFileSync(new URL(name, FOLDER));
    const model = readModelBytes(bytes, name);
    const { rows, sha256 } = golden[name];
    expect(model.sha256).toBe(sha256);
    const classifier = createClassifier(model);
    for (const [input, leaf, classIndex, shares] of rows) {
      const row = Float64Array.from(input, (cell) => cell ?? Number.NaN);
      expect(classifier.findBadValue(row, 1)).toBeUndefined();
      expect(answerOf(classifier, row)).toEqual({ leaf, classIndex, label: model.classes[classIndex], shares });
    }
    expect(serializeModel(model)).toBe(bytes.toString());
  });
});
