import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { iris, ROOT } from '../e2e/cli.js';

const cwd = mkdtempSync(join(tmpdir(), 'iris-export-'));
const exportTo = (...args: string[]) => iris(['export', 'iris.json', ...args], { cwd });

beforeAll(() => cpSync(join(ROOT, 'artifacts/iris.json'), join(cwd, 'iris.json')));
afterAll(() => rmSync(cwd, { recursive: true }));

it('writes a file and those that lie beside it, and names them', async () => {
  expect(await exportTo('--format', 'js', '--out', 'new/iris.mjs', '--with-test')).toEqual({
    code: 0,
    stdout: 'new/iris.mjs\nnew/iris.d.mts\nnew/iris.test.mjs\nnew/iris.vectors.tsv\n',
    stderr: '',
  });
  const { classNames, encode, predict } = await import(join(cwd, 'new/iris.mjs'));
  expect(classNames).toEqual(['setosa', 'versicolor', 'virginica']);
  const flower = { sepal_length: 5, sepal_width: 3.6, petal_length: 1.3, petal_width: 0.25 };
  expect(predict(encode(flower))).toEqual({ classIndex: 0, label: 'setosa', probabilities: [1, 0, 0], leaf: 1 });
});

it('says as JSON what it wrote', async () => {
  const { stdout } = await exportTo('--format', 'vectors', '--out', 'iris.tsv', '--json');
  expect(JSON.parse(stdout)).toEqual({ format: 'vectors', version: 'b50162efa05f', paths: ['iris.tsv'] });
});

it('does not write over the model', async () => {
  const before = readFileSync(join(cwd, 'iris.json'), 'utf8');
  const { code, stderr } = await exportTo('--format', 'vectors', '--out', './iris.json');
  expect({ code, stderr }).toEqual({
    code: 2,
    stderr: expect.stringContaining('--out: expected a file that is not read, found ./iris.json, the model'),
  });
  expect(readFileSync(join(cwd, 'iris.json'), 'utf8')).toBe(before);
});

it('says which other name a file could have', async () => {
  const { code, stderr } = await exportTo('--format', 'python', '--out', 'new/math.py', '--with-test');
  expect({ code, stderr }).toEqual({
    code: 2,
    stderr: expect.stringContaining(
      '--out: expected a file with another name than a module of the standard library, which it would hide, found math.py; --out math_model.py works',
    ),
  });
  expect(existsSync(join(cwd, 'new/math.py'))).toBe(false);
});
