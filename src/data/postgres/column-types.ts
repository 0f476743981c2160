import { isUtf8 } from 'node:buffer';
import type { CellType } from '../typed/cell-type.js';
import { numericText } from './numeric.js';

/** A column of a result: what its values are, and how they are asked for and read. */
export interface PostgresColumn {
  readonly name: string;
  readonly type: CellType;
  /** Whether it is asked for as text. */
  readonly cast: boolean;
  /** The value in `bytes` from `start` up to `end`, in the binary format. @throws Error that says what was found */
  readonly read: ReadValue;
}

export type ReadValue = (bytes: Buffer, start: number, end: number) => unknown;

/** A row of pg_type. */
export interface TypeRow {
  readonly oid: number;
  readonly typcategory: string;
  readonly typname: string;
  /** In words of SQL. */
  readonly shown: string;
}

/** From 1970-01-01 to 2000-01-01, from which PostgreSQL counts. */
const EPOCH_DAYS = 10_957;
const EPOCH_MICROS = 946_684_800_000_000n;
const MICROS = 1_000_000;
/** What stands for bytes that are no text. */
const REPLACED = '\ufffd';

/** A database without an encoding (SQL_ASCII) may hold anything. @throws Error */
const readText: ReadValue = (bytes, start, end) => {
  const text = bytes.toString('utf8', start, end);
  if (text.includes(REPLACED) && !isUtf8(bytes.subarray(start, end))) throw new Error('bytes that are no UTF-8');
  return text;
};
const readMicros: ReadValue = (bytes, start) => bytes.readBigInt64BE(start) + EPOCH_MICROS;

/** By name of the type; @see https://www.postgresql.org/docs/current/datatype.html */
const BINARY: Readonly<Record<string, readonly [CellType, ReadValue]>> = {
  bool: [{ kind: 'boolean' }, (bytes, start) => bytes[start] !== 0],
  int2: [{ kind: 'number', whole: true }, (bytes, start) => bytes.readInt16BE(start)],
  int4: [{ kind: 'number', whole: true }, (bytes, start) => bytes.readInt32BE(start)],
  int8: [{ kind: 'integer' }, (bytes, start) => bytes.readBigInt64BE(start)],
  float4: [{ kind: 'float32' }, (bytes, start) => bytes.readFloatBE(start)],
  float8: [{ kind: 'number' }, (bytes, start) => bytes.readDoubleBE(start)],
  numeric: [{ kind: 'numeral' }, numericText],
  text: [{ kind: 'text' }, readText],
  varchar: [{ kind: 'text' }, readText],
  bpchar: [{ kind: 'text' }, readText],
  date: [{ kind: 'date' }, (bytes, start) => bytes.readInt32BE(start) + EPOCH_DAYS],
  time: [{ kind: 'time', perSecond: MICROS }, (bytes, start) => bytes.readBigInt64BE(start)],
  timestamp: [{ kind: 'timestamp', perSecond: MICROS, zoned: false }, readMicros],
  timestamptz: [{ kind: 'timestamp', perSecond: MICROS, zoned: true }, readMicros],
};

/** Types that users make may have the names of others. */
const FIRST_OF_USERS = 16_384;
/** Arrays, composites, geometry, pseudo-types, ranges, spans of time, bits; and the types of users, which are said below. */
const FOREIGN_CATEGORIES = 'ACGPRTVU';
const SHOWN_TYPES = ['uuid', 'json', 'jsonb'];

export function postgresColumn(name: string, { oid, shown, typcategory, typname }: TypeRow): PostgresColumn {
  const [type, read] = (oid < FIRST_OF_USERS ? BINARY[typname] : undefined) ?? [];
  if (type !== undefined) return { name, type, cast: false, read: read! };
  const isForeign = FOREIGN_CATEGORIES.includes(typcategory) && !SHOWN_TYPES.includes(typname);
  return { name, type: isForeign ? { kind: 'foreign', name: shown } : { kind: 'text' }, cast: true, read: readText };
}

/** Of a query of ours. */
export function doubleColumn(name: string): PostgresColumn {
  const [type, read] = BINARY['float8']!;
  return { name, type, cast: false, read };
}

export function textColumn(name: string): PostgresColumn {
  const [type, read] = BINARY['text']!;
  return { name, type, cast: false, read };
}
