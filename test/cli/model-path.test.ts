import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { bundledModelPath, resolveModelPath } from '../../src/cli/model-path.js';
import { InputError } from '../../src/ground/errors.js';

const folder = mkdtempSync(join(tmpdir(), 'iris-model-path-'));
mkdirSync(join(folder, 'with', 'artifacts'), { recursive: true });
writeFileSync(join(folder, 'with', 'artifacts', 'iris.json'), '{}');
afterAll(() => rmSync(folder, { recursive: true }));

describe('which model', () => {
  it.each([
    ['a.json', { IRIS_MODEL: 'b.json' }, { path: 'a.json', reason: '--model' }],
    [undefined, { IRIS_MODEL: 'b.json' }, { path: 'b.json', reason: 'IRIS_MODEL' }],
    [undefined, { IRIS_MODEL: '' }, { path: 'artifacts/iris.json', reason: './artifacts/iris.json' }],
  ])('--model %s and %j', (flag, env, chosen) => {
    expect(resolveModelPath(flag, env, join(folder, 'with'))).toEqual(chosen);
  });

  it('is the one .json file of a folder, whatever else is there', () => {
    const models = join(folder, 'models');
    mkdirSync(models);
    const error = (found: string) =>
      new InputError(`${models}: expected one .json file in this folder, found ${found}`);
    writeFileSync(join(models, 'README.md'), '');
    expect(() => resolveModelPath(models, {})).toThrow(error('none'));
    writeFileSync(join(models, 'wine.json'), '{}');
    expect(resolveModelPath(models, {})).toEqual({ path: join(models, 'wine.json'), reason: '--model' });
    expect(resolveModelPath(undefined, { IRIS_MODEL: models })).toMatchObject({ path: join(models, 'wine.json') });
    writeFileSync(join(models, 'iris.json'), '{}');
    expect(() => resolveModelPath(models, {})).toThrow(error('2'));
  });

  it('is not looked for behind a path that the system refuses', () => {
    const path = 'n'.repeat(5000);
    expect(() => resolveModelPath(path, {})).toThrow(`${path}: cannot be read: name too long`);
  });

  it('is the bundled one where there is no other', () => {
    expect(resolveModelPath(undefined, {}, folder)).toEqual({ path: bundledModelPath(), reason: 'bundled' });
    expect(bundledModelPath()).toMatch(/[\\/]artifacts[\\/]iris\.json$/);
  });
});
