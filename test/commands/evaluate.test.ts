import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundledIrisPath } from '../../src/data/bundled.js';
import { acts } from '../arbitraries/hostile-text.js';
import { iris } from '../e2e/cli.js';

const folder = mkdtempSync(join(tmpdir(), 'iris-evaluate-'));
const model = join(folder, 'model.json');
const stump = join(folder, 'stump.json');
const table = readFileSync(bundledIrisPath(), 'utf8');

beforeAll(async () => {
  for (const args of [
    ['--out', model],
    ['--out', stump, '--max-depth', '1'],
  ]) {
    const { code, stderr } = await iris(['train', ...args]);
    expect([code, stderr]).toEqual([0, expect.anything()]);
  }
});

afterAll(() => rmSync(folder, { recursive: true }));

function evaluate(args: readonly string[], input = '') {
  return iris(['evaluate', '--model', model, ...args], { cwd: folder, input });
}

describe('iris evaluate', () => {
  it('scores the held-out rows of the bundled iris', async () => {
    const { code, stdout } = await evaluate([]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^model [0-9a-f]{12}: 30 held-out rows of iris\.csv\n/);
    expect(stdout).toMatch(/\naccuracy +0\.\d{4} +0\.\d{4} to \d\.\d{4}\n/);
    expect(stdout).toMatch(/\nnote: 30 rows are few: /);
  });

  it('ends with 1 when a gate fails, and lists each that failed with its value and its bound', async () => {
    const gates = ['accuracy>=0.5', 'accuracy>=1.01', 'recall[setosa] < 1'];
    const { code, stdout, stderr } = await evaluate(gates.flatMap((gate) => ['--gate', gate]));
    expect(code).toBe(1);
    expect(stdout).toMatch(/\npassed +accuracy>=0\.5 /);
    expect(stderr.split('\n').slice(1)).toEqual([
      expect.stringMatching(/^gate failed: accuracy>=1\.01: accuracy is 0\.\d+, expected at least 1\.01$/),
      'gate failed: recall[setosa] < 1: recall[setosa] is 1, expected below 1',
      'gates failed: 2 of 3',
      '',
    ]);
  });

  it('is told no verdict by the names in a model', async () => {
    const evil = 'no\npassed  accuracy>=0.9  accuracy is 1, expected at least 0.9\u001b[8m';
    const rows = Array.from({ length: 60 }, (_, row) => `${row},${row < 30 ? `"${evil}"` : 'yes'}`);
    const data = join(folder, 'evil.csv');
    const out = join(folder, 'evil.json');
    writeFileSync(data, `"size\nmodel 0",label\n${rows.join('\n')}\n`);
    const trained = await iris(['train', '--data', data, '--out', out], { cwd: folder });
    expect(trained.code).toBe(0);
    const gate = `recall[${JSON.stringify(evil)}]>1`;
    const { code, stdout, stderr } = await iris(['evaluate', '--model', out, '--data', data, '--gate', gate], {
      cwd: folder,
    });
    expect(code).toBe(1);
    for (const text of [trained.stdout, stdout, stderr]) expect(text.split('\n').some(acts)).toBe(false);
    expect(stdout).not.toMatch(/^passed/m);
    expect(stdout).toMatch(/^FAILED {2}recall\[/m);
    expect(stderr.split('\n')).toHaveLength(4);
  });

  it('prints one JSON document, with a failed gate too', async () => {
    const { code, stdout, stderr } = await evaluate(['--json', '--gate', 'accuracy>=1.01']);
    expect(code).toBe(1);
    const json = JSON.parse(stdout);
    expect(json).toMatchObject({ model: { path: model }, rows: 30, scored: 'holdout' });
    expect(json.gates).toEqual([{ gate: 'accuracy>=1.01', value: json.metrics.accuracy, passed: false }]);
    expect(stderr).toMatch(
      /\nnote: 30 rows are few: [^\n]+\ngate failed: accuracy>=1\.01: [^\n]+\ngates failed: 1 of 1\n$/,
    );
  });

  it('shows the place of an error in a gate, and ends with 2', async () => {
    const { code, stdout, stderr } = await evaluate(['--gate', 'accuracy=>0.9']);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr.split('\n').slice(1)).toEqual([
      '  accuracy=>0.9',
      '          ^',
      'error: gate "accuracy=>0.9": at character 9: expected >=, <=, > or <, found "=>0.9" (see iris evaluate --help)',
      '',
    ]);
  });

  it('cross-validates with progress to nobody when stderr is no terminal', async () => {
    const { code, stdout, stderr } = await evaluate([
      '--cross-validate',
      '5',
      '--repeats',
      '2',
      '--gate',
      'accuracy>=0.8',
    ]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/: all 150 rows of iris\.csv, 5-fold cross-validation, 2 repeats\n/);
    expect(stderr).toBe(`model: ${model} (--model)\n`);
  });

  it('compares with a baseline', async () => {
    const { code, stdout } = await evaluate([
      '--baseline',
      stump,
      '--gate',
      'accuracy>=baseline',
      '--format',
      'markdown',
    ]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^## Evaluation: 1 of 1 gate passed\n/);
    expect(stdout).toContain('| metric | value | 95 % interval | baseline |\n');
  });

  it('reads a table of any layout from standard input', async () => {
    const text = table.replaceAll(',', ';');
    const { code, stdout } = await evaluate(['--data', '-', '--delimiter', ';'], text);
    expect([code, stdout.split('\n')[0]]).toEqual([0, expect.stringMatching(/: 30 held-out rows of <stdin>$/)]);
  });

  it('writes JUnit XML on stdout, and notes on stderr', async () => {
    const { code, stdout, stderr } = await evaluate(['--format', 'junit', '--gate', 'accuracy>=0.5']);
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^<\?xml .*<testcase classname="iris\.gate" name="accuracy&gt;=0\.5"\/>\n.*<\/testsuites>\n$/s,
    );
    expect(stderr).toMatch(/\nnote: 30 rows are few: /);
  });

  it.each([
    [['--cross-validate', '1'], 2, /--cross-validate: expected an integer of at least 2, found "1"/],
    [['--repeats', '2'], 2, /--cross-validate/],
    [['--data', 'none.csv'], 66, /none\.csv/],
    [['--baseline', 'none.json'], 66, /none\.json/],
    [['--gate', 'accuracy>=baseline'], 2, /the gate "accuracy>=baseline" needs a baseline; --baseline FILE names one/],
  ])('%j ends with %i', async (args, expected, message) => {
    const { code, stdout, stderr } = await evaluate(args);
    expect([code, stdout]).toEqual([expected, '']);
    expect(stderr).toMatch(message);
  });

  it('names the line and the label of a class that the model never saw', async () => {
    const { code, stderr } = await evaluate(
      ['--data', '-'],
      `${table.split('\n').slice(0, 3).join('\n')}\n5,3,1,0.2,rosa\n`,
    );
    expect(code).toBe(65);
    expect(stderr).toContain('\n<stdin>:4: species: expected a class of the model, found "rosa"\n');
  });

  it('writes the report page beside its answer, also where a gate fails', async () => {
    const { code, stdout } = await evaluate(['--report', 'report.html', '--gate', 'accuracy>1', '--format', 'junit']);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^<\?xml .*failures="1"/s);
    const page = readFileSync(join(folder, 'report.html'), 'utf8');
    expect(page).toMatch(/^<!doctype html>\n.*1 of 1 gates failed\..*<\/html>\n$/s);
  });

  it('ends with 73 where the report cannot be written', async () => {
    const { code, stderr } = await evaluate(['--report', `${bundledIrisPath()}/report.html`]);
    expect(code).toBe(73);
    expect(stderr).toMatch(/iris\.csv\/report\.html: cannot be written: not a directory\n$/);
  });
});
