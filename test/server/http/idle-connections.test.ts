import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { expect, it } from 'vitest';
import { keepIdleConnections } from '../../../src/server/http/idle-connections.js';
import { afterTest } from '../serving.js';
import { serveHttp } from './calling.js';
import { sendRaw } from './raw-request.js';

const REQUEST = 'GET /v2/health/live HTTP/1.1\r\nHost: localhost\r\n\r\n';

/** A connection that has had one answer, both of its ends, and the server. */
async function idleConnection() {
  const server = createServer((_, response) => response.end('answer')).listen(0, '127.0.0.1');
  keepIdleConnections(server, 75_000);
  await once(server, 'listening');
  afterTest(() => server.close());
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1').setEncoding('utf8');
  afterTest(() => client.destroy());
  const [serverSide]: Socket[] = await once(server, 'connection');
  client.write(REQUEST);
  await once(client, 'data');
  return { client, server, serverSide };
}

/** Timers run before what has arrived is read. */
const inTimer = (action: () => void) => new Promise<void>((resolve) => setTimeout(() => resolve(action()), 0));

it('a request that arrives while the time of its connection runs out is answered', async () => {
  const { client, serverSide } = await idleConnection();
  const answered = once(client, 'data');
  const closed = once(client, 'close').then(() => ['closed']);
  await inTimer(() => {
    client.write(REQUEST);
    serverSide.emit('timeout');
  });
  expect((await Promise.race([answered, closed]))[0]).toMatch(/^HTTP\/1\.1 200 /);
});

it('a connection on which nothing arrives is closed when its time has run out', async () => {
  const { client, serverSide } = await idleConnection();
  await inTimer(() => serverSide.emit('timeout'));
  await once(client.resume(), 'close');
});

it.each([
  [undefined, 75],
  [90_000, 90],
])('clients are told how long an idle connection is kept: %j', async (keepAliveMs, seconds) => {
  const { origin } = await serveHttp({ http: { port: 0, keepAliveMs } });
  const { headers } = await fetch(`${origin}/v2/health/live`);
  expect(headers.get('keep-alive')).toBe(`timeout=${seconds}`);
});

it('a client that asks for the end of the connection gets it', async () => {
  const { server } = await serveHttp();
  expect(await sendRaw(server.httpPort!, REQUEST.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'))).toMatch(
    / 200 /,
  );
});
