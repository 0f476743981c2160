/**
 * Works on several items at once and yields the results in the items' order. No more than `inFlight` items are read
 * ahead, so a slow consumer keeps memory bounded.
 */
export async function* inOrder<Item, Result>(
  items: AsyncIterable<Item> | Iterable<Item>,
  inFlight: number,
  work: (item: Item) => Promise<Result>,
): AsyncGenerator<Result, void> {
  const running: Promise<Result>[] = [];
  for await (const item of items) {
    const result = work(item);
    // Whoever is first in line reports; those behind must not count as unhandled.
    result.catch(() => {});
    running.push(result);
    if (running.length >= inFlight) yield await running.shift()!;
  }
  for (const result of running) yield await result;
}
