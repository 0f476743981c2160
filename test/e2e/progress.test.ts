import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { IRIS, iris, ROOT } from './cli.js';

const table = join(ROOT, 'data/iris.csv');
let cwd: string;
beforeAll(async () => {
  cwd = mkdtempSync(join(tmpdir(), 'iris-progress-'));
  await iris(['train', '-o', 'model.json'], { cwd });
});
afterAll(() => rmSync(cwd, { recursive: true }));

/** util-linux's, which runs a shell's line in a pseudo-terminal: other systems have one with other flags. */
const hasTerminal = spawnSync('script', ['--version'], { encoding: 'utf8' }).stdout?.includes('util-linux') === true;

/** What a terminal is sent by `iris` with these words, which a shell reads; ⌫ for `erase to the end of the line`. */
function inTerminal(words: string): string {
  const { IRIS_MODEL, ...env } = process.env;
  const line = `"${process.execPath}" "${IRIS}" ${words}`;
  const options = { cwd, env: { ...env, TERM: 'xterm' }, encoding: 'utf8' } as const;
  return execFileSync('script', ['-qec', line, '/dev/null'], options).replaceAll('\u001b[K', '⌫');
}

/** The parts of the work that were named, in their order. */
function phases(sent: string): string[] {
  const named = [...sent.matchAll(/\r([a-z-]+)[^\r\n]*⌫/g)].map(([, phase]) => phase!);
  return named.filter((phase, i) => phase !== named[i - 1]);
}

/** What is left to see once each line was rewritten. */
function seen(sent: string): string {
  return sent
    .replaceAll(/[^\n]*⌫/g, '')
    .replaceAll('\r', '')
    .trim();
}

describe.runIf(hasTerminal)('a terminal is told how far a command is', () => {
  it('by train: each part of the work by its name, and nothing of it is left', async () => {
    const sent = inTerminal('train');
    expect(phases(sent)).toEqual(['reading', 'hashing', 'splitting', 'fitting', 'measuring', 'writing']);
    expect(seen(sent)).toBe((await iris(['train'], { cwd })).stdout.trim());
  });

  it('by evaluate', () => {
    expect(phases(inTerminal('evaluate -m model.json'))).toEqual(['loading', 'reading', 'measuring']);
    expect(phases(inTerminal('evaluate -m model.json --cross-validate 3 --report report.html'))).toEqual([
      'loading',
      'reading',
      'cross-validating',
      'writing',
    ]);
  });

  it('by verify', () => {
    expect(phases(inTerminal('verify model.json'))).toEqual([
      'loading',
      'reading',
      'hashing',
      'splitting',
      'fitting',
      'measuring',
    ]);
  });

  it('by predict, where its rows go elsewhere', () => {
    const sent = inTerminal(`predict -m model.json --file "${table}" > rows.txt`);
    expect(phases(sent)).toEqual(['loading', 'predicting']);
    expect(seen(sent)).toMatch(/^model: model.json, version [0-9a-f]{12} \(--model\)$/);
    expect(readFileSync(join(cwd, 'rows.txt'), 'utf8').trim().split('\n')).toHaveLength(151);
    expect(phases(inTerminal(`predict -m model.json --file "${table}"`))).toEqual(['loading']);
  });

  it('by inspect, of which nothing is left before the tree', async () => {
    const sent = inTerminal('inspect model.json --json');
    expect(phases(sent)).toEqual(['loading']);
    expect(seen(sent)).toBe((await iris(['inspect', 'model.json', '--json'], { cwd })).stdout.trim());
  });

  it('but warnings have lines of their own', () => {
    const rows = Array.from({ length: 40 }, (_, row) => `${row},${row % 7},${row % 2 ? 'a' : 'b'}`);
    writeFileSync(join(cwd, 'ids.csv'), ['id,x,y', ...rows].join('\n'));
    const lines = seen(inTerminal('train -d ids.csv')).split('\n');
    expect(lines.filter((line) => line.startsWith('warning: ids.csv: id: '))).toHaveLength(1);
    expect(lines.filter((line) => /reading|fitting|measuring/.test(line))).toEqual([]);
  });
});

describe('a command without a terminal', () => {
  it('says nothing of how far it is', async () => {
    expect((await iris(['train', '-d', '-', '-o', 'again.json'], { cwd, input: readFileSync(table) })).stderr).toBe('');
  });
});
