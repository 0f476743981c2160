import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Doubles, Growing, type Words } from '../../src/data/growing.js';

describe('a growing array', () => {
  it('holds what was pushed and appended, in order, in shared memory', () => {
    fc.assert(
      fc.property(fc.array(fc.array(fc.double(), { maxLength: 20 })), (pieces) => {
        const growing = new Growing<Doubles>(Float64Array);
        for (const [index, piece] of pieces.entries()) {
          if (index % 2 === 0) growing.append(piece);
          else for (const value of piece) growing.push(value);
        }
        const values = growing.finish();
        expect([...values]).toEqual(pieces.flat());
        expect(values.buffer).toBeInstanceOf(SharedArrayBuffer);
      }),
    );
  });

  it.each([1, 1000, 77_777])('keeps its numbers where it has to move, appended %i at a time', (size) => {
    const count = size === 1 ? 300_000 : 5_000_000;
    const growing = new Growing<Words>(Uint32Array);
    for (let start = 0; start < count; start += size) {
      growing.append(Uint32Array.from({ length: Math.min(size, count - start) }, (_, i) => start + i));
    }
    const values = growing.finish();
    expect(values.length).toBe(count);
    expect(values.findIndex((value, index) => value !== index)).toBe(-1);
  });

  it.each([
    [60_000, false],
    [200_000, true],
  ])('of %i doubles has address space of its own to grow into: %s', (length, reserves) => {
    const growing = new Growing<Doubles>(Float64Array);
    growing.append(new Float64Array(length));
    expect(growing.finish().buffer.growable).toBe(reserves);
  });

  it.each([
    [1_000_000, 8_000_000],
    [Number.MAX_SAFE_INTEGER, 2 ** 28],
  ])('where %i are expected has address space for %i bytes, and some more, at once', (expected, bytes) => {
    const growing = new Growing<Doubles>(Float64Array);
    growing.expected = expected;
    growing.append(new Float64Array(100).fill(7));
    const values = growing.finish();
    expect(values).toEqual(new Float64Array(100).fill(7));
    expect(values.buffer.maxByteLength).toBeGreaterThanOrEqual(bytes);
    expect(values.buffer.maxByteLength).toBeLessThan(4.1 * bytes);
  });

  it('grows by one array that is longer than all before', () => {
    const growing = new Growing<Words>(Uint32Array);
    growing.push(7);
    growing.append(new Uint32Array(1_000_000).fill(9));
    const values = growing.finish();
    expect([values.length, values[0], values[1], values.at(-1)]).toEqual([1_000_001, 7, 9, 9]);
  });
});
