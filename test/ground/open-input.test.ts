import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openInput, readSmallInput } from '../../src/ground/open-input.js';

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

describe('an input', () => {
  it('of a file comes in chunks, in the memory that it is given', async () => {
    const file = join(folder, 'numbers');
    const text = Array.from({ length: 10_000 }, (_, i) => `${i}\n`).join('');
    await writeFile(file, text);
    const taken: Buffer[] = [];
    const take = (size: number) => {
      taken.push(Buffer.alloc(size));
      return taken.at(-1)!;
    };
    const chunks: Buffer[] = [];
    for await (const chunk of openInput(file, 1000, take)) chunks.push(chunk);
    expect(chunks.map(({ length }) => length)).toEqual([...Array(48).fill(1000), 890]);
    expect(chunks.every(({ buffer }, i) => buffer === taken[i]!.buffer)).toBe(true);
    expect(Buffer.concat(chunks).toString()).toBe(text);
  });

  it('is closed once, at its end or when it is left early, after the read that is under way', async () => {
    const file = join(folder, 'long');
    await writeFile(file, 'a'.repeat(100_000));
    for (const chunkCount of [1, 1000]) {
      const before = openFiles();
      let left = chunkCount;
      const input = openInput(file, 1000);
      for await (const _ of input) if (--left === 0) break;
      if (!input.closed) await new Promise((resolve) => void input.once('close', resolve));
      expect(openFiles()).toBe(before);
    }
    const input = openInput(file, 1000);
    input.read();
    input.destroy();
    await once(input, 'close');
    expect(input.errored).toBeNull();
  });

  it('that cannot be read says so', async () => {
    await expect(openInput(folder, 1000).toArray()).rejects.toMatchObject({ code: 'EISDIR' });
    expect(() => openInput(join(folder, 'none'), 1000)).toThrow(expect.objectContaining({ code: 'ENOENT' }));
  });
});

const openFiles = () => readdirSync('/proc/self/fd').length;
