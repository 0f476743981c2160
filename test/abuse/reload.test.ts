import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import type { ClientHttp2Session } from 'node:http2';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decode, encode } from './messages.js';
import { expectRightBatch, expectRightFlower, readModels } from './oracle.js';
import { trainOther } from './other-model.js';
import { Random } from './random.js';
import { call, frame, paths } from './raw-call.js';
import { Tally } from './tally.js';
import { batchOf, flowerOf, irisModel, startTarget, type Target } from './target.js';

const folder = mkdtempSync(join(tmpdir(), 'iris-abuse-reload-'));
const served = join(folder, 'model.json');
let other: string;

beforeAll(async () => {
  other = await trainOther(folder);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** As a careful writer does: a temporary name, then renamed. */
function putModel(source: string): void {
  copyFileSync(source, join(folder, 'model.tmp'));
  renameSync(join(folder, 'model.tmp'), served);
}

function startServing(...args: string[]): Promise<Target> {
  putModel(irisModel);
  return startTarget(['--model', served, ...args], readModels(irisModel, other));
}

function linesOf(target: Target, message: string): number {
  return target.log().split(`"msg":"${message}"`).length - 1;
}

/** Waits until the log has so many lines with this message. A count takes long only while there is something to wait for. */
async function logged(target: Target, message: string, count: number): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (linesOf(target, message) < count) {
    if (performance.now() > deadline)
      throw new Error(`no ${count} lines "${message}" in: ${target.log().slice(-2000)}`);
    await sleep(1);
  }
}

/** Calls of three kinds until told to end; every reply has to be wholly of one model, and right for the one it names. */
function keepAsking(target: Target, session: ClientHttp2Session, tally: Tally) {
  let ended = false;
  const lanes = [
    async (n: number) => {
      const request = flowerOf(n);
      const { code, replies } = await call(session, paths.predict, frame(encode('ml.IrisPredictRequest', request)));
      expect(code).toBe('OK');
      expectRightFlower(target.models, request, replies[0]!);
      tally.add('flowers right');
    },
    async (n: number) => {
      const bytes = encode('inference.ModelInferRequest', batchOf(500 + (n % 500)));
      const { code, replies } = await call(session, paths.infer, frame(bytes));
      expect(code).toBe('OK');
      expectRightBatch(target.models, bytes, replies[0]!);
      tally.add('batches right');
    },
    async (n: number) => {
      const requests = Array.from({ length: 200 }, (_, index) => flowerOf(n + index));
      const frames = requests.map((request) => frame(encode('ml.IrisPredictRequest', request)));
      const { code, replies } = await call(session, paths.predictStream, frames[0]!, {
        end: false,
        onStream: (stream) => void sendSlowly(stream, frames.slice(1)),
      });
      expect(code).toBe('OK');
      expect(replies).toHaveLength(requests.length);
      for (const [index, reply] of replies.entries()) expectRightFlower(target.models, requests[index]!, reply);
      const versions = new Set(replies.map((reply) => decode('ml.IrisPredictReply', reply)['model_version']));
      expect(versions.size).toBe(1);
      tally.add('streams right, of one model each');
    },
  ];
  const running = Promise.all(
    lanes.map(async (ask, lane) => {
      for (let n = lane * 7; !ended; n++) await ask(n);
    }),
  );
  // Whoever stops it is told.
  running.catch(() => {});
  return async () => {
    ended = true;
    await running;
  };
}

async function sendSlowly(
  stream: { write(bytes: Buffer): boolean; end(): void },
  frames: readonly Buffer[],
): Promise<void> {
  for (const [index, bytes] of frames.entries()) {
    stream.write(bytes);
    if (index % 20 === 0) await sleep(1);
  }
  stream.end();
}

describe('reloading', () => {
  it.each([
    { reloads: 1000, args: [], connections: 1, residentMb: 300 },
    // A worker each.
    { reloads: 300, args: ['--workers', '2'], connections: 2, residentMb: 600 },
  ])('$reloads times under load mixes no two models and leaks nothing: $args', async (given) => {
    const { args, connections, reloads, residentMb } = given;
    const target = await startServing(...args);
    const tally = new Tally(`${reloads} reloads under load ${args.join(' ')}`.trim());
    const sessions = await Promise.all(Array.from({ length: connections }, () => target.connect()));
    const stopAsking = sessions.map((session) => keepAsking(target, session, tally));
    const before = target.resident();
    for (let reload = 1; reload <= reloads; reload++) {
      putModel(reload % 2 === 0 ? irisModel : other);
      target.signal('SIGHUP');
      await logged(target, 'model reloaded', reload);
    }
    for (const stop of stopAsking) await stop();
    for (const session of sessions) session.close();
    tally.add('reloads', reloads);
    expect(linesOf(target, 'reload failed: the old model stays')).toBe(0);
    tally.close(`resident ${before} → ${target.resident()} MB`);
    await target.expectSound(residentMb);
    await target.stop();
  });

  it('as often as signals come, faster than models can be read, ends with the last model', async () => {
    const target = await startServing();
    const tally = new Tally('SIGHUP without a pause');
    const session = await target.connect();
    const stopAsking = keepAsking(target, session, tally);
    for (let n = 0; n < 2000; n++) {
      target.signal('SIGHUP');
      if (n % 50 === 0) await sleep(1);
    }
    putModel(other);
    target.signal('SIGHUP');
    await logged(target, 'model reloaded', 1);
    await stopAsking();
    session.close();
    tally.add('signals', 2001);
    tally.close(`resident ${target.resident()} MB`);
    await target.expectSound(300);
    await target.stop();
  });
});

describe('bad files at a reload', () => {
  const whole = readFileSync(irisModel);
  const random = new Random(11);
  /** What a reader might find in place of a model. */
  const rotten: readonly (readonly [name: string, write: () => void])[] = [
    ...Array.from({ length: 40 }, (_, n) => {
      const end = Math.floor((whole.length * n) / 40);
      return ['half-written', () => writeFileSync(served, whole.subarray(0, end))] as const;
    }),
    ...Array.from({ length: 40 }, () => {
      const flipped = Buffer.from(whole);
      // Outside of white space, which the hash does not cover.
      let at = random.below(whole.length);
      while (/\s/.test(String.fromCharCode(whole[at]!))) at = random.below(whole.length);
      flipped[at]! ^= 1 << random.below(7);
      return ['a bit flipped', () => writeFileSync(served, flipped)] as const;
    }),
    ...Array.from({ length: 10 }, () => ['noise', () => writeFileSync(served, random.bytes(5000))] as const),
    ['the file twice', () => writeFileSync(served, Buffer.concat([whole, whole]))],
    [
      'with a hole of zeros',
      () => writeFileSync(served, Buffer.concat([whole.subarray(0, 2000), Buffer.alloc(2000), whole.subarray(4000)])),
    ],
    ['missing', () => rmSync(served)],
    ['a folder', () => replaceByFolder()],
    ['300 MB of zeros', () => sparse(300_000_000)],
    ['a hundred thousand nested arrays', () => writeFileSync(served, '['.repeat(100_000))],
    ['sixteen million brackets', () => writeFileSync(served, '[],'.repeat(5_000_000))],
    ['an endless text', () => writeFileSync(served, `"${'x'.repeat(20_000_000)}`)],
  ];

  function replaceByFolder(): void {
    rmSync(served);
    mkdirSync(served);
  }

  function sparse(bytes: number): void {
    writeFileSync(served, '');
    truncateSync(served, bytes);
  }

  it('change nothing, however they are spoiled; the next good one is taken', async () => {
    const target = await startServing();
    const tally = new Tally('rotten files at a reload');
    const session = await target.connect();
    const stopAsking = keepAsking(target, session, new Tally(''));
    for (const [index, [name, write]] of rotten.entries()) {
      rmSync(served, { recursive: true, force: true });
      putModel(irisModel);
      write();
      target.signal('SIGHUP');
      // A failure that repeats is told once: a good file in between makes the next one new.
      await logged(target, 'reload failed: the old model stays', index + 1);
      tally.add(name);
      rmSync(served, { recursive: true, force: true });
      putModel(index % 2 === 0 ? other : irisModel);
      target.signal('SIGHUP');
      await logged(target, 'model reloaded', index + 1);
    }
    await stopAsking();
    session.close();
    tally.close(`all refused, peak ${target.resident('peak')} MB`);
    await target.expectSound();
    await target.stop();
  });

  it('are not taken while they are written piece by piece under --watch', async () => {
    const target = await startServing('--watch');
    const tally = new Tally('files written piece by piece under --watch');
    const session = await target.connect();
    const stopAsking = keepAsking(target, session, tally);
    for (let round = 1; round <= 6; round++) {
      const next = readFileSync(round % 2 === 1 ? other : irisModel);
      for (let end = 0; end < next.length; end += 1500) {
        writeFileSync(served, next.subarray(0, end));
        await sleep(40);
      }
      writeFileSync(served, next);
      await logged(target, 'model reloaded', round);
      tally.add('written');
    }
    await stopAsking();
    session.close();
    tally.close();
    await target.expectSound();
    await target.stop();
  });
});
