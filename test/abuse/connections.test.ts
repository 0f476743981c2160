import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect as connectHttp2 } from 'node:http2';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decode, encode } from './messages.js';
import { expectRightFlower } from './oracle.js';
import { call, connectRaw, frame, inParallel, paths } from './raw-call.js';
import { Tally } from './tally.js';
import { batchOf, expectAnswers, flower, flowerOf, startTarget, type Target } from './target.js';

const fixture = (name: string) => fileURLToPath(new URL(`../fixtures/tls/${name}`, import.meta.url));
const flowerFrame = frame(encode('ml.IrisPredictRequest', flower));

describe('connections', () => {
  let target: Target;
  beforeAll(async () => {
    target = await startTarget();
  });
  afterAll(() => target.stop());

  it('may be opened and dropped ten thousand times, at any moment', async () => {
    const tally = new Tally('connections opened and dropped');
    const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
    const settings = Buffer.from('000000040000000000', 'hex');
    const before = target.resident();
    const moments: Readonly<Record<string, (socket: Socket) => Promise<unknown> | undefined>> = {
      'before a byte': () => undefined,
      'within the preface': (socket) => written(socket, preface.subarray(0, 10)),
      'after the settings': (socket) => written(socket, Buffer.concat([preface, settings])),
      'within a frame': (socket) =>
        written(socket, Buffer.concat([preface, settings, Buffer.from('0000ff01040000', 'hex')])),
    };
    const names = Object.keys(moments);
    await inParallel(
      Array.from({ length: 9000 }, (_, n) => n),
      100,
      async (n) => {
        const name = names[n % names.length]!;
        const socket = connect(target.port, '127.0.0.1').on('error', () => {});
        await once(socket, 'connect');
        await moments[name]!(socket);
        socket.resetAndDestroy();
        tally.add(name);
      },
    );
    await inParallel(
      Array.from({ length: 1000 }, (_, n) => n),
      50,
      async () => {
        const session = await target.connect();
        const reply = call(session, paths.infer, frame(encode('inference.ModelInferRequest', batchOf(2000))));
        session.destroy();
        await reply;
        tally.add('with a call under way');
      },
    );
    expect(tally.cases).toBe(10_000);
    tally.close(`resident ${before} → ${target.resident()} MB`);
    await target.expectSound();
  });

  it('may send a byte now and then: nobody else waits, and no place is taken', async () => {
    const tally = new Tally('a byte now and then');
    const slow = await Promise.all(Array.from({ length: 50 }, () => target.connect()));
    // 40 bytes of a message, one every 50 ms: 2 s.
    const replies = slow.map((session) =>
      call(session, paths.predict, flowerFrame.subarray(0, 1), {
        end: false,
        onStream: (stream) => {
          void (async () => {
            for (let at = 1; at < flowerFrame.length; at++) {
              await sleep(50);
              stream.write(flowerFrame.subarray(at, at + 1));
            }
            stream.end();
          })();
        },
      }),
    );
    const session = await target.connect();
    for (let round = 0; round < 20; round++) {
      await expectAnswers(session, target.models);
      tally.add('others answered rightly');
    }
    for (const { code, replies: found } of await Promise.all(replies)) {
      expect(code).toBe('OK');
      expectRightFlower(target.models, flower, found[0]!);
      tally.add('slow ones answered rightly');
    }
    for (const each of [...slow, session]) each.close();
    tally.close();
    await target.expectSound();
  });

  it('may have a reader that never reads: a stream is not read from either', async () => {
    const tally = new Tally('streams that are never read');
    const sessions = await Promise.all(
      Array.from({ length: 20 }, () => connectRaw(target.port, { settings: { initialWindowSize: 0 } })),
    );
    const chunk = Buffer.concat(Array<Buffer>(1000).fill(flowerFrame));
    const accepted = await Promise.all(
      sessions.map(async (session) => {
        let bytes = 0;
        const reply = call(session, paths.predictStream, Buffer.alloc(0), {
          end: false,
          timeoutMs: 2500,
          onStream: (stream) => {
            const more = () =>
              stream.write(chunk, (error) => {
                if (error) return;
                bytes += chunk.length;
                if (bytes < 50_000_000) more();
              });
            more();
          },
        });
        await reply;
        return bytes;
      }),
    );
    for (const bytes of accepted) {
      // Windows and buffers of both sides; without flow control it would be all 50 MB.
      expect(bytes).toBeLessThan(5_000_000);
      tally.add('held back');
    }
    for (const session of sessions) session.destroy();
    tally.close(`${Math.round(Math.max(...accepted) / 1000)} kB accepted at most`);
    await target.expectSound();
  });

  it('may have a reader that never reads: replies of whole batches are refused before they fill the memory', async () => {
    const tally = new Tally('batches whose replies are never read');
    const session = await connectRaw(target.port, { settings: { initialWindowSize: 0 } });
    const rowCount = 30_000;
    const body = frame(
      encode('inference.ModelInferRequest', {
        model_name: 'iris',
        inputs: [{ name: 'features', datatype: 'INT8', shape: [rowCount, 4] }],
        outputs: [{ name: 'decision_path' }],
        raw_input_contents: [Buffer.alloc(rowCount * 4, 5)],
      }),
    );
    // 120 kB of request are about 9 MB of reply; a quarter of them gives up after a second.
    const asked = Array.from({ length: 60 }, (_, n) =>
      call(session, paths.infer, body, { timeoutMs: 9000, headers: n % 4 === 0 ? { 'grpc-timeout': '1S' } : {} }),
    );
    for (const { code } of await Promise.all(asked)) tally.add(code);
    const peak = target.resident('peak');
    // 256 MB of replies, each for a moment twice in memory, beside what an idle server has.
    expect(peak).toBeLessThan(800);
    session.destroy();
    tally.close(`peak ${peak} MB`);
    await target.expectSound(800);
  });
});

describe('a client that is stopped', () => {
  it('costs the server nothing, and gets all its replies when it goes on', async () => {
    const tally = new Tally('kill -STOP of a reading client');
    const target = await startTarget();
    const count = 200_000;
    const script = fileURLToPath(new URL('./stopped-client.js', import.meta.url));
    const child = spawn(process.execPath, [script, String(target.port), paths.predictStream, String(count)]);
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    child.stdin.end(flowerFrame.toString('hex'));
    await once(child.stdout, 'data');
    for (let round = 0; round < 5; round++) {
      child.kill('SIGSTOP');
      await sleep(300);
      await target.expectSound();
      expect(child.exitCode).toBeNull();
      child.kill('SIGCONT');
      await sleep(50);
      tally.add('stopped and continued');
    }
    await once(child, 'close');
    const one = await oneReply(target);
    expect(output).toBe(`reading\nstatus 0, ${(one.length + 5) * count} bytes\n`);
    // And one that never comes back.
    const gone = spawn(process.execPath, [script, String(target.port), paths.predictStream, String(count)]);
    gone.stdin.end(flowerFrame.toString('hex'));
    await once(gone.stdout, 'data');
    gone.kill('SIGSTOP');
    await sleep(1000);
    await target.expectSound();
    gone.kill('SIGKILL');
    tally.add('stopped for good');
    tally.close(`resident ${target.resident()} MB`);
    await target.stop();
  });
});

describe('TLS', () => {
  it('handshakes that never end keep nobody from theirs', async () => {
    const tally = new Tally('slowloris on the TLS port');
    const target = await startTarget([
      '--tls-cert',
      fixture('server.pem'),
      '--tls-key',
      fixture('server.key'),
      '--grace',
      '2s',
    ]);
    const hello = Buffer.from('16030100c8010000c40303', 'hex');
    const sockets: Socket[] = [];
    await inParallel(
      Array.from({ length: 1000 }, (_, n) => n),
      50,
      async (n) => {
        const socket = connect(target.port, '127.0.0.1').on('error', () => {});
        await once(socket, 'connect');
        sockets.push(socket);
        if (n % 4 === 1) socket.write(hello.subarray(0, 1));
        if (n % 4 === 2) socket.write(hello);
        if (n % 4 === 3) socket.write(Buffer.alloc(500, n));
        tally.add('left in the handshake');
      },
    );
    for (let round = 0; round < 10; round++) {
      for (const socket of sockets) if (!socket.destroyed) socket.write(hello.subarray(0, 1));
      const session = connectHttp2(`https://localhost:${target.port}`, { ca: [readFileSync(fixture('ca.pem'))] });
      await once(session, 'connect');
      await expectAnswers(session, target.models);
      session.close();
      tally.add('others answered rightly');
    }
    expect(target.resident()).toBeLessThan(450);
    tally.close(`resident ${target.resident()} MB`);
    // They are still there when the server ends.
    await target.stop();
    for (const socket of sockets) socket.destroy();
  });
});

describe('the age of connections', () => {
  it('loses no call, however many run when one ends', async () => {
    const tally = new Tally('connections of 300 ms under load');
    const target = await startTarget(['--max-connection-age', '300ms', '--grace', '3s']);
    const until = performance.now() + 4000;
    let connections = 0;
    await Promise.all(
      Array.from({ length: 8 }, async (_, lane) => {
        while (performance.now() < until) {
          const session = await target.connect();
          connections++;
          let leaving = false;
          session.on('goaway', () => {
            leaving = true;
          });
          for (let n = lane; !leaving && performance.now() < until; n++) {
            const request = flowerOf(n);
            const { code, replies } = await call(
              session,
              paths.predict,
              frame(encode('ml.IrisPredictRequest', request)),
            );
            // A stream that crossed the GOAWAY was not looked at (RFC 9113, 6.8): clients ask again by themselves.
            if (leaving && /reset 7|not sent|closed/.test(code)) break;
            expect(code).toBe('OK');
            expectRightFlower(target.models, request, replies[0]!);
            tally.add('answered rightly');
          }
          session.close();
        }
      }),
    );
    expect(connections).toBeGreaterThan(24);
    tally.close(`${connections} connections`);
    await target.expectSound();
    await target.stop();
  });
});

function written(socket: Socket, bytes: Buffer): Promise<void> {
  return new Promise((resolve) => socket.write(bytes, () => resolve()));
}

async function oneReply(target: Target): Promise<Buffer> {
  const session = await target.connect();
  const { replies } = await call(session, paths.predict, flowerFrame);
  session.close();
  expect(decode('ml.IrisPredictReply', replies[0]!)['species']).toBe(0);
  return replies[0]!;
}
