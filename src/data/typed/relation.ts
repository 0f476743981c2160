import { badOption, UsageError } from '../../ground/errors.js';
import { quote } from '../../ground/quote.js';

/** What of an engine is read. */
export interface RelationOptions {
  /** A table or a view: its name, after those of its schema and catalogue where there are such, with points between. */
  readonly table?: string | undefined;
  /** SQL of one query, in the dialect of the engine. */
  readonly query?: string | undefined;
}

export interface Relation {
  /** For messages. */
  readonly name: string;
  /** What stands after FROM. */
  readonly sql: string;
}

/**
 * @param quoteName as the dialect quotes an identifier
 * @throws UsageError where neither a table nor a query is named, or both
 */
export function relationOf({ query, table }: RelationOptions, quoteName: (name: string) => string): Relation {
  if (table !== undefined && query !== undefined)
    throw badOption('query', 'none beside a table', query, { found: 'both' });
  if (table !== undefined) return { name: table, sql: namesIn(table).map(quoteName).join('.') };
  if (query === undefined) {
    throw new UsageError('table: expected the name of a table, or a query, found neither', {
      option: 'table',
      expected: 'the name of a table, or a query',
    });
  }
  const body = query.trim().replace(/(?:\s*;)+$/, '');
  if (body === '') throw badOption('query', 'a query', query, { found: quote(query) });
  // A comment at its end ends with the line.
  return { name: 'query', sql: `(${body}\n) AS query` };
}

/**
 * `sales.orders` is two names; one that has a point is in quotes, as `sales."orders.2024"`.
 * @param option that has the name
 * @throws UsageError
 */
export function namesIn(table: string, option = 'table'): string[] {
  const names: string[] = [];
  let at = 0;
  while (at < table.length) {
    const [text, quoted, plain] = /^(?:"((?:[^"]|"")+)"|([^".]+))(?=\.|$)/.exec(table.slice(at)) ?? [];
    if (text === undefined) break;
    names.push(quoted?.replaceAll('""', '"') ?? plain!);
    at += text.length + 1;
  }
  if (at === table.length + 1) return names;
  throw badOption(option, 'a name such as orders, or sales.orders', table, { found: quote(table) });
}

/** As standard SQL does. */
export function doubleQuoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
