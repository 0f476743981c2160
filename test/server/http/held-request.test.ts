import { EventEmitter } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, it, vi } from 'vitest';
import { CallEndedError } from '../../../src/server/calls/refusal.js';
import { HeldRequest } from '../../../src/server/http/held-request.js';
import { afterTest } from '../serving.js';
import { shareOf } from '../shares.js';
import { serveHttp } from './calling.js';

/** All that the server says to what is written to its REST port, until it closes the connection. */
function talk(port: number, ...parts: string[]): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    afterTest(() => socket.destroy());
    let received = '';
    socket.setEncoding('latin1').on('data', (text: string) => {
      received += text;
    });
    socket.on('error', () => {}).on('close', () => resolve(received));
    for (const part of parts) socket.write(part);
  });
}

function fakeExchange() {
  const [outgoing, socket] = [new EventEmitter(), new EventEmitter()];
  return { incoming: { socket }, outgoing };
}

describe('a request over HTTP that is held', () => {
  it('counts with its connection until the answer is out', () => {
    const share = shareOf();
    const exchange = fakeExchange();
    const held = new HeldRequest(share, exchange as never);
    held.take(100);
    held.take(200);
    held.complete();
    expect(share.requestBytes.held).toBe(300);
    held.dropRequest();
    expect(share.requestBytes.held).toBe(300);
    exchange.outgoing.emit('close');
    expect([share.requestBytes.held, share.waiting.size]).toEqual([0, 0]);
  });

  it('gives all back when its connection closes while the answer waits behind another one', () => {
    const share = shareOf();
    const exchange = fakeExchange();
    const held = new HeldRequest(share, exchange as never);
    held.take(100);
    held.complete();
    held.holdReply(1000);
    exchange.incoming.socket.emit('close');
    exchange.outgoing.emit('close');
    held.holdReply(1000);
    expect([share.requestBytes.held, share.waiting.size, share.unread.excess]).toEqual([0, 0, undefined]);
    expect(() => held.take(1)).toThrow(CallEndedError);
  });

  it('gives way while its reply is unread, with its connection', () => {
    const share = shareOf();
    const exchange = { ...fakeExchange(), outgoing: Object.assign(new EventEmitter(), { destroy: vi.fn() }) };
    const held = new HeldRequest(share, exchange as never);
    held.dropReply();
    expect(exchange.outgoing.destroy).not.toHaveBeenCalled();
    held.holdReply(300 * 1024 * 1024);
    expect(share.unread.excess).toBeDefined();
    held.dropReply();
    expect(share.unread.excess).toBeUndefined();
    expect(exchange.outgoing.destroy).toHaveBeenCalledOnce();
  });

  it('gives way while its body is coming', () => {
    const share = shareOf();
    const held = new HeldRequest(share, fakeExchange() as never);
    const stopped: unknown[] = [];
    held.begin((why) => stopped.push(why));
    held.take(100);
    held.dropRequest();
    held.dropRequest();
    expect(stopped).toMatchObject([{ reason: 'TOO_MANY_BYTES' }]);
    expect(share.requestBytes.held).toBe(0);
  });

  it('in chunks of one byte is refused, and its connection closed with the answer', async () => {
    const { server } = await serveHttp();
    const head = 'POST /v2/models/iris/infer HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n';
    const chunks = '1\r\n \r\n'.repeat(5000);
    const answer = await talk(server.httpPort!, head, 'Transfer-Encoding: chunked\r\n\r\n', chunks);
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer).toContain('body: expected pieces of some hundred bytes, found tiny ones');
  });
});
