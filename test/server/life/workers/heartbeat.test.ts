import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Heartbeat } from '../../../../src/server/life/workers/heartbeat.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A worker that answers as long as it lives. */
function beat(worker: { ready: boolean; alive: boolean }) {
  const silent: number[] = [];
  let pings = 0;
  const heartbeat: Heartbeat = new Heartbeat(
    {
      get ready() {
        return worker.ready;
      },
      ping: () => {
        pings++;
        if (worker.alive) heartbeat.answered();
      },
    },
    (silentMs) => silent.push(silentMs),
  );
  return { silent, heartbeat, pings: () => pings };
}

describe('the heartbeat of a worker', () => {
  it('goes on while it answers', () => {
    const { pings, silent } = beat({ ready: true, alive: true });
    vi.advanceTimersByTime(3_600_000);
    expect([silent, pings()]).toEqual([[], 1800]);
  });

  it('ends once after ten seconds without an answer', () => {
    const worker = { ready: true, alive: true };
    const { silent } = beat(worker);
    vi.advanceTimersByTime(60_000);
    worker.alive = false;
    vi.advanceTimersByTime(10_000);
    expect(silent).toEqual([]);
    vi.advanceTimersByTime(60_000);
    expect(silent).toEqual([10_000]);
  });

  it('gives one that starts a minute', () => {
    const { silent } = beat({ ready: false, alive: false });
    vi.advanceTimersByTime(60_000);
    expect(silent).toEqual([]);
    vi.advanceTimersByTime(2000);
    expect(silent).toEqual([60_000]);
  });

  it('does not count the time that everything stood still', () => {
    const worker = { ready: true, alive: false };
    const { heartbeat, silent } = beat(worker);
    vi.advanceTimersByTime(8000);
    vi.setSystemTime(Date.now() + 3_600_000); // no timer came meanwhile
    heartbeat.beat();
    expect(silent).toEqual([]);
  });

  it('is over when the worker is', () => {
    const { heartbeat, pings, silent } = beat({ ready: true, alive: false });
    heartbeat.stop();
    vi.advanceTimersByTime(60_000);
    expect([silent, pings()]).toEqual([[], 0]);
  });
});
