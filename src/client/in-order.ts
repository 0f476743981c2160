/**
 * Works on several items concurrently and yields the results in order. At most `inFlight` items are read ahead, so
 * memory stays bounded with a slow consumer.
 */
export async function* inOrder<Item, Result>(
  items: AsyncIterable<Item> | Iterable<Item>,
  inFlight: number,
  work: (item: Item) => Promise<Result>,
): AsyncGenerator<Result, void> {
  const running: Promise<Result>[] = [];
  for await (const item of items) {
    const result = work(item);
    // The first in line is awaited; rejections of those behind it must not count as unhandled.
    result.catch(() => {});
    running.push(result);
    if (running.length >= inFlight) yield await running.shift()!;
  }
  for (const result of running) yield await result;
}
