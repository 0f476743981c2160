import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inOrder } from '../../src/client/in-order.js';

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

describe('working on several items at once', () => {
  it('yields every result in the order of the items, whichever is done first', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.array(fc.nat(), { maxLength: 12 }),
        fc.integer({ min: 1, max: 5 }),
        async (scheduler, items, inFlight) => {
          const results = collect(inOrder(items, inFlight, (item) => scheduler.schedule(Promise.resolve(item * 2))));
          await scheduler.waitFor(results);
          expect(await results).toEqual(items.map((item) => item * 2));
        },
      ),
    );
  });

  it('never has more items under way than it may, and does use them', async () => {
    let running = 0;
    let most = 0;
    const work = async (item: number) => {
      most = Math.max(most, ++running);
      await new Promise(setImmediate);
      running--;
      return item;
    };
    expect(
      (
        await collect(
          inOrder(
            Array.from({ length: 20 }, (_, i) => i),
            3,
            work,
          ),
        )
      ).length,
    ).toBe(20);
    expect(most).toBe(3);
  });

  it('yields the results of the items before an error of theirs, then the error', async () => {
    async function* items() {
      yield 1;
      yield 2;
      throw new Error('line 3');
    }
    const seen: number[] = [];
    const reading = (async () => {
      for await (const result of inOrder(items(), 4, async (item) => item * 2)) seen.push(result);
    })();
    await expect(reading).rejects.toThrow('line 3');
    expect(seen).toEqual([2, 4]);
  });

  it('reads no further ahead than what is under way while nobody takes results', async () => {
    let read = 0;
    function* items() {
      for (;;) yield read++;
    }
    const results = inOrder(items(), 4, async (item) => item);
    await results.next();
    await new Promise(setImmediate);
    expect(read).toBe(4);
    await results.return();
  });

  it('fails with the first item that fails, after the results before it', async () => {
    const seen: number[] = [];
    const results = inOrder([1, 2, 3, 4], 4, async (item) => {
      if (item > 2) throw new Error(`item ${item}`);
      return item;
    });
    const run = async () => {
      for await (const result of results) seen.push(result);
    };
    await expect(run()).rejects.toThrow('item 3');
    expect(seen).toEqual([1, 2]);
  });
});
