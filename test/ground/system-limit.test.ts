import { describe, expect, it } from 'vitest';
import { freeMemory, limitReached, limitThatEnds } from '../../src/ground/system-limit.js';

describe('a limit of the system', () => {
  it.each([
    [{ code: 'EAGAIN', syscall: 'spawn /usr/bin/node' }, /processes and threads .*ulimit -u.*pids limit/],
    [{ code: 'ERR_WORKER_INIT_FAILED' }, /processes and threads/],
    [{ code: 'EMFILE', syscall: 'spawn /usr/bin/node' }, /open files .*ulimit -n/],
    [{ code: 'ENFILE', syscall: 'open' }, /system's limit of open files .*fs\.file-max/],
    [{ code: 'ENOMEM', syscall: 'spawn /usr/bin/node' }, /memory/],
  ])('is named where %j says that it is reached', (error, words) => {
    expect(limitReached(Object.assign(new Error('refused'), error))).toMatch(words);
  });

  it.each([{ code: 'EAGAIN', syscall: 'read' }, { code: 'ENOENT', syscall: 'spawn /usr/bin/node' }, {}])(
    'is not what made %j',
    (error) => {
      expect(limitReached(Object.assign(new Error('refused'), error))).toBeUndefined();
    },
  );

  it.each([null, undefined, 'text'])('is not what threw %s', (thrown) => {
    expect(limitReached(thrown)).toBeUndefined();
  });

  it('is likely what ended a process that aborts or is killed at its start', () => {
    expect(limitThatEnds('SIGABRT')).toMatch(/ulimit -u/);
    expect(limitThatEnds('SIGKILL')).toMatch(/memory/);
    expect(limitThatEnds('SIGTERM')).toBeUndefined();
    expect(limitThatEnds(null)).toBeUndefined();
  });
});

describe('the memory that is left', () => {
  const GIB = 1024 * 1024 * 1024;

  it('is what the process does not hold itself: its program, read from files, is not counted', () => {
    const free = freeMemory(4 * GIB);
    expect(free).toBeLessThan(4 * GIB - 10_000_000);
    // More than that without the program's pages, some forty megabytes.
    if (process.platform === 'linux') expect(free).toBeGreaterThan(4 * GIB - process.memoryUsage.rss() + 10_000_000);
    expect(freeMemory(Number.POSITIVE_INFINITY)).toBe(Number.POSITIVE_INFINITY);
  });
});
