/** Threads run the built worker script, so these tests use the built code. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { hashRows } from '../../src/data/row-hash.js';
import { datasetSha256 } from '../../src/data/sha256.js';
import { tableSha256 } from '../../src/data/table-hash.js';
import { numberTable, temporaryFolder } from './fixture.js';

const built = new URL('../../dist/data/background-hash.js', import.meta.url);
const { beginHash, hashRowsInBackground, tableSha256InTurns }: typeof import('../../src/data/background-hash.js') =
  await import(built.href);
const folder = temporaryFolder();

const tableOf = (rowCount: number) =>
  numberTable(
    Array.from({ length: 8 }, (_, column) => Array.from({ length: rowCount }, (_, row) => (row * (column + 1)) / 7)),
    Array.from({ length: rowCount }, (_, row) => row % 2),
  );
const small = tableOf(20_000);
const large = tableOf(1 << 17);
const larger = tableOf(1 << 18);

/** A script in the place of the thread's own. */
function script(name: string, text: string): URL {
  const path = join(folder, name);
  writeFileSync(path, text);
  return pathToFileURL(path);
}

describe('a hash in the background', () => {
  it.each([
    ['a small table', small, 2],
    ['a large one, on a thread', large, 2],
    ['a large one, without a thread', large, 1],
  ])('is that of the dataset: %s', async (_, table, jobs) => {
    const hash = beginHash(table, jobs);
    expect(await hash.result()).toBe(datasetSha256(table));
    await hash.stop();
  });

  it.each([1, 2])('is given up when the caller aborts (%d jobs)', async (jobs) => {
    const controller = new AbortController();
    const forever = script('forever.mjs', 'setInterval(() => {}, 1000);');
    const hash = beginHash(large, jobs, forever);
    const result = hash.result(controller.signal);
    controller.abort(new Error('enough'));
    await expect(result).rejects.toThrow('enough');
    await hash.stop();
  });

  it('fails when its thread does', async () => {
    const failing = beginHash(large, 2, script('fails.mjs', "throw new Error('out of order');"));
    await expect(failing.result()).rejects.toThrow('out of order');
    const ending = beginHash(large, 2, script('ends.mjs', 'process.exit(3);'));
    await expect(ending.result()).rejects.toThrow('the hashing thread ended early, with exit code 3');
  });
});

describe('the hashes of rows in the background', () => {
  it.each([
    ['a small table', small, 2],
    ['a large one, on threads', larger, 3],
    ['a large one, without a thread', larger, 1],
  ])('are those of the dataset: %s', async (_, table, jobs) => {
    const shares: number[] = [];
    const hashes = await hashRowsInBackground(table, jobs, { onProgress: (share) => shares.push(share) });
    expect(shares).toEqual([...shares].sort((a, b) => a - b));
    for (const share of shares) expect(share).toBeLessThanOrEqual(1);
    const expected = hashRows(table);
    expect(Buffer.compare(hashes.bytes, expected.bytes)).toBe(0);
    expect(await tableSha256InTurns(table, hashes)).toBe(tableSha256(table, expected));
  });

  it.each([1, 2])('are given up when the caller aborts (%d jobs)', async (jobs) => {
    const controller = new AbortController();
    const forever = script('forever.mjs', 'setInterval(() => {}, 1000);');
    const result = hashRowsInBackground(larger, jobs, { signal: controller.signal, script: forever });
    controller.abort(new Error('enough'));
    await expect(result).rejects.toThrow('enough');
    await expect(tableSha256InTurns(larger, hashRows(larger), controller.signal)).rejects.toThrow('enough');
  });

  it('fail when a thread does', async () => {
    const failing = hashRowsInBackground(larger, 2, {
      script: script('fails.mjs', "throw new Error('out of order');"),
    });
    await expect(failing).rejects.toThrow('out of order');
  });
});
