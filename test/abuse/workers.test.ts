import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { encode } from './messages.js';
import { expectRightFlower } from './oracle.js';
import { call, frame, paths } from './raw-call.js';
import { Tally } from './tally.js';
import { flowerOf, startTarget, type Target } from './target.js';

const KILLS = 6;

function workersOf({ pid }: Target): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
}

/** Asks on one connection after another, as a client does that comes back, until told to end. */
function keepComingBack(target: Target, tally: Tally) {
  let ended = false;
  const running = (async () => {
    for (let n = 0; !ended; ) {
      const session = await target.connect().catch(() => undefined);
      if (session === undefined) {
        tally.add('not connected');
        await sleep(5);
        continue;
      }
      let code = 'OK';
      for (; code === 'OK' && !ended; n++) {
        const request = flowerOf(n);
        const answer = await call(session, paths.predict, frame(encode('ml.IrisPredictRequest', request)));
        code = answer.code;
        if (code === 'OK') expectRightFlower(target.models, request, answer.replies[0]!);
        tally.add(code === 'OK' ? 'answered rightly' : 'lost with its worker');
      }
      session.destroy();
    }
  })();
  running.catch(() => {});
  return async () => {
    ended = true;
    await running;
  };
}

it('workers that are killed under load are replaced; no call gets a wrong answer', async () => {
  const target = await startTarget(['--workers', '2']);
  const tally = new Tally(`${KILLS} workers killed under load`);
  const stops = Array.from({ length: 4 }, () => keepComingBack(target, tally));
  const killed = new Set<number>();
  const replaced = () => target.log().split('"msg":"worker replaced"').length - 1;
  while (killed.size < KILLS) {
    const before = tally.of('answered rightly');
    while (tally.of('answered rightly') < before + 50) await sleep(1);
    const living = workersOf(target).filter((pid) => !killed.has(pid));
    const victim = living[killed.size % 2]!;
    killed.add(victim);
    process.kill(victim, 'SIGKILL');
    // One of two: the other goes on answering.
    while (replaced() < killed.size) await sleep(5);
  }
  for (const stop of stops) await stop();
  tally.add('workers killed', KILLS);
  // A client may come back to a dead worker once more, before its end is noticed.
  expect(tally.of('lost with its worker')).toBeLessThanOrEqual(2 * 4 * KILLS);
  expect(target.log().split('"signal":"SIGKILL"').length - 1).toBe(KILLS);
  expect(tally.of('not connected')).toBe(0);
  tally.close();
  await target.expectSound(600);
  await target.stop();
}, 60_000);
