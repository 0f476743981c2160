import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { createProgress, writeFailure } from '../../src/cli/output.js';
import { OutputError } from '../../src/ground/errors.js';

/** What a terminal, or what is none, is sent. */
function terminal(isTTY: boolean): { stream: NodeJS.WriteStream; sent(): string } {
  let text = '';
  const stream = new Writable({
    write(chunk, _encoding, done) {
      text += chunk;
      done();
    },
  });
  return { stream: Object.assign(stream, { isTTY }) as unknown as NodeJS.WriteStream, sent: () => text };
}

describe('progress', () => {
  it('rewrites one line of a terminal and removes it', () => {
    const { sent, stream } = terminal(true);
    const progress = createProgress(stream);
    progress.update('1 row');
    progress.update('2 rows');
    progress.end();
    expect(sent()).toBe('\r1 row\u001b[K\r2 rows\u001b[K\r\u001b[K');
  });

  it('leaves a terminal alone on which nothing was shown', () => {
    const { sent, stream } = terminal(true);
    createProgress(stream).end();
    expect(sent()).toBe('');
  });

  it('is silent where there is no terminal', () => {
    const { sent, stream } = terminal(false);
    const progress = createProgress(stream);
    progress.update('1 row');
    progress.end();
    expect(sent()).toBe('');
  });
});

describe('a failed write', () => {
  it('is told with where and why', () => {
    const error = Object.assign(new Error('ENOSPC: no space left on device, write'), { errno: -28 });
    expect(writeFailure('m.json', error)).toEqual(
      new OutputError('m.json: cannot be written: no space left on device'),
    );
    expect(writeFailure('m.json', new Error('odd')).message).toBe('m.json: cannot be written: odd');
  });
});
