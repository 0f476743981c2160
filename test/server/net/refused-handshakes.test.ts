import { EventEmitter } from 'node:events';
import { readFileSync } from 'node:fs';
import type { Server } from 'node:net';
import { type ConnectionOptions, connect } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { RefusedHandshakes } from '../../../src/server/net/refused-handshakes.js';
import { recordLog, startServer } from '../serving.js';

const fixture = (name: string) => fileURLToPath(new URL(`../../fixtures/tls/${name}`, import.meta.url));
const identity = (name: string) => ({
  cert: readFileSync(fixture(`${name}.pem`)),
  key: readFileSync(fixture(`${name}.key`)),
});

/** Connects, to the end of the connection. */
async function visit(port: number, options: ConnectionOptions): Promise<void> {
  const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false, ...options }).on('error', () => {});
  await new Promise((resolve) => socket.resume().once('close', resolve));
}

describe('a server that wants certificates of its clients', () => {
  it.each(['port', 'httpPort'] as const)('logs whom it refused, at its %s', async (name) => {
    const { line, log } = recordLog();
    const tls = { cert: fixture('server.pem'), key: fixture('server.key'), clientCa: fixture('ca.pem') };
    const port = (await startServer({ tls, http: { port: 0 }, log }))[name]!;
    await visit(port, {});
    const refused = { level: 40, peer: expect.stringMatching(/^127\.0\.0\.1:\d+$/) };
    expect(await line('client certificate refused')).toMatchObject({ ...refused, reason: 'none was shown' });
    await visit(port, identity('stranger'));
    expect(await line('client certificate refused', 1)).toMatchObject({
      ...refused,
      reason: 'DEPTH_ZERO_SELF_SIGNED_CERT',
    });
  });

  it('logs what is no TLS at all for debugging', async () => {
    const { line, log } = recordLog('debug');
    const tls = { cert: fixture('server.pem'), key: fixture('server.key') };
    const { port } = await startServer({ tls, log });
    await fetch(`http://127.0.0.1:${port}`).catch(() => {});
    expect(await line('TLS handshake failed')).toMatchObject({ level: 20, reason: expect.stringMatching(/^ERR_SSL_/) });
  });
});

it('however many handshakes fail, each reason is logged once in ten seconds, with the number of the others', () => {
  let nowMs = 0;
  const { lines, log } = recordLog('debug');
  const server = new EventEmitter();
  new RefusedHandshakes(log, () => nowMs).watch(server as Server);
  const fail = (code: string) => server.emit('tlsClientError', Object.assign(new Error('no'), { code }), {});
  for (let count = 0; count < 1000; count++) {
    fail('ECONNRESET');
    fail('ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE');
  }
  expect(lines).toHaveLength(2);
  nowMs = 10_000;
  fail('ECONNRESET');
  expect(lines).toHaveLength(3);
  expect(lines[2]).toMatchObject({ reason: 'ECONNRESET', unlogged: 999 });
});
