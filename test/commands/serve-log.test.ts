import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, existsSync, openSync, readSync, writeSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Metadata } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { IRIS } from '../e2e/cli.js';
import { afterTest, flower, TestClient } from '../server/serving.js';
import { scrape, total } from '../server/telemetry/metrics-text.js';
import type { Line } from './serving-lines.js';
import { linesOf, readyLine, serveForTest, untilLogged } from './serving-lines.js';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'iris-log-'));
});

afterAll(() => rm(folder, { recursive: true }));

/** A named pipe as stderr: both ends are here too, so that the test can fill and empty it. */
class Pipe {
  readonly writer: number;
  readonly #reader: number;
  text = '';

  constructor(path: string) {
    execFileSync('mkfifo', [path]);
    this.#reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    this.writer = openSync(path, constants.O_WRONLY);
    const filler = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
    this.fill = () => {
      for (const size of [4096, 1]) this.#fillWith(filler, Buffer.alloc(size, '\n'));
    };
    afterTest(() => {
      for (const fd of [this.#reader, filler]) closeSync(fd);
    });
  }

  /** Leaves no room for a byte. */
  readonly fill: () => void;

  /** Reads what is there. */
  read(): void {
    const bytes = Buffer.alloc(65_536);
    try {
      for (let count = 1; count > 0; this.text += bytes.toString('utf8', 0, count)) {
        count = readSync(this.#reader, bytes, 0, bytes.length, null);
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    }
  }

  async until(message: string): Promise<Line> {
    while (true) {
      this.read();
      const found = this.lines().find(({ msg }) => msg === message);
      if (found) return found;
      await sleep(10);
    }
  }

  lines(): Line[] {
    const whole = this.text.slice(0, this.text.lastIndexOf('\n') + 1);
    return whole.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line)]));
  }

  /** What the log says was lost of it. */
  lost(): number {
    const found = this.lines().filter(({ msg }) => msg === 'log lines lost: they could not be written');
    return found.reduce((sum, { lines }) => sum + Number(lines), 0);
  }

  #fillWith(fd: number, bytes: Buffer): void {
    try {
      while (true) writeSync(fd, bytes);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    }
  }
}

function serveInto(stderr: number, args: readonly string[]) {
  const stdio = ['ignore', 'ignore', stderr] as const;
  const child = spawn(process.execPath, [IRIS, 'serve', '--port', '0', ...args], { stdio: [...stdio] });
  closeSync(stderr);
  const ended = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
  afterTest(() => child.kill('SIGKILL'));
  return { child, ended };
}

/** Calls whose lines in the log are long. */
async function callOften(client: TestClient, count: number): Promise<void> {
  const metadata = new Metadata();
  metadata.set('x-request-id', 'x'.repeat(128));
  for (let begun = 0; begun < count; begun += 50) {
    const calls = Array.from({ length: 50 }, () => client.call('iris', 'PredictIrisSpecies', flower, { metadata }));
    for (const reply of await Promise.all(calls)) expect(reply).toMatchObject({ species_name: 'setosa' });
  }
}

async function untilReady(client: TestClient): Promise<void> {
  const channel = client.channel('iris');
  await promisify(channel.waitForReady.bind(channel))(Date.now() + 60_000);
}

const droppedBy = async (address: string) => total(await scrape(address), 'iris_log_lines_dropped_total');

describe.skipIf(process.platform === 'win32')('a log that nobody reads', () => {
  it.each([
    ['one process', []],
    ['workers', ['--workers', '2']],
  ])('holds up no call of %s and no shutdown; what is dropped is counted, and told later', async (name, workers) => {
    const pipe = new Pipe(join(folder, `${name}.fifo`));
    const args = ['--log-level', 'debug', '--metrics-port', '0', ...workers];
    const { child, ended } = serveInto(pipe.writer, args);
    const ready = await pipe.until('ready');
    pipe.fill();
    const client = new TestClient(String(ready['address']));
    await callOften(client, 5000);
    const dropped = await droppedBy(String(ready['metrics']));
    expect(dropped).toBeGreaterThan(0);
    // A worker tells of its own, where the primary process did not keep up with it.
    while (pipe.lost() < dropped) {
      await sleep(10);
      pipe.read();
    }
    expect(pipe.lost()).toBe(dropped);
    expect(pipe.lines().filter(({ msg }) => msg === 'call')).toHaveLength(5000 - dropped);
    pipe.fill();
    child.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
  });

  it('holds up no start and no shutdown where it was full before', async () => {
    const pipe = new Pipe(join(folder, 'full.fifo'));
    pipe.fill();
    const address = `unix:${join(folder, 'full.sock')}`;
    const { child, ended } = serveInto(pipe.writer, ['--host', address]);
    const client = new TestClient(address);
    await untilReady(client);
    expect(await client.call('iris', 'PredictIrisSpecies', flower)).toMatchObject({ species_name: 'setosa' });
    child.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
  });

  it('holds up no worker that is replaced, where it is a socket', async () => {
    const server = await serveForTest(['--workers', '2', '--metrics-port', '0', '--log-level', 'debug']);
    const metrics = String(readyLine(server)['metrics']);
    const [{ pid }] = linesOf(server).filter(({ msg }) => msg === 'worker forked');
    server.child.stderr!.pause();
    await callOften(new TestClient(`127.0.0.1:${server.port}`), 6000);
    expect(await droppedBy(metrics)).toBeGreaterThan(0);
    process.kill(Number(pid), 'SIGKILL');
    while ((await scrape(metrics)).get('iris_worker_crashes_total') !== 1) await sleep(10);
    while ((await scrape(metrics)).get('iris_workers_ready') !== 2) await sleep(10);
    await callOften(new TestClient(`127.0.0.1:${server.port}`), 50);
    server.child.stderr!.resume();
    await untilLogged(server, 'log lines lost: they could not be written');
    expect(await server.stop()).toBe(0);
  });

  it.each([
    ['one process', []],
    ['workers', ['--workers', '2']],
  ])('ends nothing when its reader goes: %s', async (_, workers) => {
    const server = await serveForTest(['--metrics-port', '0', '--log-level', 'debug', ...workers]);
    server.child.stderr!.destroy();
    await once(server.child.stderr!, 'close');
    await callOften(new TestClient(`127.0.0.1:${server.port}`), 100);
    expect(await droppedBy(String(readyLine(server)['metrics']))).toBeGreaterThan(50);
    const ended = once(server.child, 'exit');
    server.child.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
  });
});

describe.runIf(existsSync('/dev/full'))('a log on a full disk', () => {
  it.each([
    ['one process', []],
    ['workers', ['--workers', '2']],
  ])('ends nothing: %s', async (name, workers) => {
    const address = `unix:${join(folder, `disk of ${name}.sock`)}`;
    const { child, ended } = serveInto(openSync('/dev/full', 'w'), ['--host', address, ...workers]);
    const client = new TestClient(address);
    await untilReady(client);
    expect(await client.call('iris', 'PredictIrisSpecies', flower)).toMatchObject({ species_name: 'setosa' });
    child.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
  });
});
