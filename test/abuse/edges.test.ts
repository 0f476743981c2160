import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, it } from 'vitest';
import { afterTest } from '../server/serving.js';
import { inParallel } from './raw-call.js';
import { startTarget, type Target } from './target.js';

const fixture = (name: string) => fileURLToPath(new URL(`../fixtures/tls/${name}`, import.meta.url));

let target: Target;
afterEach(() => target.stop());

/** A connection that nobody ends but the server or the test. */
async function open(port: number, text = ''): Promise<Socket> {
  const socket = connect(port, '127.0.0.1').on('error', () => {});
  afterTest(() => socket.destroy());
  await once(socket, 'connect');
  socket.write(text);
  return socket;
}

it('connections to the metrics port that ask for nothing, or read nothing, shut no scrape and no probe out', async () => {
  target = await startTarget(['--metrics-port', '0']);
  const metrics = /"metrics":"([^"]+)"[^\n]*"msg":"ready"/.exec(target.log())![1]!;
  const port = Number(metrics.split(':')[1]);
  const begun = 'GET /metrics HTTP/1.1\r\nHost: localhost\r\n';
  for (const text of ['', begun, `${begun}\r\n`.repeat(50)]) {
    await inParallel(Array(600).keys(), 50, async () => void (await open(port, text)).pause());
    expect((await fetch(`http://${metrics}/readyz`)).status).toBe(200);
  }
  await target.expectSound();
});

it('a thousand connections that are no TLS are a line or two in the log', async () => {
  const tls = ['--tls-cert', fixture('server.pem'), '--tls-key', fixture('server.key')];
  target = await startTarget([...tls, '--tls-client-ca', fixture('ca.pem'), '--log-level', 'debug']);
  const before = target.log().split('\n').length;
  await inParallel(Array(1000).keys(), 20, async () => {
    const socket = await open(target.port, 'this is no TLS\r\n\r\n');
    if (!socket.destroyed) await new Promise((resolve) => socket.resume().once('close', resolve));
  });
  expect(target.log().split('\n').length - before).toBeLessThan(20);
  expect(target.log()).toContain('TLS handshake failed');
});
