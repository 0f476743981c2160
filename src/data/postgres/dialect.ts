import { doubleQuoted } from '../typed/relation.js';
import { type Dialect, doubledQuotes, inList } from '../typed/sql-table.js';

export const postgresDialect: Dialect = {
  name: 'PostgreSQL',
  double: 'float8',
  quoteName: doubleQuoted,
  numberLiteral: (value) => `'${value.toExponential()}'::float8`,
  textLiteral: doubledQuotes,
  numberOf(column, { kind }) {
    if (kind === 'number' || kind === 'integer' || kind === 'numeral') return `${column}::float8`;
    // The float that is read is that of the shortest text.
    return kind === 'float32' ? `${column}::text::float8` : undefined;
  },
  textOf(column, type) {
    const isText = type.kind === 'text' || type.kind === 'boolean' || type.kind === 'integer';
    return isText || (type.kind === 'number' && type.whole) ? `(${column}::text COLLATE "C")` : undefined;
  },
  trimmed: (text, characters) => `btrim(${text}, ${doubledQuotes(characters)})`,
  isOneOf: inList,
  md5: (text) => `(md5(convert_to(${text}, 'UTF8')) COLLATE "C")`,
};
