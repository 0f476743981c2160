import { once } from 'node:events';
import { request } from 'node:http';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { recordLog } from '../serving.js';
import { matrix, serveHttp } from './calling.js';

/** An observer, and a promise of the first call that it sees. */
function firstCall() {
  let onStart = () => {};
  const started = new Promise<void>((resolve) => {
    onStart = resolve;
  });
  return { observer: { onStart }, started };
}

describe('a server that closes', () => {
  it('says 503 while it is not ready, then refuses connections, and keeps live true to the end', async () => {
    const { line, log } = recordLog();
    const { get, infer, server } = await serveHttp({ drainDelayMs: 60_000, graceMs: 120_000, log });
    const closed = server.close();
    await line('draining');
    const ready = await get('/v2/health/ready');
    expect(ready).toMatchObject({ status: 503, json: { ready: false } });
    expect(ready.headers.get('connection')).toBe('close');
    expect(await get('/v2/models/iris/ready')).toMatchObject({ status: 503, json: { name: 'iris', ready: false } });
    expect(await get('/v2/health/live')).toMatchObject({ status: 200, json: { live: true } });
    expect(await infer({ inputs: [matrix] })).toMatchObject({ status: 200 });
    await server.forceClose();
    await closed;
    await expect(get('/v2/health/live')).rejects.toThrow('fetch failed');
  });

  it('answers a call that has begun, although its body comes later', async () => {
    const { line, log } = recordLog();
    const { observer, started } = firstCall();
    const { origin, server } = await serveHttp({ log, observers: [observer] });
    const late = request(`${origin}/v2/models/iris/infer`, { method: 'POST' });
    const answered = once(late, 'response');
    late.write('{"inputs":');
    await started;
    const closed = server.close();
    await line('draining');
    late.end(`[${JSON.stringify(matrix)}]}`);
    const [response] = await answered;
    let text = '';
    for await (const chunk of response) text += chunk;
    expect(response.statusCode).toBe(200);
    expect(JSON.parse(text)).toMatchObject({ model_name: 'iris' });
    await closed;
  });

  it('cuts what is open when the grace ends', async () => {
    const { line, log } = recordLog();
    const { observer, started } = firstCall();
    const { server } = await serveHttp({ graceMs: 200, log, observers: [observer] });
    const socket = connect(server.httpPort ?? 0, '127.0.0.1');
    socket.write('POST /v2/models/iris/infer HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n{');
    const gone = once(socket, 'close');
    socket.on('error', () => {});
    socket.resume();
    await started;
    await server.close();
    await gone;
    expect(await line('calls cut: they were not done when the server had to end')).toMatchObject({
      calls: 1,
      paths: { '/http/ModelInfer': 1 },
    });
  });
});
