/**
 * Works on several items concurrently and yields the results in order. At most `inFlight` items are read ahead, so
 * memory stays bounded with a slow consumer. Where the items end in an error, the results of those before it come first.
 */
export async function* inOrder<Item, Result>(
  items: AsyncIterable<Item> | Iterable<Item>,
  inFlight: number,
  work: (item: Item) => Promise<Result>,
): AsyncGenerator<Result, void> {
  const running: Promise<Result>[] = [];
  for await (const { result } of begun(items, work)) {
    // The first in line is awaited; rejections of those behind it must not count as unhandled.
    result.catch(() => {});
    running.push(result);
    if (running.length >= inFlight) yield await running.shift()!;
  }
  for (const result of running) yield await result;
}

/** In objects: a generator would wait for a promise that it yields. */
async function* begun<Item, Result>(
  items: AsyncIterable<Item> | Iterable<Item>,
  work: (item: Item) => Promise<Result>,
): AsyncGenerator<{ readonly result: Promise<Result> }, void> {
  try {
    for await (const item of items) yield { result: work(item) };
  } catch (error) {
    yield { result: Promise.reject(error) };
  }
}
