import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LineOutput, type LineSink } from '../../../src/server/telemetry/line-output.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const failure = (code: string) => Object.assign(new Error(code), { code });

/** A pipe or a file that holds so many more bytes, and fails with a code beyond. */
class Disk implements LineSink {
  text = '';
  attempts = 0;
  room: number;
  code: string;

  constructor(code: string, room = Number.POSITIVE_INFINITY) {
    this.code = code;
    this.room = room;
  }

  write(bytes: Uint8Array): number {
    this.attempts++;
    if (this.room === 0) throw failure(this.code);
    const taken = bytes.subarray(0, this.room);
    this.room -= taken.length;
    this.text += Buffer.from(taken).toString();
    return taken.length;
  }
}

/** An output that tells a loss with a line of its own, as the log does. */
function outputTo(disk: Disk): LineOutput {
  const output = new LineOutput(disk);
  output.onRecovery = (lost) => output.write(`lost ${lost}\n`);
  return output;
}

describe('lines', () => {
  it('are written at once while they are taken', () => {
    const disk = new Disk('EAGAIN');
    const output = outputTo(disk);
    output.write('one\n');
    output.write(Buffer.from('two\nthree\n'));
    expect([disk.text, output.dropped]).toEqual(['one\ntwo\nthree\n', 0]);
  });

  it('wait for a reader that is slow, in order, and none is lost', () => {
    const disk = new Disk('EAGAIN', 6);
    const output = outputTo(disk);
    for (const line of ['one\n', 'two\n', 'three\n']) output.write(line);
    expect(disk.text).toBe('one\ntw');
    disk.room = 3;
    vi.advanceTimersByTime(1000);
    expect(disk.text).toBe('one\ntwo\nt');
    disk.room = 100;
    vi.advanceTimersByTime(1000);
    expect([disk.text, output.dropped]).toEqual(['one\ntwo\nthree\n', 0]);
  });

  it('are dropped and counted beyond a mebibyte, which is told once they are written again', () => {
    const disk = new Disk('EAGAIN', 0);
    const output = outputTo(disk);
    const line = `${'x'.repeat(1023)}\n`;
    for (let count = 0; count < 1500; count++) output.write(line);
    expect(output.dropped).toBe(1500 - 1024);
    disk.room = Number.POSITIVE_INFINITY;
    vi.advanceTimersByTime(1000);
    output.write('after\n');
    expect(disk.text).toBe(`${line.repeat(1024)}lost 476\nafter\n`);
    expect(output.dropped).toBe(476);
  });

  it.each(['ENOSPC', 'EPIPE', 'EIO', 'EFBIG'])('are dropped at once at %s, and the loss is told later', (code) => {
    const disk = new Disk(code, 4);
    const output = outputTo(disk);
    for (const line of ['one\n', 'two\n', 'three\n']) output.write(line);
    vi.advanceTimersByTime(60_000);
    expect([disk.text, output.dropped]).toEqual(['one\n', 2]);
    disk.room = 100;
    vi.advanceTimersByTime(1000);
    output.write('four\n');
    expect([disk.text, output.dropped]).toEqual(['one\nlost 2\nfour\n', 2]);
  });

  it('begin a new line after one that was torn', () => {
    const disk = new Disk('ENOSPC', 5);
    const output = outputTo(disk);
    output.write('one\n');
    output.write('two\n');
    expect(output.dropped).toBe(1);
    disk.room = 100;
    vi.advanceTimersByTime(1000);
    expect([disk.text, output.dropped]).toEqual(['one\nt\nlost 1\n', 1]);
  });

  it('are not tried more often while nothing is taken, however many come', () => {
    for (const code of ['EAGAIN', 'ENOSPC']) {
      const disk = new Disk(code, 0);
      const output = outputTo(disk);
      for (let count = 0; count < 10_000; count++) output.write('line\n');
      expect(disk.attempts).toBe(1);
      vi.advanceTimersByTime(60_000);
      expect(disk.attempts).toBeLessThan(60 * 2 + 10);
      vi.clearAllTimers();
    }
  });

  it('come whole and in order, but for those that are counted, whatever is taken when', () => {
    const step = fc.oneof(
      fc.constant('line' as const),
      fc.record({ code: fc.constantFrom('EAGAIN', 'ENOSPC'), room: fc.nat({ max: 40 }) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const disk = new Disk('EAGAIN', 0);
        const output = new LineOutput(disk);
        let lines = 0;
        for (const next of steps) {
          if (next === 'line') output.write(`line ${lines++}.\n`);
          else {
            Object.assign(disk, next);
            vi.advanceTimersByTime(500);
          }
        }
        Object.assign(disk, { room: Number.POSITIVE_INFINITY });
        vi.advanceTimersByTime(1000);
        const whole = disk.text.split('\n').filter((line) => line.endsWith('.'));
        const numbers = whole.map((line) => Number(/^line (\d+)\.$/.exec(line)?.[1]));
        expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
        expect(new Set(numbers).size + output.dropped).toBe(lines);
      }),
    );
  });

  it('that wait when the process ends get a little time, and no more', () => {
    const slow = new Disk('EAGAIN', 0);
    const output = outputTo(slow);
    output.write('last\n');
    let pauses = 0;
    output.finish(() => {
      if (++pauses === 3) slow.room = 100;
    });
    expect([slow.text, pauses]).toEqual(['last\n', 3]);
    const stuck = outputTo(new Disk('EAGAIN', 0));
    stuck.write('last\n');
    pauses = 0;
    stuck.finish((ms) => {
      pauses += ms;
    });
    expect(pauses).toBe(300);
  });
});
