import { basename } from 'node:path';
import type { Readable } from 'node:stream';
import { InputError } from '../../ground/errors.js';
import { openInput, readOn } from '../../ground/open-input.js';
import type { ReadMeter } from '../meter.js';
import { unreadable } from '../unreadable.js';
import type { BlockMemory } from './blocks.js';
import { decoded, decodedBy } from './decode.js';
import type { FileRest } from './stretches.js';
import { unpacked } from './unpack.js';
import { Utf8Check } from './utf8-check.js';

/** Unless another number of bytes is asked for. */
const CHUNK_BYTES = 1 << 20;

type TextMeter = Pick<ReadMeter, 'add' | 'giveUp'>;

/** Where bytes come from, and what they stand for. */
export interface TextOptions {
  /** What the input `-` reads; default the process's standard input. */
  readonly stdin?: Readable | undefined;
  /** Default: UTF-8, or what a byte order mark says. */
  readonly encoding?: string | undefined;
  /** Counts the bytes, as they are in the file. */
  readonly meter?: TextMeter | undefined;
  /** Bytes asked of the file system at once. */
  readonly chunkBytes?: number;
  /** Where the bytes of a file are read to. */
  readonly memory?: BlockMemory | undefined;
}

/** The name of an input in messages. */
export function sourceName(input: string): string {
  return input === '-' ? '<stdin>' : basename(input);
}

/**
 * The text of a file or of standard input (`-`), unpacked where it begins as a packed file does, as UTF-8 without a byte
 * order mark.
 * @throws InputError where the input is missing or unreadable, DataError where its bytes are no text
 */
export function readText(
  input: string,
  { chunkBytes = CHUNK_BYTES, encoding, memory, meter, stdin }: TextOptions,
): AsyncGenerator<Buffer> {
  const source = sourceName(input);
  const take = memory && ((size: number) => memory.take(size));
  const open = () => (input === '-' ? (stdin ?? process.stdin) : openInput(input, chunkBytes, take));
  const bytes = rawBytes(input, open, meter);
  return decoded(unpacked({ input, source, bytes }), encoding, source);
}

/**
 * What `readText` gives of a file of UTF-8 after what was read of it already.
 * @throws as `readText` does
 */
export function readTextOn(
  input: string,
  rest: FileRest,
  {
    chunkBytes,
    memory,
    meter,
  }: { readonly chunkBytes: number; readonly memory: BlockMemory; readonly meter: TextMeter },
): AsyncGenerator<Buffer> {
  const open = () => readOn(rest.fd, rest.position, chunkBytes, (size) => memory.take(size));
  return decodedBy(new Utf8Check(sourceName(input), rest), rawBytes(input, open, meter));
}

async function* rawBytes(input: string, open: () => Readable, meter: TextMeter | undefined): AsyncGenerator<Buffer> {
  let isWhole = false;
  try {
    for await (const chunk of readAhead(open())) {
      meter?.add(chunk.length);
      yield Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk);
    }
    isWhole = true;
  } catch (cause) {
    throw new InputError(`${input === '-' ? '<stdin>' : input}: ${unreadable(cause)}`, { cause });
  } finally {
    if (!isWhole) meter?.giveUp(); // an archive is read from its end instead
  }
}

/** The next chunk is on its way while the caller works on one. */
async function* readAhead(stream: Readable): AsyncGenerator<Buffer | string> {
  const chunks = stream[Symbol.asyncIterator]();
  let next = chunks.next();
  let isAtEnd = false;
  try {
    for (let { value, done } = await next; !done; { value, done } = await next) {
      next = chunks.next();
      next.catch(() => {}); // is thrown where it is awaited
      yield value;
    }
    isAtEnd = true;
  } finally {
    // Where the caller needs no more, the chunk that is on its way may never come.
    if (!isAtEnd) stream.destroy();
    await next.catch(() => {});
  }
}
