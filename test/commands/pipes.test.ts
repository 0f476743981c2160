import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, open, readdir, readFile, readlink, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT, start } from '../e2e/cli.js';
import { afterTest } from '../server/serving.js';

const MODEL = join(ROOT, 'artifacts/iris.json');

let folder: string;
let pipe: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'iris-pipes-'));
  pipe = join(folder, 'pipe');
  execFileSync('mkfifo', [pipe]);
});

afterAll(() => rm(folder, { recursive: true }));

/** Resolves when the process has opened the pipe. */
async function untilOpened(pid: number): Promise<void> {
  const fds = `/proc/${pid}/fd`;
  const opened = async () => {
    const names = await readdir(fds);
    const paths = await Promise.all(names.map((name) => readlink(join(fds, name)).catch(() => '')));
    return paths.includes(pipe);
  };
  while (!(await opened())) await sleep(10);
}

/** Whether a process is there that has not ended, waited for or not. */
async function runs(pid: number): Promise<boolean> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => 'State:\tX');
  return !/^State:\t[ZX]/m.test(status);
}

function startForTest(args: readonly string[]) {
  const child = start(args);
  afterTest(() => child.kill('SIGKILL'));
  child.stderr!.resume();
  child.stdout!.resume();
  return { child, closed: once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]> };
}

const commands: [string, () => string[]][] = [
  ['train', () => ['train', '--data', pipe, '--out', join(folder, 'never.json')]],
  ['evaluate', () => ['evaluate', '--model', MODEL, '--data', pipe]],
  ['verify', () => ['verify', MODEL, '--data', pipe]],
  ['predict', () => ['predict', '--model', MODEL, '--file', pipe]],
  ['health, with certificates', () => ['health', '--tls-ca', pipe]],
  ['predict, with certificates', () => ['predict', '1', '2', '3', '4', '--tls-ca', pipe]],
];

describe.runIf(existsSync('/proc/self/fd'))('a pipe as input', () => {
  it.each(commands.flatMap(([name, args]) => ['SIGINT', 'SIGTERM'].map((signal) => [name, signal, args] as const)))(
    'without a writer: %s ends at %s',
    async (_, signal, args) => {
      const { child, closed } = startForTest(args());
      await untilOpened(child.pid!);
      child.kill(signal as NodeJS.Signals);
      expect(await closed).toEqual([130, null]);
    },
  );

  it('ends at a signal while its writer pauses', async () => {
    const { child, closed } = startForTest(['train', '--data', pipe, '--out', join(folder, 'never.json')]);
    const writer = await open(pipe, 'w'); // waits for the reader
    await writer.write('sepal_length,species\n5.1,setosa\n');
    child.kill('SIGTERM');
    expect(await closed).toEqual([130, null]);
    await writer.close();
  });

  it.each([
    ['plain', (table: Buffer) => table],
    ['gzip', (table: Buffer) => gzipSync(table)],
  ])('gives the same model as the file, though its writer comes late and pauses: %s', async (name, packed) => {
    const out = join(folder, `${name}.json`);
    const { child, closed } = startForTest(['train', '--data', pipe, '--out', out]);
    await untilOpened(child.pid!);
    const table = packed(await readFile(join(ROOT, 'data/iris.csv')));
    const writer = await open(pipe, 'w');
    await writer.write(table.subarray(0, 100));
    await sleep(50); // the reader takes the first part alone
    await writer.write(table.subarray(100));
    await writer.close();
    expect(await closed).toEqual([0, null]);
    expect(await readFile(out, 'utf8')).toBe(await readFile(MODEL, 'utf8'));
  });
});

describe.runIf(existsSync('/proc/self/fd'))('a certificate that is a pipe without a writer', () => {
  it.each([
    ['one process', []],
    ['workers', ['--workers', '2']],
  ])('holds up no end at SIGTERM: %s', async (_, workers) => {
    const { child, closed } = startForTest(['serve', '--port', '0', '--tls-cert', pipe, '--tls-key', pipe, ...workers]);
    if (workers.length === 0) await untilOpened(child.pid!);
    else await once(child.stderr!, 'data');
    child.kill('SIGTERM');
    expect((await closed)[1]).toBe(null);
  });

  it('leaves no worker behind, not even one that is stopped', async () => {
    const args = ['serve', '--port', '0', '--workers', '2', '--tls-cert', pipe, '--tls-key', pipe];
    const { child, closed } = startForTest([...args, '--log-level', 'debug']);
    let log = '';
    child.stderr!.on('data', (chunk) => {
      log += chunk;
    });
    while (log.split('worker forked').length < 3) await once(child.stderr!, 'data');
    const pids = [...log.matchAll(/"pid":(\d+),"msg":"worker forked"/g)].map(([, pid]) => Number(pid));
    expect(pids).toHaveLength(2);
    process.kill(pids[0], 'SIGSTOP');
    child.kill('SIGTERM');
    expect(await closed).toEqual([0, null]);
    for (const pid of pids) while (await runs(pid)) await sleep(10);
  });
});
