import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { irisJson } from '../../src/formats/iris-json/format.js';
import type { ModelFormat } from '../../src/formats/model-format.js';
import { readModelBytes } from '../../src/formats/registry.js';
import { ArtifactError } from '../../src/ground/errors.js';
import { irisModel } from '../server/models.js';

const model = irisModel();
const text = irisJson.write!(model);

/** A file of it is one line that names the model; everything is read as the same model. */
const toy: ModelFormat = {
  name: 'toy',
  recognizes: (bytes) => Buffer.from(bytes).toString('latin1', 0, 4) === 'toy:',
  read: () => model,
  write: null,
};

describe('the formats', () => {
  it('are told apart by what a file begins with', () => {
    const read = (content: string) => readModelBytes(Buffer.from(content), 'm', [toy, irisJson]);
    expect(read('toy: iris')).toBe(model);
    expect(read(text)).toEqual(model);
    expect(read(text)).not.toBe(model);
  });

  it.each([
    ['as it is written', text, true],
    ['on one line, behind a byte order mark', `\ufeff${JSON.stringify(JSON.parse(text))}`, true],
    ['of another kind', '{"learner": {}}', false],
    ['that is no text', '\0\x01', false],
  ])('recognize the own artifact: %s', (_, content, expected) => {
    expect(irisJson.recognizes(Buffer.from(content))).toBe(expected);
  });

  it('leave what nobody knows to the own artifact, which says what is wrong', () => {
    const read = () => readModelBytes(Buffer.from('x,y\n1,2\n'), 'table.csv', [toy, irisJson]);
    expect(read).toThrow(ArtifactError);
    expect(read).toThrow(/^table\.csv: not JSON: /);
  });

  it.each([
    ['xgboost-3.2.0-early-all.json', 'XGBoost JSON or UBJSON'],
    ['lightgbm-4.7.0-binary.txt', 'LightGBM text'],
    ['sklearn-1.9.1-boosted.skops', 'scikit-learn in skops'],
    ['onnx-lgb.onnx', 'ONNX'],
  ])('say of %s whose it is', (file, found) => {
    const bytes = readFileSync(new URL(`../fixtures/imports/${file}`, import.meta.url));
    expect(() => readModelBytes(bytes, 'm')).toThrow(`m: expected a model of iris, found ${found}: import it first`);
  });
});
