import { crc32, inflateRawSync } from 'node:zlib';
import { ArtifactError } from '../../ground/errors.js';
import { MAX_ARTIFACT_BYTES } from '../../ground/limits.js';
import { quote, shownReason } from '../../ground/quote.js';

/** The files of a zip archive that is in memory. */
export interface Archive {
  /** @throws ArtifactError where there is none, or it is damaged */
  read(name: string): Buffer;
}

interface Entry {
  readonly method: number;
  readonly crc: number;
  readonly packed: number;
  readonly size: number;
  /** Where its own header begins. */
  readonly start: number;
}

const STORED = 0;
const DEFLATED = 8;
/** Signatures and sizes of the records that are read: APPNOTE.TXT, 4.3. */
const END = { signature: 0x06054b50, size: 22 };
const CENTRAL = { signature: 0x02014b50, size: 46 };
const LOCAL = { signature: 0x04034b50, size: 30 };
const MAX_COMMENT = 0xffff;
const ENCRYPTED = 1;

/**
 * Opens an archive of files that are stored or deflated. What they take in all is known from the directory, and limited, before
 * one is read.
 *
 * @throws ArtifactError
 */
export function openArchive(bytes: Uint8Array): Archive {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const entries = directoryOf(buffer);
  const total = [...entries.values()].reduce((sum, { size }) => sum + size, 0);
  if (total > MAX_ARTIFACT_BYTES) {
    throw new ArtifactError('too-large', `zip: expected at most ${MAX_ARTIFACT_BYTES} bytes in all, found ${total}`);
  }
  return {
    read: (name) => {
      const entry = entries.get(name);
      if (entry === undefined) return refuse(`a file ${quote(name)}`, 'none');
      return contentOf(buffer, name, entry);
    },
  };
}

function directoryOf(buffer: Buffer): Map<string, Entry> {
  const end = endOf(buffer);
  const count = buffer.readUInt16LE(end + 10);
  const start = buffer.readUInt32LE(end + 16);
  if (count === 0xffff || start === 0xffffffff) refuse('fewer than 65535 files in 4 GB', 'more');
  const entries = new Map<string, Entry>();
  for (let index = 0, at = start; index < count; index++) {
    requireRecord(buffer, at, CENTRAL, end);
    const nameLength = buffer.readUInt16LE(at + 28);
    const next = at + CENTRAL.size + nameLength + buffer.readUInt16LE(at + 30) + buffer.readUInt16LE(at + 32);
    if (next > end) refuse('a directory within the file', 'one beyond its end');
    if ((buffer.readUInt16LE(at + 8) & ENCRYPTED) !== 0) refuse('files that are not encrypted', 'one that is');
    const name = buffer.toString('utf8', at + CENTRAL.size, at + CENTRAL.size + nameLength);
    if (entries.has(name)) refuse('every file once', quote(name));
    entries.set(name, {
      method: buffer.readUInt16LE(at + 10),
      crc: buffer.readUInt32LE(at + 16),
      packed: buffer.readUInt32LE(at + 20),
      size: buffer.readUInt32LE(at + 24),
      start: buffer.readUInt32LE(at + 42),
    });
    at = next;
  }
  return entries;
}

/** Where the record at the end of the directory begins: a comment may follow it. */
function endOf(buffer: Buffer): number {
  const last = buffer.length - END.size;
  for (let at = last; at >= Math.max(0, last - MAX_COMMENT); at--) {
    if (buffer.readUInt32LE(at) === END.signature) return at;
  }
  return refuse('the end of a directory', 'none');
}

function requireRecord(buffer: Buffer, at: number, record: typeof LOCAL, end: number): void {
  if (at + record.size > end || buffer.readUInt32LE(at) !== record.signature) refuse('a header of a file', 'none');
}

function contentOf(buffer: Buffer, name: string, { crc, method, packed, size, start }: Entry): Buffer {
  requireRecord(buffer, start, LOCAL, buffer.length);
  const from = start + LOCAL.size + buffer.readUInt16LE(start + 26) + buffer.readUInt16LE(start + 28);
  if (from + packed > buffer.length) refuse(`${quote(name)} within the file`, 'one beyond its end');
  const stored = buffer.subarray(from, from + packed);
  const content = method === DEFLATED ? inflated(stored, name, size) : stored;
  if (method !== STORED && method !== DEFLATED) refuse('files that are stored or deflated', `method ${method}`);
  if (content.length !== size) refuse(`${quote(name)} of ${size} bytes`, `${content.length}`);
  if (crc32(content) !== crc) refuse(`${quote(name)} as its checksum says`, 'other bytes');
  return content;
}

/** @param size more bytes are not made */
function inflated(packed: Buffer, name: string, size: number): Buffer {
  try {
    return inflateRawSync(packed, { maxOutputLength: Math.max(1, size) });
  } catch (cause) {
    return refuse(`${quote(name)} as deflate writes it`, shownReason((cause as Error).message));
  }
}

function refuse(expected: string, found: string): never {
  throw new ArtifactError('value', `zip: expected ${expected}, found ${found}`);
}
