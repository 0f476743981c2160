import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { askHealthSocket } from '../../src/client/health-socket.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'iris-health-'));
});
afterAll(() => rm(folder, { recursive: true }));

let count = 0;
/** Asks whoever says this at a socket for the health of the whole server. */
async function healthFrom(answer: string): Promise<unknown> {
  const path = join(folder, `${++count}.sock`);
  const server = createServer((socket) => socket.end(answer)).listen(path);
  await once(server, 'listening');
  try {
    return await askHealthSocket(path, '', { timeoutMs: 5000 });
  } finally {
    server.close();
  }
}

describe('the socket of a server on this machine', () => {
  it('tells its health', async () => {
    expect(await healthFrom('{"":"NOT_SERVING"}')).toBe('NOT_SERVING');
  });

  it.each(['', 'null', '5', '["SERVING"]', '{"":{}}', '{"":"WELL"}', '{"":"SERVING"'])(
    'is somebody else where it says %j',
    async (answer) => {
      await expect(healthFrom(answer)).rejects.toMatchObject({
        name: 'UnavailableError',
        message: `${join(folder, `${count}.sock`)}: expected the health of a server, found something else`,
      });
    },
  );
});
