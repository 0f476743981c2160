import { basename } from 'node:path';
import { pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { DataError, InputError } from '../../ground/errors.js';
import { openInput } from '../../ground/open-input.js';
import { Utf8Check } from './utf8-check.js';

/** Bytes asked of the file system at once. */
const READ_BYTES = 1 << 18;

/** The name of an input in messages. */
export function sourceName(input: string): string {
  return input === '-' ? '<stdin>' : basename(input);
}

/**
 * The bytes of a file or of standard input (`-`), unpacked where they begin as gzip does, checked to be UTF-8.
 * @throws InputError where the input is missing or unreadable, DataError where its bytes are no text
 */
export async function* readText(input: string, stdin: Readable = process.stdin): AsyncGenerator<Buffer> {
  const check = new Utf8Check(sourceName(input));
  for await (const chunk of unpacked(input, rawBytes(input, stdin))) {
    check.add(chunk);
    yield chunk;
  }
  check.end();
}

async function* rawBytes(input: string, stdin: Readable): AsyncGenerator<Buffer> {
  try {
    const stream = input === '-' ? stdin : openInput(input, READ_BYTES);
    for await (const chunk of stream) yield Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk);
  } catch (cause) {
    throw new InputError(`${input === '-' ? '<stdin>' : input}: ${unreadable(cause)}`, { cause });
  }
}

function unreadable(cause: unknown): string {
  switch ((cause as NodeJS.ErrnoException).code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return 'expected a file, found none';
    case 'EISDIR':
      return 'expected a file, found a folder';
    case 'EACCES':
    case 'EPERM':
      return 'expected a readable file, found one without permission to read it';
    default:
      return `expected a readable file, found: ${(cause as Error).message}`;
  }
}

/** Passes the bytes on, through gunzip if the first two are gzip's (RFC 1952, 2.3.1). */
async function* unpacked(input: string, bytes: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  let head = Buffer.alloc(0);
  while (head.length < 2) {
    const { value, done } = await bytes.next();
    if (done) break;
    head = Buffer.concat([head, value]);
  }
  const whole = prepend(head, bytes);
  if (head[0] === 0x1f && head[1] === 0x8b) yield* gunzipped(input, whole);
  else yield* whole;
}

async function* prepend(head: Buffer, rest: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  if (head.length > 0) yield head;
  yield* rest;
}

async function* gunzipped(input: string, bytes: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  const gunzip = createGunzip({ chunkSize: READ_BYTES });
  // An error of either side destroys both and is thrown by the loop; leaving the loop early closes the file.
  pipeline(bytes, gunzip, () => {});
  try {
    for await (const chunk of gunzip) yield chunk;
  } catch (cause) {
    if (cause instanceof InputError) throw cause;
    throw new DataError('encoding', `${sourceName(input)}: expected gzip data, found: ${(cause as Error).message}`, {
      cause,
    });
  }
}
