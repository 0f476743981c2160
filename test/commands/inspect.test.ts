import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { iris } from '../e2e/cli.js';

const bundled = fileURLToPath(new URL('../../artifacts/iris.json', import.meta.url));
const toy = fileURLToPath(new URL('../fixtures/artifact/version-1.json', import.meta.url));
const inspect = (...args: string[]) => iris(['inspect', ...args]);

describe('iris inspect', () => {
  it('shows the tree without colours where nobody sees them, and marks the path of a row', async () => {
    const { code, stderr, stdout } = await inspect(bundled, '--explain', '5.0,3.6,1.3,0.25');
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(
      /\n\* 120 training rows +\[40, 40, 40\]\n\* ├── petal_length <= 2\.45 +\[40, 0, 0\] {2}setosa\n/,
    );
    expect(stdout).not.toContain('\u001b');
  });

  it('explains a row with a category and a missing value', async () => {
    const { stdout } = await inspect(toy, '--explain', '1,?,green');
    const marked = stdout.split('\n').filter((line) => line.startsWith('* '));
    expect(marked.map((line) => line.replace(/ +\[.*\]/, ''))).toEqual([
      '* 20 training rows',
      '* ├── size <= 1.5',
      '* │   └── color in {green}  yes',
    ]);
  });

  it('has importances of falling weight that sum to 1 in its JSON', async () => {
    const { importances, model } = JSON.parse((await inspect(bundled, '--json')).stdout);
    expect(model).toMatchObject({ path: bundled, sha256: JSON.parse(readFileSync(bundled, 'utf8')).sha256 });
    const weights = importances.map(({ importance }: { importance: number }) => importance);
    expect(weights.reduce((sum: number, weight: number) => sum + weight)).toBeCloseTo(1, 12);
    expect(weights).toEqual([...weights].sort((a, b) => b - a));
  });

  it.each([
    ['dot', /^digraph tree \{\n.*\}\n$/s],
    ['mermaid', /^flowchart TD\n {2}n0\[.*\n$/s],
    ['svg', /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" .*<\/svg>\n$/s],
  ])('draws %s', async (format, shape) => {
    expect((await inspect(toy, '--format', format)).stdout).toMatch(shape);
  });

  it('lights the path of a row in the svg', async () => {
    const { stdout } = await inspect(toy, '--format', 'svg', '--explain', '1,?,green');
    expect(stdout).toContain('The highlighted path: size ≤ 1.5, color green, predicts yes.</desc>');
  });

  it('compares with another model', async () => {
    const { code, stdout } = await inspect(bundled, toy);
    expect(code).toBe(0);
    expect(stdout).toContain('\n  root: petal_length <= 2.45 → size <= 1.5\n');
    expect(JSON.parse((await inspect(toy, toy, '--json')).stdout)).toMatchObject({ facts: [], splits: [] });
  });

  it.each<[string[], number, RegExp]>([
    [[toy, '--depth', '2', '--format', 'dot'], 2, /^error: --depth: expected --format text, found dot/],
    [[toy, '--explain', '1,2'], 2, /^error: expected 3 values \(size, weight, color\), found 2 /],
    [[toy, '--explain', '?,2,red'], 65, /^[^\n]*size: expected a value, as none was missing in training[^\n]*\n$/],
    [[toy, toy, '--format', 'dot'], 2, /^error: a comparison is text, or --json: /],
    [['none.json'], 66, /^none\.json: cannot be read: no such file or directory\n$/],
  ])('refuses %j', async (args, exit, message) => {
    const { code, stderr, stdout } = await inspect(...args);
    expect([code, stdout]).toEqual([exit, '']);
    expect(stderr).toMatch(message);
  });
});
