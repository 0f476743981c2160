import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { iris } from '../e2e/cli.js';
import { FIXTURES } from '../formats/fixtures.js';

const cwd = mkdtempSync(join(tmpdir(), 'iris-import-'));
afterAll(() => rmSync(cwd, { recursive: true }));

const file = join(FIXTURES, 'xgboost-3.2.0-binary.json');

describe('iris import', () => {
  it('writes a model, which is inspected as one', async () => {
    const run = await iris(['import', file, '--class-names', 'no,yes', '--out', 'm.json', '--json'], { cwd });
    expect([run.code, run.stderr]).toEqual([0, `${file}: the file has no names of features: they are numbered\n`]);
    const found = JSON.parse(run.stdout);
    expect(found).toMatchObject({
      kind: 'boosted',
      trees: { count: 4, depth: 3 },
      source: { library: 'xgboost', version: '3.2.0', iterations: 4 },
      features: ['f0', 'f1', 'f2', 'f3'],
      classes: ['no', 'yes'],
      notes: ['the file has no names of features: they are numbered'],
      rounds: { taken: 4, count: 4 },
    });
    expect(JSON.parse(readFileSync(join(cwd, 'm.json'), 'utf8')).sha256).toBe(found.model.sha256);
    const inspected = await iris(['inspect', 'm.json', '--tree', '3'], { cwd });
    expect(inspected.stdout).toContain('kind     boosted: the sum of the trees, then a sigmoid\n');
    expect(inspected.stdout).toMatch(/\ntree 3\nmargins\n├── f\d (<|>=) /);
  });

  it('writes a model that is verified by its answers, and not by a table', async () => {
    const [verified, json, table] = await Promise.all([
      iris(['verify', 'm.json'], { cwd }),
      iris(['verify', 'm.json', '--json'], { cwd }),
      iris(['verify', 'm.json', '--data', 'any.csv'], { cwd }),
    ]);
    expect(verified).toMatchObject({ code: 0, stderr: '' });
    expect(verified.stdout).toMatch(
      /^m\.json: it has its hash and answers its \d+ verification rows as recorded, version \w{12}; it was imported, so no training can be repeated\n$/,
    );
    expect(JSON.parse(json.stdout)).toMatchObject({ verified: true, by: 'answers', differences: [] });
    expect(table).toMatchObject({ code: 2, stdout: '' });
    expect(table.stderr).toContain(
      '--data: expected none, as the model was imported: there is no training to repeat, found any.csv',
    );
  });

  it('says what it cannot read, and what does not belong to a model of more than one tree', async () => {
    expect(await iris(['import', file], { cwd })).toMatchObject({ code: 2 });
    const [other, tree, drawing] = await Promise.all([
      iris(['import', join(FIXTURES, 'make.py'), '--out', 'x.json'], { cwd }),
      iris(['inspect', 'm.json', '--tree', '4'], { cwd }),
      iris(['inspect', 'm.json', '--format', 'svg'], { cwd }),
    ]);
    expect(other).toMatchObject({ code: 65, stderr: expect.stringContaining('found another file') });
    expect(tree).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--tree: expected a tree from 0 to 3, found 4'),
    });
    expect(drawing).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--tree: expected a tree from 0 to 3, found none to draw'),
    });
  });
});
