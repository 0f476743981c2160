import { describe, expect, it } from 'vitest';
import { readPredictions } from '../../src/client/infer-response.js';
import { modelInterface } from '../../src/client/model-interface.js';
import type { InferTensor } from '../../src/protocol/messages.js';

const label = (text: string, name = 'label'): InferTensor => ({
  name,
  datatype: 'BYTES',
  shape: [1],
  contents: { bytes_contents: [Buffer.from(text)] },
});

function read(outputs: readonly InferTensor[]) {
  const response = { model_name: 'iris', model_version: '1', id: '', outputs, raw_output_contents: [] };
  return readPredictions(response, 1, 'localhost:1');
}

describe('an answer', () => {
  it.each([
    ['no JSON', '{{'],
    ['no list', '{}'],
    ['a list of something else', '[null, 3, {}]'],
    ['a decision without a threshold', '[{"feature":"x","value":1,"wentLeft":true,"samples":2}]'],
    ['nested without end', '['.repeat(100_000) + ']'.repeat(100_000)],
  ])('whose path is %s is refused', (_, path) => {
    expect(() => read([label('a'), label(path, 'decision_path')])).toThrow(
      'the server gave a decision_path that is none: expected a JSON array of decisions',
    );
  });

  it('whose output label is no text has no label', () => {
    const numbers = { name: 'label', datatype: 'FP64', shape: [1], contents: { fp64_contents: [1] } };
    expect(() => read([numbers])).toThrow(
      'localhost:1: expected a label, a class index or probabilities per row, found label FP64',
    );
    expect(read([numbers, label('b', 'species')])[0]!.label).toBe('b');
  });

  it('with the name of a property of objects as datatype is refused', () => {
    expect(() => read([{ name: 'label', datatype: '__proto__', shape: [1] }])).toThrow(
      'localhost:1: output label: expected __proto__ [1] for 1 rows, found other bytes',
    );
  });
});

describe('a model', () => {
  it.each([
    ['wider than any table', [{ name: 'x', datatype: 'FP64', shape: [-1, 2 ** 53] }], 2 ** 53],
    [
      'with more inputs than a table has columns',
      Array.from({ length: 100_001 }, () => ({ name: 'x', datatype: 'FP64', shape: [-1] })),
      100_001,
    ],
  ])('%s is refused', (_, inputs, width) => {
    const metadata = { name: 'iris', versions: ['1'], platform: '', outputs: [], inputs };
    expect(() => modelInterface(metadata)).toThrow(`model iris: x: expected at most 100000 features, found ${width}`);
  });
});
