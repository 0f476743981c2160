import type { DecodedArray, FileMetaData, ParquetParsers, RowGroup } from 'hyparquet';
import { DataError, IrisError } from '../../ground/errors.js';
import { nameInWords } from '../../ground/quote.js';
import type { CellType } from '../typed/cell-type.js';
import type { TypedChunk, TypedColumn, TypedResult, Values } from '../typed/result.js';
import { parquetColumn } from './column-types.js';
import type { ParquetLibrary } from './library.js';
import type { ParquetFile } from './open-file.js';

/** What a decoder that is fatal calls it. */
const NO_TEXT = 'ERR_ENCODING_INVALID_ENCODED_DATA';
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const textFrom = (bytes: Uint8Array) => decoder.decode(bytes);

/** Values as they are stored, but for text. */
const PARSERS: Partial<ParquetParsers> = {
  dateFromDays: (days) => days,
  timestampFromMilliseconds: (since) => since,
  timestampFromMicroseconds: (since) => since,
  timestampFromNanoseconds: (since) => since,
  stringFromBytes: textFrom,
  jsonFromBytes: textFrom,
};
const BYTES: Partial<ParquetParsers> = { ...PARSERS, stringFromBytes: (bytes) => bytes };

interface ResultOptions {
  readonly library: ParquetLibrary;
  /** For messages. */
  readonly name: string;
  /** Is told of the bytes of the file that were passed. */
  readonly onRead: (bytes: number) => void;
}

/** A Parquet file; a chunk is a row group, of which a column at a time is decoded. @throws DataError where it is none */
export async function openParquet(file: ParquetFile, options: ResultOptions): Promise<TypedResult> {
  const { library, name } = options;
  if (file.byteLength === 0) throw new DataError('syntax', `${name}: expected Parquet, found an empty file`);
  const metadata = await orDamage(name, () => library.parquetMetadataAsync(file, { geoparquet: false }));
  const { columns, schema } = await orDamage(name, async () => schemaOf(library, metadata));
  const reader = new GroupReader(file, { ...metadata, schema }, columns, options);
  return {
    columns,
    async *chunks() {
      let rowStart = 0;
      for (const group of metadata.row_groups) {
        const rowCount = Number(group.num_rows);
        if (rowCount > 0) yield reader.chunk(group, rowStart, rowCount);
        rowStart += rowCount;
        options.onRead(Number(group.total_compressed_size ?? group.total_byte_size));
      }
    },
    close: () => file.close(),
  };
}

/** The columns, and the schema by which the library gives what is stored. */
function schemaOf({ parquetSchema }: ParquetLibrary, metadata: FileMetaData) {
  const found = parquetSchema(metadata).children.map(({ element }) => ({ given: element, ...parquetColumn(element) }));
  // A damaged file may leave it out.
  if (found.some(({ given }) => typeof given.name !== 'string')) throw new Error('a column without a name');
  const elements = new Map(found.map(({ element, given }) => [given, element]));
  return {
    columns: found.map(({ given, type }): TypedColumn => ({ name: given.name, type })),
    schema: metadata.schema.map((element) => elements.get(element) ?? element),
  };
}

class GroupReader {
  readonly #file: ParquetFile;
  readonly #metadata: FileMetaData;
  readonly #columns: readonly TypedColumn[];
  readonly #options: ResultOptions;

  constructor(file: ParquetFile, metadata: FileMetaData, columns: readonly TypedColumn[], options: ResultOptions) {
    this.#file = file;
    this.#metadata = metadata;
    this.#columns = columns;
    this.#options = options;
  }

  chunk(_group: RowGroup, rowStart: number, rowCount: number): TypedChunk {
    return { rowCount, values: (column) => this.#values(this.#columns[column]!, rowStart, rowCount) };
  }

  async #values({ name, type }: TypedColumn, rowStart: number, rowCount: number): Promise<Values> {
    const { library, name: source } = this.#options;
    const pieces: DecodedArray[] = [];
    const decode = () =>
      library.parquetRead({
        file: this.#file,
        metadata: this.#metadata,
        columns: [name],
        rowStart,
        rowEnd: rowStart + rowCount,
        compressors: library.compressors,
        parsers: type.kind === 'decimal' ? BYTES : PARSERS,
        geoparquet: false,
        onChunk: ({ columnData }) => pieces.push(columnData),
      });
    await orDamage(source, decode, name);
    const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
    if (pieces.some((piece) => isDamaged(piece, type))) {
      const damage = 'expected Parquet, found: values that are not those of the column';
      throw new DataError('syntax', `${source}: ${nameInWords(name)}: ${damage}`);
    }
    if (length === rowCount) return joined(pieces, type, rowCount);
    const found = `expected ${rowCount} values in a row group, found ${length}`;
    throw new DataError('syntax', `${source}: ${nameInWords(name)}: ${found}`);
  }
}

/** Of a damaged file the values may be others than its schema says, or lie beyond the end: undefined. */
function isDamaged(piece: DecodedArray, { kind }: CellType): boolean {
  if (!Array.isArray(piece)) return false;
  if (kind === 'time' || kind === 'timestamp' || kind === 'date' || kind === 'integer') {
    return !piece.every((value) => value === null || typeof value === 'number' || typeof value === 'bigint');
  }
  return piece.includes(undefined);
}

/** Numbers as doubles, NaN where missing: else a reader of millions of rows keeps an object for each. */
function joined(pieces: readonly DecodedArray[], type: CellType, rowCount: number): Values {
  if (type.kind === 'number' || type.kind === 'float32') {
    return joinedNumbers(pieces as readonly ArrayLike<number | null>[], rowCount);
  }
  const values = new Array<unknown>(rowCount);
  let row = 0;
  for (const piece of pieces) {
    for (let i = 0; i < piece.length; i++) {
      const value: unknown = piece[i];
      values[row++] = value instanceof Uint8Array && type.kind === 'decimal' ? wholeOf(value) : value;
    }
  }
  return values;
}

function joinedNumbers(pieces: readonly ArrayLike<number | null>[], rowCount: number): Float64Array {
  const values = new Float64Array(rowCount);
  let row = 0;
  for (const piece of pieces) {
    for (let i = 0; i < piece.length; i++) values[row++] = piece[i] ?? Number.NaN;
  }
  return values;
}

/** Two's complement, the highest byte first. */
function wholeOf(bytes: Uint8Array): bigint {
  if (bytes.length === 0) return 0n;
  return BigInt.asIntN(8 * bytes.length, BigInt(`0x${Buffer.from(bytes).toString('hex')}`));
}

/** The library throws whatever it stumbles on. @param column that was read, where it was one */
async function orDamage<Result>(source: string, read: () => Promise<Result>, column?: string): Promise<Result> {
  try {
    return await read();
  } catch (cause) {
    if (cause instanceof IrisError) throw cause;
    const { code, message } = cause as NodeJS.ErrnoException;
    const where = column === undefined ? source : `${source}: ${nameInWords(column)}`;
    // Old programs write text as bytes, so only what is none shows that they are not.
    if (code === NO_TEXT && column !== undefined) {
      const advice = { option: 'ignore', value: [column], effect: 'leaves it out' };
      throw new DataError('encoding', `${where}: expected text in UTF-8, found bytes`, { advice, cause });
    }
    throw new DataError('syntax', `${where}: expected Parquet, found: ${message}`, { cause });
  }
}
