import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bundledIrisPath } from '../../src/data/bundled.js';
import { IRIS, iris, start } from '../e2e/cli.js';

let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'iris-train-'));
});
afterEach(() => rmSync(cwd, { recursive: true }));

const committed = readFileSync(new URL('../../artifacts/iris.json', import.meta.url), 'utf8');
const table = readFileSync(bundledIrisPath(), 'utf8');
const train = (args: readonly string[] = [], input = '') => iris(['train', ...args], { cwd, input });

describe('iris train', () => {
  it('writes the committed artifact in an empty folder, and reports it', async () => {
    const { code, stderr, stdout } = await train();
    expect([code, stderr]).toEqual([0, '']);
    expect(readFileSync(join(cwd, 'artifacts', 'iris.json'), 'utf8')).toBe(committed);
    expect(stdout).toMatch(/^trained on 120 of 150 rows of iris\.csv\nclasses {4}setosa, versicolor, virginica\n/);
    expect(stdout).toMatch(new RegExp(`\nmodel +artifacts/iris.json\nsha256 +${JSON.parse(committed).sha256}\n$`));
  });

  it('writes the same from a file with CRLF, a BOM and quotes, and from standard input', async () => {
    writeFileSync(join(cwd, 'iris.csv'), `\ufeff${table.replaceAll('setosa', '"setosa"').replaceAll('\n', '\r\n')}`);
    expect((await train(['--data', 'iris.csv', '--jobs', '2'])).code).toBe(0);
    expect(readFileSync(join(cwd, 'artifacts', 'iris.json'), 'utf8')).toBe(committed);
    expect((await train(['--data', '-'], table)).code).toBe(0);
    expect(readFileSync(join(cwd, 'artifacts', 'stdin.json'), 'utf8')).toBe(committed);
  });

  it('prints one JSON document', async () => {
    const { stdout } = await train(['--json', '--out', 'a/b.json']);
    const { timing, ...json } = JSON.parse(stdout);
    const { classes, features, provenance, sha256 } = JSON.parse(committed);
    expect(json).toEqual({
      model: { path: 'a/b.json', sha256, version: sha256.slice(0, 12) },
      tree: { nodes: 13, leaves: 7, depth: 5 },
      rows: provenance.training.rows,
      features: features.map(({ name }: { name: string }) => name),
      classes,
      metrics: provenance.metrics,
      warnings: [],
    });
    expect(timing).toEqual({ readMs: expect.any(Number), fitMs: expect.any(Number) });
    expect(readFileSync(join(cwd, 'a', 'b.json'), 'utf8')).toBe(committed);
  });

  it('takes a table as it is described: delimiter, header, target, features, categories', async () => {
    const lines = Array.from(
      { length: 40 },
      (_, row) => `${row % 2 ? 'yes' : 'no'};${row % 3};${(row * 7) % 11};${row % 4}`,
    );
    writeFileSync(join(cwd, 'shop.tsv'), ['sold;code;price;junk', ...lines].join('\n'));
    const columns = ['--target', 'sold', '--ignore', 'junk', '--categorical', 'code'];
    const { code, stderr } = await train(['--data', 'shop.tsv', '--delimiter', ';', ...columns]);
    expect([code, stderr]).toEqual([0, '']);
    const { features, provenance } = JSON.parse(readFileSync(join(cwd, 'artifacts', 'shop.json'), 'utf8'));
    expect(features.map(({ kind, name }: { kind: string; name: string }) => [name, kind])).toEqual([
      ['code', 'category'],
      ['price', 'number'],
    ]);
    expect(provenance.training.target).toBe('sold');
  });

  it('hands every parameter to the training', async () => {
    const asked = {
      criterion: 'entropy',
      maxDepth: 3,
      minSamplesSplit: 8,
      minSamplesLeaf: 2,
      maxLeafNodes: 5,
      minImpurityDecrease: 0.01,
      ccpAlpha: 0.001,
      seed: 3,
      holdout: 0.3,
    };
    const flags = Object.entries(asked).map(
      ([key, value]) => `--${key.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)}=${value}`,
    );
    expect((await train([...flags, '--class-weight', 'setosa=2', '--out', 'm.json'])).code).toBe(0);
    const { provenance } = JSON.parse(readFileSync(join(cwd, 'm.json'), 'utf8'));
    expect(provenance.training).toMatchObject({ ...asked, engine: 'cart/1', classWeight: [2, 1, 1] });
  });

  it('keeps what tells of single rows out of a private model, which is verified and evaluated like any other', async () => {
    expect((await train(['--private', '--out', 'p.json'])).code).toBe(0);
    const [own, open] = [readFileSync(join(cwd, 'p.json'), 'utf8'), committed].map((text) => JSON.parse(text));
    expect(own.model).toEqual(open.model);
    expect(Object.keys(open.provenance)).toContain('sketch');
    expect(Object.keys(own.provenance)).not.toContain('sketch');
    const [first] = own.provenance.summaries;
    expect(open.provenance.summaries[0]).toMatchObject({ min: 4.3, max: 7.9 });
    // The ends of the histogram that is not there.
    expect(first).toEqual({ min: 4.2, max: 8, spread: open.provenance.summaries[0].spread, missing: 0 });
    expect((await iris(['verify', 'p.json'], { cwd })).code).toBe(0);
    const evaluated = await iris(['evaluate', '--model', 'p.json'], { cwd });
    expect(evaluated.stdout).toMatch(/^model \w+: 30 held-out rows of iris\.csv\n/);
  });

  it('shows the pruning path when asked', async () => {
    expect((await train(['--pruning-path'])).stdout).toMatch(
      /\n\n +ccp-alpha +leaves +impurity +error\n +0 +7 +0\.000000 /,
    );
  });

  it('grows a tree with ml-cart, and says what that cannot do', async () => {
    expect((await train(['--engine', 'ml-cart'])).code).toBe(0);
    expect(await train(['--engine', 'ml-cart', '--criterion', 'entropy'])).toEqual({
      code: 2,
      stdout: '',
      stderr:
        'error: --criterion: expected gini, as the engine ml-cart has no such parameter, found entropy (see iris train --help)\n',
    });
    expect(await train(['--engine', 'ml-cart', '--pruning-path'])).toEqual({
      code: 2,
      stdout: '',
      stderr:
        'error: --pruning-path: expected false, as the engine ml-cart does not prune, found true (see iris train --help)\n',
    });
    writeFileSync(join(cwd, 'hole.csv'), table.replace(/(?<=\n)[^,]+/, ''));
    expect(await train(['--engine', 'ml-cart', '--data', 'hole.csv', '--holdout', '0'])).toEqual({
      code: 2,
      stdout: '',
      stderr:
        'error: engine ml-cart: feature sepal_length: expected a number in every row; found none at hole.csv:2; --engine cart takes missing values (see iris train --help)\n',
    });
  });

  it('says of memory for a file how much was given, as it was', async () => {
    expect((await train(['--memory', '1MB'])).stderr).toBe(
      'error: --memory: expected none, as no engine can count the rows of a file, found 1.0 MB (see iris train --help)\n',
    );
  });

  it('warns on stderr of a class too small to split, and works', async () => {
    writeFileSync(join(cwd, 'rare.csv'), `${table.trimEnd()}\n5,3,2,1,rare\n`);
    const { code, stderr } = await train(['--data', 'rare.csv']);
    expect(code).toBe(0);
    expect(stderr).toMatch(/^(warning: [^\n]*class "rare" has [^\n]+\n)+$/);
  });

  it.each<[string, string[], number, string]>([
    ['no such file', ['--data', 'none.csv'], 66, 'none.csv: expected a file, found none\n'],
    [
      'holding everything out',
      ['--holdout', '1'],
      2,
      'error: --holdout: expected a number of at least 0 and below 1, found 1 (see iris train --help)\n',
    ],
    [
      'no jobs',
      ['--jobs', '0'],
      2,
      'error: --jobs: expected an integer from 1 to 1024, found "0" (see iris train --help)\n',
    ],
    ['no name for the model', ['--out', ''], 2, 'error: --out: expected a file, found "" (see iris train --help)\n'],
    ['a stream for the model', ['--out', '-'], 2, 'error: --out: expected a file, found "-" (see iris train --help)\n'],
    [
      'a file for a folder',
      ['--out', 'table.csv/m.json'],
      73,
      'table.csv/m.json: cannot be written: not a directory\n',
    ],
  ])('refuses %s', async (_, args, exit, message) => {
    writeFileSync(join(cwd, 'table.csv'), '');
    expect(await train(args)).toEqual({ code: exit, stdout: '', stderr: message });
    expect(readdirSync(cwd)).toEqual(['table.csv']);
  });

  it('leaves the old file as it was when the new one does not fit', async () => {
    writeFileSync(join(cwd, 'm.json'), 'old');
    // One block of 512 or 1024 bytes a file: less than any model.
    const child = spawn('sh', ['-c', `ulimit -f 1; exec "${process.execPath}" "${IRIS}" train --out m.json`], { cwd });
    let stderr = '';
    child.stderr.on('data', (chunk) => {
      stderr += chunk;
    });
    const [code] = await once(child, 'close');
    expect([code, stderr]).toEqual([73, 'm.json: cannot be written: file too large\n']);
    expect(readdirSync(cwd)).toEqual(['m.json']);
    expect(readFileSync(join(cwd, 'm.json'), 'utf8')).toBe('old');
  });

  it('ends with 130 and writes nothing when it is interrupted', async () => {
    const child = start(['train', '--data', '-'], { cwd });
    const closed = once(child, 'close');
    // More than a pipe holds: once it is through, the command is reading.
    await new Promise<void>((resolve) => child.stdin!.write(table.repeat(100), () => resolve()));
    child.kill('SIGINT');
    child.stdin!.on('error', () => {});
    expect((await closed)[0]).toBe(130);
    expect(readdirSync(cwd)).toEqual([]);
  });

  it('ends with 130 and writes nothing when it is interrupted while it fits categories of many classes', async () => {
    const cell = (row: number, column: number) => `v${Math.imul(row + 1, 2654435761 + column * 97) >>> 29}`;
    const rows = Array.from({ length: 20_000 }, (_, row) => {
      const cells = [0, 1, 2, 3, 4].map((column) => cell(row, column));
      // The class of two rows brings a warning, which comes just before the fit.
      return `${cells.join(',')},class ${row < 2 ? 'rare' : Math.imul(row, 40503) & 255}\n`;
    });
    writeFileSync(join(cwd, 'table.csv'), `a,b,c,d,e,class\n${rows.join('')}`);
    const options = ['--criterion', 'entropy', '--class-weight', 'balanced', '--ccp-alpha', 'auto'];
    const child = start(['train', '--data', 'table.csv', ...options], { cwd });
    const closed = once(child, 'close');
    await once(child.stderr!, 'data');
    child.kill('SIGINT');
    expect((await closed)[0]).toBe(130);
    expect(readdirSync(cwd)).toEqual(['table.csv']);
  });
});
