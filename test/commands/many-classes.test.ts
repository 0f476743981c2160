import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { iris } from '../e2e/cli.js';

const CLASSES = 100;
let table: string;
let model: string;
let trained: string;

async function linesOf(...args: string[]): Promise<string[]> {
  const { code, stdout } = await iris(args);
  expect(code).toBe(0);
  return stdout.split('\n');
}

beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'iris-classes-'));
  [table, model] = [join(folder, 'table.csv'), join(folder, 'model.json')];
  const rows = Array.from({ length: 3 * CLASSES }, (_, row) => `${row % CLASSES},${row % 7},class ${row % CLASSES}`);
  await writeFile(table, `x,y,name\n${rows.join('\n')}\n`);
  trained = (await linesOf('train', '--data', table, '--out', model, '--min-samples-leaf', '6')).join('\n');
});

describe('a model of many classes', () => {
  it('is summarized in short lines', async () => {
    const outputs = [
      trained.split('\n'),
      await linesOf('inspect', model),
      await linesOf('inspect', model, '--depth', '0'),
      await linesOf('inspect', model, '--format', 'dot'),
      await linesOf('inspect', model, '--format', 'mermaid'),
      await linesOf('evaluate', '--model', model, '--data', table),
      await linesOf('evaluate', '--model', model, '--data', table, '--format', 'markdown'),
      await linesOf('predict', '5', '5', '--model', model, '--probabilities', '--explain'),
    ];
    for (const lines of outputs) expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(400);
    expect(trained).toMatch(/\nclasses {4}class 0, class 1, .*, … \(100 in all\)\n/);
    expect(outputs[1]!.length).toBeLessThan(70);
    expect(outputs[5]!.length).toBeLessThan(100);
    expect(outputs[5]).toContain('the 24 of 100 classes with the lowest F1');
    expect(outputs[7]![1]).toMatch(
      /^class \d+ {2}class \d+ 0\.\d{4}, class \d+ 0\.\d{4}, class \d+ 0\.\d{4}, … 97 more/,
    );
  });

  it('shows as much of its tree as fits a screen, and says how to see more', async () => {
    const treeOf = (lines: readonly string[]) => lines.filter((line) => /^\d+ training rows|── /.test(line));
    const all = treeOf(await linesOf('inspect', model, '--depth', '0'));
    const lines = await linesOf('inspect', model);
    const shown = treeOf(lines);
    expect(shown.length).toBeLessThanOrEqual(24);
    expect(lines).toContain(`… ${all.length - shown.length} more nodes, --depth 0 shows all`);
    const root = treeOf(await linesOf('inspect', model, '--depth', '1'));
    expect(root).toHaveLength(3);
    const folded = root.map((line) => Number(/… (\d+) nodes below$/.exec(line)?.[1] ?? 0));
    expect(folded.reduce((sum, count) => sum + count)).toBe(all.length - 3);
  });

  it('shows the whole path of an explained row', async () => {
    const lines = await linesOf('inspect', model, '--depth', '1', '--explain', '99,0');
    const path = lines.filter((line) => line.startsWith('* '));
    expect(path.length).toBeGreaterThan(3);
    expect(path.at(-1)).toMatch(/ class \d+$/);
  });
});
