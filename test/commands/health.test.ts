import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runProgram } from '../cli/run-program.js';
import { mlserverLike, startForeignServer } from '../client/foreign-server.js';
import { afterTest, startServer } from '../server/serving.js';

const health = (...args: string[]) => runProgram(['health', ...args]);

describe('health', () => {
  it('is 0 for a server, a service and a model that serve', async () => {
    const { port } = await startServer();
    for (const service of ['', 'ml.IrisPredictor', 'iris']) {
      const result = await health('--port', String(port), '--service', service);
      expect(result).toEqual({ code: 0, stdout: 'SERVING\n', stderr: '' });
    }
  });

  it('has a JSON form', async () => {
    const { port } = await startServer();
    expect(JSON.parse((await health('--port', String(port), '--json')).stdout)).toEqual({ status: 'SERVING' });
  });

  it('asks over a Unix socket too', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'iris-health-'));
    afterTest(() => rm(folder, { recursive: true }));
    const host = `unix:${join(folder, 'iris.sock')}`;
    await startServer({ host });
    expect(await health('--host', host)).toEqual({ code: 0, stdout: 'SERVING\n', stderr: '' });
  });

  it('asks at an IPv6 address in brackets, and says where', async () => {
    const { code, stderr } = await health('--host', '[::1]', '--port', '1');
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^\[::1\]:1: UNAVAILABLE: /)]);
  });

  it('is 1 for a service that the server does not know', async () => {
    const { port } = await startServer();
    const { code, stderr, stdout } = await health('--port', String(port), '--service', 'nope');
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^localhost:\d+: NOT_FOUND: .*"nope".*\n$/);
  });

  it('is 1 while the server drains', async () => {
    const server = await startServer({ drainDelayMs: 60_000, graceMs: 120_000 });
    void server.close();
    expect(await health('--port', String(server.port))).toEqual({
      code: 1,
      stdout: 'NOT_SERVING\n',
      stderr: 'the server: expected SERVING, found NOT_SERVING\n',
    });
  });

  it('is 1 where nothing listens, and where no health service is', async () => {
    const { kill, port } = await startForeignServer(mlserverLike);
    afterTest(kill);
    const { code, stderr } = await health('--port', String(port));
    expect([code, stderr]).toEqual([1, expect.stringContaining('UNIMPLEMENTED')]);
    kill();
    expect(await health('--port', String(port))).toEqual({
      code: 1,
      stdout: '',
      stderr: `localhost:${port}: UNAVAILABLE: no server listens there\n`,
    });
  });

  it('is 2 for wrong usage', async () => {
    expect((await health('--port', '99999')).code).toBe(2);
    for (const host of ['', '*', 'localhost:50052']) expect((await health('--host', host)).code).toBe(2);
    expect((await health('--tls-cert', 'a.pem')).code).toBe(2);
  });
});
