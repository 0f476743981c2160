import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, type OutgoingHttpHeaders } from 'node:http2';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { status } from '@grpc/grpc-js';
import { expect, it } from 'vitest';
import { afterTest, failureOf, flower, recordLog, startServer, TestClient } from '../serving.js';

/** The headers that the server answers with. */
async function ask(address: string, headers: OutgoingHttpHeaders) {
  const session = connect(`http://${address}`);
  afterTest(() => session.destroy());
  const call = session.request({ ':method': 'POST', ':path': '/grpc.health.v1.Health/Check', ...headers });
  call.end(Buffer.alloc(5));
  const [found] = await once(call, 'response');
  call.resume();
  return found;
}

it.each(['application/grpc', 'application/grpc+proto'])('calls are answered as %s', async (type) => {
  const { address } = await startServer();
  expect(await ask(address, { 'content-type': type })).toMatchObject({ ':status': 200 });
});

it.each([
  {},
  { 'content-type': 'application/json' },
  { 'content-type': 'application/grpc-web+proto' },
  { 'content-type': 'application/grpc-web-text', ':path': '/ml.IrisPredictor/PredictIrisSpeciesStream' },
])('what is no call of gRPC is refused: %j', async (headers) => {
  const { address } = await startServer();
  expect(await ask(address, headers)).toMatchObject({ ':status': 415 });
});

it('methods that nobody has are unimplemented', async () => {
  const { address } = await startServer();
  const headers = { 'content-type': 'application/grpc', ':path': '/ml.IrisPredictor/Train' };
  expect(await ask(address, headers)).toMatchObject({ 'grpc-status': String(status.UNIMPLEMENTED) });
});

it('a path that nobody has is not told whole where it is long', async () => {
  const { address } = await startServer();
  const headers = { 'content-type': 'application/grpc', ':path': `/${'a'.repeat(9000)}` };
  const found = await ask(address, headers);
  expect(found['grpc-status']).toBe(String(status.UNIMPLEMENTED));
  expect(found['grpc-message'].length).toBeLessThan(400);
});

it('streams are answered beside them, on the same connection', async () => {
  const { address } = await startServer();
  const client = new TestClient(address);
  const reply = await client.call('iris', 'PredictIrisSpecies', flower);
  const stream = client.stream('iris', 'PredictIrisSpeciesStream');
  stream.end(flower);
  const [streamed] = await once(stream, 'data');
  expect(streamed).toEqual(reply);
  stream.resume();
  await once(stream, 'end');
  const bad = client.stream('iris', 'PredictIrisSpeciesStream');
  bad.end({});
  expect(await failureOf(bad)).toMatchObject({ code: 'INVALID_ARGUMENT' });
});

it('the log says that a Unix socket has no address', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'iris-'));
  afterTest(() => rmSync(folder, { recursive: true }));
  const { line, log } = recordLog('debug');
  const { address } = await startServer({ host: `unix:${join(folder, 'socket')}`, log });
  await new TestClient(address).call('iris', 'PredictIrisSpecies', flower);
  expect(await line('call')).toMatchObject({ path: '/ml.IrisPredictor/PredictIrisSpecies', peer: 'no address' });
});
