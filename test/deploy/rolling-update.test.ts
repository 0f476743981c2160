import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { type Models, readModels } from '../abuse/oracle.js';
import { trainOther } from '../abuse/other-model.js';
import { irisModel } from '../abuse/target.js';
import { ROOT } from '../e2e/cli.js';
import { describeWith } from '../interop/tools.js';
import { buildImage } from './containers.js';
import { Fleet } from './fleet.js';
import { freePort, until } from './prometheus.js';
import { keepCalling, type SteadyCalls } from './steady-calls.js';
import { engine, haproxy, nginx } from './tools.js';

describeWith([engine, haproxy, nginx], 'a rolling update under load, and the way back', () => {
  let folder: string;
  let older: string;
  let newer: string;
  let models: Models;
  let fleet: Fleet;
  let proxy: ChildProcess | undefined;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'iris-rolling-'));
    await chmod(folder, 0o755); // the container's user is not ours
    older = join(folder, 'iris.json');
    await copyFile(irisModel, older);
    newer = await trainOther(folder);
    for (const model of [older, newer]) await chmod(model, 0o644);
    models = readModels(older, newer);
    await buildImage();
  });
  beforeEach(async () => {
    fleet = new Fleet();
    await fleet.start(older);
  });
  afterEach(async () => {
    await fleet.close();
    if (!proxy) return;
    const closed = once(proxy, 'close');
    proxy.kill('SIGTERM');
    await closed;
    proxy = undefined;
  });
  afterAll(() => rm(folder, { recursive: true }));

  /** The file of deploy/ as it is, but for where it listens and where the servers are. */
  async function startProxy(file: string, command: string, args: readonly string[]): Promise<string> {
    const port = await freePort();
    const text = await readFile(`${ROOT}deploy/${file}`, 'utf8');
    const changed = text
      .replace(/((?:listen|bind) )\S*50051/, `$1127.0.0.1:${port}`)
      .replaceAll(/iris-([123]):50052/g, (_, place) => `${fleet.places[Number(place) - 1]}:50052`);
    expect(changed).not.toMatch(/50051 |iris-\d:/);
    const path = join(folder, file);
    await writeFile(path, changed);
    proxy = spawn(command, [...args, path], { stdio: 'ignore' });
    await until(() => listens(port));
    return `127.0.0.1:${port}`;
  }

  async function rehearse(name: string, calls: SteadyCalls): Promise<void> {
    await until(async () => calls.answered() > 200);
    await fleet.roll(newer);
    await fleet.roll(older);
    const { batches, calls: count, cuts, longestMs, lost, streams, versions } = await calls.stop();
    const kinds = `${count} calls, of them ${batches} batches and ${streams} streams`;
    process.stderr.write(
      `${name}: ${kinds}: ${lost.length} lost, the longest took ${longestMs.toFixed(0)} ms; ${cuts.length} long streams cut\n`,
    );
    expect(lost).toEqual([]);
    // A stream that does not end is cut by the server that ends, which says so.
    expect(new Set(cuts)).toEqual(new Set(['UNAVAILABLE: the server is shutting down: ask another one']));
    expect(cuts.length).toBeLessThanOrEqual(4);
    expect(Object.keys(versions).sort()).toEqual([...models.keys()].sort());
  }

  it('loses no call of a client that balances by itself', async () => {
    const roundRobin = { loadBalancingConfig: [{ round_robin: {} }] };
    const addresses = fleet.places.map((address) => `${address}:50052`).join(',');
    const options = { 'grpc.service_config': JSON.stringify(roundRobin), 'grpc.max_reconnect_backoff_ms': 1000 };
    await rehearse('round_robin', keepCalling(`ipv4:${addresses}`, models, options));
  });

  it('loses no call behind nginx', async () => {
    const address = await startProxy('nginx.conf', nginx.command, ['-g', 'daemon off;', '-p', folder, '-c']);
    await rehearse('nginx', keepCalling(address, models));
  });

  it('loses no call behind HAProxy', async () => {
    const address = await startProxy('haproxy.cfg', haproxy.command, ['-db', '-f']);
    await rehearse('HAProxy', keepCalling(address, models));
  });
});

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(true));
    socket.on('error', () => resolve(false)).on('connect', () => socket.destroy());
  });
}
