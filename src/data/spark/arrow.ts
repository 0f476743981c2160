import { optionalPackage } from '../optional-package.js';
import type { CellType } from '../typed/cell-type.js';
import type { TypedChunk, TypedColumn, Values } from '../typed/result.js';

/** What is used of apache-arrow, which is not there where this is compiled. */
export interface ArrowLibrary {
  readonly tableFromIPC: (bytes: Uint8Array) => ArrowTable;
  /** Ids of types by their names. */
  readonly Type: Readonly<Record<string, number>>;
}

interface ArrowTable {
  readonly schema: { readonly fields: readonly { readonly name: string; readonly type: ArrowType }[] };
  readonly batches: readonly { readonly numRows: number; getChildAt(column: number): ArrowVector | null }[];
}

interface ArrowType {
  readonly typeId: number;
  readonly scale?: number;
  readonly unit?: number;
  readonly precision?: number;
  readonly timezone?: string | null;
  toString(): string;
}

interface ArrowVector {
  readonly nullCount: number;
  readonly data: readonly { readonly values: ArrayLike<unknown> & { slice(start: number, end: number): unknown } }[];
  isValid(row: number): boolean;
  get(row: number): unknown;
}

/** @throws UnavailableError */
export function arrowLibrary(): Promise<ArrowLibrary> {
  return optionalPackage<ArrowLibrary>('apache-arrow', 'Spark:');
}

/** A column, and whether its values are taken as they are stored. */
export interface ArrowColumn extends TypedColumn {
  readonly isStored: boolean;
}

/** Seconds, milliseconds, microseconds, nanoseconds. */
const PER_SECOND = [1, 1000, 1_000_000, 1_000_000_000];
const HALF = 0;
const SINGLE = 1;

export function arrowColumns({ Type, tableFromIPC }: ArrowLibrary, bytes: Uint8Array): ArrowColumn[] {
  return tableFromIPC(bytes).schema.fields.map(({ name, type }) => ({ name, ...columnOf(Type, type) }));
}

function columnOf(ids: ArrowLibrary['Type'], type: ArrowType): Omit<ArrowColumn, 'name'> {
  switch (type.typeId) {
    case ids['Int']:
      return { type: { kind: 'integer' }, isStored: true };
    case ids['Float']:
      // A half float is stored as its bits.
      if (type.precision === HALF) return { type: { kind: 'number' }, isStored: false };
      return { type: { kind: type.precision === SINGLE ? 'float32' : 'number' }, isStored: true };
    case ids['Bool']:
      return { type: { kind: 'boolean' }, isStored: false };
    case ids['Utf8']:
    case ids['LargeUtf8']:
    case ids['Null']:
      return { type: { kind: 'text' }, isStored: false };
    case ids['Decimal']:
      return { type: { kind: 'decimal', scale: type.scale! }, isStored: false };
    case ids['Date']:
      return { type: { kind: 'date' }, isStored: true };
    case ids['Timestamp']: {
      const moment: CellType = { kind: 'timestamp', perSecond: PER_SECOND[type.unit!]!, zoned: Boolean(type.timezone) };
      return { type: moment, isStored: true };
    }
    default:
      return { type: { kind: 'foreign', name: String(type) }, isStored: false };
  }
}

/** The rows of an Arrow stream. @param columns those that it has, each at its index */
export function* arrowChunks(
  { tableFromIPC }: ArrowLibrary,
  bytes: Uint8Array,
  columns: ReadonlyMap<number, ArrowColumn>,
): Generator<TypedChunk> {
  const at = new Map([...columns.keys()].map((column, i) => [column, i]));
  for (const batch of tableFromIPC(bytes).batches) {
    const values = (column: number) =>
      valuesOf(batch.getChildAt(at.get(column)!)!, columns.get(column)!, batch.numRows);
    if (batch.numRows > 0) yield { rowCount: batch.numRows, values };
  }
}

function valuesOf(vector: ArrowVector, { isStored, type }: ArrowColumn, rowCount: number): Values {
  if (!isStored) {
    const values = Array.from({ length: rowCount }, (_, row) => vector.get(row));
    return type.kind === 'decimal' ? values.map(digitsOf) : values;
  }
  const { values: stored } = vector.data[0]!;
  if (vector.nullCount === 0 && stored instanceof Float64Array) return stored.subarray(0, rowCount);
  return Array.from({ length: rowCount }, (_, row) => (vector.isValid(row) ? stored[row] : null));
}

/** Words of 32 bits, the lowest first, in two's complement. */
function digitsOf(words: unknown): bigint | null {
  if (words === null) return null;
  const parts = [...(words as Uint32Array)];
  const whole = parts.reduceRight((sum, word) => (sum << 32n) | BigInt(word), 0n);
  return BigInt.asIntN(32 * parts.length, whole);
}
