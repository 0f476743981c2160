import { describe, expect, it } from 'vitest';
import { timeoutMs } from '../../../src/server/calls/deadline.js';

describe('a timeout', () => {
  it.each([
    ['1S', 1000],
    ['250m', 250],
    ['2M', 120_000],
    ['3H', 10_800_000],
    ['1500u', 2],
    ['1n', 1],
    ['0m', 0],
  ])('of %s is %d ms', (header, ms) => {
    expect(timeoutMs(header)).toBe(ms);
  });

  it('is at most what a timer takes: more would be over at once', () => {
    expect(timeoutMs('99999999H')).toBe(2 ** 31 - 1);
  });

  it('may be absent', () => {
    expect(timeoutMs(undefined)).toBeUndefined();
  });

  it.each(['', 'S', '1', '1s', '123456789m', '-1S', '1.5S', '1S, 2S', ' 1S'])('is refused: "%s"', (header) => {
    const expected = 'grpc-timeout: expected up to 8 digits and one of H, M, S, m, u, n, found ';
    expect(() => timeoutMs(header)).toThrow(expected + JSON.stringify(header));
  });
});
