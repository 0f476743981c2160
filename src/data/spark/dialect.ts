import { type Dialect, inList } from '../typed/sql-table.js';

export const sparkDialect: Dialect = {
  name: 'Spark',
  double: 'DOUBLE',
  quoteName: inBackticks,
  numberLiteral: (value) => `(${value.toExponential().replace('e+', 'e')}D)`,
  textLiteral,
  numberOf: (column, { kind }) =>
    // A FLOAT as text is not always the shortest one.
    kind === 'number' || kind === 'integer' || kind === 'decimal' ? `CAST(${column} AS DOUBLE)` : undefined,
  textOf: (column, { kind }) =>
    kind === 'text' || kind === 'boolean' || kind === 'integer' ? `CAST(${column} AS STRING)` : undefined,
  trimmed: (text, characters) => `trim(BOTH ${textLiteral(characters)} FROM ${text})`,
  // A query has a price of its own, and a scan of a table more often than not.
  unpivoted: (columns) => {
    const cells = [...columns].flat();
    return `LATERAL VIEW stack(${[columns.size, ...cells].join(', ')}) AS f, x`;
  },
  isOneOf: inList,
  md5: (text) => `md5(${text})`,
};

export function inBackticks(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}

/** A backslash escapes. */
function textLiteral(value: string): string {
  return `'${value.replace(/[\\']/g, String.raw`\$&`)}'`;
}
