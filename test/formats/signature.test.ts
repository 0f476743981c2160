import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keyId, requireSigned, sha256, signedHashes, signFile, verifyKeysRange } from '../../src/formats/signature.js';
import { ArtifactError } from '../../src/ground/errors.js';

const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const other = generateKeyPairSync('ed25519');

const file = { name: 'iris.json', bytes: Buffer.from('a model\n'), modelSha256: 'ab'.repeat(32) };
const hash = sha256(file.bytes);
const text = signFile(file, privateKey);

/** A signature file as another program may make it. */
function signedBy(key: KeyObject, statement: unknown, change: (bundle: Bundle) => void = () => {}): Buffer {
  const payload = Buffer.from(typeof statement === 'string' ? statement : JSON.stringify(statement));
  const type = 'application/vnd.in-toto+json';
  const signed = Buffer.concat([Buffer.from(`DSSEv1 28 ${type} ${payload.byteLength} `), payload]);
  const bundle: Bundle = {
    mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
    dsseEnvelope: {
      payload: payload.toString('base64'),
      payloadType: type,
      signatures: [{ sig: sign(null, signed, key).toString('base64') }],
    },
  };
  change(bundle);
  return Buffer.from(JSON.stringify(bundle));
}

interface Bundle {
  mediaType: unknown;
  dsseEnvelope: { payload: unknown; payloadType: unknown; signatures: unknown } | null;
}

const statement = {
  _type: 'https://in-toto.io/Statement/v1',
  subject: [{ name: 'iris.json', digest: { sha256: hash } }],
  predicateType: 'https://iris-grpc/signature/v1',
  predicate: {},
};

const hashesOf = (content: string | Buffer, keys: readonly KeyObject[] = [publicKey]) =>
  signedHashes(Buffer.from(content), 'm.sig', keys);

describe('a signature', () => {
  it('is good for the file that was signed, by any of the keys', () => {
    expect(hashesOf(text)).toEqual([hash]);
    expect(hashesOf(text, [other.publicKey, publicKey])).toEqual([hash]);
  });

  it('is an Ed25519 signature over an in-toto statement in a DSSE envelope', () => {
    const { dsseEnvelope, mediaType, verificationMaterial } = JSON.parse(text);
    const payload = Buffer.from(dsseEnvelope.payload, 'base64');
    expect(mediaType).toBe('application/vnd.dev.sigstore.bundle.v0.3+json');
    expect(Buffer.from(verificationMaterial.publicKey.hint, 'base64').toString('hex')).toBe(keyId(publicKey));
    expect(JSON.parse(payload.toString())).toEqual({
      ...statement,
      predicate: { model: { sha256: file.modelSha256 } },
    });
    const signed = `DSSEv1 28 application/vnd.in-toto+json ${payload.byteLength} ${payload.toString()}`;
    const [{ sig }] = dsseEnvelope.signatures;
    expect(verify(null, Buffer.from(signed), publicKey, Buffer.from(sig, 'base64'))).toBe(true);
  });

  it('of the bundled model is what docs/trust.md shows', async () => {
    const [page, bytes] = await Promise.all(
      ['docs/trust.md', 'artifacts/iris.json'].map((path) => readFile(new URL(`../../${path}`, import.meta.url))),
    );
    const { sha256: modelSha256 } = JSON.parse(bytes.toString());
    const { dsseEnvelope } = JSON.parse(signFile({ name: 'iris.json', bytes, modelSha256 }, privateKey));
    const shown = /^ {4}\{\n[\s\S]*?^ {4}\}\n/m.exec(page.toString())![0];
    expect(JSON.parse(Buffer.from(dsseEnvelope.payload, 'base64').toString())).toEqual(JSON.parse(shown));
  });

  it('is the same whenever it is made', () => {
    expect(signFile(file, privateKey)).toBe(text);
  });

  it('is good for no other file, whatever the files and keys are', () => {
    const bytes = fc.uint8Array({ maxLength: 64 });
    fc.assert(
      fc.property(bytes, bytes, fc.string(), (signed, found, name) => {
        const hashes = hashesOf(signFile({ ...file, bytes: signed, name }, privateKey));
        const accept = () => requireSigned(found, 'm', hashes);
        if (sha256(signed) === sha256(found)) accept();
        else expect(accept).toThrow(ArtifactError);
        expect(() => requireSigned(signed, 'm', hashes)).not.toThrow();
        expect(() => hashesOf(signFile({ ...file, bytes: signed, name }, other.privateKey))).toThrow(ArtifactError);
      }),
    );
  });

  it('is refused, or good for the same file, whatever bit of it is changed', () => {
    const bytes = Buffer.from(text);
    let refused = 0;
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      bytes[bit >> 3]! ^= 1 << (bit & 7);
      try {
        expect(hashesOf(bytes)).toEqual([hash]);
      } catch (error) {
        expect(error).toBeInstanceOf(ArtifactError);
        refused++;
      }
      bytes[bit >> 3]! ^= 1 << (bit & 7);
    }
    // The hint of the key is for people.
    expect(refused).toBeGreaterThan(bytes.length * 6);
  });

  it('is refused wherever it is cut off', () => {
    for (let length = 0; length < text.length - 2; length++) {
      expect(() => hashesOf(text.slice(0, length)), `${length} bytes`).toThrow(ArtifactError);
    }
  });

  it('may be one of several, and be about several files', () => {
    const both = signedBy(
      privateKey,
      { ...statement, subject: [{ name: 'b', digest: { sha256: 'bb', sha512: 'cc' } }, ...statement.subject] },
      ({ dsseEnvelope }) => {
        dsseEnvelope!.signatures = [{ sig: 'AAAA' }, 1, null, ...(dsseEnvelope!.signatures as object[])];
      },
    );
    expect(hashesOf(both)).toEqual(['bb', hash]);
  });

  const unfit = (ids: string) => `expected a signature by ${ids}, found none that fits`;
  const id = (key: KeyObject) => keyId(key).slice(0, 12);
  const about = 'the signed statement';

  it.each<[string, string | Buffer, string]>([
    ['empty', '', 'expected a signature in JSON, found something else'],
    ['no UTF-8', Buffer.of(0x22, 0xff, 0x22), 'expected a signature in JSON, found something else'],
    ['a list', '[]', 'expected an object, found an array of 0'],
    ['another document', '{}', 'mediaType: expected "application/vnd.dev.sigstore.bundle.v0.3+json", found undefined'],
    [
      'a bundle of another version',
      signedBy(privateKey, statement, (bundle) => {
        bundle.mediaType = 'application/vnd.dev.sigstore.bundle+json;version=0.1';
      }),
      'mediaType: expected "application/vnd.dev.sigstore.bundle.v0.3+json", found "application/vnd.dev.sigstore.bundle+json…"',
    ],
    [
      'without an envelope',
      signedBy(privateKey, statement, (bundle) => {
        bundle.dsseEnvelope = null;
      }),
      'dsseEnvelope: expected an object, found null',
    ],
    [
      'of another type',
      signedBy(privateKey, statement, ({ dsseEnvelope }) => {
        dsseEnvelope!.payloadType = 'text/plain';
      }),
      'dsseEnvelope: payloadType: expected "application/vnd.in-toto+json", found "text/plain"',
    ],
    [
      'without a payload',
      signedBy(privateKey, statement, ({ dsseEnvelope }) => {
        dsseEnvelope!.payload = 1;
      }),
      'dsseEnvelope.payload: expected a text, found 1',
    ],
    [
      'without signatures',
      signedBy(privateKey, statement, ({ dsseEnvelope }) => {
        dsseEnvelope!.signatures = {};
      }),
      unfit(`the key ${id(publicKey)}`),
    ],
    [
      'of another payload',
      signedBy(privateKey, statement, ({ dsseEnvelope }) => {
        dsseEnvelope!.payload = Buffer.from(JSON.stringify({ ...statement, predicate: 1 })).toString('base64');
      }),
      unfit(`the key ${id(publicKey)}`),
    ],
    ['by another key', signedBy(other.privateKey, statement), unfit(`the key ${id(publicKey)}`)],
    ['of no statement', signedBy(privateKey, 'hello'), `${about}: expected a signature in JSON, found something else`],
    [
      'of a statement of another kind',
      signedBy(privateKey, { ...statement, _type: 'https://in-toto.io/Statement/v0.1' }),
      `${about}: _type: expected "https://in-toto.io/Statement/v1", found "https://in-toto.io/Statement/v0.1"`,
    ],
    [
      'of a statement that says something else of the file',
      signedBy(privateKey, { ...statement, predicateType: 'https://slsa.dev/provenance/v1' }),
      `${about}: predicateType: expected "https://iris-grpc/signature/v1", found "https://slsa.dev/provenance/v1"`,
    ],
  ])('is none where it is %s', (_, content, message) => {
    const found = () => hashesOf(content);
    expect(found).toThrow(new ArtifactError('signature', `m.sig: ${message}`));
  });

  it('names the keys that were expected', () => {
    const third = generateKeyPairSync('ed25519').publicKey;
    expect(() => hashesOf(text, [other.publicKey, third])).toThrow(
      new ArtifactError('signature', `m.sig: ${unfit(`one of the keys ${id(other.publicKey)}, ${id(third)}`)}`),
    );
  });

  it.each([[[]], [[{}]], [[{ digest: { sha256: 1 } }, { digest: null }, null]], ['a'], [undefined]])(
    'is good for no file where its subject is %j',
    (subject) => {
      const hashes = hashesOf(signedBy(privateKey, { ...statement, subject }));
      expect(() => requireSigned(file.bytes, 'm.json', hashes)).toThrow(
        new ArtifactError('signature', `m.json: expected the file that was signed, SHA-256 none, found ${hash}`),
      );
    },
  );
});

describe('the id of a key', () => {
  // The key and its SHA-256 as OpenSSL gives them: openssl pkey -pubout -outform DER | sha256sum
  const pem =
    '-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f\n-----END PRIVATE KEY-----\n';

  it('is the hash of the public key', () => {
    const key = createPrivateKey(pem);
    expect(keyId(key)).toBe('a050837d85070582ccf7394b0988847cc312cb88259b894899f6f239cf1791a5');
    expect(keyId(createPublicKey(key))).toBe(keyId(key));
  });
});

describe('keys to verify with', () => {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey;
  it.each<[unknown, boolean]>([
    [[publicKey], true],
    [[publicKey, other.publicKey], true],
    [[], false],
    [[privateKey], false],
    [[rsa], false],
    [['-----BEGIN PUBLIC KEY-----'], false],
    [[null], false],
    [publicKey, false],
  ])('are public Ed25519 keys, one or more: %#', (keys, expected) => {
    expect(verifyKeysRange.takes(keys)).toBe(expected);
  });
});
