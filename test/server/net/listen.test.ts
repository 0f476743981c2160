import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { UnavailableError, UsageError } from '../../../src/ground/errors.js';
import { isLocal, reachableHost } from '../../../src/server/net/listen.js';
import { afterTest, flower, startServer, TestClient } from '../serving.js';

async function socketPath(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'iris-socket-'));
  afterTest(() => rm(folder, { recursive: true }));
  return join(folder, 'iris.sock');
}

/** Connects until the system has no room for another connection that nobody accepts. */
async function fillBacklog(path: string): Promise<void> {
  for (let count = 0; count < 20; count++) {
    const socket = connect(path);
    afterTest(() => void socket.destroy());
    const full = await once(socket, 'connect').then(
      () => false,
      (error: NodeJS.ErrnoException) => error.code === 'EAGAIN',
    );
    if (full) return;
  }
  throw new Error('the backlog has no end');
}

const hasIpv6 = Object.values(networkInterfaces()).some((list) => list?.some(({ address }) => address === '::1'));

describe('listening', () => {
  it('takes a free port for 0 and tells it', async () => {
    const server = await startServer();
    expect(server.port).toBeGreaterThan(0);
    expect(server.address).toBe(`127.0.0.1:${server.port}`);
  });

  it('fails on a port that is taken', async () => {
    const { port } = await startServer();
    await expect(startServer({ port })).rejects.toThrow(
      new UnavailableError(`127.0.0.1:${port}: expected a free address, found another program there`),
    );
  });

  it.runIf(hasIpv6)('takes an IPv6 address, in brackets too, for all of its ports', async () => {
    for (const host of ['::1', '[::1]']) {
      const server = await startServer({ host, http: { port: 0 } });
      expect(server.address).toBe(`[::1]:${server.port}`);
      expect(await new TestClient(server.address).call('iris', 'PredictIrisSpecies', flower)).toMatchObject({
        species_name: 'setosa',
      });
      expect((await fetch(`http://[::1]:${server.httpPort}/v2`)).status).toBe(200);
    }
  });

  it.runIf(hasIpv6)('is reached over IPv4 and IPv6 at ::', async () => {
    const server = await startServer({ host: '::', http: { port: 0 } });
    for (const host of ['127.0.0.1', '[::1]']) {
      const client = new TestClient(`${host}:${server.port}`);
      expect(await client.call('iris', 'PredictIrisSpecies', flower)).toMatchObject({ species_name: 'setosa' });
      expect((await fetch(`http://${host}:${server.httpPort}/v2`)).status).toBe(200);
    }
  });

  it('at :: is over IPv4 where the system has no IPv6; nowhere else is another host', async () => {
    expect(await reachableHost('::', async () => false)).toBe('0.0.0.0');
    expect(await reachableHost('::', async () => true)).toBe('::');
    expect(await reachableHost('::1', async () => false)).toBe('::1');
  });

  it.each(['', '*', 'localhost:1'])('is refused at %j', async (host) => {
    await expect(startServer({ host })).rejects.toThrow(UsageError);
  });

  it.each([
    ['203.0.113.7', 'expected an address of this machine, found another one'],
    ['iris.invalid', 'expected a name with an address, found none'],
  ])('fails at %s', async (host, reason) => {
    await expect(startServer({ host, port: 4711 })).rejects.toThrow(new UnavailableError(`${host}:4711: ${reason}`));
  });

  it('names the folder that a Unix socket lacks', async () => {
    const path = await socketPath();
    await expect(startServer({ host: `unix:${path}/iris.sock` })).rejects.toThrow(
      new UnavailableError(`unix:${path}/iris.sock: expected a folder ${path} for the socket, found nothing`),
    );
    await writeFile(path, '');
    await expect(startServer({ host: `unix:${path}/iris.sock` })).rejects.toThrow(
      new UnavailableError(`unix:${path}/iris.sock: expected a folder ${path} for the socket, found something else`),
    );
  });

  it('serves on a Unix socket, and removes it at the end', async () => {
    const path = await socketPath();
    const server = await startServer({ host: `unix:${path}` });
    expect(server.address).toBe(`unix:${path}`);
    expect(server.port).toBe(0);
    const client = new TestClient(server.address);
    expect(await client.call('iris', 'PredictIrisSpecies', flower)).toMatchObject({ species_name: 'setosa' });
    client.close();
    await server.close();
    await expect(access(path)).rejects.toThrow('ENOENT');
  });

  it('takes over the socket that a killed server left, not that of a living one', async () => {
    const path = await socketPath();
    const script = `require('net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`;
    expect(spawnSync(process.execPath, ['-e', script]).signal).toBe('SIGKILL');
    await access(path);
    await startServer({ host: `unix:${path}` });
    await expect(startServer({ host: `unix:${path}` })).rejects.toThrow(
      new UnavailableError(`unix:${path}: expected a free address, found another program there`),
    );
  });

  it.runIf(process.platform === 'linux')('leaves the socket of a server that is too busy to answer', async () => {
    const path = await socketPath();
    const script = `require('net').createServer().listen({ path: ${JSON.stringify(path)}, backlog: 1 }, () => console.log())`;
    const busy = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    afterTest(() => void busy.kill('SIGKILL'));
    await once(busy.stdout, 'data');
    busy.kill('SIGSTOP');
    await fillBacklog(path);
    await expect(startServer({ host: `unix:${path}` })).rejects.toThrow(
      new UnavailableError(`unix:${path}: expected a free address, found another program there`),
    );
    await access(path);
  });

  it('leaves a file that is no socket alone', async () => {
    const path = await socketPath();
    await writeFile(path, 'notes');
    await expect(startServer({ host: `unix:${path}` })).rejects.toThrow(UnavailableError);
    expect(await readFile(path, 'utf8')).toBe('notes');
  });

  it.each([
    ['127.0.0.1', true],
    ['127.8.9.10', true],
    ['localhost', true],
    ['::1', true],
    ['LOCALHOST', true],
    ['127.1', true],
    ['0x7f.0.0.1', true],
    ['::ffff:127.0.0.1', true],
    ['::ffff:10.0.0.7', false],
    ['unix:/run/iris.sock', true],
    ['0.0.0.0', false],
    ['::', false],
    ['10.0.0.7', false],
    ['127.example.com', false],
    ['127.0.0.1.example.com', false],
  ])('holds %s for local: %j', (host, local) => {
    expect(isLocal(host)).toBe(local);
  });
});
