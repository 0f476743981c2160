import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { iris, ROOT, type RunOptions, serve } from '../e2e/cli.js';
import { afterTest } from '../server/serving.js';
import { serveForTest, untilLogged } from './serving-lines.js';

const fixture = (name: string) => fileURLToPath(new URL(`../fixtures/tls/${name}`, import.meta.url));
const tls = ['--tls-cert', fixture('server.pem'), '--tls-key', fixture('server.key')];
const model = ['--model', join(ROOT, 'artifacts/iris.json')];

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'iris-health-'));
});
afterAll(() => rm(folder, { recursive: true }));

let count = 0;
/** As the image has it: what the server and the command for its health are both told. */
const environment = (name = join(folder, `${++count}.sock`)): RunOptions => ({
  env: { IRIS_HEALTH_SOCKET: name, IRIS_LISTEN_PORT: '1' },
});
const serving = { code: 0, stdout: 'SERVING\n', stderr: '' };

describe('iris health, where it is told the socket that the server was told', () => {
  it.each([
    ['on any port', []],
    ['with TLS', tls],
    ['with certificates of clients', [...tls, '--tls-client-ca', fixture('ca.pem')]],
    ['with workers', ['--workers', '2']],
  ])('finds a server %s, and no longer once it has stopped', async (_, args) => {
    const options = environment();
    const server = await serveForTest([...model, ...args], options);
    expect(await iris(['health'], options)).toEqual(serving);
    expect(await server.stop()).toBe(0);
    const socket = options.env?.['IRIS_HEALTH_SOCKET'];
    expect(await iris(['health'], options)).toMatchObject({ code: 1, stderr: `${socket}: no server listens there\n` });
  });

  it('finds a server on a Unix socket', async () => {
    const options = environment();
    await serveForTest([...model, '--host', `unix:${join(folder, 'iris.sock')}`], options);
    expect(await iris(['health'], options)).toEqual(serving);
  });

  it.runIf(process.platform === 'linux')('needs no file system: @name', async () => {
    const options = environment(`@iris-test-${process.pid}`);
    await serveForTest(model, options);
    expect(await iris(['health'], options)).toEqual(serving);
  });

  it('asks for a service or a model, and says which there are', async () => {
    const options = environment();
    await serveForTest([...model, '--name', 'flowers'], options);
    for (const service of ['ml.IrisPredictor', 'flowers']) {
      expect(await iris(['health', '--service', service], options)).toEqual(serving);
    }
    const unknown = await iris(['health', '--service', 'iris'], options);
    expect(unknown).toMatchObject({ code: 1, stdout: '' });
    expect(unknown.stderr).toMatch(/: NOT_FOUND: expected ml\.IrisPredictor, .*, flowers, found "iris"\n$/);
  });

  it('says that a server drains', async () => {
    const options = environment();
    const server = await serveForTest([...model, '--drain-delay', '30s', '--grace', '60s'], options);
    server.child.kill('SIGTERM');
    await untilLogged(server, 'draining');
    expect(await iris(['health'], options)).toMatchObject({ code: 1, stdout: 'NOT_SERVING\n' });
    expect(await iris(['health', '--service', 'liveness'], options)).toEqual(serving);
  });

  it('asks at the address that it is given instead', async () => {
    const options = environment();
    const server = await serveForTest(model, options);
    expect(await iris(['health', '--port', String(server.port)], { env: { IRIS_HEALTH_SOCKET: '/nowhere' } })).toEqual(
      serving,
    );
    expect(await iris(['health', '--port', '1'], options)).toMatchObject({ code: 1 });
  });
});

describe('a server that cannot have its health socket', () => {
  it('serves, and says so', async () => {
    const options = environment();
    const first = await serveForTest(model, options);
    const second = await serve(model, options);
    afterTest(() => second.child.kill('SIGKILL'));
    const [line] = await untilLogged(second, 'no health socket: `iris health` has to be told where to ask');
    expect(line).toMatchObject({ level: 40, reason: 'expected a free address, found another program there' });
    expect(await iris(['health', '--port', String(second.port)], options)).toEqual(serving);
    expect(await first.stop()).toBe(0);
  });

  it('names the folder that it lacks', async () => {
    const { env } = environment();
    const server = await serveForTest(model, { env: { ...env, IRIS_HEALTH_SOCKET: '/no/such/folder/health.sock' } });
    const [line] = await untilLogged(server, 'no health socket: `iris health` has to be told where to ask');
    expect(line).toMatchObject({
      reason: 'unix:/no/such/folder/health.sock: expected a folder /no/such/folder for the socket, found nothing',
    });
  });

  it('takes over the one that a killed server left', async () => {
    const options = environment();
    const first = await serveForTest(model, options);
    first.child.kill('SIGKILL');
    await once(first.child, 'close');
    await serveForTest(model, options);
    expect(await iris(['health'], options)).toEqual(serving);
  });
});
