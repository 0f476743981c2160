import type { CellType } from '../typed/cell-type.js';
import { doubleQuoted } from '../typed/relation.js';
import { type Dialect, doubledQuotes } from '../typed/sql-table.js';

export const duckDbDialect: Dialect = {
  name: 'DuckDB',
  double: 'DOUBLE',
  quoteName: doubleQuoted,
  // Bare decimals in a list become DECIMAL, and round.
  numberLiteral: (value) => `(${value.toExponential()})`,
  // A statement ends at a character of code 0.
  textLiteral: (value) => `(${value.split('\0').map(doubledQuotes).join(' || chr(0) || ')})`,
  numberOf(column, { kind }) {
    if (kind === 'number') return column;
    if (kind === 'integer') return `CAST(${column} AS DOUBLE)`;
    // By the text, which is rounded once: DECIMAL to DOUBLE is not at 17 digits.
    return kind === 'float32' || kind === 'decimal' ? `CAST(CAST(${column} AS VARCHAR) AS DOUBLE)` : undefined;
  },
  textOf: (column, { kind }: CellType) =>
    kind === 'text' || kind === 'boolean' || kind === 'integer' ? `CAST(${column} AS VARCHAR)` : undefined,
  trimmed: (text, characters) => `trim(${text}, ${doubledQuotes(characters)})`,
  // Of IN each literal takes memory in each thread, 32 KB.
  isOneOf: (text, literals) => `list_contains([${literals.join(', ')}], ${text})`,
  md5: (text) => `md5(${text})`,
};
