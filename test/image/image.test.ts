import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, copyFile, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { credentials, loadPackageDefinition, type ServiceClientConstructor } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { iris, ROOT } from '../e2e/cli.js';

const IMAGE = 'iris:test';
const LOCKED_DOWN = ['--read-only', '--cap-drop', 'ALL', '--security-opt', 'no-new-privileges'];
const FLOWER = ['5.0', '3.6', '1.3', '0.25'];

const started: string[] = [];
let shared: string;

async function docker(...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)('docker', args, { maxBuffer: 1 << 26 });
  return stdout.trim();
}

/** Starts a container whose port is published on loopback only, and resolves with its id and that port. */
async function start(options: string[] = [], command: string[] = []): Promise<{ id: string; port: string }> {
  const id = await docker('run', '-d', ...LOCKED_DOWN, '-p', '127.0.0.1::50052', ...options, IMAGE, ...command);
  started.push(id);
  return { id, port: (await docker('port', id, '50052/tcp')).split(':').at(-1) ?? '' };
}

/** Resolves once a container has logged this message. */
async function untilLogged(id: string, message: string): Promise<void> {
  const logs = spawn('docker', ['logs', '--follow', id], { stdio: ['ignore', 'ignore', 'pipe'] });
  let log = '';
  for await (const chunk of logs.stderr.setEncoding('utf8')) {
    log += chunk;
    if (log.includes(`"msg":"${message}"`)) break;
  }
  logs.kill();
  expect(log).toContain(`"msg":"${message}"`);
}

/** Asks for one flower; `iris predict` itself waits for a server that is still starting. */
async function predict(host: string, port: string): Promise<{ label: string; modelVersion: string }> {
  const run = await iris(['predict', ...FLOWER, '--host', host, '--port', port, '--timeout', '30s', '--json']);
  expect(run).toMatchObject({ code: 0 });
  return JSON.parse(run.stdout)[0];
}

beforeAll(async () => {
  const build = spawn('docker', ['build', '--quiet', '--tag', IMAGE, ROOT], { stdio: ['ignore', 'ignore', 'inherit'] });
  const [code] = await once(build, 'close');
  expect(code).toBe(0);
  shared = await mkdtemp(join(tmpdir(), 'iris-image-'));
  await chmod(shared, 0o777); // the container's user is not ours
});

afterAll(async () => {
  if (started.length > 0) await docker('rm', '--force', ...started);
  await rm(shared, { recursive: true, force: true });
});

describe('the image', () => {
  it('runs as a numeric user, names its command and port, and says what it is', async () => {
    const [{ Config }] = JSON.parse(await docker('image', 'inspect', IMAGE));
    expect(Config.User).toBe('1000:1000');
    expect(Config.Entrypoint).toEqual(['iris']);
    expect(Config.Cmd).toEqual(['serve']);
    expect(Config.Healthcheck.Test).toEqual(['CMD', 'iris', 'health']);
    expect(Object.keys(Config.ExposedPorts)).toEqual(['50052/tcp']);
    expect(Config.Labels['org.opencontainers.image.title']).toBe('iris');
  });

  it('holds no development package and no source', async () => {
    const files = await docker('run', '--rm', '--entrypoint', 'ls', IMAGE, '/app', '/app/node_modules');
    expect(files).not.toMatch(/^(typescript|vitest|oclif|src|test)$/m);
  });

  it('adds less than 40 MB to its base', async () => {
    const layers = (await docker('history', '--format', '{{.Size}} {{.CreatedBy}}', '--human=false', IMAGE)).split(
      '\n',
    );
    const own = layers.slice(0, -1).reduce((sum, layer) => sum + Number(layer.split(' ')[0]), 0);
    process.stderr.write(`the layers above the base: ${(own / 1e6).toFixed(1)} MB\n`);
    expect(own).toBeLessThan(40e6);
  });

  it('answers through the published port and through its own address', async () => {
    const { id, port } = await start();
    const address = await docker('inspect', '-f', '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}', id);
    const committed = JSON.parse(await readFile(join(ROOT, 'artifacts/iris.json'), 'utf8')).sha256.slice(0, 12);

    expect(await predict('127.0.0.1', port)).toMatchObject({ label: 'setosa', modelVersion: committed });
    expect(await predict(address, '50052')).toMatchObject({ label: 'setosa', modelVersion: committed });
    expect(await docker('exec', id, 'iris', 'health')).toMatch(/serving/i);
  });

  it('runs as a user that the system does not know, and is healthy on the port it was told', async () => {
    const { id } = await start(['--user', '12345:12345', '-e', 'IRIS_LISTEN_PORT=6000']);
    const address = await docker('inspect', '-f', '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}', id);
    expect(await predict(address, '6000')).toMatchObject({ label: 'setosa' });
    expect(await docker('exec', id, 'iris', 'health')).toMatch(/serving/i);
  });

  it.each([
    ['another port', [], ['--port', '6000']],
    ['TLS', ['tls'], ['--tls-cert', '/tls/server.pem', '--tls-key', '/tls/server.key']],
    [
      'TLS that wants certificates of clients',
      ['tls'],
      ['--tls-cert', '/tls/server.pem', '--tls-key', '/tls/server.key', '--tls-client-ca', '/tls/ca.pem'],
    ],
    ['a Unix socket', ['run'], ['--host', 'unix:/run/iris/iris.sock']],
    ['workers', [], ['--workers', '2']],
  ])('is healthy with %s, and unhealthy once it drains', async (_, mounts, args) => {
    const volumes = {
      tls: ['-v', `${join(ROOT, 'test/fixtures/tls')}:/tls:ro`],
      run: ['--tmpfs', '/run/iris:mode=1777'],
    };
    const options = mounts.flatMap((name) => volumes[name as keyof typeof volumes]);
    const drain = ['--drain-delay', '60s', '--grace', '90s'];
    const id = await docker('run', '-d', ...LOCKED_DOWN, ...options, IMAGE, 'serve', ...args, ...drain);
    started.push(id);
    await untilLogged(id, 'ready');
    expect(await docker('exec', id, 'iris', 'health')).toBe('SERVING');
    await docker('kill', '--signal', 'SIGTERM', id);
    await untilLogged(id, 'draining');
    await expect(docker('exec', id, 'iris', 'health')).rejects.toThrow(/NOT_SERVING/);
  });

  it('answers over IPv6 where a container has it', async () => {
    const { id } = await start(['--sysctl', 'net.ipv6.conf.all.disable_ipv6=0']);
    await untilLogged(id, 'ready');
    for (const host of ['[::1]', '127.0.0.1']) {
      expect(await docker('exec', id, 'iris', 'health', '--host', host, '--port', '50052')).toBe('SERVING');
    }
  });

  it('is told apart from another one on the same network', async () => {
    const share = ['--network', 'host', '-e', 'IRIS_LISTEN_PORT=0'];
    const run = async (...args: string[]) => {
      const id = await docker('run', '-d', ...LOCKED_DOWN, ...share, IMAGE, 'serve', ...args);
      started.push(id);
      await untilLogged(id, 'ready');
      return id;
    };
    const first = await run();
    const second = await run('--drain-delay', '60s', '--grace', '90s');
    await docker('kill', '--signal', 'SIGTERM', second);
    await untilLogged(second, 'draining');
    expect(await docker('exec', first, 'iris', 'health')).toBe('SERVING');
    await expect(docker('exec', second, 'iris', 'health')).rejects.toThrow(/NOT_SERVING/);
  });

  it('trains the committed artifact, byte for byte', async () => {
    await docker('run', '--rm', ...LOCKED_DOWN, '-v', `${shared}:/out`, IMAGE, 'train', '--out', '/out/iris.json');
    expect(await readFile(join(shared, 'iris.json'))).toEqual(await readFile(join(ROOT, 'artifacts/iris.json')));
  });

  it('says that a disk is full and leaves nothing half-written', async () => {
    const small = ['--tmpfs', '/out:size=4k,uid=1000', '--entrypoint', 'sh'];
    const script = 'iris train --out /out/iris.json 2>&1 >/dev/null; echo "exit code $?"; ls -A /out';
    expect(await docker('run', '--rm', ...LOCKED_DOWN, ...small, IMAGE, '-c', script)).toBe(
      '/out/iris.json: cannot be written: no space left on device\nexit code 73',
    );
  });

  it('trains in a folder of ours, as us, with names from there', async () => {
    const ours = await mkdtemp(join(shared, 'ours-'));
    await copyFile(join(ROOT, 'data/iris.csv'), join(ours, 'iris.csv'));
    const user = `${process.getuid!()}:${process.getgid!()}`;
    const mounted = ['-v', `${ours}:/work`, '-w', '/work', '--user', user];
    await docker('run', '--rm', ...mounted, IMAGE, 'train', '--data', 'iris.csv', '--out', 'model.json');
    expect(await readFile(join(ours, 'model.json'))).toEqual(await readFile(join(ROOT, 'artifacts/iris.json')));
    expect((await stat(join(ours, 'model.json'))).uid).toBe(process.getuid!());
  });

  it('trains with ml-cart and serves that model from a mounted folder', async () => {
    const mount = ['-v', `${shared}:/models`];
    await docker(
      'run',
      '--rm',
      ...LOCKED_DOWN,
      ...mount,
      IMAGE,
      'train',
      '--engine',
      'ml-cart',
      '--out',
      '/models/b.json',
    );
    const version = JSON.parse(await readFile(join(shared, 'b.json'), 'utf8')).sha256.slice(0, 12);

    const byVariable = await start(['-v', `${shared}:/models:ro`, '-e', 'IRIS_MODEL=/models/b.json']);
    expect(await predict('127.0.0.1', byVariable.port)).toMatchObject({ label: 'setosa', modelVersion: version });
    const byFlag = await start(['-v', `${shared}:/models:ro`], ['serve', '--model', '/models/b.json']);
    expect(await predict('127.0.0.1', byFlag.port)).toMatchObject({ label: 'setosa', modelVersion: version });
  });

  it('stops with exit code 0 in under ten seconds and gives an open stream its last answer', async () => {
    const { id, port } = await start();
    await predict('127.0.0.1', port);
    const load = (path: string) => loadPackageDefinition(loadSync(path, { defaults: true, keepCase: true }));
    const { ml } = load(join(ROOT, 'proto/iris.proto')) as unknown as {
      ml: { IrisPredictor: ServiceClientConstructor };
    };
    const { grpc } = load(join(ROOT, 'node_modules/grpc-health-check/proto/health/v1/health.proto')) as unknown as {
      grpc: { health: { v1: { Health: ServiceClientConstructor } } };
    };
    const predictor = new ml.IrisPredictor(`127.0.0.1:${port}`, credentials.createInsecure());
    const health = new grpc.health.v1.Health(`127.0.0.1:${port}`, credentials.createInsecure());
    const watch = health['Watch']?.({ service: '' });
    const stream = predictor['PredictIrisSpeciesStream']?.();
    watch.on('error', () => {}); // ended by the server as it stops
    const flower = { sepal_length: 6.3, sepal_width: 3.3, petal_length: 6, petal_width: 2.5 };
    stream.write(flower);
    expect((await once(stream, 'data'))[0].species_name).toBe('virginica');

    const draining = new Promise<void>((resolve) => {
      watch.on('data', ({ status }: { status: number | string }) => {
        if (status === 2 || status === 'NOT_SERVING') resolve();
      });
    });
    const begun = performance.now();
    const stopping = docker('stop', id);
    await draining;
    stream.write(flower);
    expect((await once(stream, 'data'))[0].species_name).toBe('virginica');
    stream.end();
    await stopping;

    expect(performance.now() - begun).toBeLessThan(10_000); // past that Docker kills it
    expect(await docker('inspect', '-f', '{{.State.ExitCode}}', id)).toBe('0');
    predictor.close();
    health.close();
  });
});
