import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { CallEndedError } from '../../../src/server/calls/refusal.js';
import { nextTurn, TURN_STEPS, Turns } from '../../../src/server/calls/turns.js';

describe('turns', () => {
  it('are given to one piece of work in a round of the event loop, in order', async () => {
    const order: string[] = [];
    const work = async (name: string) => {
      for (let piece = 1; piece <= 2; piece++) {
        await nextTurn();
        order.push(`${name}${piece}`);
      }
    };
    const done = Promise.all([work('a'), work('b'), work('c')]);
    for (let round = 0; order.filter((entry) => entry !== 'round').length < 6; round++) {
      await setImmediate();
      order.push('round');
      expect(round).toBeLessThan(20);
    }
    await done;
    const pieces = order.filter((entry) => entry !== 'round');
    expect(pieces).toEqual(['a1', 'b1', 'c1', 'a2', 'b2', 'c2']);
    expect(order.join(' ')).not.toMatch(/[abc]\d [abc]\d/);
  });

  it('are due when the next steps are too many to be taken in this one', async () => {
    const turns = new Turns({ cancelled: false }, async () => {});
    expect(turns.spend(TURN_STEPS - 10)).toBe(false);
    expect(turns.spend(10)).toBe(false);
    expect(turns.spend(100)).toBe(true);
    await turns.pause();
    expect(turns.spend(TURN_STEPS - 100)).toBe(false);
    expect(turns.spend(1)).toBe(true);
  });

  it('end the work of a call that nobody waits for', async () => {
    const call = { cancelled: false };
    const turns = new Turns(call, async () => {
      call.cancelled = true;
    });
    await expect(turns.pause()).rejects.toThrow(CallEndedError);
  });
});
