import type { IncomingHttpHeaders } from 'node:http';
import { CODINGS, type Coding, compressSome, decompressSome, isCoding } from '../calls/compression.js';
import { quote, Refusal } from '../calls/refusal.js';
import type { HeldRequest } from './held-request.js';

/** Compressed bodies, both ways: https://www.rfc-editor.org/rfc/rfc9110#section-8.4. */

/** Gzip has an older name, which means the same. */
const nameOf = (coding: string): string => (coding === 'x-gzip' ? 'gzip' : coding);

/**
 * How a body is compressed; undefined where it is not.
 *
 * @throws Refusal for another coding, and for several
 */
export function bodyCoding({ 'content-encoding': header = '' }: IncomingHttpHeaders): Coding | undefined {
  const names = header
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '' && name !== 'identity');
  if (names.length === 0) return undefined;
  const coding = nameOf(names[0]!);
  if (names.length === 1 && isCoding(coding)) return coding;
  throw new Refusal(
    'UNKNOWN_COMPRESSION',
    `Content-Encoding: expected ${CODINGS.join(' or ')}, or a body that is not compressed, found ${quote(header)}`,
  );
}

/**
 * A body without its compression.
 *
 * @param held where its bytes are counted
 * @throws Refusal when more than `maxBytes` come out, or than there is room for
 * @throws RequestError when the bytes are not of the coding
 */
export async function decodeBody(
  body: Buffer,
  coding: Coding | undefined,
  maxBytes: number,
  held: HeldRequest,
): Promise<Buffer> {
  if (coding === undefined) return body;
  const decoded = await decompressSome(body, coding, maxBytes, () => held.isOver);
  held.grow(decoded.byteLength);
  return decoded;
}

/** A smaller reply fits into one packet, compressed or not. */
const SMALLEST_COMPRESSED = 1400;

export interface CodedReply {
  readonly body: Uint8Array<ArrayBuffer>;
  readonly headers: Readonly<Record<string, string>>;
}

/** A body as its reader asks for it, with its `Accept-Encoding`: compressed where that is worth it. */
export async function encodeBody(body: Uint8Array<ArrayBuffer>, accepted: string | undefined): Promise<CodedReply> {
  const coding = body.byteLength < SMALLEST_COMPRESSED ? undefined : acceptedCoding(accepted);
  if (coding === undefined) return { body, headers: {} };
  return { body: await compressSome(body, coding), headers: { 'content-encoding': coding, vary: 'accept-encoding' } };
}

/**
 * The coding with the largest weight, gzip where they are equal; undefined for none, also where that is wanted more.
 * https://www.rfc-editor.org/rfc/rfc9110#section-12.5.3
 */
export function acceptedCoding(header = ''): Coding | undefined {
  const weights = new Map<string, number>();
  for (const element of header.split(',')) {
    const [name = '', ...parameters] = element.split(';').map((part) => part.trim().toLowerCase());
    const weight = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2) ?? '1';
    if (name !== '') weights.set(nameOf(name), Number(weight) || 0);
  }
  const weightOf = (name: string) => weights.get(name) ?? weights.get('*') ?? 0;
  const best = CODINGS.reduce((found, coding) => (weightOf(coding) > weightOf(found) ? coding : found));
  return weightOf(best) > 0 && weightOf(best) >= (weights.get('identity') ?? 0) ? best : undefined;
}
