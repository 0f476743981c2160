import { badOption, UsageError } from '../../ground/errors.js';
import { nameInWords } from '../../ground/quote.js';
import type { FlatScorer } from '../flat-scorer.js';
import type { Dialect } from './dialects.js';

/** @throws UsageError for names of the model that the engine cannot have */
export function refuseNames({ classes, features }: FlatScorer, { hasCases, nameBytes }: Dialect): void {
  const names = [
    ...features.flatMap((one) => [one.name, ...(one.kind === 'category' ? one.categories : [])]),
    ...classes,
  ];
  const bad = names.find((name) => name.includes('\0'));
  if (bad !== undefined) {
    throw new UsageError(`a name with a zero character cannot be a text of SQL, found ${nameInWords(bad)}`);
  }
  const known = new Map<string, string>();
  for (const { name } of features) {
    if (name === '')
      throw new UsageError('a column of a table has to have a name, and a feature of this model has none');
    const one = cutName(hasCases ? name : name.toLowerCase(), nameBytes);
    const other = known.get(one);
    known.set(one, name);
    if (other === undefined) continue;
    const both = `${nameInWords(other)} and ${nameInWords(name)}`;
    const why = hasCases ? `which reads ${nameBytes} bytes of a name` : 'which takes no account of case';
    throw new UsageError(`features ${both} are one column in this dialect, ${why}`);
  }
}

/** As many of its characters as the bytes hold. */
export function cutName(name: string, bytes: number): string {
  if (bytes === Number.POSITIVE_INFINITY) return name;
  const { read } = new TextEncoder().encodeInto(name, new Uint8Array(bytes));
  return name.slice(0, read);
}

/** `schema.table`: each part is a name. */
export function dottedName(option: 'function' | 'table', name: string, { identifier }: Dialect): string {
  const parts = name.split('.');
  if (parts.includes('') || name.includes('\0')) {
    throw badOption(option, 'a name, or names with dots between them', name, { found: nameInWords(name) });
  }
  return parts.map(identifier).join('.');
}

/** A subquery of the query itself would be read in the place of a table of its name. */
export function tableOf(table: string, dialect: Dialect): string {
  const name = dottedName('table', table, dialect);
  if (!/^iris_(leaves|lists|vectors|step_\d+)$/i.test(table)) return name;
  throw badOption('table', 'another name than a subquery of the query has', table);
}
