import { describe, expect, it } from 'vitest';
import { irisModel } from '../models.js';
import { matrix, serveHttp } from './calling.js';

const { version } = irisModel();

describe('the endpoints of the protocol', () => {
  it('tell the server, with or without a slash at the end', async () => {
    const { get } = await serveHttp();
    const expected = {
      name: 'iris',
      version: expect.stringMatching(/^\d+\.\d+\.\d+/),
      extensions: [
        'binary_tensor_data',
        'classification',
        'model_configuration',
        'model_repository',
        'model_repository(unload_dependents)',
        'statistics',
      ],
    };
    expect(await get('/v2')).toMatchObject({ status: 200, json: expected });
    expect(await get('/v2/')).toMatchObject({ status: 200, json: expected });
  });

  it('tell that the server and the model are ready', async () => {
    const { get } = await serveHttp({ name: 'flowers' });
    expect(await get('/v2/health/live')).toMatchObject({ status: 200, json: { live: true } });
    expect(await get('/v2/health/ready')).toMatchObject({ status: 200, json: { ready: true } });
    const ready = { status: 200, json: { name: 'flowers', ready: true } };
    expect(await get('/v2/models/flowers/ready')).toMatchObject(ready);
    expect(await get(`/v2/models/flowers/versions/${version}/ready`)).toMatchObject(ready);
  });

  it('describe the model, by name and by version', async () => {
    const { get } = await serveHttp();
    const described = await get('/v2/models/iris');
    expect(described.json).toEqual({
      name: 'iris',
      versions: [version],
      platform: 'iris_decision_tree',
      inputs: [{ name: 'features', datatype: 'FP64', shape: [-1, 4] }],
      outputs: [
        { name: 'label', datatype: 'BYTES', shape: [-1] },
        { name: 'class_index', datatype: 'INT32', shape: [-1] },
        { name: 'probabilities', datatype: 'FP64', shape: [-1, 3] },
        { name: 'leaf', datatype: 'INT32', shape: [-1] },
        { name: 'decision_path', datatype: 'BYTES', shape: [-1] },
        { name: 'contributions', datatype: 'FP64', shape: [-1, 3, 6] },
      ],
    });
    expect((await get(`/v2/models/iris/versions/${version}`)).json).toEqual(described.json);
    const perFeature = await get('/v2/models/iris', { headers: { 'iris-inputs': 'per-feature' } });
    expect(perFeature.json.inputs[2]).toEqual({ name: 'petal_length', datatype: 'FP64', shape: [-1] });
  });

  it('list the models', async () => {
    const { get } = await serveHttp({ name: 'flowers' });
    expect(await get('/v2/models')).toMatchObject({
      status: 200,
      json: { models: ['flowers'], states: [{ name: 'flowers', state: 'READY', reason: '' }] },
    });
  });

  it('tell the config of a model, by name and by version', async () => {
    const { get } = await serveHttp({ maxBatchRows: 500 });
    const told = await get('/v2/models/iris/config');
    expect(told).toMatchObject({ status: 200, json: { name: 'iris', max_batch_size: 500, input: [{ dims: [4] }] } });
    expect((await get(`/v2/models/iris/versions/${version}/config`)).json).toEqual(told.json);
  });

  it('tell what was inferred with a model, by name, by version, and with all', async () => {
    const { get, infer } = await serveHttp();
    await infer({ inputs: [matrix] });
    await infer({ inputs: [] });
    const told = await get('/v2/models/stats');
    expect(told.json.model_stats).toMatchObject([
      {
        name: 'iris',
        version,
        inference_count: 3,
        execution_count: 1,
        inference_stats: { success: { count: 1 }, fail: { count: 1 } },
        batch_stats: [{ batch_size: 3 }],
      },
    ]);
    const { last_inference, inference_stats } = told.json.model_stats[0];
    expect(Math.abs(Date.now() - last_inference)).toBeLessThan(60_000);
    expect(inference_stats.success.ns).toBeGreaterThan(0);
    for (const of of ['iris', `iris/versions/${version}`]) {
      expect((await get(`/v2/models/${of}/stats`)).json).toEqual(told.json);
    }
    expect(await get('/v2/models/wine/stats')).toMatchObject({ status: 404, json: { reason: 'MODEL_NOT_FOUND' } });
  });

  it('describe a model of the name stats', async () => {
    const { get } = await serveHttp({ name: 'stats' });
    expect((await get('/v2/models/stats')).json).toMatchObject({ name: 'stats', versions: [version] });
    expect((await get('/v2/models/stats/stats')).json).toMatchObject({ model_stats: [{ name: 'stats' }] });
  });

  it('find a model by a name that a URL has to escape', async () => {
    const { get } = await serveHttp({ name: 'a/b ü' });
    expect(await get('/v2/models/a%2Fb%20%C3%BC/ready')).toMatchObject({ status: 200, json: { name: 'a/b ü' } });
  });

  it('answer HEAD with the headers alone', async () => {
    const { get } = await serveHttp();
    expect(await get('/v2/health/ready', { method: 'HEAD' })).toMatchObject({ status: 200, json: undefined });
  });
});

describe('the HTTP port', () => {
  it('is refused when another program has it', async () => {
    const { server } = await serveHttp();
    const taken = serveHttp({ http: { port: server.httpPort ?? 0 } });
    await expect(taken).rejects.toThrow(
      `127.0.0.1:${server.httpPort}: expected a free address, found another program there`,
    );
  });

  it('has no CORS headers: pages of other origins cannot read answers', async () => {
    const { get } = await serveHttp();
    const preflight = await get('/v2/models/iris/infer', {
      method: 'OPTIONS',
      headers: { origin: 'http://elsewhere.example', 'access-control-request-method': 'POST' },
    });
    expect(preflight.status).toBe(405);
    const plain = await get('/v2', { headers: { origin: 'http://elsewhere.example' } });
    for (const { headers } of [preflight, plain]) {
      expect([...headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
    }
  });

  it('shows observers each call once, with its outcome', async () => {
    const seen: string[] = [];
    let ended = () => {};
    const observer = {
      onStart: ({ path }: { path: string }) => seen.push(`start ${path}`),
      onEnd: ({ path }: { path: string }, code: number) => {
        seen.push(`end ${path} ${code}`);
        ended();
      },
    };
    const { get, infer } = await serveHttp({ observers: [observer] });
    const end = () => new Promise<void>((resolve) => (ended = resolve));
    for (const call of [() => get('/v2/health/live'), () => infer({ inputs: [] })]) {
      const done = end();
      await call();
      await done;
    }
    expect(seen).toEqual([
      'start /http/ServerLive',
      'end /http/ServerLive 0',
      'start /http/ModelInfer',
      'end /http/ModelInfer 3',
    ]);
  });
});
