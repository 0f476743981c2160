import { readFileSync } from 'node:fs';
import type { ClientHttp2Stream } from 'node:http2';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decode, decodeDetails, encode } from './messages.js';
import { expectRightBatch, expectRightFlower } from './oracle.js';
import { Random } from './random.js';
import { call, frame, inParallel, paths } from './raw-call.js';
import { Tally } from './tally.js';
import { batchOf, flower, flowerOf, startTarget, type Target } from './target.js';

const flowerFrame = frame(encode('ml.IrisPredictRequest', flower));
const outputs = ['label', 'decision_path'].map((name) => ({ name }));

describe('more calls than the limit', () => {
  let target: Target;
  beforeAll(async () => {
    target = await startTarget(['--max-concurrent-calls', '20']);
  });
  afterAll(() => target.stop());

  it('are refused with RetryInfo while probes are answered, and are welcome again after', async () => {
    const tally = new Tally('a flood past the concurrency limit of 20');
    const session = await target.connect();
    // One connection does not get all places; twenty get one each.
    const holders = await Promise.all(Array.from({ length: 20 }, () => target.connect()));
    const open: ClientHttp2Stream[] = [];
    const streams = holders.map((holder) =>
      call(holder, paths.predictStream, flowerFrame, { end: false, onStream: (stream) => open.push(stream) }),
    );
    // A reply tells that its stream has its place.
    await Promise.all(open.map((stream) => new Promise((resolve) => stream.once('data', resolve))));
    await inParallel(
      Array.from({ length: 3000 }, (_, n) => n),
      100,
      async (n) => {
        const path = [paths.predict, paths.infer, paths.predictStream, paths.inferStream][n % 4]!;
        const { code, details, message } = await call(session, path, flowerFrame);
        expect(code).toBe('RESOURCE_EXHAUSTED');
        expect(message).toContain('maxConcurrentCalls');
        const found = decodeDetails(details!);
        expect(found.code).toBe(8);
        expect(found.details).toMatchObject({
          ErrorInfo: { reason: 'TOO_MANY_CALLS' },
          RetryInfo: { retry_delay: { nanos: 1e8 } },
        });
        tally.add(`refused with ${code} and RetryInfo`);
        if (n % 10 === 0) {
          const health = await call(session, paths.health, frame(Buffer.alloc(0)));
          expect(decode('grpc.health.v1.HealthCheckResponse', health.replies[0]!)['status']).toBe(1);
          tally.add('probes answered');
        }
      },
    );
    for (const stream of open) stream.end();
    for (const { code, replies } of await Promise.all(streams)) {
      expect(code).toBe('OK');
      expectRightFlower(target.models, flower, replies[0]!);
      tally.add('open streams answered');
    }
    for (const each of [session, ...holders]) each.close();
    tally.close();
    await target.expectSound();
  });

  it('of long batches, all at once, are answered rightly or refused', async () => {
    const tally = new Tally('two hundred long batches at once, limit 20');
    const session = await target.connect();
    const bytes = encode('inference.ModelInferRequest', batchOf(10_000, { outputs }));
    await inParallel(
      Array.from({ length: 200 }, (_, n) => n),
      200,
      async () => {
        const { code, replies } = await call(session, paths.infer, frame(bytes));
        if (code === 'OK' && tally.of('answered rightly') < 5) expectRightBatch(target.models, bytes, replies[0]!);
        expect(['OK', 'RESOURCE_EXHAUSTED']).toContain(code);
        tally.add(code === 'OK' ? 'answered rightly' : `refused with ${code}`);
      },
    );
    // Four fifths of the places are for one connection alone.
    expect(tally.of('answered rightly')).toBeGreaterThanOrEqual(16);
    session.close();
    tally.close();
    await target.expectSound();
  });
});

describe('calls that nobody waits for', () => {
  let target: Target;
  beforeAll(async () => {
    target = await startTarget();
  });
  // No call is left open by an attack: the server ends at once, without cutting any.
  afterAll(async () => {
    const begun = performance.now();
    await target.stop();
    expect(performance.now() - begun).toBeLessThan(6000);
    expect(target.log()).not.toContain('calls cut');
  });

  it('end with their deadlines, of 1 ms and more, and their work with them', async () => {
    const tally = new Tally('deadlines of 1 and 30 ms on big batches');
    const session = await target.connect();
    const pathsOf = (rowCount: number) =>
      frame(
        encode('inference.ModelInferRequest', {
          model_name: 'iris',
          inputs: [{ name: 'features', datatype: 'INT8', shape: [rowCount, 4] }],
          outputs: [{ name: 'decision_path' }],
          raw_input_contents: [Buffer.alloc(rowCount * 4, 1)],
        }),
      );
    const ask = async (bytes: Buffer, timeout: string) => {
      const { code } = await call(session, paths.infer, bytes, { headers: { 'grpc-timeout': timeout } });
      expect(code).toBe('DEADLINE_EXCEEDED');
      tally.add(`${code} after ${timeout.replace('m', ' ms')}`);
    };
    await inParallel(Array<Buffer>(300).fill(pathsOf(100_000)), 30, (bytes) => ask(bytes, '1m'));
    // These arrive whole, are begun, and would take a quarter of a second each.
    const begun = cpuSeconds(target.pid);
    await inParallel(Array<Buffer>(100).fill(pathsOf(40_000)), 2, (bytes) => ask(bytes, '30m'));
    const used = cpuSeconds(target.pid) - begun;
    expect(used).toBeLessThan(10);
    session.close();
    tally.close(`${used.toFixed(1)} s of processor time for the last hundred`);
    await target.expectSound();
  });

  it('leave nothing behind when they are cancelled, at any moment', async () => {
    const tally = new Tally('cancel storm');
    const random = new Random(5);
    // Node cuts a connection that resets a thousand streams in short order; a client comes back then.
    let session = await target.connect();
    let connections = 1;
    let connecting: Promise<void> | undefined;
    const connected = async () => {
      if (session.closed || session.destroyed) {
        connecting ??= target.connect().then((next) => {
          session = next;
          connections++;
          connecting = undefined;
        });
        await connecting;
      }
      return session;
    };
    const other = await target.connect();
    const batch = frame(encode('inference.ModelInferRequest', batchOf(20_000, { outputs })));
    await inParallel(
      Array.from({ length: 3000 }, (_, n) => n),
      60,
      async (n) => {
        const kinds = [
          [paths.predict, flowerFrame],
          [paths.predictStream, flowerFrame],
          [paths.infer, batch],
          [paths.inferStream, batch],
          [paths.watch, frame(Buffer.alloc(0))],
        ] as const;
        const [path, body] = kinds[n % kinds.length]!;
        const pauseMs = random.below(6) - 1;
        const { code } = await call(await connected(), path, body, {
          end: path !== paths.inferStream,
          onStream: (stream) => {
            if (pauseMs < 0) stream.close(8);
            else setTimeout(() => stream.close(8), pauseMs);
          },
        });
        expect(code).toMatch(/^(reset \d+|OK|CANCELLED|not sent.*)$/);
        tally.add(/^reset|^not/.test(code) ? 'cancelled' : code);
        if (n % 100 === 0) {
          const request = flowerOf(n);
          const reply = await call(other, paths.predict, frame(encode('ml.IrisPredictRequest', request)));
          expectRightFlower(target.models, request, reply.replies[0]!);
        }
      },
    );
    session.close();
    other.close();
    tally.close(`${connections} connections, resident ${target.resident()} MB`);
    await target.expectSound();
  });

  it('leave nothing behind when they are opened and reset twenty thousand times as fast as it goes', async () => {
    const tally = new Tally('rapid reset');
    const session = await target.connect();
    for (let round = 0; round < 40; round++) {
      const replies = Array.from({ length: 500 }, () =>
        call(session, paths.predict, flowerFrame, { onStream: (stream) => stream.close(8) }),
      );
      for (const { code } of await Promise.all(replies)) tally.add(/not sent|reset/.test(code) ? 'reset' : code);
    }
    expect(tally.cases).toBe(20_000);
    session.destroy();
    tally.close(`resident ${target.resident()} MB`);
    await target.expectSound();
  });
});

/** Processor time that a process has used, from /proc: utime and stime in ticks of 10 ms. */
function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}
