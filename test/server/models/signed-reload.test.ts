import { generateKeyPairSync } from 'node:crypto';
import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { serializeModel } from '../../../src/formats/iris-json/format.js';
import { sha256, signFile } from '../../../src/formats/signature.js';
import type { Model } from '../../../src/model/model.js';
import type { ServerOptions } from '../../../src/server/life/options.js';
import type { ReloadOutcome } from '../../../src/server/models/holder.js';
import { irisModel } from '../models.js';
import { afterTest, recordLog, startServer } from '../serving.js';

const first = irisModel();
const second = irisModel({ threshold: 1.2 });
const ours = generateKeyPairSync('ed25519');
const theirs = generateKeyPairSync('ed25519');
const text = { [first.version]: serializeModel(first), [second.version]: serializeModel(second) };

function signatureOf({ sha256: modelSha256, version }: Model, { privateKey } = ours): string {
  return signFile({ name: 'model.json', bytes: Buffer.from(text[version]!), modelSha256 }, privateKey);
}

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'iris-signed-model-'));
  afterTest(() => rm(folder, { recursive: true }));
  return folder;
}

async function putBoth(folder: string, model: Model): Promise<void> {
  await writeFile(join(folder, 'model.json'), text[model.version]!);
  await writeFile(join(folder, 'model.json.sig'), signatureOf(model));
}

/** A server whose model is a signed file, and what its reloads came to, in order. */
async function serveSigned(options: Partial<ServerOptions> = {}) {
  const folder = await temporaryFolder();
  await putBoth(folder, first);
  const path = join(folder, 'model.json');
  const outcomes: ReloadOutcome[] = [];
  const recorded = recordLog();
  const server = await startServer({
    model: path,
    verifyKeys: [ours.publicKey],
    log: recorded.log,
    onReload: (outcome) => outcomes.push(outcome),
    ...options,
  });
  return { ...recorded, folder, outcomes, path, server };
}

describe('reloading a model that has to be signed', () => {
  it.each<[string, (path: string) => Promise<void>, RegExp]>([
    [
      'has no signature',
      (path) => rm(`${path}.sig`),
      /expected a signature beside it: .*\.sig: cannot be read: no such file/,
    ],
    [
      'has that of another model',
      async () => {},
      /expected the file that was signed, SHA-256 [0-9a-f]{64}, found [0-9a-f]{64}$/,
    ],
    [
      'is signed by someone else',
      (path) => writeFile(`${path}.sig`, signatureOf(second, theirs)),
      /\.sig: expected a signature by the key [0-9a-f]{12}, found none that fits$/,
    ],
  ])('keeps the old one where the new one %s, and takes it when it is signed', async (_, spoil, reason) => {
    const { lines, outcomes, path, server } = await serveSigned();
    await writeFile(path, text[second.version]!);
    await spoil(path);
    expect(await server.reload()).toBe('failed');
    expect(await server.reload()).toBe('failed');
    expect(server.current.model.version).toBe(first.version);
    const failures = lines.filter(({ msg }) => msg === 'reload failed: the old model stays');
    expect(failures).toMatchObject([{ reason: expect.stringMatching(reason), version: first.version }]);
    await writeFile(`${path}.sig`, signatureOf(second));
    expect(await server.reload()).toBe('reloaded');
    expect(server.current.model.version).toBe(second.version);
    expect(outcomes).toEqual(['failed', 'failed', 'reloaded']);
  });

  it('takes what any of the keys has signed', async () => {
    const { path, server } = await serveSigned({ verifyKeys: [theirs.publicKey, ours.publicKey] });
    await writeFile(path, text[second.version]!);
    await writeFile(`${path}.sig`, signatureOf(second, theirs));
    expect(await server.reload()).toBe('reloaded');
  });

  it('tries again when the signature comes, where it is watched', async () => {
    const { line, path } = await serveSigned({ watch: true });
    await writeFile(path, text[second.version]!);
    const { reason } = await line('reload failed: the old model stays');
    expect(reason).toContain(`expected the file that was signed, SHA-256 ${sha256(Buffer.from(text[first.version]!))}`);
    await writeFile(`${path}.sig`, signatureOf(second));
    expect(await line('model reloaded')).toMatchObject({ from: first.version, to: second.version });
  });

  it('takes both from a link that is swapped, as Kubernetes does', async () => {
    const folder = await temporaryFolder();
    for (const [name, model] of [['v1', first] as const, ['v2', second] as const]) {
      await mkdir(join(folder, name));
      await putBoth(join(folder, name), model);
    }
    await symlink('v1', join(folder, '..data'));
    for (const name of ['model.json', 'model.json.sig']) await symlink(join('..data', name), join(folder, name));
    const { line, log } = recordLog();
    await startServer({ model: join(folder, 'model.json'), verifyKeys: [ours.publicKey], log, watch: true });
    await symlink('v2', join(folder, '..data_tmp'));
    await rename(join(folder, '..data_tmp'), join(folder, '..data'));
    expect(await line('model reloaded')).toMatchObject({ from: first.version, to: second.version });
  });

  it('begins with none that is not signed', async () => {
    await expect(serveSigned({ verifyKeys: [theirs.publicKey] })).rejects.toThrow(/expected a signature by the key/);
  });
});

describe('reloading a model from an address', () => {
  it('downloads it again, and keeps the old one while that fails', async () => {
    let answer = () => new Response(text[first.version]);
    vi.stubGlobal('fetch', async () => answer());
    afterTest(() => vi.unstubAllGlobals());
    const { lines, log } = recordLog();
    const server = await startServer({ model: 'https://me:too@h/model.json?key=secret', log });
    expect(await server.reload()).toBe('unchanged');
    answer = () => new Response('', { status: 503, statusText: 'Service Unavailable' });
    expect(await server.reload()).toBe('failed');
    expect(server.current.model.version).toBe(first.version);
    expect(lines.at(-1)).toMatchObject({
      msg: 'reload failed: the old model stays',
      reason: 'https://h/model.json?…: cannot be read: the server answers 503 Service Unavailable',
    });
    answer = () => new Response(text[second.version]);
    expect(await server.reload()).toBe('reloaded');
    expect(server.current.model.version).toBe(second.version);
  });
});

describe('options of the model', () => {
  it.each<[Partial<ServerOptions>, string]>([
    [
      { model: 'https://me:too@h/m.json?key=secret', watch: true },
      'watch: expected a model in a file, found https://h/m.json?…, which tells of no change: SIGHUP downloads it again',
    ],
    [
      { model: first, verifyKeys: [ours.publicKey] },
      'verifyKeys: expected a model in a file or at an https:// URL, which can be signed, found an object in its place',
    ],
    [
      { model: () => first, verifyKeys: [ours.publicKey] },
      'verifyKeys: expected a model in a file or at an https:// URL, which can be signed, found a function in its place',
    ],
  ])('contradict each other: %#', async (options, message) => {
    await expect(startServer(options)).rejects.toThrow(expect.objectContaining({ name: 'UsageError', message }));
  });
});
