import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Semaphore } from '../../../src/server/calls/semaphore.js';

describe('work of which so much is done at once', () => {
  it('begins in order and ends as it would alone, never more of it at once', async () => {
    const anyWork = fc.record({ turns: fc.integer({ min: 1, max: 5 }), fails: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 4 }), fc.array(anyWork, { maxLength: 12 }), async (max, works) => {
        const semaphore = new Semaphore(max);
        const begun: number[] = [];
        let running = 0;
        let most = 0;
        const ends = await Promise.allSettled(
          works.map(({ fails, turns }, index) =>
            semaphore.run(async () => {
              begun.push(index);
              most = Math.max(most, ++running);
              for (let turn = 0; turn < turns; turn++) await Promise.resolve();
              running--;
              if (fails) throw new Error(`${index}`);
              return index;
            }),
          ),
        );
        expect(begun).toEqual(works.map((_, index) => index));
        expect(most).toBe(Math.min(max, works.length));
        expect(ends.map(({ status }) => status === 'rejected')).toEqual(works.map(({ fails }) => fails));
      }),
    );
  });
});
