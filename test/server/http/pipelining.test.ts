import { once } from 'node:events';
import { connect } from 'node:net';
import { status } from '@grpc/grpc-js';
import { expect, it } from 'vitest';
import type { CallObserver } from '../../../src/server/calls/observer.js';
import { afterTest } from '../serving.js';
import { serveHttp } from './calling.js';

const GET = 'GET /v2/health/live HTTP/1.1\r\nHost: localhost\r\n\r\n';

/** An infer call that takes several turns, so that what comes behind it waits. */
function longCall(): string {
  const rowCount = 20_000;
  const body = JSON.stringify({
    inputs: [{ name: 'features', datatype: 'FP64', shape: [rowCount, 4], data: Array(rowCount).fill([6, 3, 5, 2]) }],
    outputs: [{ name: 'decision_path' }],
  });
  const type = 'Content-Type: application/json';
  return `POST /v2/models/iris/infer HTTP/1.1\r\nHost: localhost\r\n${type}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
}

function openConnection(port: number | undefined) {
  const socket = connect(port!, '127.0.0.1');
  afterTest(() => socket.destroy());
  socket.on('error', () => {});
  return socket;
}

it('answers requests that come before the answers to others, in their order', async () => {
  const { server } = await serveHttp();
  const socket = openConnection(server.httpPort);
  let text = '';
  socket.setEncoding('latin1').on('data', (chunk) => {
    text += chunk;
  });
  socket.write(`${GET.repeat(14)}${GET.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n')}`);
  await once(socket, 'close');
  expect(text.match(/HTTP\/1\.1 200 /g)).toHaveLength(15);
});

it('closes a connection with too many of them, and works on no more', async () => {
  let started = 0;
  const { server } = await serveHttp({ observers: [{ onStart: () => void started++ }] });
  const socket = openConnection(server.httpPort);
  socket.write(longCall() + GET.repeat(1000));
  await once(socket.resume(), 'close');
  expect(started).toBeLessThanOrEqual(16);
});

it('ends calls whose client goes while their answers wait behind another one', async () => {
  const codes: status[] = [];
  let allEnded = () => {};
  const ended = new Promise<void>((resolve) => {
    allEnded = resolve;
  });
  let started = 0;
  const observer: CallObserver = {
    onStart: () => {
      if (++started === 4) socket.destroy();
    },
    onEnd: (_, code) => {
      if (codes.push(code) === 4) allEnded();
    },
  };
  const { server } = await serveHttp({ observers: [observer] });
  const socket = openConnection(server.httpPort);
  socket.write(longCall() + GET.repeat(3));
  await ended;
  expect(codes).toEqual(Array(4).fill(status.CANCELLED));
});
