import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundledIrisPath } from '../../src/data/bundled.js';
import { iris } from '../e2e/cli.js';
import { sealed } from '../formats/iris-json/document.js';

const cwd = mkdtempSync(join(tmpdir(), 'iris-verify-'));
const bundled = new URL('../../artifacts/iris.json', import.meta.url);
const table = readFileSync(bundledIrisPath(), 'utf8');
const version = JSON.parse(readFileSync(bundled, 'utf8')).sha256.slice(0, 12);
const verify = (args: readonly string[], input = '') => iris(['verify', ...args], { cwd, input });

beforeAll(() => {
  const document = JSON.parse(readFileSync(bundled, 'utf8'));
  writeFileSync(join(cwd, 'iris.json'), readFileSync(bundled));
  writeFileSync(join(cwd, 'compact.json'), JSON.stringify(document));
  document.provenance.metrics.train.accuracy = 0.5;
  writeFileSync(join(cwd, 'forged.json'), sealed(document));
  writeFileSync(join(cwd, 'other.csv'), table.replace('5.1,3.5', '5.2,3.5'));
});

afterAll(() => rmSync(cwd, { recursive: true }));

describe('iris verify', () => {
  const same = { code: 0, stdout: `iris.json: cart/1 gives the same bytes again, version ${version}\n`, stderr: '' };

  it('comes to the same bytes from the bundled table, a file, and standard input', async () => {
    expect(await verify(['iris.json'])).toEqual(same);
    expect(await verify(['iris.json', '--data', bundledIrisPath(), '--jobs', '2'])).toEqual(same);
    expect(await verify(['iris.json', '--data', '-'], table)).toEqual(same);
  });

  it('ends with 1 and the difference when they differ', async () => {
    expect(await verify(['forged.json'])).toEqual({
      code: 1,
      stdout: '',
      stderr: 'forged.json: provenance.metrics.train.accuracy: expected 1 as retrained, found 0.5 (1 more)\n',
    });
    expect(await verify(['compact.json'])).toEqual({
      code: 1,
      stdout: '',
      stderr: 'compact.json: expected the bytes that training gives, found the same model in another layout\n',
    });
  });

  it('prints one JSON document, whatever comes out', async () => {
    const run = await verify(['forged.json', '--json']);
    expect(run.code).toBe(1);
    expect(JSON.parse(run.stdout)).toMatchObject({
      verified: false,
      differences: [{ path: 'provenance.metrics.train.accuracy', recorded: 0.5, retrained: 1 }, { path: 'sha256' }],
    });
    expect(JSON.parse((await verify(['iris.json', '--json'])).stdout)).toMatchObject({
      verified: true,
      differences: [],
    });
  });

  it('refuses another table, and does not guess at one', async () => {
    const other = await verify(['iris.json', '--data', 'other.csv']);
    expect([other.code, other.stdout]).toEqual([65, '']);
    expect(other.stderr).toMatch(
      /^other\.csv: expected the table that the model was trained on, SHA-256 \w{64}, found \w{64}\n$/,
    );
    writeFileSync(join(cwd, 'table.csv'), table.replace('sepal_length', 'length'));
    await iris(['train', '--data', 'table.csv', '--out', 'table.json'], { cwd });
    expect(await verify(['table.json'])).toEqual({
      code: 2,
      stdout: '',
      stderr:
        'error: the model was not trained on the bundled iris; --data FILE names its table (see iris verify --help)\n',
    });
  });

  it('refuses a file that is no model', async () => {
    writeFileSync(join(cwd, 'cut.json'), readFileSync(bundled).subarray(0, 100));
    const { code, stderr } = await verify(['cut.json']);
    expect(code).toBe(65);
    expect(stderr).toMatch(/^cut\.json: not JSON: [^\n]+\n$/);
  });
});
