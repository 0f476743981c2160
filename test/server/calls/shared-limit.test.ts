import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Share, SharedLimit } from '../../../src/server/calls/shared-limit.js';

/** Connections that give back `step` of what they hold when they have to, or nothing. */
function connections(limit: SharedLimit, count: number, step: number): Share[] {
  return Array.from({ length: count }, () => {
    const share: Share = limit.share(() => share.add(-Math.min(step, share.held)));
    return share;
  });
}

/** Takes one after the other until there is no more. */
function takeAll(share: Share): number {
  let taken = 0;
  while (share.tryTake(1)) taken++;
  return taken;
}

describe('a limit that connections share', () => {
  it('is never exceeded, whoever takes and gives back what', () => {
    const moves = fc.array(fc.tuple(fc.nat(4), fc.integer({ min: -30, max: 30 })), { maxLength: 200 });
    fc.assert(
      fc.property(moves, fc.integer({ min: 1, max: 8 }), fc.nat(3), (steps, factor, reclaimed) => {
        const limit = new SharedLimit(100, factor);
        const shares = connections(limit, 5, reclaimed);
        for (const [index, amount] of steps) {
          const share = shares[index]!;
          if (amount >= 0) share.tryTake(amount);
          else share.add(Math.max(amount, -share.held));
          const held = shares.reduce((sum, each) => sum + each.held, 0);
          expect(held).toBeLessThanOrEqual(100);
          expect(limit.free).toBe(100 - held);
        }
      }),
    );
  });

  it.each([
    [1, 500],
    [4, 800],
  ])('is for the most part for one connection alone: factor %i', (factor, most) => {
    const [alone] = connections(new SharedLimit(1000, factor), 1, 0);
    expect(takeAll(alone!)).toBe(most);
  });

  it.each([1, 2, 3, 4])('of %i places is all for one connection alone', (places) => {
    const [alone] = connections(new SharedLimit(places, 4), 1, 0);
    expect(takeAll(alone!)).toBe(places);
  });

  it('gives a newcomer an equal part, at the cost of the connection that holds most', () => {
    const shares = connections(new SharedLimit(1000, 4), 3, 1);
    expect(takeAll(shares[0]!)).toBe(800);
    expect(takeAll(shares[1]!)).toBe(333);
    expect(takeAll(shares[2]!)).toBe(250);
    expect(shares.map(({ held }) => held)).toEqual([417, 333, 250]);
  });

  it('has some left for those that want little, where greedy ones give nothing back but what is over', () => {
    const [modest, ...greedy] = connections(new SharedLimit(1000, 4), 11, 0);
    for (let round = 0; round < 20_000; round++) {
      const done = greedy[round % greedy.length]!;
      if (done.held > 0) done.add(-1);
      for (const share of greedy) takeAll(share);
    }
    expect(modest!.limit.free).toBeGreaterThanOrEqual(20);
    expect(modest!.tryTake(20)).toBe(true);
    expect(Math.max(...greedy.map(({ held }) => held))).toBeLessThan(110);
  });

  it('refuses a newcomer where those that hold it all have nothing to give back', () => {
    const [first, second] = connections(new SharedLimit(10, 4), 2, 0);
    first!.add(10);
    expect(second!.tryTake(1)).toBe(false);
    first!.add(-1);
    expect(second!.tryTake(1)).toBe(true);
  });
});
