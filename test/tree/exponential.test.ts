import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { exp, expf, logf } from '../../src/tree/exponential.js';

/** What glibc 2.36 answers on x86-64: argument and result in hex. */
const golden: Record<'exp' | 'expf' | 'logf', [string, string][]> = JSON.parse(
  readFileSync(new URL('glibc.json', import.meta.url), 'utf8'),
);

const double = (hex: string) => Buffer.from(hex, 'hex').readDoubleBE();
const float = (hex: string) => Buffer.from(hex, 'hex').readFloatBE();

describe('an exponential function', () => {
  it.each([
    ['exp', exp, double],
    ['expf', expf, float],
    ['logf', logf, float],
  ] as const)('%s is what glibc computes, bit for bit', (name, compute, read) => {
    const found = golden[name].map(([argument]) => compute(read(argument)));
    expect(found).toEqual(golden[name].map(([, result]) => read(result)));
  });

  it('ends at zero and at infinity', () => {
    expect([exp(710), exp(-746), expf(89), expf(-104)]).toEqual([Infinity, 0, Infinity, 0]);
    expect([exp(Number.NaN), expf(Number.NaN)]).toEqual([Number.NaN, Number.NaN]);
  });
});
