import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { serveAndConnect, startServer, TestClient } from '../serving.js';

const names = [
  '',
  'ml.IrisPredictor',
  'inference.GRPCInferenceService',
  'grpc.health.v1.Health',
  'liveness',
  'flowers',
];

describe('grpc.health.v1.Health', () => {
  it.each(names)('checks %j', async (service) => {
    const client = await serveAndConnect({ name: 'flowers' });
    expect(await client.call('health', 'Check', { service })).toEqual({ status: 'SERVING' });
  });

  it('answers NOT_FOUND to a check of a name that it does not have', async () => {
    const client = await serveAndConnect();
    expect(await client.call('health', 'Check', { service: 'flowers' })).toMatchObject({
      code: 'NOT_FOUND',
      message: 'expected a service or a model of this server, found "flowers"',
    });
  });

  it('lists every name', async () => {
    const client = await serveAndConnect({ name: 'flowers' });
    expect(await client.call('health', 'List', {})).toEqual({
      statuses: Object.fromEntries(names.map((name) => [name, { status: 'SERVING' }])),
    });
  });

  it('tells a watcher of an unknown name that it is unknown, and stays with it', async () => {
    const client = await serveAndConnect();
    const watch = client.watch('flowers');
    expect((await once(watch, 'data'))[0]).toEqual({ status: 'SERVICE_UNKNOWN' });
    const other = client.watch('iris');
    expect((await once(other, 'data'))[0]).toEqual({ status: 'SERVING' });
    for (const stream of [watch, other]) stream.on('error', () => {}).cancel();
  });

  it('forgets a watcher that has gone', async () => {
    let watches = 0;
    let gone = () => {};
    const ended = new Promise<void>((resolve) => {
      gone = resolve;
    });
    const server = await startServer({
      observers: [{ onStart: () => watches++, onEnd: ({ path }) => path.endsWith('Watch') && gone() }],
    });
    const client = new TestClient(server.address);
    const watch = client.watch('');
    await once(watch, 'data');
    watch.on('error', () => {}).cancel();
    await ended;
    await server.close();
    expect(watches).toBe(1);
  });
});
