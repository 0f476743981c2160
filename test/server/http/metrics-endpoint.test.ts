import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { writeModel } from '../../../src/formats/store.js';
import { UnavailableError } from '../../../src/ground/errors.js';
import { MetricsEndpoint } from '../../../src/server/http/metrics-endpoint.js';
import { createObservedServer } from '../../../src/server/life/observed-server.js';
import type { ServerOptions } from '../../../src/server/life/options.js';
import { irisModel } from '../models.js';
import { afterTest, flower, recordLog, TestClient } from '../serving.js';
import { scrape, total } from '../telemetry/metrics-text.js';
import { sendRaw } from './raw-request.js';

async function openEndpoint() {
  const recorded = recordLog();
  const endpoint = await MetricsEndpoint.open({ host: '127.0.0.1', port: 0 }, recorded.log);
  afterTest(() => endpoint.close());
  const get = async (path: string, method = 'GET') => {
    const response = await fetch(`http://${endpoint.address}${path}`, { method });
    return [response.status, await response.text()];
  };
  return { ...recorded, endpoint, get };
}

async function openServer(options: Partial<ServerOptions> = {}) {
  const { endpoint, get } = await openEndpoint();
  const limits = { drainDelayMs: 60_000, graceMs: 120_000 };
  const server = await createObservedServer({ model: irisModel(), port: 0, ...limits, ...options });
  afterTest(() => server.forceClose());
  endpoint.observe(server);
  return { server, get, client: new TestClient(server.address), scraped: () => scrape(endpoint.address) };
}

describe('the metrics port', () => {
  it('says healthy from the start, ready when the server is, and not ready while it drains', async () => {
    const { endpoint, get } = await openEndpoint();
    expect(await get('/healthz')).toEqual([200, 'ok\n']);
    expect(await get('/readyz')).toEqual([503, 'not ready\n']);
    expect(await get('/metrics')).toEqual([503, 'not ready\n']);
    const server = await createObservedServer({ model: irisModel(), port: 0, drainDelayMs: 60_000, graceMs: 120_000 });
    endpoint.observe(server);
    expect(await get('/readyz?verbose')).toEqual([200, 'ready\n']);
    const closed = server.close();
    expect(await get('/readyz')).toEqual([503, 'not ready\n']);
    expect(await get('/healthz')).toEqual([200, 'ok\n']);
    expect((await get('/metrics'))[0]).toBe(200);
    await server.forceClose();
    await closed;
  });

  it('answers nothing else', async () => {
    const { get } = await openEndpoint();
    expect(await get('/')).toEqual([404, 'expected /metrics, /healthz or /readyz\n']);
    expect(await get('/metrics', 'POST')).toEqual([405, 'expected GET or HEAD\n']);
    expect(await get('/healthz', 'HEAD')).toEqual([200, '']);
  });

  it('takes a whole URL as the target, and says what it takes instead of other methods', async () => {
    const { endpoint } = await openEndpoint();
    const port = Number(endpoint.address.split(':')[1]);
    const request = (line: string) => `${line} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`;
    expect(await sendRaw(port, request('GET http://localhost/healthz?x#y'))).toMatch(/^HTTP\/1\.1 200 .*ok\n$/s);
    expect(await sendRaw(port, request('DELETE /healthz'))).toMatch(/^HTTP\/1\.1 405 .*\r\nallow: GET, HEAD\r\n/s);
  });

  it('tells nobody of a bug but the log', async () => {
    const { endpoint, get, line } = await openEndpoint();
    endpoint.observe({ ready: true, metrics: () => Promise.reject(new Error('secret')) });
    expect(await get('/metrics')).toEqual([500, 'internal error\n']);
    expect(await line('internal error')).toMatchObject({ err: { message: 'secret' } });
  });

  it('answers sixteen scrapes at once: the next one is told to come back, probes are answered', async () => {
    const { endpoint, get } = await openEndpoint();
    let answer = (_text: string) => {};
    let asked = 0;
    let all = () => {};
    const waiting = new Promise<void>((resolve) => {
      all = resolve;
    });
    const text = new Promise<string>((resolve) => {
      answer = resolve;
    });
    const metrics = () => {
      if (++asked === 16) all();
      return text;
    };
    endpoint.observe({ ready: true, metrics });
    const scrapes = Array.from({ length: 16 }, () => get('/metrics'));
    await waiting;
    expect(await get('/metrics')).toEqual([503, 'expected at most 16 scrapes at once\n']);
    expect(await get('/readyz')).toEqual([200, 'ready\n']);
    answer('metrics');
    for (const scrape of scrapes) expect(await scrape).toEqual([200, 'metrics']);
    expect(await get('/metrics')).toEqual([200, 'metrics']);
  });

  it('keeps the connection of who scrapes once a minute', async () => {
    const { endpoint } = await openEndpoint();
    const { headers } = await fetch(`http://${endpoint.address}/healthz`);
    expect(headers.get('keep-alive')).toBe('timeout=75');
  });

  it('cannot be where another program is', async () => {
    const { endpoint } = await openEndpoint();
    const port = Number(endpoint.address.split(':')[1]);
    const open = MetricsEndpoint.open({ host: '127.0.0.1', port }, recordLog().log);
    await expect(open).rejects.toThrow(
      new UnavailableError(`127.0.0.1:${port}: expected a free address, found another program there`),
    );
  });
});

describe('metrics', () => {
  const unary = { grpc_service: 'ml.IrisPredictor', grpc_method: 'PredictIrisSpecies', grpc_type: 'unary' };

  it('count calls by method and code, and how long they took', async () => {
    const { client, scraped } = await openServer();
    const before = await scraped();
    expect(total(before, 'grpc_server_started_total', unary)).toBe(0);
    expect(total(before, 'grpc_server_handled_total', { ...unary, grpc_code: 'OK' })).toBe(0);
    for (const request of [flower, flower, {}]) await client.call('iris', 'PredictIrisSpecies', request);
    const stream = client.stream('iris', 'PredictIrisSpeciesStream');
    stream.write(flower);
    await once(stream, 'data');
    const after = await scraped();
    expect(total(after, 'grpc_server_started_total', unary)).toBe(3);
    expect(total(after, 'grpc_server_handled_total', { ...unary, grpc_code: 'OK' })).toBe(2);
    expect(total(after, 'grpc_server_handled_total', { ...unary, grpc_code: 'InvalidArgument' })).toBe(1);
    expect(total(after, 'grpc_server_handling_seconds_count', unary)).toBe(3);
    expect(total(after, 'grpc_server_handling_seconds_bucket', { ...unary, le: '+Inf' })).toBe(3);
    expect(total(after, 'grpc_server_handling_seconds_bucket', { ...unary, le: '100' })).toBe(3);
    const open = { grpc_method: 'PredictIrisSpeciesStream', grpc_type: 'bidi_stream' };
    expect(total(after, 'grpc_server_started_total', open)).toBe(1);
    expect(total(after, 'grpc_server_handled_total', open)).toBe(0);
    stream.resume().end();
    await once(stream, 'end');
  });

  it.each([
    ['gRPC', {}, 'grpc_server', 'grpc_method', 'grpc_code'],
    ['HTTP', { http: { port: 0 } }, 'iris_http', 'method', 'code'],
  ])(
    'have the usual codes of calls to a model over %s before the first call',
    async (_, options, family, method, code) => {
      const { scraped } = await openServer(options);
      const samples = await scraped();
      const codesOf = (name: string) =>
        [...samples]
          .filter(([key]) => key.startsWith(`${family}_handled_total{`) && key.includes(`${method}="${name}"`))
          .map(([key, value]) => [new RegExp(`[{,]${code}="(\\w+)"`).exec(key)?.[1], value]);
      const usual = [
        'OK',
        'InvalidArgument',
        'DeadlineExceeded',
        'NotFound',
        'ResourceExhausted',
        'FailedPrecondition',
      ];
      const zeros = (...codes: string[]) => codes.map((name) => [name, 0]).sort();
      expect(codesOf('ModelInfer').sort()).toEqual(zeros(...usual, 'Internal', 'Unavailable'));
      expect(codesOf('ServerReady').sort()).toEqual(zeros('OK', 'Internal'));
      expect([...samples.keys()].filter((key) => key.startsWith('iris_http_')).length > 0).toBe(family === 'iris_http');
    },
  );

  it('have the first refused call over HTTP beside the others', async () => {
    const { scraped, server } = await openServer({ http: { port: 0 } });
    const url = `http://127.0.0.1:${server.httpPort}/v2/models/none/infer`;
    const headers = { 'content-type': 'application/json' };
    expect((await fetch(url, { method: 'POST', headers, body: '{"inputs": []}' })).status).toBe(404);
    const samples = await scraped();
    expect(samples.get('iris_http_handled_total{code="NotFound",method="ModelInfer"}')).toBe(1);
    expect(total(samples, 'iris_http_handled_total')).toBe(1);
    expect([...samples.keys()].filter((key) => key.includes('/http/'))).toEqual([]);
  });

  it('tell whether the file of the model was refused', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'iris-refused-'));
    afterTest(() => rm(folder, { recursive: true }));
    const model = join(folder, 'iris.json');
    await writeModel(model, irisModel());
    const { scraped, server } = await openServer({ model });
    expect((await scraped()).get('iris_model_file_refused')).toBe(0);
    await writeFile(model, '{}');
    await server.reload();
    expect((await scraped()).get('iris_model_file_refused')).toBe(1);
    await writeModel(model, irisModel());
    await server.reload();
    const repaired = await scraped();
    expect(repaired.get('iris_model_file_refused')).toBe(0);
    expect(total(repaired, 'iris_model_reloads_total', { outcome: 'failed' })).toBe(1);
  });

  it('count rows, values outside the training range, and how far the leaves are from training', async () => {
    const { client, scraped, server } = await openServer();
    expect(total(await scraped(), 'iris_predicted_rows_total', { class: 'setosa' })).toBe(0);
    expect([...(await scraped()).keys()]).not.toContain('iris_leaf_share_distance');
    const tensor = { name: 'features', datatype: 'FP64', shape: [2, 4] };
    const contents = { fp64_contents: [5, 3, 1.3, 0.2, 5, 3, 900, 2] };
    await client.call('iris', 'PredictIrisSpecies', flower);
    await client.call('inference', 'ModelInfer', { model_name: 'iris', inputs: [{ ...tensor, contents }] });
    const samples = await scraped();
    expect(total(samples, 'iris_predicted_rows_total', { class: 'setosa' })).toBe(2);
    expect(total(samples, 'iris_predicted_rows_total', { class: 'virginica' })).toBe(1);
    expect(total(samples, 'iris_out_of_range_values_total', { feature: 'petal_length' })).toBe(1);
    expect(samples.get('iris_leaf_share_distance')).toBeCloseTo(2 / 3 - 10 / 32, 12);
    const evidence = { feature: '(leaves)', model: 'iris', version: server.current.model.version };
    expect(total(samples, 'iris_drift_evidence', evidence)).toBe(0);
    const setosa = new Array(50).fill([5, 3, 1.3, 0.2]).flat();
    const many = { ...tensor, shape: [50, 4], contents: { fp64_contents: setosa } };
    for (let call = 0; call < 2; call++)
      await client.call('inference', 'ModelInfer', { model_name: 'iris', inputs: [many] });
    // All of 103 rows but two in one of the three leaves, where 10 of the 32 training rows are.
    expect(total(await scraped(), 'iris_drift_evidence', evidence)).toBeGreaterThan(3);
    const { version } = server.current.model;
    expect(total(samples, 'iris_model_info', { name: 'iris', version })).toBe(1);
    expect(total(samples, 'process_resident_memory_bytes')).toBeGreaterThan(1e6);
  });
});
