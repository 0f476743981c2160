import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { serializeModel } from '../../src/formats/iris-json/format.js';
import { iris, ROOT, serve, start } from '../e2e/cli.js';
import { irisModel } from '../server/models.js';
import { flower, TestClient } from '../server/serving.js';

let folder: string;
let model: string;
let sha256: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'iris-serve-'));
  model = join(folder, 'iris.json');
  await cp(join(ROOT, 'artifacts/iris.json'), model);
  sha256 = JSON.parse(await readFile(model, 'utf8')).sha256;
});

afterAll(() => rm(folder, { recursive: true }));

/** The last line on stderr: those before it are log lines. */
const lastLine = (text: string) => text.trimEnd().split('\n').at(-1);

describe('iris serve', () => {
  it('says what it serves, where, which version, and in how many ms, and ends with 0 at SIGTERM', async () => {
    const server = await serve(['--model', model, '--name', 'flowers']);
    const lines = server
      .log()
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.map(({ msg }) => msg)).toEqual(['model file', 'configuration', 'ready']);
    expect(lines[0]).toMatchObject({ file: model, chosenBy: '--model' });
    expect(lines[2]).toMatchObject({
      address: `127.0.0.1:${server.port}`,
      model: 'flowers',
      version: sha256.slice(0, 12),
      file: model,
      readyMs: expect.any(Number),
    });
    expect(await server.stop()).toBe(0);
    expect(JSON.parse(lastLine(server.log()) ?? '')).toMatchObject({ msg: 'stopped' });
  });

  it('answers without what an answer does not need', async () => {
    const list = join(folder, 'loaded');
    const resolve = `import { appendFileSync } from 'node:fs';
      export async function resolve(name, context, next) {
        const found = await next(name, context);
        appendFileSync(${JSON.stringify(list)}, found.url + '\\n');
        return found;
      }`;
    const hook = join(folder, 'hook.mjs');
    await writeFile(
      hook,
      `import module, { createRequire } from 'node:module';
      import { appendFileSync } from 'node:fs';
      module.register(${JSON.stringify(`data:text/javascript,${encodeURIComponent(resolve)}`)});
      const { cache } = createRequire(import.meta.url);
      process.on('exit', () => appendFileSync(${JSON.stringify(list)}, Object.keys(cache).join('\\n')));`,
    );
    const server = await serve(['--model', model], { env: { NODE_OPTIONS: `--import ${pathToFileURL(hook)}` } });
    const client = new TestClient(`127.0.0.1:${server.port}`);
    expect(await client.call('iris', 'PredictIrisSpecies', flower)).toMatchObject({ species_name: 'setosa' });
    client.close();
    expect(await server.stop()).toBe(0);
    const loaded = [...new Set((await readFile(list, 'utf8')).split('\n'))];
    const packages = loaded.flatMap((file) => /.*\bnode_modules[\\/]((@[^\\/]+[\\/])?[^\\/]+)/.exec(file)?.[1] ?? []);
    expect(packages).toEqual(expect.arrayContaining(['@grpc/grpc-js', 'pino']));
    const needless =
      /@grpc\/proto-loader|@oclif|csv-parse|d3-|fzstd|hono|hyparquet|ml-|prom-client|protobufjs|semver|yauzl/;
    expect(packages.filter((name) => needless.test(name))).toEqual([]);
    const own = loaded.filter((file) => /^file:.*\/dist\//.test(file));
    expect(own).toContainEqual(expect.stringMatching(/\/commands\/serve\.js$/));
    // By it Parquet is told from CSV wherever a table is opened.
    expect(own.filter((file) => readFileSync(fileURLToPath(file), 'utf8').includes('PAR1'))).toEqual([]);
  });

  it.each(['SIGINT', 'SIGTERM'])(
    'ends at %s while it still loads its code, also where there is no default handler',
    async (signal) => {
      const hook = join(folder, 'signal.cjs');
      const send = `if (process.listenerCount('${signal}') > 0) { clearInterval(timer); process.kill(process.pid, '${signal}'); }`;
      await writeFile(hook, `const timer = setInterval(() => { ${send} }, 1);`);
      const run = await iris(['serve', '--model', model, '--port', '0'], {
        env: { NODE_OPTIONS: `--require ${hook}` },
      });
      expect(run).toMatchObject({ code: 130, stderr: '' });
    },
  );

  it('takes host, port and log level from the environment', async () => {
    const host = `unix:${join(folder, 'iris.sock')}`;
    const env = { IRIS_LISTEN_HOST: host, IRIS_LISTEN_PORT: '0', IRIS_LOG_LEVEL: 'debug', IRIS_MODEL: model };
    const child = start(['serve'], { env });
    const closed = once(child, 'close');
    let log = '';
    for await (const chunk of child.stderr!.setEncoding('utf8')) {
      log += chunk;
      if (log.includes('"msg":"ready"') && !child.killed) child.kill('SIGINT');
    }
    expect(await closed).toEqual([0, null]);
    expect(log).toContain(`"address":"${host}"`);
    expect(log).toContain('"chosenBy":"IRIS_MODEL"');
  });

  it('reloads at SIGHUP', async () => {
    const path = join(folder, 'changing.json');
    await cp(model, path);
    const server = await serve(['--model', path]);
    const next = irisModel();
    await writeFile(path, serializeModel(next));
    server.child.kill('SIGHUP');
    while (!server.log().includes('model reloaded')) await once(server.child.stderr!, 'data');
    expect(server.log()).toContain(`"from":"${sha256.slice(0, 12)}","to":"${next.version}"`);
    expect(await server.stop()).toBe(0);
  });

  it('checks a model and exits', async () => {
    expect(await iris(['serve', '--model', model, '--check'])).toEqual({
      code: 0,
      stdout: `${model}: model ${sha256.slice(0, 12)} is whole and predicts its verification rows\n`,
      stderr: '',
    });
    const half = join(folder, 'half.json');
    await writeFile(half, (await readFile(model)).subarray(0, 1000));
    expect(await iris(['serve', '--model', half, '--check'])).toMatchObject({ code: 65, stdout: '' });
  });

  it.each([
    [
      'a hash that is not the expected one',
      ['--check', '--expect-model', 'ABCD'],
      65,
      () => `${model}: sha256: expected it to begin with abcd, found ${sha256}`,
    ],
    [
      'a port that is none',
      ['--port', '99999'],
      2,
      () => 'error: --port: expected an integer from 0 to 65535, found "99999" (see iris serve --help)',
    ],
    [
      'a drain delay that leaves nothing of the grace',
      ['--drain-delay', '8s'],
      2,
      () =>
        'error: --drain-delay: expected less than the grace of 8000 ms, which contains it, found 8000 ms ' +
        '(see iris serve --help)',
    ],
    [
      'the same, found by --check',
      ['--drain-delay', '9s', '--grace', '9s', '--check'],
      2,
      () =>
        'error: --drain-delay: expected less than the grace of 9000 ms, which contains it, found 9000 ms ' +
        '(see iris serve --help)',
    ],
    [
      'a Unix socket for metrics',
      ['--port', '0', '--metrics-port', '0', '--metrics-host', 'unix:/run/iris.sock'],
      2,
      () => 'error: --metrics-host: expected a name or an address, found "unix:/run/iris.sock" (see iris serve --help)',
    ],
    [
      'an idle time that is none',
      ['--http-keep-alive', '0s'],
      2,
      () => 'error: --http-keep-alive: expected a duration of at least 1s, found "0s" (see iris serve --help)',
    ],
    [
      'an allowed host with a port',
      ['--port', '0', '--http-port', '0', '--allowed-hosts', 'a.example,b.example:80'],
      2,
      () =>
        'error: --allowed-hosts: expected names without scheme and port, found "b.example:80" (see iris serve --help)',
    ],
    [
      'a Unix socket in a folder that is not there',
      ['--host', 'unix:/nowhere/iris.sock'],
      69,
      () => 'unix:/nowhere/iris.sock: expected a folder /nowhere for the socket, found nothing',
    ],
    [
      'a health socket of no name',
      ['--port', '0', '--health-socket', '@'],
      2,
      () =>
        'error: expected @ and 1 to 64 letters, digits, dots, dashes or underscores, found "@" (see iris serve --help)',
    ],
    [
      'an address for metrics that have no port',
      ['--metrics-host', '127.0.0.1'],
      2,
      () => 'error: --metrics-host: expected --metrics-port as well, found none (see iris serve --help)',
    ],
    [
      'a certificate that is not there',
      ['--port', '0', '--tls-cert', '/nowhere/c.pem', '--tls-key', '/nowhere/k.pem'],
      66,
      () => '/nowhere/c.pem: cannot be read: no such file or directory',
    ],
  ])('refuses %s', async (_, args, code, message) => {
    const run = await iris(['serve', '--model', model, ...args]);
    expect([run.code, run.stdout, lastLine(run.stderr)]).toEqual([code, '', message()]);
  });

  it.each([
    ['', 'found nothing'],
    ['*', 'found "*": 0.0.0.0 is all of IPv4, :: of IPv6 and IPv4'],
    ['localhost:1', 'found "localhost:1": the port goes elsewhere'],
    ['http://localhost', 'found "http://localhost": without a scheme'],
  ])('refuses the host %j', async (host, found) => {
    const expected = `expected a name, an address or unix:/path, ${found} (see iris serve --help)`;
    for (const flag of ['--host', '--metrics-host']) {
      const run = await iris(['serve', '--model', model, flag, host]);
      expect(run).toEqual({ code: 2, stdout: '', stderr: `error: ${flag}: ${expected}\n` });
    }
  });

  it('ends with 69 and one line where the port is in use', async () => {
    const server = await serve(['--model', model]);
    const run = await iris(['serve', '--model', model, '--port', String(server.port)]);
    expect(run.code).toBe(69);
    expect(run.stderr.split('\n').filter((line) => line !== '' && !line.startsWith('{'))).toEqual([
      `127.0.0.1:${server.port}: expected a free address, found another program there`,
    ]);
    expect(await server.stop()).toBe(0);
  });
});
