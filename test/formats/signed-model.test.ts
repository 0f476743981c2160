import { generateKeyPairSync } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { serializeModel } from '../../src/formats/iris-json/format.js';
import { sha256, signFile } from '../../src/formats/signature.js';
import { readArtifact, readModel } from '../../src/formats/store.js';
import { ArtifactError, UnavailableError } from '../../src/ground/errors.js';
import { irisModel } from '../server/models.js';

const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const verifyKeys = [publicKey];
const model = irisModel();
const text = serializeModel(model);
const otherText = serializeModel(irisModel({ threshold: 1.2 }));
const signatureOf = (content: string) =>
  signFile({ name: 'm.json', bytes: Buffer.from(content), modelSha256: model.sha256 }, privateKey);

/** A model and its signature somewhere; null: there is none. */
interface Place {
  readonly path: string;
  put(model: string, signature: string | null): Promise<void>;
  /** How it is said that there is no signature. */
  readonly absent: string;
}

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'iris-signed-'));
});
afterEach(async () => {
  vi.unstubAllGlobals();
  await rm(folder, { recursive: true });
});

function files(): Place {
  const path = join(folder, 'm.json');
  return {
    path,
    async put(content, signature) {
      await writeFile(path, content);
      if (signature === null) await rm(`${path}.sig`, { force: true });
      else await writeFile(`${path}.sig`, signature);
    },
    absent: `${path}.sig: cannot be read: no such file or directory`,
  };
}

function addresses(): Place {
  const found = new Map<string, string | null>();
  const path = 'https://h/m.json';
  vi.stubGlobal('fetch', async (url: URL) => {
    const content = found.get(url.href);
    return typeof content === 'string'
      ? new Response(content)
      : new Response('', { status: 404, statusText: 'Not Found' });
  });
  return {
    path,
    async put(content, signature) {
      found.set(path, content).set(`${path}.sig`, signature);
    },
    absent: `${path}.sig: cannot be read: the server answers 404 Not Found`,
  };
}

describe.each([
  ['a file', files],
  ['an address', addresses],
])('a model that has to be signed, in %s', (_, open) => {
  it('is read where it is', async () => {
    const { path, put } = open();
    await put(text, signatureOf(text));
    expect(await readModel(path, undefined, { verifyKeys })).toEqual(model);
    expect(await readArtifact(path, undefined, { verifyKeys })).toEqual({ model, text });
  });

  it('is refused without a signature, which it needs only then', async () => {
    const { absent, path, put } = open();
    await put(text, null);
    const expected = new ArtifactError('signature', `${path}: expected a signature beside it: ${absent}`);
    await expect(readModel(path, undefined, { verifyKeys })).rejects.toThrow(expected);
    await expect(readArtifact(path, undefined, { verifyKeys })).rejects.toThrow(expected);
    expect(await readModel(path)).toEqual(model);
  });

  it('is refused with the signature of another, before it is looked into', async () => {
    const { path, put } = open();
    for (const content of [otherText, `${text} `, '{']) {
      await put(content, signatureOf(text));
      const found = sha256(Buffer.from(content));
      const expected = new ArtifactError(
        'signature',
        `${path}: expected the file that was signed, SHA-256 ${sha256(Buffer.from(text))}, found ${found}`,
      );
      await expect(readModel(path, undefined, { verifyKeys })).rejects.toThrow(expected);
      await expect(readArtifact(path, undefined, { verifyKeys })).rejects.toThrow(expected);
    }
  });

  it('is refused with a signature by another key', async () => {
    const { path, put } = open();
    await put(text, signatureOf(text));
    const others = [generateKeyPairSync('ed25519').publicKey];
    await expect(readModel(path, undefined, { verifyKeys: others })).rejects.toThrow(
      /m\.json\.sig: expected a signature by the key [0-9a-f]{12}, found none that fits$/,
    );
  });

  it('is refused with a signature that is far too large', async () => {
    const { path, put } = open();
    await put(text, `${signatureOf(text)}${' '.repeat(65_536)}`);
    await expect(readModel(path, undefined, { verifyKeys })).rejects.toThrow(
      new ArtifactError('too-large', `${path}.sig: expected at most 65536 bytes, found more`),
    );
  });
});

describe('a model at an address', () => {
  it('is downloaded once', async () => {
    const fetched: string[] = [];
    vi.stubGlobal('fetch', async (url: URL) => {
      fetched.push(url.href);
      return new Response(text);
    });
    expect(await readArtifact('https://h/m.json')).toEqual({ model, text });
    expect(fetched).toEqual(['https://h/m.json']);
  });

  it('is refused with the place in it, as a file is', async () => {
    vi.stubGlobal('fetch', async () => new Response('[]'));
    await expect(readModel('https://me:too@h/m.json?key=secret')).rejects.toThrow(
      new ArtifactError('format', 'https://h/m.json?…: expected a model, found JSON that is no object'),
    );
    vi.stubGlobal('fetch', async () => new Response(text, { headers: { 'content-length': '268435457' } }));
    await expect(readModel('https://h/m.json')).rejects.toThrow(
      new ArtifactError('too-large', 'https://h/m.json: expected at most 268435456 bytes, found more'),
    );
  });

  it('is not known to be unsigned while nobody answers', async () => {
    vi.stubGlobal('fetch', async () => new Response('', { status: 503, statusText: 'Service Unavailable' }));
    await expect(readModel('https://h/m.json', undefined, { verifyKeys })).rejects.toThrow(
      new UnavailableError('https://h/m.json.sig: cannot be read: the server answers 503 Service Unavailable'),
    );
  });
});

describe('the options of reading a model', () => {
  it.each([
    [
      { verifyKeys: [] },
      "verifyKeys: expected an array of public Ed25519 keys, node:crypto's, one or more, found an array of 0",
    ],
    [{ verifyKey: publicKey }, 'unknown option verifyKey; did you mean verifyKeys?'],
  ])('are checked: %#', async (options: object, message) => {
    const found = readModel('m.json', undefined, options);
    await expect(found).rejects.toThrow(expect.objectContaining({ name: 'UsageError', message }));
  });
});

it('takes no folder for a signature', async () => {
  const { path, put } = files();
  await put(text, null);
  await mkdir(`${path}.sig`);
  await expect(readModel(path, undefined, { verifyKeys })).rejects.toThrow(
    `${path}: expected a signature beside it: ${path}.sig: cannot be read: illegal operation on a directory`,
  );
});
