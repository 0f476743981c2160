import { once } from 'node:events';
import { type ClientHttp2Session, connect } from 'node:http2';
import { expect, it } from 'vitest';
import { startServer } from '../serving.js';

const MEBIBYTE = 1024 * 1024;

/** Asks whether the server lives, which is a message of no bytes. */
async function callOnce(session: ClientHttp2Session): Promise<void> {
  const call = session.request({
    ':method': 'POST',
    ':path': '/inference.GRPCInferenceService/ServerLive',
    'content-type': 'application/grpc',
    te: 'trailers',
  });
  call.end(Buffer.alloc(5));
  call.resume();
  await once(call, 'end');
}

it('lets a connection that calls send a mebibyte before the server takes any of it', async () => {
  const server = await startServer();
  const session = connect(`http://${server.address}`);
  const [before] = await once(session, 'remoteSettings');
  expect(before.initialWindowSize).toBe(65_535);
  const told: number[] = [];
  session.on('remoteSettings', ({ initialWindowSize }) => told.push(initialWindowSize));
  for (let call = 0; call < 3; call++) await callOnce(session);
  expect(told).toEqual([MEBIBYTE]);
  expect(session.state.remoteWindowSize).toBeGreaterThan(MEBIBYTE - 1000);
  session.close();
  await once(session, 'close');
});
