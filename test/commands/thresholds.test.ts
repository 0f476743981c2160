import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { iris } from '../e2e/cli.js';

/** Values of one decimal whose midpoint, 10.149999999999999 as a double, has two. */
const ages = [10.1, 10.2].flatMap((age) => Array.from({ length: 20 }, () => `${age},${age === 10.1 ? 'no' : 'yes'}`));
let model: string;

async function outputOf(...args: string[]): Promise<string> {
  const { code, stdout } = await iris(args);
  expect(code).toBe(0);
  return stdout;
}

beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'iris-thresholds-'));
  model = join(folder, 'model.json');
  await writeFile(join(folder, 'ages.csv'), `age,grown\n${ages.join('\n')}\n`);
  await outputOf('train', '--data', join(folder, 'ages.csv'), '--out', model);
});

describe('a threshold', () => {
  it.each([
    ['text', 'age <= 10.15', 'age <= 10.149999999999999'],
    ['dot', 'age <= 10.15\\n', 'age <= 10.149999999999999\\n'],
    ['mermaid', 'age #60;#61; 10.15<br>', 'age #60;#61; 10.149999999999999<br>'],
    ['svg', 'age ≤ 10.15;', 'age ≤ 10.149999999999999;'],
  ])('has as few digits as separate the training values in %s, and all on demand', async (format, short, precise) => {
    expect(await outputOf('inspect', model, '--format', format)).toContain(short);
    expect(await outputOf('inspect', model, '--format', format, '--precise')).toContain(precise);
  });

  it('has them in an explanation too, and all of them in JSON', async () => {
    const predict = (...args: string[]) => outputOf('predict', '10.1', '--model', model, '--explain', ...args);
    expect(await predict()).toBe('label\nno\n  age 10.1 <= 10.15\n');
    expect(await predict('--precise')).toBe('label\nno\n  age 10.1 <= 10.149999999999999\n');
    const [{ path }] = JSON.parse(await predict('--json'));
    expect(path).toEqual([expect.objectContaining({ threshold: 10.149999999999999, words: 'age 10.1 <= 10.15' })]);
  });
});
