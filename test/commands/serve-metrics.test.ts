import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { serializeModel } from '../../src/formats/iris-json/format.js';
import { iris, ROOT, type RunningServer } from '../e2e/cli.js';
import { irisModel } from '../server/models.js';
import { flower, TestClient } from '../server/serving.js';
import { scrape, total } from '../server/telemetry/metrics-text.js';
import { readyLine, serveForTest, untilLogged } from './serving-lines.js';

let folder: string;
let model: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'iris-metrics-'));
  model = join(folder, 'iris.json');
  await cp(join(ROOT, 'artifacts/iris.json'), model);
});

afterAll(() => rm(folder, { recursive: true }));

const metricsOf = (server: RunningServer) => String(readyLine(server)['metrics']);

describe('iris serve --metrics-port', () => {
  it('tells calls, rows and reloads, and that it is not ready once it drains', async () => {
    const server = await serveForTest(['--drain-delay', '1h', '--grace', '2h'], {
      env: { IRIS_MODEL: model, IRIS_METRICS_PORT: '0' },
    });
    const address = metricsOf(server);
    const client = new TestClient(`127.0.0.1:${server.port}`);
    await client.call('iris', 'PredictIrisSpecies', flower);
    const next = irisModel();
    await writeFile(model, serializeModel(next));
    server.child.kill('SIGHUP');
    await untilLogged(server, 'model reloaded');
    await client.call('iris', 'PredictIrisSpecies', flower);
    const samples = await scrape(address);
    expect(total(samples, 'grpc_server_handled_total', { grpc_method: 'PredictIrisSpecies', grpc_code: 'OK' })).toBe(2);
    expect(total(samples, 'iris_predicted_rows_total', { class: 'setosa' })).toBe(2);
    expect(total(samples, 'iris_model_reloads_total', { outcome: 'reloaded' })).toBe(1);
    expect([...samples.keys()].filter((key) => key.startsWith('iris_model_info'))).toEqual([
      `iris_model_info{engine="${next.provenance.training?.engine}",name="iris",version="${next.version}"}`,
    ]);
    const readyz = async () => (await fetch(`http://${address}/readyz`)).status;
    expect(await readyz()).toBe(200);
    const code = server.stop();
    await untilLogged(server, 'draining');
    expect(await readyz()).toBe(503);
    expect((await fetch(`http://${address}/healthz`)).status).toBe(200);
    server.child.kill('SIGTERM');
    expect(await code).toBe(0);
    await expect(fetch(`http://${address}/healthz`)).rejects.toThrow();
  });

  it.each([
    ['where the server is', [], '127.0.0.1'],
    ['where it is told to be', ['--metrics-host', '127.0.0.2'], '127.0.0.2'],
    ['on this machine only beside a Unix socket', ['--host', 'unix:iris.sock'], '127.0.0.1'],
  ])('listens %s', async (_, args, host) => {
    const server = await serveForTest(['--metrics-port', '0', ...args], { cwd: folder });
    expect(metricsOf(server)).toMatch(new RegExp(`^${host}:\\d+$`));
    expect([...(await scrape(metricsOf(server))).keys()]).toContain('iris_predicted_rows_total{class="setosa"}');
    expect(await server.stop()).toBe(0);
  });

  it('loads prom-client when metrics are read, and not on the way to the first answer', async () => {
    const hook = join(folder, 'hook.cjs');
    await writeFile(
      hook,
      `process.on('exit', () => console.error(Object.keys(require.cache).some((file) => file.includes('prom-client'))));`,
    );
    const env = { NODE_OPTIONS: `--require ${hook}` };
    for (const [args, read, loaded] of [
      [[], false, 'false'],
      [['--metrics-port', '0'], false, 'false'],
      [['--metrics-port', '0'], true, 'true'],
    ] as const) {
      const server = await serveForTest(args, { env });
      if (read) await scrape(metricsOf(server));
      expect(await server.stop()).toBe(0);
      expect(server.log().trimEnd().split('\n').at(-1)).toBe(loaded);
    }
  });

  it('ends with 69 where the port is in use, before anything is served', async () => {
    const server = await serveForTest();
    const run = await iris(['serve', '--port', '0', '--metrics-port', String(server.port)]);
    expect(run.code).toBe(69);
    expect(run.stderr.trimEnd().split('\n').slice(2)).toEqual([
      `127.0.0.1:${server.port}: expected a free address, found another program there`,
    ]);
    expect(await server.stop()).toBe(0);
  });
});
