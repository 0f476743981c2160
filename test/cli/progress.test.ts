import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { createProgress, type Progress } from '../../src/cli/progress.js';

/** What a terminal, or what is none, is sent, at times that the test says. */
function terminal(isTTY = true) {
  let text = '';
  let now = 0;
  const stream = new Writable({
    write(chunk, _encoding, done) {
      text += chunk;
      done();
    },
  });
  const progress = createProgress(Object.assign(stream, { isTTY }) as unknown as NodeJS.WriteStream, () => now);
  const sent = () => {
    const lines = text.replaceAll('\u001b[K', '').split('\r').slice(1);
    text = '';
    return lines;
  };
  const at = (ms: number, act: (progress: Progress) => void) => {
    now = ms;
    act(progress);
  };
  return { at, raw: () => text, sent };
}

describe('progress', () => {
  it('names a part of the work at once, then its share, and after a second the time left', () => {
    const { at, sent } = terminal();
    at(0, (progress) => progress.begin('fitting'));
    expect(sent()).toEqual(['fitting']);
    at(500, (progress) => progress.report(0.1));
    at(2000, (progress) => progress.report(0.2));
    at(9990, (progress) => progress.report(0.999));
    at(10_500, (progress) => progress.report(1));
    expect(sent()).toEqual(['fitting 10 %', 'fitting 20 %, 8 s left', 'fitting 99 %, 1 s left']);
  });

  it.each([
    [0.5, 119_000, '119 s'],
    [0.5, 121_000, '3 min'],
    [0.01, 100_000, '3 h'],
  ])('rounds the time left up: of %d in %d ms it is %s', (share, elapsed, left) => {
    const { at, sent } = terminal();
    at(0, (progress) => progress.begin('reading'));
    at(elapsed, (progress) => progress.report(share));
    expect(sent().at(-1)).toBe(`reading ${share * 100} %, ${left} left`);
  });

  it('says something else where no share is known', () => {
    const { at, sent } = terminal();
    at(0, (progress) => progress.begin('reading'));
    at(5000, (progress) => progress.report(undefined, '12000 rows'));
    expect(sent()).toEqual(['reading', 'reading, 12000 rows']);
  });

  it('measures the time of each part from its own beginning, and of one that begins again from there', () => {
    const { at, sent } = terminal();
    at(0, (progress) => progress.begin('reading'));
    at(60_000, (progress) => progress.report(0.9));
    at(61_000, (progress) => progress.report(0.1));
    at(63_000, (progress) => progress.report(0.2));
    at(70_000, (progress) => progress.begin('fitting'));
    at(72_000, (progress) => progress.report(0.5));
    expect(sent().slice(2)).toEqual(['reading 10 %', 'reading 20 %, 8 s left', 'fitting', 'fitting 50 %, 2 s left']);
  });

  it('writes no oftener than a person reads', () => {
    const { at, sent } = terminal();
    at(0, (progress) => progress.begin('reading'));
    for (let ms = 1; ms < 300; ms++) at(ms, (progress) => progress.report(ms / 1000));
    expect(sent()).toEqual(['reading', 'reading 10 %', 'reading 20 %']);
  });

  it('gives the line to what else is written, and comes back', () => {
    const { at, raw, sent } = terminal();
    at(0, (progress) => progress.begin('reading'));
    at(10, (progress) => progress.clear());
    expect(raw()).toBe('\rreading\u001b[K\r\u001b[K');
    sent();
    at(500, (progress) => progress.report(0.5));
    expect(sent()).toEqual(['reading 50 %']);
  });

  it('removes its line at the end, and shows nothing after it', () => {
    const { at, sent } = terminal();
    at(0, (progress) => progress.begin('writing'));
    at(10, (progress) => progress.end());
    at(500, (progress) => progress.report(0.5));
    expect(sent()).toEqual(['writing', '']);
  });

  it('leaves a terminal alone on which nothing was shown', () => {
    const { at, raw } = terminal();
    at(0, (progress) => progress.end());
    expect(raw()).toBe('');
  });

  it('is silent where there is no terminal', () => {
    const { at, raw } = terminal(false);
    at(0, (progress) => progress.begin('reading'));
    at(500, (progress) => progress.report(0.5));
    at(600, (progress) => progress.end());
    expect(raw()).toBe('');
  });
});
