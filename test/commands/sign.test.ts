import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { largeModelParts } from '../../bench/peers/large-model.js';
import { assembleModel, serializeModel } from '../../src/formats/iris-json/format.js';
import { keyId, sha256 } from '../../src/formats/signature.js';
import { iris, ROOT } from '../e2e/cli.js';

const cwd = mkdtempSync(join(tmpdir(), 'iris-sign-'));
const inFolder = (name: string) => join(cwd, name);
const bundled = readFileSync(join(ROOT, 'artifacts/iris.json'));
const model = JSON.parse(bundled.toString()) as { sha256: string };
const version = model.sha256.slice(0, 12);
const ours = generateKeyPairSync('ed25519');
const id = keyId(ours.publicKey);

function writeKey(name: string, key: KeyObject, options: object = {}): void {
  const type = key.type === 'private' ? 'pkcs8' : 'spki';
  writeFileSync(inFolder(name), key.export({ type, format: 'pem', ...options } as never));
}

beforeAll(() => {
  writeKey('key.pem', ours.privateKey);
  writeKey('pub.pem', ours.publicKey);
  writeKey('locked.pem', ours.privateKey, { cipher: 'aes-256-cbc', passphrase: 'open' });
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
  writeKey('rsa.pem', rsa.privateKey);
  writeKey('rsa-pub.pem', rsa.publicKey);
  writeFileSync(inFolder('bad.json'), bundled.subarray(0, 1000));
  writeFileSync(inFolder('text.pem'), 'no key\n');
  const pem = readFileSync(inFolder('pub.pem'), 'utf8');
  writeFileSync(inFolder('both.pem'), pem + pem);
});
beforeEach(() => {
  cpSync(join(ROOT, 'artifacts/iris.json'), inFolder('iris.json'));
  rmSync(inFolder('iris.json.sig'), { force: true });
});
afterAll(() => rmSync(cwd, { recursive: true }));

const sign = (args: readonly string[]) => iris(['sign', ...args], { cwd });
const check = (...args: string[]) => iris(['serve', '--check', '--model', ...args], { cwd });

describe('iris sign', () => {
  it('writes a signature beside the model, with which it is trusted', async () => {
    expect(await sign(['iris.json', '--key', 'key.pem'])).toEqual({
      code: 0,
      stdout: `iris.json.sig: iris.json, version ${version}, signed with key ${id.slice(0, 12)}\n`,
      stderr: '',
    });
    expect(await check('iris.json', '--verify-key', 'pub.pem')).toMatchObject({ code: 0, stderr: '' });
  });

  it('writes it where it is told to, says what it did as JSON, and does the same again', async () => {
    const run = await sign(['iris.json', '--key', 'key.pem', '--out', 'new/other.sig', '--json']);
    expect(run).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(run.stdout)).toEqual({
      model: { path: 'iris.json', sha256: model.sha256, version },
      file: { sha256: sha256(bundled) },
      signature: { path: 'new/other.sig', keyId: id },
    });
    expect(existsSync(inFolder('iris.json.sig'))).toBe(false);
    expect(await sign(['iris.json', '--key', 'key.pem'])).toMatchObject({ code: 0 });
    expect(readFileSync(inFolder('iris.json.sig'))).toEqual(readFileSync(inFolder('new/other.sig')));
  });

  it('signs a large model', async () => {
    writeFileSync(inFolder('large.json'), serializeModel(assembleModel(largeModelParts(20_001))));
    expect(await sign(['large.json', '--key', 'key.pem'])).toMatchObject({ code: 0 });
    expect(await check('large.json', '--verify-key', 'pub.pem')).toMatchObject({ code: 0 });
    cpSync(inFolder('large.json.sig'), inFolder('iris.json.sig'));
    expect(await check('iris.json', '--verify-key', 'pub.pem')).toMatchObject({ code: 65 });
  });

  const expectedKey =
    'expected a private Ed25519 key in PEM, without a passphrase, as openssl genpkey -algorithm ed25519 makes one, found';
  it.each<[string, string[], number, string]>([
    ['no model', ['bad.json', '--key', 'key.pem'], 65, 'bad.json: not JSON: '],
    ['a missing model', ['none.json', '--key', 'key.pem'], 66, 'none.json: cannot be read: no such file or directory'],
    ['a missing key', ['iris.json', '--key', 'none.pem'], 66, 'none.pem: cannot be read: no such file or directory'],
    ['an RSA key', ['iris.json', '--key', 'rsa.pem'], 66, `rsa.pem: ${expectedKey} one of type rsa`],
    ['a public key', ['iris.json', '--key', 'pub.pem'], 66, `pub.pem: ${expectedKey} something else`],
    ['a locked key', ['iris.json', '--key', 'locked.pem'], 66, `locked.pem: ${expectedKey} one with a passphrase`],
    ['no key in the file', ['iris.json', '--key', 'text.pem'], 66, `text.pem: ${expectedKey} something else`],
    ['no key at all', ['iris.json'], 2, 'error: Missing required flag key'],
    [
      'the model in the place of the signature',
      ['iris.json', '--key', 'key.pem', '--out', './iris.json'],
      2,
      'error: --out: expected a file that is not read, found ./iris.json, the model',
    ],
    [
      'the key in the place of the signature',
      ['iris.json', '--key', 'key.pem', '--out', 'key.pem'],
      2,
      'error: --out: expected a file that is not read, found key.pem, the key',
    ],
    [
      'a URL',
      ['https://me:secret@h/m.json', '--key', 'key.pem'],
      2,
      'error: MODEL: expected a file, found https://h/m.json: download what is to be signed, and look at it',
    ],
  ])('does not sign %s', async (_, args, code, message) => {
    const run = await sign(args);
    expect(run).toMatchObject({ code, stdout: '' });
    expect(run.stderr).toContain(message);
    expect(existsSync(inFolder('iris.json.sig'))).toBe(false);
    expect(existsSync(inFolder('bad.json.sig'))).toBe(false);
    expect(readFileSync(inFolder('iris.json'))).toEqual(bundled);
  });

  it('says where a signature cannot be written', async () => {
    mkdirSync(inFolder('folder'), { recursive: true });
    expect(await sign(['iris.json', '--key', 'key.pem', '--out', 'folder'])).toEqual({
      code: 73,
      stdout: '',
      stderr: 'folder: expected a file or nothing, found a folder\n',
    });
  });
});

describe('--verify-key', () => {
  const row = ['5', '3.6', '1.3', '0.25'];
  const commands: readonly string[][] = [
    ['predict', ...row, '--model', 'iris.json'],
    ['evaluate', '--model', 'iris.json'],
    ['inspect', 'iris.json'],
    ['verify', 'iris.json'],
    ['export', 'iris.json', '--format', 'python', '--out', 'iris_model.py'],
    ['proto', 'iris.json', '--out', 'iris.proto'],
    ['serve', '--check', '--model', 'iris.json'],
  ];

  it.each(commands)('is of every command that reads a model: %s', async (...command) => {
    await sign(['iris.json', '--key', 'key.pem']);
    const theirs = generateKeyPairSync('ed25519').publicKey;
    writeKey('theirs.pem', theirs);
    expect(await iris([...command, '--verify-key', 'pub.pem'], { cwd })).toMatchObject({ code: 0 });
    const both = [...command, '--verify-key', 'theirs.pem', '--verify-key', 'pub.pem'];
    expect(await iris(both, { cwd })).toMatchObject({ code: 0 });
    const run = await iris([...command, '--verify-key', 'theirs.pem'], { cwd });
    expect(run).toMatchObject({ code: 65, stdout: '' });
    const expected = `iris.json.sig: expected a signature by the key ${keyId(theirs).slice(0, 12)}, found none that fits`;
    expect(run.stderr.split('\n').at(-2)).toBe(expected);
  });

  it.each(commands)('is read from IRIS_VERIFY_KEY by every command that reads a model: %s', async (...command) => {
    await sign(['iris.json', '--key', 'key.pem']);
    writeKey('theirs.pem', generateKeyPairSync('ed25519').publicKey);
    const run = (keys: string) => iris(command, { cwd, env: { IRIS_VERIFY_KEY: keys } });
    expect(await run('theirs.pem,pub.pem')).toMatchObject({ code: 0 });
    expect(await run('theirs.pem')).toMatchObject({ code: 65, stdout: '' });
  });

  it('is for the other model too', async () => {
    await sign(['iris.json', '--key', 'key.pem']);
    cpSync(inFolder('iris.json'), inFolder('old.json'));
    for (const command of [
      ['evaluate', '--model', 'iris.json', '--baseline', 'old.json'],
      ['inspect', 'iris.json', 'old.json'],
    ]) {
      const run = await iris([...command, '--verify-key', 'pub.pem'], { cwd });
      expect(run).toMatchObject({ code: 65, stdout: '' });
      expect(run.stderr).toContain('old.json: expected a signature beside it: old.json.sig: cannot be read: ');
    }
  });

  it.each<[string[], number, string]>([
    [['none.pem'], 66, 'none.pem: cannot be read: no such file or directory'],
    [
      ['key.pem'],
      66,
      'key.pem: expected a public Ed25519 key in PEM, found a private key; openssl pkey -pubout makes it of that',
    ],
    [['rsa-pub.pem'], 66, 'rsa-pub.pem: expected a public Ed25519 key in PEM, found one of type rsa'],
    [
      ['both.pem'],
      66,
      'both.pem: expected a public Ed25519 key in PEM, found 2 in one file; give each in a file of its own',
    ],
    [['pub.pem,text.pem'], 66, 'text.pem: expected a public Ed25519 key in PEM, found something else'],
  ])('is a public Ed25519 key: %j', async (keys, code, message) => {
    expect(await check('iris.json', '--verify-key', ...keys)).toEqual({ code, stdout: '', stderr: `${message}\n` });
  });

  it('is not for a server that is asked', async () => {
    const run = await iris(['predict', ...row, '--verify-key', 'pub.pem'], { cwd });
    expect(run).toMatchObject({ code: 2, stdout: '' });
    expect(run.stderr).toContain('--verify-key');
  });

  it('is left alone in a variable where a server is asked, which has keys of its own', async () => {
    const asked = ['predict', ...row, '--host', `unix:${inFolder('none.sock')}`, '--timeout', '10ms'];
    expect(await iris(asked, { cwd, env: { IRIS_VERIFY_KEY: 'pub.pem' } })).toMatchObject({ code: 69 });
  });
});
