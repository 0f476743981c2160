import { describe, expect, it } from 'vitest';
import { CallGate } from '../../../src/server/calls/gate.js';
import { shareOf } from '../shares.js';

const MEGABYTES_128 = 128 * 1024 * 1024;
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
  it('turns calls away while replies of 128 MiB of their connection wait to be read, and lets them in once one is', () => {
    const gate = new CallGate();
    const share = shareOf();
    share.unread.change(1, MEGABYTES_128 - 1);
    expect(gate.enter(share)).toBeUndefined();
    share.unread.change(1, 1);
    expect(gate.enter(share)).toMatchObject({ reason: 'TOO_MANY_CALLS', message: tooMuch });
    share.unread.change(-1, 1 - MEGABYTES_128);
    expect(gate.enter(share)).toBeUndefined();
  });

  it('turns calls away while five thousand of their connection wait for a reader, however small their replies are', () => {
    const gate = new CallGate();
    const share = shareOf();
    share.unread.change(5_000, 1);
    expect(gate.enter(share)?.message).toBe(
      'expected at most 10000 calls whose replies clients have not read yet: try again later',
    );
  });

  it('works on four long calls at once, on the others in their order, on short ones at once', async () => {
    const gate = new CallGate();
    const share = shareOf();
    const long = Array.from({ length: 6 }, openWork);
    for (const { work } of long) void gate.makeReply(share, true, work);
    const short = openWork();
    void gate.makeReply(share, false, short.work);
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
    const gate = new CallGate();
    const share = shareOf();
    const failing = Array.from({ length: 8 }, () =>
      gate.makeReply(share, true, () => Promise.reject(new Error('boom'))),
    );
    expect(await Promise.allSettled(failing)).toEqual(
      Array.from({ length: 8 }, () => ({ status: 'rejected', reason: new Error('boom') })),
    );
    expect(await gate.makeReply(share, true, async () => 'done')).toBe('done');
  });

  it('does not begin long work whose turn comes when too much is unread', async () => {
    const gate = new CallGate();
    const share = shareOf();
    const running = Array.from({ length: 4 }, openWork);
    for (const { work } of running) void gate.makeReply(share, true, work);
    const waiting = openWork();
    const reply = gate.makeReply(share, true, waiting.work);
    share.unread.change(1, MEGABYTES_128);
    running[0]!.end();
    await expect(reply).rejects.toMatchObject({ reason: 'TOO_MANY_CALLS', message: tooMuch });
    expect(waiting.isStarted()).toBe(false);
  });
});
