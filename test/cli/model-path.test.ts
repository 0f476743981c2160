import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { bundledModelPath, resolveModelPath } from '../../src/cli/model-path.js';

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

  it('is the bundled one where there is no other', () => {
    expect(resolveModelPath(undefined, {}, folder)).toEqual({ path: bundledModelPath(), reason: 'bundled' });
    expect(bundledModelPath()).toMatch(/[\\/]artifacts[\\/]iris\.json$/);
  });
});
