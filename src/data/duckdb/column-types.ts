import type { CellType } from '../typed/cell-type.js';
import type { Values } from '../typed/result.js';
import type { DuckDbVector } from './library.js';

/** How the values of a column come: as they are stored, or as what the package makes of one. */
export interface DuckDbColumn {
  readonly type: CellType;
  readonly read: (vector: DuckDbVector, rowCount: number) => Values;
}

const MICROS = 1_000_000;

const STORED: Readonly<Record<string, CellType>> = {
  TINYINT: { kind: 'integer' },
  SMALLINT: { kind: 'integer' },
  INTEGER: { kind: 'integer' },
  BIGINT: { kind: 'integer' },
  UTINYINT: { kind: 'integer' },
  USMALLINT: { kind: 'integer' },
  UINTEGER: { kind: 'integer' },
  UBIGINT: { kind: 'integer' },
  FLOAT: { kind: 'float32' },
  DOUBLE: { kind: 'number' },
  DATE: { kind: 'date' },
  TIME: { kind: 'time', perSecond: MICROS },
  TIME_NS: { kind: 'time', perSecond: 1_000_000_000 },
  TIMESTAMP: { kind: 'timestamp', perSecond: MICROS, zoned: false },
  TIMESTAMP_S: { kind: 'timestamp', perSecond: 1, zoned: false },
  TIMESTAMP_MS: { kind: 'timestamp', perSecond: 1000, zoned: false },
  TIMESTAMP_NS: { kind: 'timestamp', perSecond: 1_000_000_000, zoned: false },
  'TIMESTAMP WITH TIME ZONE': { kind: 'timestamp', perSecond: MICROS, zoned: true },
};

const MADE: Readonly<Record<string, CellType>> = {
  BOOLEAN: { kind: 'boolean' },
  HUGEINT: { kind: 'integer' },
  UHUGEINT: { kind: 'integer' },
  VARCHAR: { kind: 'text' },
};

/** Of which the package makes objects that say what they are. */
const SHOWN = ['UUID', 'TIME WITH TIME ZONE'];

/** @param name of the type, as SQL has it */
export function duckDbColumn(name: string): DuckDbColumn {
  const stored = STORED[name];
  if (stored !== undefined) return { type: stored, read: storedValues };
  const made = MADE[name];
  if (made !== undefined) return { type: made, read: madeValues };
  if (name.startsWith('ENUM(') && name.endsWith(')')) return { type: { kind: 'text' }, read: madeValues };
  if (SHOWN.includes(name)) return { type: { kind: 'text' }, read: valuesAs(String) };
  const scale = /^DECIMAL\(\d+,\s*(\d+)\)$/.exec(name)?.[1];
  if (scale !== undefined) {
    const digits = (value: unknown) => (value as { readonly value: bigint }).value;
    return { type: { kind: 'decimal', scale: Number(scale) }, read: valuesAs(digits) };
  }
  // A column of NULL alone.
  if (name === 'SQLNULL' || name === '"NULL"' || name === 'NULL') return { type: { kind: 'text' }, read: madeValues };
  return { type: { kind: 'foreign', name }, read: madeValues };
}

/** Typed arrays as they are, where nothing is missing; they are good until the next chunk. */
function storedValues(vector: DuckDbVector, rowCount: number): Values {
  const items = vector.items!;
  if (items instanceof Float64Array) return doubles(items, vector, rowCount);
  const values = new Array<unknown>(rowCount);
  for (let row = 0; row < rowCount; row++) values[row] = vector.validity.itemValid(row) ? items[row] : null;
  return values;
}

function doubles(items: Float64Array, { validity }: DuckDbVector, rowCount: number): Float64Array {
  const values = items.slice(0, rowCount);
  for (let row = 0; row < rowCount; row++) if (!validity.itemValid(row)) values[row] = Number.NaN;
  return values;
}

function madeValues(vector: DuckDbVector, rowCount: number): Values {
  return Array.from({ length: rowCount }, (_, row) => vector.getItem(row));
}

function valuesAs(plain: (value: unknown) => unknown): DuckDbColumn['read'] {
  return (vector, rowCount) =>
    Array.from({ length: rowCount }, (_, row) => {
      const value = vector.getItem(row);
      return value === null ? null : plain(value);
    });
}
