import { once } from 'node:events';
import { Metadata, status } from '@grpc/grpc-js';
import { describe, expect, it } from 'vitest';
import { CallContext } from '../../../src/server/calls/call-context.js';
import { type ObservedCall, OpenCalls } from '../../../src/server/calls/observer.js';
import { serveHttp } from '../http/calling.js';
import { flower, TestClient } from '../serving.js';
import { shareOf } from '../shares.js';

/** Notes each call by its object: what is known of it at the end. */
function recordCalls() {
  const started = new Set<ObservedCall>();
  const ended: { sameObject: boolean; path: string; code: string; version: string | undefined }[] = [];
  const calls: ObservedCall[] = [];
  const observer = {
    onStart: (call: ObservedCall) => void started.add(call),
    onEnd: (call: ObservedCall, code: status) => {
      const { model, path } = call;
      ended.push({ sameObject: started.has(call), path, code: status[code], version: model?.model.version });
      calls.push(call);
    },
  };
  return { observer, ended, calls };
}

describe('the context of a call', () => {
  it('is one object from start to end, with the model that was taken, over gRPC, in a stream, and over HTTP', async () => {
    const { calls, ended, observer } = recordCalls();
    const { get, infer, server } = await serveHttp({ observers: [observer] });
    const { version } = server.current.model;
    const client = new TestClient(server.address);
    await client.call('iris', 'PredictIrisSpecies', flower);
    const stream = client.stream('iris', 'PredictIrisSpeciesStream');
    stream.resume().end(flower);
    await once(stream, 'end');
    await infer({ inputs: [] });
    await get('/v2/models/iris/ready');
    await get('/v2/health/live');
    await expect.poll(() => ended.length).toBe(5);
    const same = { sameObject: true };
    expect(ended).toEqual([
      { ...same, path: '/ml.IrisPredictor/PredictIrisSpecies', code: 'OK', version },
      { ...same, path: '/ml.IrisPredictor/PredictIrisSpeciesStream', code: 'OK', version },
      { ...same, path: '/http/ModelInfer', code: 'INVALID_ARGUMENT', version },
      { ...same, path: '/http/ModelReady', code: 'OK', version },
      { ...same, path: '/http/ServerLive', code: 'OK', version: undefined },
    ]);
    for (const { peer } of calls) expect(peer).toMatch(/^127\.0\.0\.1:\d+$/);
  });

  it.each(['unary', 'stream'])('knows the ids and the deadline of a call: %s', async (kind) => {
    const { calls, observer } = recordCalls();
    const { server } = await serveHttp({ observers: [observer] });
    const client = new TestClient(server.address);
    const metadata = new Metadata();
    metadata.set('x-request-id', 'a-request');
    const deadline = Date.now() + 60_000;
    if (kind === 'unary') await client.call('iris', 'PredictIrisSpecies', flower, { metadata, deadline });
    else {
      const stream = client
        .channel('iris')
        .makeBidiStreamRequest('/ml.IrisPredictor/PredictIrisSpeciesStream', Buffer.from, Buffer.from, metadata, {
          deadline,
        });
      stream.resume().end();
      await once(stream, 'end');
    }
    await expect.poll(() => calls.length).toBe(1);
    const [call] = calls;
    expect(call!.ids).toEqual({ requestId: 'a-request', traceparent: undefined });
    const leftMs = call!.deadlineMs - call!.startedMs;
    expect(leftMs).toBeGreaterThan(50_000);
    expect(leftMs).toBeLessThan(61_000);
  });

  it('has no deadline where its caller gives none', async () => {
    const { calls, observer } = recordCalls();
    const { get, server } = await serveHttp({ observers: [observer] });
    await new TestClient(server.address).call('iris', 'PredictIrisSpecies', flower);
    await get('/v2/health/live');
    await expect.poll(() => calls.map(({ deadlineMs }) => deadlineMs)).toEqual([Infinity, Infinity]);
  });

  it('ends once: the first status counts', () => {
    const { ended, observer } = recordCalls();
    const open = new OpenCalls();
    const context = new CallContext({ open, observers: [observer] }, '/a.B/C', { peer: 'a test', share: shareOf() });
    context.begin();
    expect([open.total, context.ended]).toEqual([1, false]);
    context.end(status.OK);
    context.end(status.CANCELLED);
    expect([open.total, context.ended]).toEqual([0, true]);
    expect(ended.map(({ code }) => code)).toEqual(['OK']);
  });
});
