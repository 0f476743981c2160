import { describe, expect, it } from 'vitest';
import { CallGate } from '../../src/server/call-gate.js';

const MEGABYTES_256 = 256 * 1024 * 1024;
const tooMuch = 'expected at most 268435456 bytes of replies that clients have not read yet: try again later';

/** Work that ends when it is told to. */
function openWork() {
  let started = false;
  let end = () => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  const work = () => {
    started = true;
    return ended;
  };
  return { work, end, isStarted: () => started };
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
}

describe('the gate of calls', () => {
  it('turns calls away while replies of 256 MiB wait to be read, and lets them in again once one is', () => {
    const gate = new CallGate(10);
    gate.unread.change(1, MEGABYTES_256 - 1);
    expect(gate.enter()).toBeUndefined();
    gate.unread.change(1, 1);
    expect(gate.enter()).toMatchObject({ reason: 'TOO_MANY_CALLS', message: tooMuch });
    gate.unread.change(-1, 1 - MEGABYTES_256);
    expect(gate.enter()).toBeUndefined();
  });

  it('turns calls away while ten thousand wait for their readers, however small their replies are', () => {
    const gate = new CallGate(10);
    gate.unread.change(10_000, 1);
    expect(gate.enter()?.message).toBe(
      'expected at most 10000 calls whose replies clients have not read yet: try again later',
    );
  });

  it('works on four long calls at once, on the others in their order, on short ones at once', async () => {
    const gate = new CallGate(10);
    const long = Array.from({ length: 6 }, openWork);
    for (const { work } of long) void gate.makeReply(true, work);
    const short = openWork();
    void gate.makeReply(false, short.work);
    const started = () => long.map(({ isStarted }) => isStarted());
    expect(short.isStarted()).toBe(true);
    expect(started()).toEqual([true, true, true, true, false, false]);
    long[2]!.end();
    await settle();
    expect(started()).toEqual([true, true, true, true, true, false]);
    long[0]!.end();
    await settle();
    expect(started()).toEqual([true, true, true, true, true, true]);
  });

  it('hands the place of failed work on', async () => {
    const gate = new CallGate(10);
    const failing = Array.from({ length: 8 }, () => gate.makeReply(true, () => Promise.reject(new Error('boom'))));
    expect(await Promise.allSettled(failing)).toEqual(
      Array.from({ length: 8 }, () => ({ status: 'rejected', reason: new Error('boom') })),
    );
    expect(await gate.makeReply(true, async () => 'done')).toBe('done');
  });

  it('does not begin long work whose turn comes when too much is unread', async () => {
    const gate = new CallGate(10);
    const running = Array.from({ length: 4 }, openWork);
    for (const { work } of running) void gate.makeReply(true, work);
    const waiting = openWork();
    const reply = gate.makeReply(true, waiting.work);
    gate.unread.change(1, MEGABYTES_256);
    running[0]!.end();
    await expect(reply).rejects.toMatchObject({ reason: 'TOO_MANY_CALLS', message: tooMuch });
    expect(waiting.isStarted()).toBe(false);
  });
});
