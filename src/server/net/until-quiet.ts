/** How long an idle connection may take to close. */
const QUIET_MS = 1000;

/**
 * Resolves when the connections of a server have closed, or when nothing was open on them for a second: an unused
 * connection ignores GOAWAY, and would be waited for as long as a call.
 *
 * @param openCount calls or requests that are open now
 * @param closed of the server; its rejection is passed on
 */
export async function untilQuiet(openCount: () => number, closed: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const quiet = new Promise<void>((resolve) => {
    let sinceMs = performance.now();
    timer = setInterval(() => {
      const nowMs = performance.now();
      if (openCount() > 0) sinceMs = nowMs;
      else if (nowMs - sinceMs >= QUIET_MS) resolve();
    }, QUIET_MS / 4);
  });
  try {
    await Promise.race([closed, quiet]);
  } finally {
    clearInterval(timer);
  }
}
