import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { withModelFile } from '../../src/formats/model-file.js';
import { ArtifactError } from '../../src/ground/errors.js';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'iris-model-file-'));
  path = join(folder, 'model.json');
  await writeFile(path, '');
});
afterEach(() => rm(folder, { recursive: true }));

const MIB = 1024 * 1024;

describe('the file of a model', () => {
  it('is refused, unread, where the memory that is left has no room for it', async () => {
    await truncate(path, 200 * MIB);
    await expect(withModelFile(path, (file) => file.read(), 180 * MIB)).rejects.toThrow(
      new ArtifactError(
        'too-large',
        `${path}: expected a file that the memory left, 180 MiB, has room for, found one of 200 MiB: give the container more`,
      ),
    );
  });

  it('is read where there is room, and where it is small in any case', async () => {
    await truncate(path, 8 * MIB);
    expect(await withModelFile(path, async (file) => (await file.read()).byteLength, 40 * MIB)).toBe(8 * MIB);
    await truncate(path, MIB);
    expect(await withModelFile(path, async (file) => (await file.read()).byteLength, 0)).toBe(MIB);
  });
});
