import { once } from 'node:events';
import { connect, constants } from 'node:http2';
import { describe, expect, it } from 'vitest';
import { HeaderRate, openCallBytes } from '../../../src/server/grpc/call-headers.js';
import { afterTest, flower, recordLog, startServer, TestClient } from '../serving.js';

describe('what an open call holds', () => {
  it('grows with its headers and their text', () => {
    const bare = openCallBytes([]);
    expect(openCallBytes(['name', 'value']) - bare).toBeGreaterThan(100);
    expect(openCallBytes(['name', 'v'.repeat(5000)]) - openCallBytes(['name', ''])).toBe(5000);
  });
});

describe('the rate of headers', () => {
  it('is not looked at where calls have as many as calls have', () => {
    const rate = new HeaderRate();
    for (let call = 0; call < 100_000; call++) expect(rate.note(60, () => 0)).toBe(false);
  });

  it('allows twenty thousand above that at once, and as many again a second later', () => {
    const rate = new HeaderRate();
    const burst = (nowMs: number) => Array.from({ length: 22 }, () => rate.note(1064, () => nowMs));
    expect(burst(0)).toEqual([...Array(20).fill(false), true, true]);
    expect(burst(1200).slice(0, 20)).toEqual(Array(20).fill(false));
  });
});

it('ends a connection that sends far more headers than calls need, and no other', async () => {
  const { line, log } = recordLog();
  const server = await startServer({ log });
  const other = new TestClient(server.address);
  const session = connect(`http://${server.address}`);
  afterTest(() => session.destroy());
  session.on('error', () => {});
  const many = Object.fromEntries(Array.from({ length: 1500 }, (_, index) => [`x-${index}`, '1']));
  const headers = {
    ':method': 'POST',
    ':path': '/ml.IrisPredictor/PredictIrisSpecies',
    'content-type': 'application/grpc',
  };
  const ended = once(session, 'goaway');
  for (let call = 0; call < 30; call++) session.request({ ...headers, ...many }).on('error', () => {});
  expect((await ended)[0]).toBe(constants.NGHTTP2_ENHANCE_YOUR_CALM);
  expect(await line('calls cut with their connections')).toMatchObject({ reason: 'too many headers', connections: 1 });
  expect(await other.call('iris', 'PredictIrisSpecies', flower)).toMatchObject({ species_name: 'setosa' });
});
