import { spawnSync } from 'node:child_process';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { SharedLimits, takeRequestBytes } from '../../../src/server/calls/connection-share.js';
import { fitHeapToMessages, noteMessage } from '../../../src/server/calls/heap.js';

const MIB = 1024 * 1024;
const heapModule = fileURLToPath(new URL('../../../src/server/calls/heap.ts', import.meta.url));
const SMALL = '--heap-growing-percent=100';
const LARGE = '--heap-growing-percent=400';

describe('the heap of a serving process', () => {
  it('is small until a batch comes, and again when only small calls have come for long', () => {
    const flags: string[] = [];
    noteMessage(1_000_000);
    fitHeapToMessages(256 * MIB, (flag) => flags.push(flag));
    for (let call = 0; call < 3000; call++) noteMessage(40);
    expect(flags).toEqual([SMALL]);
    noteMessage(65_536);
    noteMessage(1_000_000);
    for (let call = 0; call < 999; call++) noteMessage(65_535);
    expect(flags).toEqual([SMALL, LARGE]);
    noteMessage(1_000_000);
    for (let call = 0; call < 999; call++) noteMessage(40);
    expect(flags).toEqual([SMALL, LARGE]);
    noteMessage(40);
    expect(flags).toEqual([SMALL, LARGE, SMALL]);
    noteMessage(1_000_000);
    expect(flags).toEqual([SMALL, LARGE, SMALL, LARGE]);
  });

  it('is held down with less than 256 MiB of memory, from one full collection on, whatever comes', () => {
    const done: string[] = [];
    const set = (flag: string) => done.push(flag);
    fitHeapToMessages(256 * MIB - 1, set, () => () => done.push('collect'));
    expect(done).toEqual([
      '--semi-space-growth-factor=1',
      '--heap-growing-percent=50',
      '--optimize-for-size',
      '--max-optimized-bytecode-size=6000',
      '--max-inlined-bytecode-size-cumulative=200',
      '--no-maglev',
      'collect',
      'collect',
    ]);
    noteMessage(1_000_000);
    expect(done).toHaveLength(8);
  });

  it('is collected in little memory whenever a thirty-second of it has come in requests, refused ones included', () => {
    let collections = 0;
    const count = () => collections++;
    fitHeapToMessages(
      64 * MIB,
      () => {},
      () => count,
    );
    expect(collections).toBe(2);
    const limits = new SharedLimits({ maxConcurrentCalls: 1, maxMessageBytes: MIB }, 64 * MIB);
    const receive = () => takeRequestBytes(limits.share(), MIB);
    receive();
    expect(collections).toBe(2);
    receive();
    expect(collections).toBe(3);
    for (let refused = 0; refused < 4; refused++)
      expect(() => takeRequestBytes(limits.share(), 20 * MIB)).toThrow('try again later');
    expect(collections).toBe(7);
  });

  it('is one of which V8 takes every flag, and collects without leaving gc() behind', () => {
    const contents = `
      import { runInNewContext } from 'node:vm';
      import { fitHeapToMessages } from ${JSON.stringify(heapModule)};
      fitHeapToMessages(64 * 1024 * 1024);
      process.stdout.write(runInNewContext('typeof gc'));
    `;
    const stdin = { contents, resolveDir: dirname(heapModule) };
    const built = buildSync({ stdin, bundle: true, format: 'esm', platform: 'node', write: false });
    const script = built.outputFiles[0].text;
    const node = [...process.execArgv, '--trace-gc', '--input-type=module', '--eval', script];
    const { stderr, stdout, status } = spawnSync(process.execPath, node, { encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/Mark-Compact.*testing/);
    expect(stdout).toMatch(/^undefined/m);
  });
});
