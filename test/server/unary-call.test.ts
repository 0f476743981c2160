import { connect } from 'node:http2';
import { describe, expect, it } from 'vitest';
import { startServer } from './serving.js';

/** An empty message: no compression, no bytes. */
const message = Buffer.alloc(5);

describe('a unary call', () => {
  it.each([
    ['none', [], '12', 'expected one message, found none'],
    ['one', [message], '0', undefined],
    ['two at once', [Buffer.concat([message, message])], '12', 'expected one message, found two'],
    ['two', [message, message], '12', 'expected one message, found two'],
  ])('of %s messages gets one status', async (_, frames, code, details) => {
    const server = await startServer();
    const session = connect(`http://${server.address}`);
    const path = '/grpc.health.v1.Health/Check';
    const call = session.request({ ':method': 'POST', ':path': path, 'content-type': 'application/grpc' });
    const statuses: unknown[] = [];
    const take = (headers: Record<string, unknown>) => {
      if ('grpc-status' in headers) statuses.push(headers['grpc-status'], headers['grpc-message']);
    };
    call.on('response', take).on('trailers', take).resume();
    for (const frame of frames) call.write(frame);
    call.end();
    await new Promise((resolve) => call.once('close', resolve));
    session.close();
    expect(statuses).toEqual([code, details && encodeURI(details)]);
  });
});
