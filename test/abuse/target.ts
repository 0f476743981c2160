import { readFileSync } from 'node:fs';
import type { ClientHttp2Session } from 'node:http2';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { serve } from '../e2e/cli.js';
import { decode, encode, type Message } from './messages.js';
import { expectRightBatch, expectRightFlower, type Models, readModels } from './oracle.js';
import { call, connectRaw, frame, paths } from './raw-call.js';

export const irisModel = fileURLToPath(new URL('../../artifacts/iris.json', import.meta.url));

export const flower = { sepal_length: 5, sepal_width: 3.6, petal_length: 1.3, petal_width: 0.25 };

/** The server under attack: the built command in a process of its own. */
export interface Target {
  readonly port: number;
  readonly pid: number;
  readonly models: Models;
  /** What it wrote on stderr so far: one JSON object per line. */
  log(): string;
  connect(): Promise<ClientHttp2Session>;
  /** Megabytes, of its workers too: what it has, or `peak` what it ever had. */
  resident(which?: 'now' | 'peak'): number;
  signal(name: NodeJS.Signals): void;
  /** It lives, answers rightly on a new connection, reports no bug, and has no more memory than it may. */
  expectSound(maxResidentMb?: number): Promise<void>;
  /** SIGTERM; exit code 0 and a clean log are expected. */
  stop(): Promise<void>;
}

/**
 * Memory of a server that was attacked. Idle it has about 90 MB; V8 lets garbage of the young generation and of large
 * messages stand until it needs the room, which takes a few hundred. What grows with an attack goes beyond.
 */
const MAX_RESIDENT_MB = 450;

export async function startTarget(
  args: readonly string[] = [],
  models: Models = readModels(irisModel),
): Promise<Target> {
  const modelArgs = args.includes('--model') ? [] : ['--model', irisModel];
  const { child, log, port, stop } = await serve([...modelArgs, ...args]);
  const pid = child.pid!;
  // A test that fails leaves none running.
  process.once('exit', () => child.kill('SIGKILL'));
  const status = (key: string) => {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean);
    const kilobytes = [pid, ...children].map((each) => {
      const found = new RegExp(`^${key}:\\s+(\\d+) kB`, 'm').exec(readFileSync(`/proc/${each}/status`, 'utf8'));
      return Number(found?.[1] ?? 0);
    });
    return Math.round(kilobytes.reduce((sum, each) => sum + each, 0) / 1024);
  };
  const target: Target = {
    port,
    pid,
    models,
    log,
    connect: () => connectRaw(port),
    resident: (which = 'now') => status(which === 'now' ? 'VmRSS' : 'VmHWM'),
    signal: (name) => void child.kill(name),
    async expectSound(maxResidentMb = MAX_RESIDENT_MB) {
      expect(child.exitCode).toBeNull();
      const session = await connectRaw(port);
      await expectAnswers(session, models);
      session.close();
      expectCleanLog(log());
      expect(target.resident()).toBeLessThan(maxResidentMb);
    },
    async stop() {
      expect(await stop()).toBe(0);
      expectCleanLog(log());
      expect(log()).toContain('"msg":"stopped"');
    },
  };
  return target;
}

/** One flower, one batch, health: on this connection, rightly. */
export async function expectAnswers(session: ClientHttp2Session, models: Models): Promise<void> {
  const reply = await call(session, paths.predict, frame(encode('ml.IrisPredictRequest', flower)));
  expect(reply.code).toBe('OK');
  expectRightFlower(models, flower, reply.replies[0]!);
  const batch = encode('inference.ModelInferRequest', batchOf(1000));
  const answer = await call(session, paths.infer, frame(batch));
  expect(answer.code).toBe('OK');
  expectRightBatch(models, batch, answer.replies[0]!);
  const health = await call(session, paths.health, frame(Buffer.alloc(0)));
  expect(decode('grpc.health.v1.HealthCheckResponse', health.replies[0]!)).toMatchObject({ status: 1 });
}

/** Every line is one of ours, and none tells of a bug. */
function expectCleanLog(log: string): void {
  for (const line of log.split('\n').filter(Boolean)) {
    expect(() => JSON.parse(line), line).not.toThrow();
    expect(JSON.parse(line)['msg'], line).not.toBe('internal error');
  }
}

/** Flowers that spread over the whole tree, as FP64 in raw form. */
export function batchOf(rowCount: number, change: Message = {}): Message {
  return {
    model_name: 'iris',
    id: `batch of ${rowCount}`,
    inputs: [{ name: 'features', datatype: 'FP64', shape: [rowCount, 4] }],
    raw_input_contents: [
      Buffer.from(Float64Array.from({ length: rowCount * 4 }, (_, i) => measurement(i >> 2, i & 3)).buffer),
    ],
    ...change,
  };
}

const ranges = [
  [4.3, 7.9],
  [2, 4.4],
  [1, 6.9],
  [0.1, 2.5],
] as const;

/** One number of the n-th flower: within training's range, in steps that share no period. */
export function measurement(n: number, feature: number): number {
  const [low, high] = ranges[feature]!;
  const steps = [37, 41, 43, 47][feature]!;
  return low + ((high - low) * (n % steps)) / (steps - 1);
}

export function flowerOf(n: number): typeof flower {
  return {
    sepal_length: measurement(n, 0),
    sepal_width: measurement(n, 1),
    petal_length: measurement(n, 2),
    petal_width: measurement(n, 3),
  };
}
