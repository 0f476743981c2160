import { describe, expect, it } from 'vitest';
import { limitReached, limitThatEnds } from '../../src/ground/system-limit.js';

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
