import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { largeModelParts } from '../../bench/peers/large-model.js';
import { assembleModel, serializeModel } from '../../src/formats/iris-json/format.js';
import { linesOf, readyLine, serveForTest, untilLogged } from '../commands/serving-lines.js';
import { irisModel } from '../server/models.js';
import { flower, TestClient } from '../server/serving.js';
import { scrape, total } from '../server/telemetry/metrics-text.js';
import { iris, ROOT } from './cli.js';

const tls = (name: string) => join(ROOT, 'test/fixtures/tls', name);
/** The authority of the server's certificate. */
const env = { NODE_EXTRA_CA_CERTS: tls('ca.pem') };
const bundled = readFileSync(join(ROOT, 'artifacts/iris.json'), 'utf8');
const { sha256 } = JSON.parse(bundled) as { sha256: string };
const version = sha256.slice(0, 12);

const folder = mkdtempSync(join(tmpdir(), 'iris-delivery-'));
const inFolder = (name: string) => join(folder, name);
afterAll(() => rmSync(folder, { recursive: true }));

/** What the server has, and what it was asked for. */
const files = new Map<string, string>();
const requests: string[] = [];
const origin = createServer({ key: readFileSync(tls('server.key')), cert: readFileSync(tls('server.pem')) });
let address: string;

beforeAll(async () => {
  origin.on('request', ({ headers, url = '' }, response) => {
    requests.push(`${url} ${headers.authorization ?? ''}`.trimEnd());
    const found = files.get(url);
    if (found === undefined) response.writeHead(404).end();
    else response.end(found);
  });
  await once(origin.listen(0, '127.0.0.1'), 'listening');
  address = `https://localhost:${(origin.address() as AddressInfo).port}`;
});
afterAll(() => origin.close());
beforeEach(() => {
  files.clear();
  requests.length = 0;
});

function writeKeys(name: string): void {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  writeFileSync(inFolder(`${name}.pem`), privateKey.export({ type: 'pkcs8', format: 'pem' }));
  writeFileSync(inFolder(`${name}.pub`), publicKey.export({ type: 'spki', format: 'pem' }));
}

/** A model of the folder with its signature, both at the server as `/m.json`. */
async function publish(text: string, key = 'ours'): Promise<void> {
  writeFileSync(inFolder('m.json'), text);
  expect(await iris(['sign', 'm.json', '--key', `${key}.pem`], { cwd: folder })).toMatchObject({ code: 0, stderr: '' });
  files.set('/m.json', text).set('/m.json.sig', readFileSync(inFolder('m.json.sig'), 'utf8'));
}

beforeAll(() => {
  for (const name of ['ours', 'theirs']) writeKeys(name);
});

describe('a model at an https:// URL', () => {
  const row = ['5', '3.6', '1.3', '0.25'];

  it('is taken by every command that takes a file, and downloaded once', async () => {
    files.set('/m.json', bundled);
    const url = `${address}/m.json`;
    const local = ['predict', ...row, '--json', '--model'];
    const expected = await iris([...local, 'artifacts/iris.json'], { cwd: ROOT });
    expect(await iris([...local, url], { env })).toMatchObject({ code: 0, stdout: expected.stdout });
    expect(await iris(['inspect', url, '--explain', row.join(',')], { env })).toMatchObject({ code: 0 });
    expect(await iris(['inspect', url, '--json'], { env })).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(url),
    });
    expect(await iris(['verify', url], { env })).toMatchObject({
      code: 0,
      stdout: `${url}: cart/1 gives the same bytes again, version ${version}\n`,
    });
    expect(await iris(['evaluate'], { env: { ...env, IRIS_MODEL: url } })).toMatchObject({
      code: 0,
      stderr: `model: ${url} (IRIS_MODEL)\n`,
    });
    expect(await iris(['serve', '--check', '--model', url], { env })).toMatchObject({
      code: 0,
      stdout: `${url}: model ${version} is whole and predicts its verification rows\n`,
    });
    expect(requests).toEqual(new Array(6).fill('/m.json'));
    expect(await iris(['evaluate', '--model', url, '--baseline', url], { env })).toMatchObject({ code: 0 });
    expect(await iris(['inspect', url, url], { env })).toMatchObject({ code: 0 });
    expect(requests).toHaveLength(10);
  });

  it('may be large', async () => {
    const large = assembleModel(largeModelParts(20_001));
    files.set('/large.json', serializeModel(large));
    const run = await iris(['serve', '--check', '--model', `${address}/large.json`], { env });
    expect(run).toMatchObject({ code: 0, stdout: expect.stringContaining(large.version) });
  });

  it.each<[string, string[], number, string]>([
    [
      'that is not there',
      ['inspect', '/none.json'],
      66,
      '/none.json: cannot be read: the server answers 404 Not Found',
    ],
    [
      'whose hash is another',
      ['predict', ...row, '--expect-model', 'abcdef012345', '--model', '/m.json'],
      65,
      `/m.json: expected a model whose hash begins with abcdef012345, found ${sha256}`,
    ],
    [
      'whose hash is another, to evaluate',
      ['evaluate', '--expect-model', 'abcdef012345', '--model', '/m.json'],
      65,
      `/m.json: expected a model whose hash begins with abcdef012345, found ${sha256}`,
    ],
    [
      'whose hash is another, to serve',
      ['serve', '--check', '--expect-model', 'abcdef012345', '--model', '/m.json'],
      65,
      `/m.json: sha256: expected it to begin with abcdef012345, found ${sha256}`,
    ],
    ['that is none', ['serve', '--check', '--model', '/table.csv'], 65, '/table.csv: not JSON: '],
  ])('is refused where it is one %s', async (_, args, code, problem) => {
    files.set('/m.json', bundled).set('/table.csv', 'x,y\n');
    const run = await iris(
      args.map((arg) => (arg.startsWith('/') ? address + arg : arg)),
      { env },
    );
    expect(run).toMatchObject({ code, stdout: '' });
    expect(run.stderr.split('\n').at(-2)).toContain(address + problem);
  });

  it('is refused where its server is not to be trusted', async () => {
    const run = await iris(['inspect', `${address}/m.json`]);
    expect(run).toEqual({
      code: 69,
      stdout: '',
      stderr:
        `${address}/m.json: cannot be downloaded: the certificate of the server is not trusted: ` +
        'unable to verify the first certificate; NODE_EXTRA_CA_CERTS=FILE adds authorities\n',
    });
    expect(requests).toEqual([]);
  });

  it.each([
    ['predict', ...row, '--model', 's3://key:secret@bucket/m.json'],
    ['evaluate', '--model', 'http://key:secret@host/m.json'],
    ['serve', '--model', 'http://key:secret@host/m.json?secret=1', '--port', '0'],
    ['sign', 'https://key:secret@host/m.json?secret=1', '--key', 'key.pem'],
    ['serve', '--watch', '--model', 'https://key:secret@host/m.json?secret=1', '--port', '0'],
    ['serve', 'https://key:secret@host/m.json?secret=1'],
    ['health', '-mhttps://key:secret@host/m.json?secret=1'],
    ['inspect', 'https://key:secret@ho st/m.json?secret=1'],
  ])('is a wrong usage, without its secrets: %s %s %s', async (...args) => {
    const run = await iris(args, { env });
    expect(run).toMatchObject({ code: 2, stdout: '' });
    expect(run.stderr).toMatch(/\berror: |"msg":"/);
    expect(run.stderr).not.toContain('secret');
  });

  it('has its secrets nowhere but in the request', async () => {
    files.set('/m.json?key=secret', bundled);
    const url = `${address.replace('https://', 'https://me:secret@')}/m.json?key=secret`;
    const report = inFolder('report.html');
    const runs = [
      await iris(['predict', ...row, '--model', url], { env }),
      await iris(['evaluate', '--json', '--model', url, '--baseline', url, '--report', report], { env }),
      await iris(['evaluate'], { env: { ...env, IRIS_MODEL: url } }),
      await iris(['inspect', url], { env }),
      await iris(['inspect', url, url], { env }),
      await iris(['verify', url, '--json'], { env }),
      await iris(['serve', '--check', '--model', url], { env }),
    ];
    expect(runs.map(({ code }) => code)).toEqual(runs.map(() => 0));
    const basic = Buffer.from('me:secret').toString('base64');
    expect(new Set(requests)).toEqual(new Set([`/m.json?key=secret Basic ${basic}`]));
    const server = await serveForTest(['--log-level', 'debug', '--workers', '2'], { env: { ...env, IRIS_MODEL: url } });
    files.set('/m.json?key=secret', '{');
    server.child.kill('SIGHUP');
    const [{ reason }] = await untilLogged(server, 'reload failed: the old model stays');
    expect(reason).toContain(`${address}/m.json?…: `);
    expect(await server.stop()).toBe(0);
    const bad = [
      await iris(['predict', ...row, '--model', url], { env }),
      await iris(['predict', ...row, '--json', '--model', `${url}2`], { env }),
      await iris(['verify', `${url}2`], { env }),
      await iris(['evaluate'], { env: { ...env, IRIS_MODEL: `${url}2`, IRIS_DEBUG: '1' } }),
    ];
    expect(bad.map(({ code }) => code)).toEqual([65, 66, 66, 66]);
    const written = [...runs, ...bad].flatMap(({ stderr, stdout }) => [stderr, stdout]);
    for (const text of [...written, server.log(), readFileSync(report, 'utf8')]) {
      expect(text).not.toContain('secret');
      expect(text).not.toContain(basic);
    }
  });
});

describe('a model that is served from an https:// URL', () => {
  it('is downloaded again at SIGHUP, and replaced only by one that is signed', async () => {
    await publish(bundled);
    const key = ['--verify-key', inFolder('ours.pub')];
    const server = await serveForTest(['--model', `${address}/m.json`, '--metrics-port', '0', ...key], { env });
    const client = new TestClient(`127.0.0.1:${server.port}`);
    const versionOfAnswer = async () =>
      (await client.call('iris', 'PredictIrisSpecies', flower))['model_version'] as string;
    expect(await versionOfAnswer()).toBe(version);
    expect(linesOf(server).find(({ msg }) => msg === 'configuration')).toMatchObject({
      file: `${address}/m.json`,
      verifyKeys: [expect.stringMatching(/^[0-9a-f]{12}$/)],
    });

    const next = irisModel();
    await publish(serializeModel(next), 'theirs');
    server.child.kill('SIGHUP');
    const [{ reason }] = await untilLogged(server, 'reload failed: the old model stays');
    expect(reason).toMatch(/m\.json\.sig: expected a signature by the key [0-9a-f]{12}, found none that fits$/);
    expect(await versionOfAnswer()).toBe(version);

    await publish(serializeModel(next));
    server.child.kill('SIGHUP');
    await untilLogged(server, 'model reloaded');
    expect(await versionOfAnswer()).toBe(next.version);
    const metrics = await scrape(String(readyLine(server)['metrics']));
    expect(total(metrics, 'iris_model_reloads_total', { outcome: 'failed' })).toBe(1);
    expect(metrics.get('iris_model_file_refused')).toBe(0);
    expect(total(metrics, 'iris_model_reloads_total', { outcome: 'reloaded' })).toBe(1);
    expect(await server.stop()).toBe(0);
  });

  it('is not the start of a server whose model nobody has signed', async () => {
    files.set('/m.json', bundled);
    const args = ['serve', '--port', '0', '--model', `${address}/m.json`, '--log-level', 'fatal'];
    expect(await iris(args, { env: { ...env, IRIS_VERIFY_KEY: inFolder('ours.pub') } })).toEqual({
      code: 65,
      stdout: '',
      stderr:
        `${address}/m.json: expected a signature beside it: ` +
        `${address}/m.json.sig: cannot be read: the server answers 404 Not Found\n`,
    });
  });
});
