/**
 * Detached signatures of models: an in-toto statement about the bytes of the file, in a DSSE envelope, in a Sigstore
 * bundle, which `cosign verify-blob-attestation` reads too.
 *
 * @see https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md
 * @see https://github.com/secure-systems-lab/dsse/blob/v1.0.2/protocol.md
 * @see https://docs.sigstore.dev/about/bundle/
 * Why: docs/decisions/signatures-are-statements.md
 */
import { createHash, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { ArtifactError } from '../ground/errors.js';
import { isObject, isText, type OptionRange } from '../ground/options.js';
import { shownValue } from '../ground/quote.js';

const BUNDLE_TYPE = 'application/vnd.dev.sigstore.bundle.v0.3+json';
const PAYLOAD_TYPE = 'application/vnd.in-toto+json';
const STATEMENT_TYPE = 'https://in-toto.io/Statement/v1';
/** What the signer says of the file: that it is a model to be used. A signed statement of another kind says something else. */
const PREDICATE_TYPE = 'https://iris-grpc/signature/v1';

/** Hex digits of a key's id that a message shows. */
const SHOWN_ID_DIGITS = 12;

/** Public keys of which one has to have signed a model. */
export type VerifyKeys = readonly KeyObject[];

export const verifyKeysRange: OptionRange = {
  expected: "an array of public Ed25519 keys, node:crypto's, one or more",
  takes: (value) => Array.isArray(value) && value.length > 0 && value.every(isVerifyKey),
};

function isVerifyKey(value: unknown): boolean {
  const { asymmetricKeyType, type } = (isObject(value) ? value : {}) as Partial<KeyObject>;
  return type === 'public' && asymmetricKeyType === 'ed25519';
}

/** SHA-256 of a public key in DER (SubjectPublicKeyInfo), in hex; of a private key its public one's. */
export function keyId(key: KeyObject): string {
  const publicKey = key.type === 'private' ? createPublicKey(key) : key;
  return sha256(publicKey.export({ type: 'spki', format: 'der' }));
}

/** The beginning of a key's id, for messages. */
export function shownKeyId(key: KeyObject): string {
  return keyId(key).slice(0, SHOWN_ID_DIGITS);
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** What is signed. */
export interface SignedFile {
  /** The file's name, for people: a file may be renamed. */
  readonly name: string;
  readonly bytes: Uint8Array;
  /** The hash that stands in the model, of which its version is the beginning. */
  readonly modelSha256: string;
}

/**
 * The text of a signature file: the same file and key give the same text.
 *
 * @param key private, Ed25519
 */
export function signFile({ bytes, modelSha256, name }: SignedFile, key: KeyObject): string {
  const statement = {
    _type: STATEMENT_TYPE,
    subject: [{ name, digest: { sha256: sha256(bytes) } }],
    predicateType: PREDICATE_TYPE,
    predicate: { model: { sha256: modelSha256 } },
  };
  const payload = Buffer.from(JSON.stringify(statement));
  const bundle = {
    mediaType: BUNDLE_TYPE,
    verificationMaterial: { publicKey: { hint: Buffer.from(keyId(key), 'hex').toString('base64') } },
    dsseEnvelope: {
      payload: payload.toString('base64'),
      payloadType: PAYLOAD_TYPE,
      // No keyid: cosign has none for the key that it is given, and compares.
      signatures: [{ sig: sign(null, preAuthenticationEncoding(payload), key).toString('base64') }],
    },
  };
  return `${JSON.stringify(bundle, null, 2)}\n`;
}

/**
 * The SHA-256 of the files that a signature is good for, in hex.
 *
 * @param text of a signature file
 * @param name of the signature file, for messages
 * @throws ArtifactError where it is no signature of a model by any of the keys
 */
export function signedHashes(text: Uint8Array, name: string, keys: VerifyKeys): readonly string[] {
  const payload = verifiedPayload(readBundle(text, name), name, keys);
  const statement = parseObject(payload, `${name}: the signed statement`);
  expectText(statement, '_type', STATEMENT_TYPE, `${name}: the signed statement`);
  expectText(statement, 'predicateType', PREDICATE_TYPE, `${name}: the signed statement`);
  const subject = member(statement, 'subject');
  const subjects: unknown[] = Array.isArray(subject) ? subject : [];
  return subjects.flatMap((entry) => {
    const hash = member(member(entry, 'digest'), 'sha256');
    return isText(hash) ? [hash] : [];
  });
}

/** @throws ArtifactError where the bytes are of another file than those that were signed */
export function requireSigned(bytes: Uint8Array, name: string, hashes: readonly string[]): void {
  const found = sha256(bytes);
  if (hashes.includes(found)) return;
  const signed = hashes.length === 0 ? 'none' : hashes.join(' or ');
  throw refused(`${name}: expected the file that was signed, SHA-256 ${signed}, found ${found}`);
}

interface Envelope {
  readonly payload: Buffer;
  readonly signatures: readonly Buffer[];
}

function readBundle(text: Uint8Array, name: string): Envelope {
  const bundle = parseObject(text, name);
  expectText(bundle, 'mediaType', BUNDLE_TYPE, name);
  const envelope = member(bundle, 'dsseEnvelope');
  if (!isObject(envelope)) throw refused(`${name}: dsseEnvelope: expected an object, found ${shownValue(envelope)}`);
  expectText(envelope, 'payloadType', PAYLOAD_TYPE, `${name}: dsseEnvelope`);
  const [payload, signatures] = [member(envelope, 'payload'), member(envelope, 'signatures')];
  const texts = Array.isArray(signatures) ? signatures.map((signature) => member(signature, 'sig')) : [];
  if (!isText(payload)) throw refused(`${name}: dsseEnvelope.payload: expected a text, found ${shownValue(payload)}`);
  return {
    payload: Buffer.from(payload, 'base64'),
    signatures: texts.filter(isText).map((signature) => Buffer.from(signature, 'base64')),
  };
}

function verifiedPayload({ payload, signatures }: Envelope, name: string, keys: VerifyKeys): Buffer {
  const signed = preAuthenticationEncoding(payload);
  const isGood = signatures.some((signature) => keys.some((key) => verify(null, signed, key, signature)));
  if (isGood) return payload;
  const expected = keys.length === 1 ? 'the key' : 'one of the keys';
  throw refused(
    `${name}: expected a signature by ${expected} ${keys.map(shownKeyId).join(', ')}, found none that fits`,
  );
}

/** What is signed in fact: the type belongs to it. */
function preAuthenticationEncoding(payload: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`DSSEv1 ${PAYLOAD_TYPE.length} ${PAYLOAD_TYPE} ${payload.length} `), payload]);
}

function parseObject(text: Uint8Array, name: string): object {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(text));
  } catch (cause) {
    throw refused(`${name}: expected a signature in JSON, found something else`, { cause });
  }
  if (isObject(value)) return value;
  throw refused(`${name}: expected an object, found ${shownValue(value)}`);
}

function expectText(object: object, key: string, expected: string, name: string): void {
  const found = member(object, key);
  if (found !== expected) throw refused(`${name}: ${key}: expected "${expected}", found ${shownValue(found)}`);
}

function member(value: unknown, key: string): unknown {
  return isObject(value) && Object.hasOwn(value, key) ? value[key as keyof typeof value] : undefined;
}

function refused(message: string, options?: ErrorOptions): ArtifactError {
  return new ArtifactError('signature', message, options);
}
