import { describe, expect, it } from 'vitest';
import { MetricsEndpoint } from '../../../src/server/http/metrics-endpoint.js';
import { afterTest, recordLog } from '../serving.js';
import { serveHttp } from './calling.js';
import { sendRaw, statusOf } from './raw-request.js';

describe('OPTIONS for the whole server', () => {
  it.each(['OPTIONS / HTTP/1.0', 'OPTIONS * HTTP/1.1\r\nHost: localhost\r\nConnection: close'])(
    'is answered while calls are welcome: %s',
    async (request) => {
      const { line, log } = recordLog();
      const { server } = await serveHttp({ drainDelayMs: 60_000, graceMs: 120_000, log });
      const endpoint = await MetricsEndpoint.open({ host: '127.0.0.1', port: 0 }, log);
      afterTest(() => endpoint.close());
      endpoint.observe({
        ...server,
        metrics: async () => '',
        get ready() {
          return server.ready;
        },
      });
      const ask = async () =>
        Promise.all(
          [server.httpPort!, Number(endpoint.address.split(':')[1])].map((port) => sendRaw(port, `${request}\r\n\r\n`)),
        );
      for (const answer of await ask()) {
        expect(statusOf(answer)).toBe(204);
        expect(answer.toLowerCase()).toContain('allow: get, head, options\r\n');
      }
      const closed = server.close();
      await line('draining');
      expect((await ask()).map(statusOf)).toEqual([503, 503]);
      await server.forceClose();
      await closed;
    },
  );
});

describe('a path that means another one', () => {
  it.each([
    '/v2/models/iris/versions/%2e%2e',
    '/v2/models/iris/versions/.%2E/ready',
    '/v2/x/../models/iris',
    '/v2/./models',
    '/v2/models/..',
  ])('is refused: %s', async (path) => {
    const { server } = await serveHttp();
    const answer = await sendRaw(server.httpPort!, `GET ${path} HTTP/1.0\r\n\r\n`);
    expect(statusOf(answer)).toBe(400);
    expect(answer).toContain('{"error":"path: expected names between its slashes, found . or .."}');
  });

  it('is none where dots are in a name, or behind the path', async () => {
    const { get } = await serveHttp({ name: '..iris.v2..' });
    expect((await get('/v2/models/..iris.v2../ready?at=/../x')).status).toBe(200);
  });
});

describe('gRPC at the HTTP port', () => {
  it.each(['application/grpc', 'application/grpc-web+proto', 'application/grpc-web-text'])(
    'is 415, with where it is answered: %s',
    async (type) => {
      const { get, server } = await serveHttp();
      const refused = await get('/ml.IrisPredictor/PredictIrisSpecies', {
        method: 'POST',
        body: Buffer.alloc(5),
        headers: { 'content-type': type },
      });
      const where = `which is answered on port ${server.port}, over HTTP/2; gRPC-Web needs a proxy`;
      expect(refused).toMatchObject({
        status: 415,
        json: { error: `Content-Type: expected JSON, found gRPC, ${where}` },
      });
    },
  );
});

describe('requests that proxies and attackers send', () => {
  const infer = (headers: string, body = '{}') =>
    `POST /v2/models/iris/infer HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n${headers}\r\n\r\n${body}`;

  it.each([
    ['two lengths of one body', infer('Transfer-Encoding: chunked\r\nContent-Length: 4', '0\r\n\r\n'), 400],
    ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400],
    ['an expectation that is none', infer('Expect: tea\r\nContent-Length: 2'), 417],
  ])('%s', async (_, text, status) => {
    const { server } = await serveHttp();
    expect(statusOf(await sendRaw(server.httpPort!, text))).toBe(status);
  });

  it('a client that waits for 100 Continue gets it, then its answer', async () => {
    const { server } = await serveHttp();
    const text = infer('Expect: 100-continue\r\nContent-Type: application/json\r\nContent-Length: 2');
    const answer = await sendRaw(server.httpPort!, text);
    expect(answer).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 400 .*inputs: expected an array/s);
  });
});
