import { once } from 'node:events';
import { Metadata, type ServiceError } from '@grpc/grpc-js';
import { describe, expect, it } from 'vitest';
import { callerIds, loggedIds } from '../../../src/server/calls/caller-ids.js';
import { explainError } from '../../../src/server/calls/status.js';
import { flower, recordLog, startServer, TestClient } from '../serving.js';

const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
const logged = {
  requestId: 'order-17',
  trace_id: '4bf92f3577b34da6a3ce929d0e0e4736',
  span_id: '00f067aa0ba902b7',
};

function sent(ids: Record<string, string>): Metadata {
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(ids)) metadata.set(name, value);
  return metadata;
}

const both = { 'x-request-id': 'order-17', traceparent };

/** Both, as they came back. */
const echoed = (metadata: Metadata) => ({
  'x-request-id': metadata.get('x-request-id')[0],
  traceparent: metadata.get('traceparent')[0],
});

/** The headers of a reply and its trailers, or the trailers of an error. */
async function metadataOf(client: TestClient, request: object, metadata: Metadata) {
  const found: { headers?: Metadata; trailers?: Metadata } = {};
  await new Promise<void>((resolve) => {
    const call = client.start('iris', 'PredictIrisSpecies', { ...request }, { metadata }, (error) => {
      if (error) found.trailers = (error as ServiceError).metadata;
      resolve();
    }) as unknown as NodeJS.EventEmitter;
    call.on('metadata', (headers: Metadata) => {
      found.headers = headers;
    });
  });
  return found;
}

describe('ids of a caller', () => {
  it('come back in the headers of a reply and stand in its debug line', async () => {
    const { line, log } = recordLog('debug');
    const client = new TestClient((await startServer({ log })).address);
    const { headers } = await metadataOf(client, flower, sent(both));
    expect(echoed(headers!)).toEqual(both);
    expect(await line('call')).toMatchObject({ code: 'OK', ...logged });
  });

  it('come back in the trailers of an error, beside its details', async () => {
    const { line, log } = recordLog('debug');
    const client = new TestClient((await startServer({ log })).address);
    const { trailers } = await metadataOf(client, {}, sent(both));
    expect(echoed(trailers!)).toEqual(both);
    expect(trailers!.get('grpc-status-details-bin')).toHaveLength(1);
    expect(await line('call')).toMatchObject({ code: 'INVALID_ARGUMENT', ...logged });
  });

  it('come back with errors of the library and keep its explanation', async () => {
    const client = new TestClient((await startServer({ maxMessageBytes: 1024 })).address);
    const large = await new Promise<ServiceError>((resolve) => {
      const request = { id: 'x'.repeat(2000) };
      client.start('inference', 'ModelInfer', request, { metadata: sent(both) }, (error) => resolve(error!));
    });
    expect(large.details).toContain("this server's maxMessageBytes");
    expect(echoed(large.metadata)).toEqual(both);
  });

  it('come back at the begin of a stream, once', async () => {
    const client = new TestClient((await startServer()).address);
    const channel = client.channel('iris') as unknown as {
      PredictIrisSpeciesStream(m: Metadata): NodeJS.ReadWriteStream;
    };
    const stream = channel.PredictIrisSpeciesStream(sent(both));
    const headers = once(stream, 'metadata');
    const status = once(stream, 'status');
    stream.write(flower as never);
    expect(echoed((await headers)[0])).toEqual(both);
    stream.resume().end();
    expect((await status)[0].metadata.getMap()).not.toHaveProperty('traceparent');
  });

  it('are the id that is told of a bug', () => {
    const told: unknown[] = [];
    const ids = callerIds('order-17', traceparent);
    const { details, message } = explainError(new Error('secret'), (_, ...rest) => told.push(...rest), ids);
    expect(message).toBe('internal error, request id order-17');
    expect(details.info?.metadata).toEqual({ request_id: 'order-17' });
    expect(told).toEqual(['order-17', ids]);
  });

  it('are neither logged nor sent where there are none', async () => {
    const { line, log } = recordLog('debug');
    const client = new TestClient((await startServer({ log })).address);
    const { headers } = await metadataOf(client, flower, sent({ traceparent: 'none of mine' }));
    expect(Object.keys(headers!.getMap())).not.toContain('traceparent');
    expect(Object.keys(headers!.getMap())).not.toContain('x-request-id');
    expect(Object.keys(await line('call')).sort()).toEqual(['code', 'level', 'ms', 'msg', 'path', 'peer', 'time']);
  });

  it.each([
    ['an id with a space', 'order 17', undefined],
    ['an id of 129 characters', 'x'.repeat(129), undefined],
    ['an empty id', '', undefined],
    ['a trace of zeros', undefined, `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`],
    ['a span of zeros', undefined, `00-4bf92f3577b34da6a3ce929d0e0e4736-${'0'.repeat(16)}-01`],
    ['version ff', undefined, traceparent.replace('00', 'ff')],
    ['capitals', undefined, traceparent.toUpperCase()],
    ['version 00 with more behind it', undefined, `${traceparent}-more`],
    ['bytes', Buffer.from('x'), Buffer.from('y')],
  ])('are not: %s', (_, requestId, trace) => {
    expect(callerIds(requestId, trace)).toBeUndefined();
  });

  it('are also a trace of a later version, with what that adds', () => {
    const later = `cc${traceparent.slice(2)}-what-will-be`;
    expect(loggedIds(callerIds('x'.repeat(128), later))).toEqual({ ...logged, requestId: 'x'.repeat(128) });
    expect(loggedIds(callerIds(undefined, traceparent))).toEqual({
      trace_id: logged.trace_id,
      span_id: logged.span_id,
    });
    expect(loggedIds(undefined)).toEqual({});
  });
});
