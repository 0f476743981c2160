/** Keys that sign models, and keys that signatures are verified with: Ed25519, in PEM. */
import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { InputError } from '../ground/errors.js';
import { readSmallInput, unreadablePem } from '../ground/open-input.js';

const PRIVATE = /-----BEGIN [A-Z ]*PRIVATE KEY-----/;
const BEGIN = /-----BEGIN /g;

/**
 * The public keys of `--verify-key`; undefined where there are none.
 *
 * @throws InputError for a file that cannot be read, or is no public Ed25519 key
 */
export async function readVerifyKeys(paths: readonly string[] | undefined): Promise<readonly KeyObject[] | undefined> {
  return paths && Promise.all(paths.map(readVerifyKey));
}

async function readVerifyKey(path: string): Promise<KeyObject> {
  const pem = await readPem(path);
  const expected = 'a public Ed25519 key in PEM';
  // Node would take the public key out of it; but whoever verifies should not be able to sign.
  if (PRIVATE.test(pem)) {
    throw new InputError(`${path}: expected ${expected}, found a private key; openssl pkey -pubout makes it of that`);
  }
  // Node would take the first one and leave the others out.
  const keys = pem.match(BEGIN)?.length ?? 0;
  if (keys > 1) {
    throw new InputError(`${path}: expected ${expected}, found ${keys} in one file; give each in a file of its own`);
  }
  return ed25519(path, expected, pem, createPublicKey);
}

/**
 * The private key of `--key`.
 *
 * @throws InputError for a file that cannot be read, or is no private Ed25519 key
 */
export async function readSigningKey(path: string): Promise<KeyObject> {
  const pem = await readPem(path);
  const expected =
    'a private Ed25519 key in PEM, without a passphrase, as openssl genpkey -algorithm ed25519 makes one';
  return ed25519(path, expected, pem, createPrivateKey);
}

function ed25519(path: string, expected: string, pem: string, parse: (pem: string) => KeyObject): KeyObject {
  let key: KeyObject;
  try {
    key = parse(pem);
  } catch (cause) {
    const found = /ENCRYPTED/.test(pem) ? 'one with a passphrase' : 'something else';
    throw new InputError(`${path}: expected ${expected}, found ${found}`, { cause });
  }
  if (key.asymmetricKeyType === 'ed25519') return key;
  throw new InputError(`${path}: expected ${expected}, found one of type ${key.asymmetricKeyType}`);
}

async function readPem(path: string): Promise<string> {
  try {
    return (await readSmallInput(path)).toString();
  } catch (error) {
    throw unreadablePem(path, error);
  }
}
