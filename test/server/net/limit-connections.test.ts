import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { expect, it } from 'vitest';
import { limitConnections } from '../../../src/server/net/limit-connections.js';
import { afterTest } from '../serving.js';

it('one connection too many takes the place of the oldest', async () => {
  const server = createServer((socket) => socket.on('error', () => {})).listen(0, '127.0.0.1');
  limitConnections(server, 2);
  await once(server, 'listening');
  afterTest(() => server.close());
  const open = async () => {
    const accepted = once(server, 'connection');
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1').resume();
    afterTest(() => socket.destroy());
    await accepted;
    return socket;
  };
  const [first, second] = [await open(), await open()];
  const gone = once(first, 'close');
  const third = await open();
  await gone;
  expect([second.destroyed, third.destroyed]).toEqual([false, false]);
  third.destroy();
  await once(third, 'close');
});
