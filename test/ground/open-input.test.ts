import { execFileSync } from 'node:child_process';
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readSmallInput } from '../../src/ground/open-input.js';

let folder: string;
let pipe: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'iris-input-'));
  pipe = join(folder, 'pipe');
  execFileSync('mkfifo', [pipe]);
});

afterAll(() => rm(folder, { recursive: true }));

describe('a small input', () => {
  it('is read whole, from a file or a pipe', async () => {
    const file = join(folder, 'file');
    await writeFile(file, 'a'.repeat(200_000));
    expect(await readSmallInput(file)).toHaveLength(200_000);
    const reading = readSmallInput(pipe);
    const writer = await open(pipe, 'w');
    await writer.write('certificate');
    await writer.close();
    expect(String(await reading)).toBe('certificate');
  });

  it('is not waited for without end', async () => {
    await expect(readSmallInput(pipe, 50)).rejects.toThrow(
      'expected its end within 0.05 s, found a pipe that stays open',
    );
  });

  it('has an end', async () => {
    await expect(readSmallInput('/dev/zero')).rejects.toThrow('expected at most 4194304 bytes, found more');
    await expect(readSmallInput(join(folder, 'none'))).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
