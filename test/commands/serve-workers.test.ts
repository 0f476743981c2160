import { once } from 'node:events';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { serializeModel } from '../../src/formats/iris-json/format.js';
import { iris, ROOT, type RunningServer } from '../e2e/cli.js';
import { irisModel } from '../server/models.js';
import { afterTest, failureOf, flower, type Stream, TestClient } from '../server/serving.js';
import { scrape, total } from '../server/telemetry/metrics-text.js';
import { linesOf, readyLine, serveForTest, untilLogged } from './serving-lines.js';

let folder: string;
let model: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'iris-workers-'));
  model = join(folder, 'iris.json');
  await cp(join(ROOT, 'artifacts/iris.json'), model);
});

afterAll(() => rm(folder, { recursive: true }));

const serveTwo = (...args: string[]) =>
  serveForTest(['--workers', '2', '--metrics-port', '0', '--log-level', 'debug', ...args], {
    env: { IRIS_MODEL: model },
  });

const clientOf = ({ port }: RunningServer) => new TestClient(`127.0.0.1:${port}`);

const scrapeOf = (server: RunningServer) => scrape(String(readyLine(server)['metrics']));

/** Process ids of the workers, by number less one. */
const workersOf = (server: RunningServer) =>
  linesOf(server)
    .filter(({ msg }) => msg === 'worker forked')
    .reduce<number[]>((pids, { pid, worker }) => Object.assign(pids, { [Number(worker) - 1]: pid }), []);

/** A stream on a connection of its own, answered once. Connections go to the workers in turn. */
async function openStream(server: RunningServer): Promise<Stream> {
  const stream = clientOf(server).stream('iris', 'PredictIrisSpeciesStream');
  await answered(stream);
  return stream;
}

async function answered(stream: Stream): Promise<void> {
  stream.write(flower);
  expect((await once(stream, 'data'))[0]).toMatchObject({ species_name: 'setosa' });
}

async function end(stream: Stream): Promise<void> {
  const ended = once(stream, 'end');
  stream.resume().end();
  await ended;
}

/** That says nothing. */
function openConnection(server: RunningServer): Socket {
  const socket = connect(server.port, '127.0.0.1');
  afterTest(() => socket.destroy());
  return socket.resume().on('error', () => {});
}

describe('iris serve --workers', () => {
  it('is ready once, shares the calls of one port and adds up what its workers count', async () => {
    const server = await serveTwo();
    for (let connection = 0; connection < 4; connection++) {
      const client = clientOf(server);
      for (let call = 0; call < 3; call++) await client.call('iris', 'PredictIrisSpecies', flower);
    }
    const samples = await scrapeOf(server);
    expect(total(samples, 'grpc_server_handled_total', { grpc_method: 'PredictIrisSpecies', grpc_code: 'OK' })).toBe(
      12,
    );
    expect(total(samples, 'iris_predicted_rows_total', { class: 'setosa' })).toBe(12);
    expect(samples.get('iris_workers_ready')).toBe(2);
    expect(samples.get('iris_leaf_share_distance')).toBeGreaterThan(0.5);
    expect([...samples.keys()].filter((key) => key.startsWith('iris_drift_evidence'))).toHaveLength(5);
    for (const worker of ['1', '2', 'primary']) {
      expect(total(samples, 'process_resident_memory_bytes', { worker })).toBeGreaterThan(1e6);
    }
    expect(await server.stop()).toBe(0);
    const lines = linesOf(server);
    const calls = lines.filter(({ msg }) => msg === 'call').map(({ worker }) => worker);
    expect([calls.filter((worker) => worker === 1).length, calls.length]).toEqual([6, 12]);
    const once = lines.filter(({ level, worker }) => level === 30 && worker === undefined).map(({ msg }) => msg);
    expect(once).toEqual(['model file', 'configuration', 'ready', 'stopped']);
  });

  it('replaces a worker that is killed, counts it, and goes on answering', async () => {
    const server = await serveTwo();
    const streams = [await openStream(server), await openStream(server)];
    await scrapeOf(server);
    const lost = Promise.race(streams.map((stream) => failureOf(stream).then(({ code }) => ({ code, stream }))));
    process.kill(workersOf(server)[0], 'SIGKILL');
    const [died] = await untilLogged(server, 'worker died');
    expect(died).toMatchObject({ worker: 1, pid: workersOf(server)[0], signal: 'SIGKILL', retryMs: 100 });
    const { code, stream } = await lost;
    expect(code).toMatch(/UNAVAILABLE|CANCELLED|INTERNAL/);
    const [other] = streams.filter((open) => open !== stream);
    await answered(other);
    expect(await clientOf(server).call('iris', 'PredictIrisSpecies', flower)).toMatchObject({ species_name: 'setosa' });
    await untilLogged(server, 'worker replaced');
    await end(await openStream(server));
    await end(await openStream(server));
    const samples = await scrapeOf(server);
    expect(samples.get('iris_worker_crashes_total')).toBe(1);
    expect(samples.get('iris_workers_ready')).toBe(2);
    // What the dead one had counted when it was last asked is still there.
    expect(total(samples, 'iris_predicted_rows_total')).toBe(6);
    await end(other);
    expect(await server.stop()).toBe(0);
  });

  it('comes back on its port when all workers are killed', async () => {
    const server = await serveTwo();
    for (const pid of workersOf(server)) process.kill(pid, 'SIGKILL');
    await untilLogged(server, 'worker replaced', 2);
    process.kill(workersOf(server)[0], 'SIGKILL');
    await untilLogged(server, 'worker replaced', 3);
    expect(await clientOf(server).call('iris', 'PredictIrisSpecies', flower)).toMatchObject({ species_name: 'setosa' });
    expect(await server.stop()).toBe(0);
  });

  it('gives streams that are open at SIGTERM their last answer and ends with 0', async () => {
    const server = await serveTwo();
    const streams = [await openStream(server), await openStream(server)];
    const code = server.stop();
    await untilLogged(server, 'draining', 2);
    const metrics = String(readyLine(server)['metrics']);
    expect((await fetch(`http://${metrics}/readyz`)).status).toBe(503);
    for (const stream of streams) await answered(stream);
    for (const stream of streams) await end(stream);
    expect(await code).toBe(0);
    const stopped = linesOf(server).filter(({ msg }) => msg === 'stopped');
    expect(stopped.map(({ worker }) => worker).sort()).toEqual([1, 2, undefined]);
    expect(linesOf(server).map(({ msg }) => msg)).not.toContain('worker died');
  });

  it('cuts at a second signal what is open', async () => {
    const server = await serveTwo('--grace', '1h');
    const failed = [await openStream(server), await openStream(server)].map(failureOf);
    const code = server.stop();
    await untilLogged(server, 'draining', 2);
    server.child.kill('SIGINT');
    expect(await code).toBe(0);
    await Promise.all(failed);
    expect(linesOf(server).filter(({ msg }) => msg.startsWith('calls cut'))).toHaveLength(2);
  });

  it('kills a worker that does not end in time', async () => {
    const server = await serveTwo('--grace', '2s');
    const streams = [await openStream(server), await openStream(server)];
    for (const stream of streams) await end(stream);
    await scrapeOf(server);
    process.kill(workersOf(server)[0], 'SIGSTOP');
    // Metrics don't wait for it: what it told the last time counts.
    expect(total(await scrapeOf(server), 'iris_predicted_rows_total')).toBe(2);
    expect(await server.stop()).toBe(0);
    expect(linesOf(server).at(-2)).toMatchObject({ msg: 'workers killed: they did not end in time', workers: [1] });
  });

  it('reloads all workers at SIGHUP, and gives one that comes later the model of the others', async () => {
    const path = join(folder, 'changing.json');
    await cp(model, path);
    const server = await serveTwo('--model', path);
    const next = irisModel();
    await writeFile(path, serializeModel(next));
    server.child.kill('SIGHUP');
    const reloads = await untilLogged(server, 'model reloaded', 3);
    expect(reloads.map(({ to, worker }) => [to, worker]).sort()).toEqual([
      [next.version, undefined],
      [next.version, 1],
      [next.version, 2],
    ]);
    await writeFile(path, 'not a model any more');
    server.child.kill('SIGHUP');
    await untilLogged(server, 'reload failed: the old model stays');
    process.kill(workersOf(server)[1], 'SIGKILL');
    await untilLogged(server, 'worker replaced');
    for (let connection = 0; connection < 2; connection++) {
      const reply = await clientOf(server).call('iris', 'PredictIrisSpecies', flower);
      expect(reply).toMatchObject({ model_version: next.version });
    }
    const samples = await scrapeOf(server);
    expect(total(samples, 'iris_model_reloads_total', { outcome: 'reloaded' })).toBe(1);
    expect(total(samples, 'iris_model_reloads_total', { outcome: 'failed' })).toBe(1);
    expect(samples.get('iris_model_file_refused')).toBe(1);
    expect(total(samples, 'iris_model_info', { version: next.version })).toBe(1);
    expect(await server.stop()).toBe(0);
  });

  it('watches the file, and takes no model but the expected one', async () => {
    const path = join(folder, 'watched.json');
    const [first, second] = [irisModel(), irisModel({ threshold: 2.6 })];
    await writeFile(path, serializeModel(first));
    const server = await serveTwo('--model', path, '--watch', '--expect-model', first.sha256);
    await writeFile(path, serializeModel(second));
    const [{ reason }] = await untilLogged(server, 'reload failed: the old model stays');
    expect(reason).toBe(`${path}: sha256: expected it to begin with ${first.sha256}, found ${second.sha256}`);
    expect(await clientOf(server).call('iris', 'PredictIrisSpecies', flower)).toMatchObject({
      model_version: first.version,
    });
    expect(await server.stop()).toBe(0);
  });

  it('replaces a worker that is stopped, and closes the connection that was handed to it', async () => {
    const server = await serveTwo('--http-port', '0');
    const stopped = workersOf(server)[1];
    process.kill(stopped, 'SIGSTOP');
    // One of them is handed to it, and one stays with the other.
    const connections = [openConnection(server), openConnection(server)];
    const closed = Promise.race(connections.map((connection) => once(connection, 'close')));
    const [killed] = await untilLogged(server, 'worker killed: it did not answer');
    expect(killed).toMatchObject({ worker: 2, pid: stopped, silentMs: 10_000 });
    const [died] = await untilLogged(server, 'worker died');
    expect(died).toMatchObject({ worker: 2, pid: stopped, signal: 'SIGKILL' });
    await closed;
    await untilLogged(server, 'worker replaced');
    for (let connection = 0; connection < 2; connection++) await end(await openStream(server));
    const samples = await scrapeOf(server);
    expect(samples.get('iris_worker_crashes_total')).toBe(1);
    expect(samples.get('iris_workers_ready')).toBe(2);
    expect(await server.stop()).toBe(0);
  });

  it('leaves no worker behind when it is killed itself', async () => {
    const server = await serveTwo();
    // Their connections end when they do.
    const failed = [await openStream(server), await openStream(server)].map(failureOf);
    const closed = once(server.child, 'close');
    server.child.kill('SIGKILL');
    expect(await closed).toEqual([null, 'SIGKILL']);
    await Promise.all(failed);
  });

  it('shares a Unix socket', async () => {
    const host = `unix:${join(folder, 'iris.sock')}`;
    const server = await serveTwo('--host', host);
    for (let connection = 0; connection < 2; connection++) {
      const client = new TestClient(host);
      expect(await client.call('iris', 'PredictIrisSpecies', flower)).toMatchObject({ species_name: 'setosa' });
    }
    expect(readyLine(server)).toMatchObject({
      address: host,
      port: 0,
      metrics: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
    });
    expect(await server.stop()).toBe(0);
  });

  it('answers HTTP on one port too, pages included', async () => {
    const server = await serveTwo('--http-port', '0');
    const url = `http://127.0.0.1:${readyLine(server)['httpPort']}`;
    expect((await fetch(url)).status).toBe(200);
    for (let call = 0; call < 3; call++) {
      const response = await fetch(`${url}/v2/health/live`, { headers: { 'x-request-id': `call-${call}` } });
      expect([response.status, response.headers.get('x-request-id')]).toEqual([200, `call-${call}`]);
    }
    const samples = await scrapeOf(server);
    expect(samples.get('iris_http_handled_total{code="OK",method="ServerLive"}')).toBe(3);
    expect(total(samples, 'iris_http_handling_seconds_count')).toBe(3);
    expect(await server.stop()).toBe(0);
  });

  it.each([
    ['65 where the model is bad', 65, () => ['--model', join(ROOT, 'package.json')], /^.*package\.json: format: .*$/],
    [
      '66 where a certificate is missing',
      66,
      () => ['--tls-cert', '/nowhere/c.pem', '--tls-key', '/nowhere/k.pem'],
      /^\/nowhere\/c\.pem: cannot be read: no such file or directory$/,
    ],
    ['2 where there are none', 2, () => ['--workers', '0'], /^error: --workers: expected an integer from 1 to 256/],
  ])('ends with %s', async (_, code, args, message) => {
    const workers = code === 2 ? [] : ['--workers', '2'];
    const run = await iris(['serve', '--port', '0', ...workers, ...args()], { env: { IRIS_MODEL: model } });
    expect([run.code, run.stdout]).toEqual([code, '']);
    expect(run.stderr.split('\n').filter((line) => line !== '' && !line.startsWith('{'))).toEqual([
      expect.stringMatching(message),
    ]);
  });

  it.each(['--port', '--metrics-port'])('ends with 69 where the port of %s is in use', async (flag) => {
    const server = await serveForTest(['--model', model]);
    const ports = flag === '--port' ? [] : ['--port', '0'];
    const run = await iris(['serve', '--workers', '2', '--model', model, ...ports, flag, String(server.port)]);
    expect(run.code).toBe(69);
    expect(run.stderr.split('\n').filter((line) => line !== '' && !line.startsWith('{'))).toEqual([
      `127.0.0.1:${server.port}: expected a free address, found another program there`,
    ]);
    expect(await server.stop()).toBe(0);
  });
});
