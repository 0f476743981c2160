import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT } from './e2e/cli.js';

let folder: string;
let count = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'iris-imports-'));
});

afterAll(() => rm(folder, { recursive: true }));

/** What the list of allowed imports says of these files. */
async function check(files: Readonly<Record<string, string>>): Promise<string> {
  const root = join(folder, String(count++));
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
  const script = join(ROOT, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
  const args = [script, '--config', join(ROOT, '.dependency-cruiser.mjs'), '--output-type', 'err', 'src'];
  return new Promise((resolve) => execFile(process.execPath, args, { cwd: root }, (_, stdout) => resolve(stdout)));
}

const errors = 'export class IrisError extends Error {}\n';

describe('the list of allowed imports', () => {
  it('takes what it allows, types and a room of its own among it', async () => {
    const found = await check({
      'src/ground/errors.ts': errors,
      'src/data/dataset.ts': "import { IrisError } from '../ground/errors.js';\nexport type Dataset = IrisError;\n",
      'src/data/columns.ts': "import type { Dataset } from './dataset.js';\nexport type Column = Dataset;\n",
    });
    expect(found).toContain('no dependency violations found');
  });

  it.each([
    [
      'a room that it does not name',
      { 'src/nova/a.ts': "import { IrisError } from '../ground/errors.js';\nexport const a = IrisError;\n" },
      'not-in-allowed: src/nova/a.ts → src/ground/errors.ts',
    ],
    [
      'a room that it does not name, alone',
      { 'src/nova/a.ts': 'export const a = 1;\n' },
      'no-unknown-room: src/nova/a.ts',
    ],
    [
      'a room that imports one above it',
      {
        'src/data/b.ts': "import type { C } from '../training/c.js';\nexport type B = C;\n",
        'src/training/c.ts': 'export type C = 1;\n',
      },
      'not-in-allowed: src/data/b.ts → src/training/c.ts',
    ],
    [
      'a circle, of types too',
      {
        'src/data/d.ts': "import type { E } from './e.js';\nexport type D = E;\n",
        'src/data/e.ts': "import type { D } from './d.js';\nexport type E = D;\n",
      },
      'no-circle: src/data/d.ts',
    ],
    [
      'Node in what runs in a browser',
      { 'src/tree/f.ts': "import { readFileSync } from 'node:fs';\nexport const f = readFileSync;\n" },
      'not-in-allowed: src/tree/f.ts → fs',
    ],
    [
      'a room that is loaded on demand',
      {
        'src/server/calls/g.ts': "export const g = () => import('../life/h.js');\n",
        'src/server/life/h.ts': 'export const h = 1;\n',
      },
      'not-in-allowed: src/server/calls/g.ts → src/server/life/h.ts',
    ],
    [
      'a new folder inside of a room',
      { 'src/data/nova/a.ts': "import { IrisError } from '../../ground/errors.js';\nexport const a = IrisError;\n" },
      'not-in-allowed: src/data/nova/a.ts → src/ground/errors.ts',
    ],
    [
      'a new folder inside of a room, from the room',
      {
        'src/data/j.ts': "export { k } from './nova/k.js';\n",
        'src/data/nova/k.ts': 'export const k = 1;\n',
      },
      'not-in-allowed: src/data/j.ts → src/data/nova/k.ts',
    ],
    [
      'a file beside the rooms',
      { 'src/loose.ts': "import { IrisError } from './ground/errors.js';\nexport const i = IrisError;\n" },
      'src/loose.ts',
    ],
  ])('refuses %s', async (_, files, violation) => {
    expect(await check({ 'src/ground/errors.ts': errors, ...files })).toContain(violation);
  });
});
