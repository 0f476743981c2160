import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { largeModelParts, NODES_PER_MB } from '../../bench/peers/large-model.js';
import { assembleModel, serializeModel } from '../../src/formats/iris-json/format.js';
import { start } from '../e2e/cli.js';
import { readModels } from './oracle.js';
import { call, frame, paths } from './raw-call.js';
import { Tally } from './tally.js';
import { irisModel, startTarget, type Target } from './target.js';

const MEGABYTES = 64;
const folder = mkdtempSync(join(tmpdir(), 'iris-abuse-large-'));
const large = join(folder, 'large.json');
const served = join(folder, 'model.json');

beforeAll(() => {
  const nodes = 2 * Math.floor((MEGABYTES * NODES_PER_MB) / 2) + 1;
  writeFileSync(large, serializeModel(assembleModel(largeModelParts(nodes))));
});
afterAll(() => rmSync(folder, { recursive: true }));

function put(content: string | Uint8Array): void {
  writeFileSync(`${served}.next`, content);
  renameSync(`${served}.next`, served);
}

const head = '{"format":"iris-decision-tree","version":1,';
const seal = `,"sha256":"${'0'.repeat(64)}"}`;

/** A tree of all the columns, one of which is as long as the file has room for. */
function longColumn(bytes: number): Buffer {
  const others = ['threshold', 'left', 'right', 'missingLeft', 'counts', 'impurity'].map((name) => `"${name}":[0]`);
  const rest = ['features', 'classes', 'training', 'metrics', 'verification'].map((name) => `"${name}":0`);
  return Buffer.concat([
    Buffer.from(`${head}${rest.join()},"tree":{${others.join()},"feature":[`),
    Buffer.alloc(bytes, '0,'),
    Buffer.from(`0]}${seal}`),
  ]);
}

/** `times` copies of a text, then the end of a file. */
function repeated(start: string, text: string, times: number, end: string): Buffer {
  return Buffer.concat([Buffer.from(start), Buffer.alloc(text.length * times, text), Buffer.from(end)]);
}

/** What costs a reader most that builds before it looks, 200 MB each; a failure that repeats would be logged once. */
const hostile: readonly (readonly [name: string, make: () => Buffer])[] = [
  ['a column of a hundred million zeros', () => longColumn(200_000_000)],
  [
    'an unknown key with ten million arrays',
    () => repeated(`${head}"x":[`, '[0,               0],', 9_500_000, `0]${seal}`),
  ],
  ['twenty million keys', () => repeated(head, '"key0":12,', 20_000_000, `"a":0${seal}`)],
  ['a version without an end', () => repeated('{"format":"iris-decision-tree","version":', '7', 200_000_000, seal)],
];

/** Until the log has the line; the server answers meanwhile, which is counted. */
async function answeredUntil(target: Target, line: string, times: number): Promise<number> {
  const session = await target.connect();
  let answered = 0;
  try {
    while (target.log().split(line).length - 1 < times) {
      const { code } = await call(session, paths.health, frame(Buffer.alloc(0)));
      expect(code).toBe('OK');
      answered++;
    }
  } finally {
    session.close();
  }
  return answered;
}

const FAILED = '"msg":"reload failed: the old model stays"';

describe('hostile models of 200 MB at a reload', () => {
  it.each([{ args: [] }, { args: ['--workers', '2'] }])('change nothing and stop nobody: $args', async ({ args }) => {
    put(readFileSync(irisModel));
    const target = await startTarget(['--model', served, ...args], readModels(irisModel));
    const tally = new Tally(`hostile models at a reload ${args.join(' ')}`.trim());
    for (const [index, [name, make]] of hostile.entries()) {
      put(make());
      target.signal('SIGHUP');
      const answered = await answeredUntil(target, FAILED, index + 1);
      // A server that waits for the reader answers one call at most.
      expect(answered).toBeGreaterThan(20);
      tally.add(name);
    }
    // Six times the file would be 1200 MB.
    expect(target.resident('peak')).toBeLessThan(1200);
    tally.close(`all refused, peak ${target.resident('peak')} MB`);
    await target.expectSound(args.length > 0 ? 900 : 600);
    await target.stop();
  });

  it.each(hostile)('are refused at the start, in less memory: %s', async (_, make) => {
    put(make());
    const child = start(['serve', '--check', '--model', served]);
    let peakMb = 0;
    const watch = setInterval(() => {
      try {
        const found = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'));
        peakMb = Math.max(peakMb, Number(found?.[1] ?? 0) / 1024);
      } catch {
        // It has ended.
      }
    }, 20);
    const [stderr, [code]] = await Promise.all([text(child.stderr!), once(child, 'close')]);
    clearInterval(watch);
    expect({ code, lines: stderr.trim().split('\n').length }).toEqual({ code: 65, lines: 1 });
    expect(stderr).toMatch(`${served}: `);
    expect(peakMb).toBeGreaterThan(50);
    expect(peakMb).toBeLessThan(1200);
  });
});

describe(`a good model of ${MEGABYTES} MB`, () => {
  it.each([{ args: [] }, { args: ['--workers', '2'] }])(
    'is taken while calls are answered: $args',
    async ({ args }) => {
      put(readFileSync(irisModel));
      const target = await startTarget(['--model', served, ...args], readModels(irisModel));
      put(readFileSync(large));
      target.signal('SIGHUP');
      const times = args.length > 0 ? 3 : 1;
      expect(await answeredUntil(target, '"msg":"model reloaded"', times)).toBeGreaterThan(20);
      // Nine times the file, in which a node takes half the room that it took in version 1, and what a process has anyway.
      const processes = times;
      expect(target.resident('peak')).toBeLessThan(MEGABYTES * 9 + processes * 130);
      await target.stop();
    },
  );

  it('ends with a signal while it is read at a reload', async () => {
    put(readFileSync(irisModel));
    const target = await startTarget(['--model', served], readModels(irisModel));
    put(readFileSync(large));
    target.signal('SIGHUP');
    await answeredUntil(target, '"msg":"ready"', 1);
    await target.stop();
    expect(target.log()).not.toContain(FAILED);
  });

  it.each([
    ['serve', ['serve', '--port', '0', '--model', large], 'SIGTERM', 0],
    ['serve --workers', ['serve', '--port', '0', '--workers', '2', '--model', large], 'SIGTERM', 0],
    ['inspect', ['inspect', large], 'SIGINT', 130],
    ['predict', ['predict', '--model', large, '5', '3', '1', '1'], 'SIGINT', 130],
    ['evaluate', ['evaluate', '--model', large], 'SIGTERM', 130],
    ['verify', ['verify', large], 'SIGTERM', 130],
  ] as const)('is no longer read when a signal comes: %s', async (_, args, signal, expected) => {
    const child = start(args);
    child.stdin?.end();
    const output = Promise.all([text(child.stdout!), text(child.stderr!)]);
    // The file is open as soon as it is read.
    while (!isOpen(child.pid!, large)) await new Promise(setImmediate);
    child.kill(signal);
    const [code] = await once(child, 'close');
    const [stdout, stderr] = await output;
    expect({ code, stdout }).toEqual({ code: expected, stdout: '' });
    expect(stderr).not.toContain('"msg":"ready"');
  });
});

function isOpen(pid: number, path: string): boolean {
  return readdirSync(`/proc/${pid}/fd`).some((descriptor) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${descriptor}`) === path;
    } catch {
      return false; // Closed meanwhile.
    }
  });
}

describe('a pipe in the place of a model', () => {
  it('is refused at a reload, and SIGTERM is heard', async () => {
    put(readFileSync(irisModel));
    const target = await startTarget(['--model', served, '--watch'], readModels(irisModel));
    rmSync(served);
    execFileSync('mkfifo', [served]);
    await answeredUntil(target, 'found a pipe', 1);
    await target.expectSound();
    await target.stop();
    rmSync(served);
  });

  it.each([
    ['serve', '--port', '0', '--model'],
    ['serve', '--check', '--model'],
    ['inspect'],
    ['verify'],
    ['evaluate', '--model'],
  ])('is refused by iris %s', async (...args) => {
    execFileSync('mkfifo', [served]);
    const child = start([...args, served]);
    child.stdin?.end();
    const [stderr, [code]] = await Promise.all([text(child.stderr!), once(child, 'close')]);
    rmSync(served);
    expect(code).toBe(66);
    expect(stderr).toContain(`${served}: expected a regular file, found a pipe: write the model to a file first`);
  });
});
