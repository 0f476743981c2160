import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { call, frame, inParallel, paths } from './raw-call.js';
import { Tally } from './tally.js';
import { startTarget, type Target } from './target.js';

let target: Target;
beforeAll(async () => {
  target = await startTarget(['--http-port', '0']);
});
afterAll(() => target.stop());

describe('small messages that unpack to a thousand times their size', () => {
  it.each([
    ['calls', paths.infer, 'NOT_FOUND'],
    // It goes on after the message that it answers with an error.
    ['streams', paths.inferStream, 'OK'],
  ])(
    'take the memory of a few at once, however many %s bring them: 200, to the limit and beyond',
    async (kind, path, told) => {
      const tally = new Tally(`200 gzip bombs of 14 and 200 MB at once, ${kind}`);
      // Field 10, which nobody has, of 14 MB: a message that may be taken.
      const whole = Buffer.concat([Buffer.from('5280808007', 'hex'), Buffer.alloc(14_680_064)]);
      const bombs = [whole, Buffer.alloc(200_000_000)].map((bytes) => frame(gzipSync(bytes), { compressed: 1 }));
      const session = await target.connect();
      await inParallel(
        Array.from({ length: 200 }, (_, n) => n),
        200,
        async (n) => {
          const { code } = await call(session, path, bombs[n % 2]!, { headers: { 'grpc-encoding': 'gzip' } });
          expect(code).toBe(n % 2 === 0 ? told : 'RESOURCE_EXHAUSTED');
          tally.add(code);
        },
      );
      session.close();
      tally.close(`${target.resident('peak')} MB at most`);
      expect(target.resident('peak')).toBeLessThan(600);
      await target.expectSound();
    },
  );

  it('take the memory of a few at once as bodies over HTTP too', async () => {
    const tally = new Tally('100 gzip bombs of 14 and 200 MB at once, over HTTP');
    const bombs = [14_680_064, 200_000_000].map((bytes) => gzipSync(Buffer.alloc(bytes, ' ')));
    const url = `http://127.0.0.1:${/"httpPort":(\d+)/.exec(target.log())![1]}/v2/models/iris/infer`;
    const headers = { 'content-encoding': 'gzip', 'content-type': 'application/json' };
    await inParallel(
      Array.from({ length: 100 }, (_, n) => n),
      100,
      async (n) => {
        const response = await fetch(url, { method: 'POST', headers, body: bombs[n % 2]! });
        const { reason } = (await response.json()) as { reason: string };
        // A body that may be taken is no JSON, or finds no room beside others.
        if (n % 2 === 1) expect(reason).toBe('MESSAGE_TOO_LARGE');
        else expect(['INVALID_REQUEST', 'TOO_MANY_BYTES']).toContain(reason);
        tally.add(reason);
      },
    );
    tally.close(`${target.resident('peak')} MB at most`);
    expect(target.resident('peak')).toBeLessThan(600);
    await target.expectSound();
  });
});
