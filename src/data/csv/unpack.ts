import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { DataError } from '../../ground/errors.js';
import { damage, UNPACK_BYTES } from './damage.js';
import { type NamedBytes, peek, prepend } from './named-bytes.js';
import { unzipped } from './zip.js';
import { unzstd } from './zstd.js';

/** How packed files begin. */
const PACKED: readonly { readonly magic: string; readonly unpack: (packed: NamedBytes) => AsyncGenerator<Buffer> }[] = [
  // RFC 1952, 2.3.1
  { magic: '\x1f\x8b', unpack: gunzipped },
  // RFC 8878, 3.1.1 and 3.1.2: skippable frames may come first.
  { magic: '\x28\xb5\x2f\xfd', unpack: unzstd },
  ...Array.from({ length: 16 }, (_, i) => ({
    magic: `${String.fromCharCode(0x50 + i)}\x2a\x4d\x18`,
    unpack: unzstd,
  })),
  // APPNOTE.TXT 6.3.10, 4.3.7 and 4.3.16: an archive, and one without files.
  { magic: 'PK\x03\x04', unpack: unzipped },
  { magic: 'PK\x05\x06', unpack: unzipped },
];

/** What is taken for CSV now and then. No text begins as these do. */
const OTHERS: readonly { readonly magic: string; readonly found: string }[] = [
  { magic: '\xfd7zXZ\x00', found: 'xz data: unpack it first' },
  ...Array.from({ length: 9 }, (_, i) => ({ magic: `BZh${i + 1}1AY&SY`, found: 'bzip2 data: unpack it first' })),
  { magic: '7z\xbc\xaf\x27\x1c', found: 'a 7z archive: unpack it first' },
  { magic: '\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1', found: 'an Excel workbook: save it as CSV first' },
  { magic: 'PAR1\x15', found: 'Parquet: it is read of a whole file, from its end' },
];
/** After a checksum; before its version, of eight bytes, which is small. */
const DUCKDB = /^.{8}DUCK.\0{7}/s;
const LONGEST_MAGIC = 20;

/** Passes the bytes of a file on, unpacked if they begin as a packed file does. @throws DataError */
export async function* unpacked({ bytes, ...named }: NamedBytes): AsyncGenerator<Buffer> {
  const { head, rest } = await peek(bytes, LONGEST_MAGIC);
  try {
    const begin = head.toString('latin1', 0, LONGEST_MAGIC);
    const other = OTHERS.find(({ magic }) => begin.startsWith(magic));
    if (other) throw new DataError('encoding', `${named.source}: expected CSV, found ${other.found}`);
    if (DUCKDB.test(begin)) {
      throw new DataError(
        'encoding',
        `${named.source}: expected CSV, found a DuckDB database: duckdb: before its path reads it`,
      );
    }
    const packed = PACKED.find(({ magic }) => begin.startsWith(magic));
    const whole = prepend(head, rest);
    yield* packed ? packed.unpack({ ...named, bytes: whole }) : whole;
  } finally {
    await rest.return(undefined);
  }
}

async function* gunzipped({ bytes, source }: NamedBytes): AsyncGenerator<Buffer> {
  const gunzip = createGunzip({ chunkSize: UNPACK_BYTES });
  // An error of either side destroys both and is thrown by the loop; leaving the loop early closes the file.
  pipeline(bytes, gunzip, () => {});
  try {
    for await (const chunk of gunzip) yield chunk;
  } catch (cause) {
    throw damage('gzip', source, cause);
  }
}
