import { describe, expect, it } from 'vitest';
import { SmallPieces } from '../../../src/server/calls/small-pieces.js';

/** After how many pieces there are too many; 0 where there never are. */
function tooManyAfter(pieces: Iterable<[bytes: number, completes: boolean]>): number {
  const small = new SmallPieces();
  let count = 0;
  for (const [bytes, completes] of pieces) {
    count++;
    if (small.note(bytes, completes)) return count;
  }
  return 0;
}

function* repeat(times: number, ...pieces: [number, boolean][]): Generator<[number, boolean]> {
  for (let n = 0; n < times; n++) yield* pieces;
}

describe('small pieces', () => {
  it('are too many when messages come in nothing else', () => {
    expect(tooManyAfter(repeat(10_000, [1, false]))).toBe(2001);
  });

  it.each([
    ['small messages, each in one', repeat(100_000, [41, true])],
    ['small messages, each in two', repeat(100_000, [5, false], [36, true])],
    ['large ones with a small rest', repeat(100_000, [16_384, false], [3, false])],
    ['a few', repeat(2000, [1, false])],
  ])('are not too many as %s', (_, pieces) => {
    expect(tooManyAfter(pieces)).toBe(0);
  });
});
