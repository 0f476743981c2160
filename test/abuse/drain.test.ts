import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { decode, encode } from './messages.js';
import { expectRightBatch, expectRightFlower } from './oracle.js';
import { call, connectRaw, frame, paths } from './raw-call.js';
import { Tally } from './tally.js';
import { batchOf, flower, flowerOf, startTarget, type Target } from './target.js';

/** What a call may come to while its server ends: an answer, a status, or that it was never begun (RFC 9113, 6.8). */
const NEVER_BEGUN = /^(reset 7|not sent.*)$/;

interface Asking {
  /** Calls that were answered rightly. */
  readonly answered: () => number;
  /** Resolves when every lane met the end of the server. */
  readonly ended: Promise<unknown>;
}

/** Flowers, batches and streams on several connections, until each connection has gone. */
async function keepAsking(target: Target, tally: Tally): Promise<Asking> {
  let answered = 0;
  const lanes = Array.from({ length: 12 }, async (_, lane) => {
    const session = await target.connect();
    for (let n = lane; !session.closed && !session.destroyed; n++) {
      const outcome = lane % 3 === 0 ? await askBatch(n) : lane % 3 === 1 ? await askFlower(n) : await askStream(n);
      if (outcome === 'answered rightly') answered++;
      tally.add(outcome);
      if (outcome !== 'answered rightly') break;
    }
    session.destroy();

    async function askFlower(n: number): Promise<string> {
      const request = flowerOf(n);
      const { code, replies } = await call(session, paths.predict, frame(encode('ml.IrisPredictRequest', request)));
      if (code === 'OK') expectRightFlower(target.models, request, replies[0]!);
      return judge(code);
    }

    async function askBatch(n: number): Promise<string> {
      const bytes = encode('inference.ModelInferRequest', batchOf(9000 + (n % 10)));
      const { code, replies } = await call(session, paths.infer, frame(bytes));
      if (code === 'OK') expectRightBatch(target.models, bytes, replies[0]!);
      return judge(code);
    }

    async function askStream(n: number): Promise<string> {
      const requests = Array.from({ length: 50 }, (_, index) => flowerOf(n + index));
      const body = Buffer.concat(requests.map((request) => frame(encode('ml.IrisPredictRequest', request))));
      const { code, replies } = await call(session, paths.predictStream, body);
      if (code === 'OK') {
        expect(replies).toHaveLength(requests.length);
        for (const [index, reply] of replies.entries()) expectRightFlower(target.models, requests[index]!, reply);
      }
      return judge(code);
    }
  });
  return { answered: () => answered, ended: Promise.all(lanes) };
}

function judge(code: string): string {
  if (code === 'OK') return 'answered rightly';
  if (NEVER_BEGUN.test(code)) return 'never begun';
  expect(code).toBe('UNAVAILABLE');
  return 'refused with UNAVAILABLE';
}

async function reached(count: number, { answered }: Asking): Promise<void> {
  while (answered() < count) await sleep(1);
}

describe('SIGTERM under load', () => {
  it.each([{ args: [] }, { args: ['--workers', '2'] }])(
    'loses no call: each gets its answer, a status, or was never begun: $args',
    async ({ args }) => {
      const tally = new Tally(`SIGTERM under load, four times ${args.join(' ')}`.trim());
      for (let round = 0; round < 4; round++) {
        const target = await startTarget(args);
        const asking = await keepAsking(target, tally);
        await reached(50 + 37 * round, asking);
        await target.stop();
        await asking.ended;
        expect(target.log()).not.toContain('calls cut');
      }
      tally.close();
    },
  );

  it('answers for the whole drain delay, says that it is not ready, and is live', async () => {
    const tally = new Tally('SIGTERM under load with a drain delay');
    const target = await startTarget(['--drain-delay', '1500ms', '--grace', '6s']);
    const asking = await keepAsking(target, tally);
    await reached(100, asking);
    const probe = await target.connect();
    const begun = performance.now();
    const stopped = target.stop();
    while (!target.log().includes('"msg":"draining"')) await sleep(1);
    const before = asking.answered();
    while (performance.now() - begun < 1200) {
      const ask = async (path: string, type: string) =>
        decode(type, (await call(probe, path, frame(Buffer.alloc(0)))).replies[0]!);
      expect(await ask(paths.health, 'grpc.health.v1.HealthCheckResponse')).toMatchObject({ status: 2 });
      expect(await ask(paths.serverReady, 'inference.ServerReadyResponse')).toEqual({ ready: false });
      expect(await ask(paths.serverLive, 'inference.ServerLiveResponse')).toEqual({ live: true });
    }
    expect(asking.answered() - before).toBeGreaterThan(10);
    expect(tally.of('refused with UNAVAILABLE')).toBe(0);
    await stopped;
    await asking.ended;
    expect(performance.now() - begun).toBeGreaterThan(1500);
    probe.destroy();
    tally.close();
  });

  it('waits for what is under way: a long batch and an open stream, while new calls are refused', async () => {
    const tally = new Tally('SIGTERM with calls under way');
    const target = await startTarget();
    const session = await target.connect();
    const bytes = encode(
      'inference.ModelInferRequest',
      batchOf(20_000, { outputs: ['label', 'decision_path'].map((name) => ({ name })) }),
    );
    const long = call(session, paths.infer, frame(bytes));
    const one = frame(encode('ml.IrisPredictRequest', flower));
    let finish = () => {};
    const stream = call(session, paths.predictStream, one, {
      end: false,
      onStream: (open) => {
        finish = () => {
          open.write(one);
          open.end();
        };
      },
    });
    // Both are there when a later call is answered.
    await sleep(300);
    await call(session, paths.predict, one);
    const stopped = target.stop();
    while (!target.log().includes('"msg":"draining"')) await sleep(1);
    await sleep(200);
    finish();
    const [batch, replies] = await Promise.all([long, stream]);
    expect([batch.code, replies.code]).toEqual(['OK', 'OK']);
    expectRightBatch(target.models, bytes, batch.replies[0]!);
    for (const reply of replies.replies) expectRightFlower(target.models, flower, reply);
    expect(replies.replies).toHaveLength(2);
    await stopped;
    expect(target.log()).not.toContain('calls cut');
    tally.add('answered rightly', 2);
    tally.close();
  });

  it('ends within the grace whatever clients do: never read, never end, hold health watches, left half a frame', async () => {
    const tally = new Tally('SIGTERM with clients that never end');
    const target = await startTarget(['--grace', '2s']);
    const deaf = await connectRaw(target.port, { settings: { initialWindowSize: 0 } });
    const session = await target.connect();
    const one = frame(encode('ml.IrisPredictRequest', flower));
    const stuck = [
      call(deaf, paths.infer, frame(encode('inference.ModelInferRequest', batchOf(5000)))),
      call(deaf, paths.predictStream, one, { end: false }),
      call(session, paths.predictStream, one, { end: false }),
      call(session, paths.predict, one.subarray(0, 20), { end: false }),
      call(session, paths.infer, frame(Buffer.alloc(10), { length: 1000 }), { end: false }),
      ...Array.from({ length: 20 }, () => call(session, paths.watch, frame(Buffer.alloc(0)))),
    ];
    await sleep(300);
    const begun = performance.now();
    await target.stop();
    expect(performance.now() - begun).toBeGreaterThan(1900);
    expect(performance.now() - begun).toBeLessThan(5000);
    for (const { code } of await Promise.all(stuck)) {
      expect(code).not.toBe('no answer');
      tally.add(code);
    }
    expect(target.log()).toContain('"msg":"calls cut: they were not done when the server had to end"');
    deaf.destroy();
    session.destroy();
    tally.close();
  });

  it('ends at once at a second signal, and says which calls it cut', async () => {
    const tally = new Tally('a second SIGTERM');
    const target = await startTarget(['--grace', '8s']);
    const session = await target.connect();
    const one = frame(encode('ml.IrisPredictRequest', flower));
    const stuck = Array.from({ length: 5 }, () => call(session, paths.predictStream, one, { end: false }));
    await sleep(200);
    const begun = performance.now();
    const stopped = target.stop();
    while (!target.log().includes('"msg":"draining"')) await sleep(1);
    target.signal('SIGTERM');
    await stopped;
    expect(performance.now() - begun).toBeLessThan(3000);
    expect(target.log()).toMatch(/"calls":5,"paths":\{"\/ml\.IrisPredictor\/PredictIrisSpeciesStream":5\}/);
    for (const { code } of await Promise.all(stuck)) tally.add(code);
    session.destroy();
    tally.close();
  });
});
