import type { SchemaElement } from 'hyparquet';
import type { CellType } from '../typed/cell-type.js';

const PER_SECOND = { MILLIS: 1_000, MICROS: 1_000_000, NANOS: 1_000_000_000 };

/** A column of a Parquet file: what it is, and how the library is to decode it. */
export interface ParquetColumn {
  readonly type: CellType;
  /** The element in the file's place. */
  readonly element: SchemaElement;
}

/** @see https://github.com/apache/parquet-format/blob/master/LogicalTypes.md */
export function parquetColumn(element: SchemaElement): ParquetColumn {
  const type = typeOf(element);
  // The library makes numbers of decimals, and loses digits: without their type it gives what is stored.
  if (type.kind !== 'decimal') return { type, element };
  const { converted_type: _, logical_type: __, ...stored } = element;
  return { type, element: stored };
}

function typeOf({
  converted_type: converted,
  logical_type: logical,
  num_children,
  scale,
  ...element
}: SchemaElement): CellType {
  if (num_children || element.repetition_type === 'REPEATED') return foreign('a list, map or struct');
  if (logical?.type === 'DECIMAL') return { kind: 'decimal', scale: logical.scale };
  if (converted === 'DECIMAL') return { kind: 'decimal', scale: scale ?? 0 };
  if (logical?.type === 'TIMESTAMP') return timestamp(PER_SECOND[logical.unit], logical.isAdjustedToUTC);
  if (logical?.type === 'TIME') return { kind: 'time', perSecond: PER_SECOND[logical.unit] };
  if (logical?.type === 'FLOAT16') return { kind: 'number' };
  switch (converted) {
    case 'DATE':
      return { kind: 'date' };
    case 'TIMESTAMP_MILLIS':
      return timestamp(PER_SECOND.MILLIS, true);
    case 'TIMESTAMP_MICROS':
      return timestamp(PER_SECOND.MICROS, true);
    case 'TIME_MILLIS':
      return { kind: 'time', perSecond: PER_SECOND.MILLIS };
    case 'TIME_MICROS':
      return { kind: 'time', perSecond: PER_SECOND.MICROS };
    case 'INTERVAL':
    case 'BSON':
      return foreign(converted.toLowerCase());
  }
  if (logical?.type === 'DATE') return { kind: 'date' };
  if (logical && ['VARIANT', 'GEOMETRY', 'GEOGRAPHY', 'FILE'].includes(logical.type)) {
    return foreign(logical.type.toLowerCase());
  }
  return storedType(element.type, logical?.type);
}

function storedType(stored: SchemaElement['type'], logical: string | undefined): CellType {
  switch (stored) {
    case 'BOOLEAN':
      return { kind: 'boolean' };
    case 'INT32':
    case 'INT64':
      return { kind: 'integer' };
    case 'INT96':
      return timestamp(PER_SECOND.NANOS, false);
    case 'FLOAT':
      return { kind: 'float32' };
    case 'DOUBLE':
      return { kind: 'number' };
    case 'BYTE_ARRAY':
      // Older programs write text without saying so.
      return { kind: 'text' };
    default:
      return logical === 'UUID' ? { kind: 'text' } : foreign('bytes');
  }
}

function timestamp(perSecond: number, zoned: boolean): CellType {
  return { kind: 'timestamp', perSecond, zoned };
}

function foreign(name: string): CellType {
  return { kind: 'foreign', name };
}
