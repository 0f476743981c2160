import { stat } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import type { Entry, ZipFile } from 'yauzl';
import { DataError } from '../../ground/errors.js';
import { quotedList } from '../../ground/quote.js';
import { damage } from './damage.js';
import type { NamedBytes } from './named-bytes.js';

/** Files of an archive that a message lists, and the most that are read of one that has more than one. */
const LISTED = 3;

/** The names that office documents begin with: [Content_Types].xml of Microsoft's, mimetype of the others. */
const OFFICE = /^(?:\[Content_Types\]\.xml|_rels\/.*|docProps\/.*|xl\/.*|mimetype)$/;

/**
 * The one file of a zip archive. What is in an archive stands at its end, so it has to be a file.
 * @throws DataError for an archive of other than one file, an encrypted or a damaged one
 */
export async function* unzipped({ bytes, input, source }: NamedBytes): AsyncGenerator<Buffer> {
  // It is read from its end instead.
  await bytes.return(undefined);
  if (input === '-' || !(await stat(input)).isFile()) {
    throw new DataError(
      'encoding',
      `${source}: expected CSV, found a zip archive in a pipe: name its file, or unpack it`,
    );
  }
  const { openPromise } = await import('yauzl');
  try {
    // It closes itself after its last entry; a file that is read stays open.
    const archive = await openPromise(input, { autoClose: false });
    try {
      yield* contents(archive, await onlyFile(archive, source), source);
    } finally {
      archive.close();
    }
  } catch (cause) {
    throw damage('zip', source, cause);
  }
}

/** Folders, and what macOS adds to each file, are none. */
async function onlyFile(archive: ZipFile, source: string): Promise<Entry> {
  const files: Entry[] = [];
  for await (const entry of archive.eachEntry()) {
    if (/\/$|^__MACOSX\//.test(entry.fileName)) continue;
    files.push(entry);
    if (files.length > LISTED) break;
  }
  const names = files.map(({ fileName }) => fileName);
  if (names.some((name) => OFFICE.test(name))) {
    throw new DataError('encoding', `${source}: expected CSV, found a workbook or document: save it as CSV first`);
  }
  if (files.length === 1) return files[0]!;
  const found = files.length === 0 ? 'none' : quotedList(names.slice(0, LISTED), LISTED);
  const more = files.length > LISTED ? ', …' : '';
  throw new DataError('encoding', `${source}: expected a zip archive of one file, found ${found}${more}`);
}

async function* contents(archive: ZipFile, entry: Entry, source: string): AsyncGenerator<Buffer> {
  if (entry.isEncrypted()) {
    throw new DataError('encoding', `${source}: expected a zip archive without a password, found an encrypted file`);
  }
  let sum = 0;
  for await (const chunk of await archive.openReadStreamPromise(entry)) {
    sum = crc32(chunk, sum);
    yield chunk;
  }
  if (sum !== entry.crc32) throw new Error('incorrect data check');
}
