import { DataError } from '../../ground/errors.js';
import { MAX_COLUMNS } from '../../ground/limits.js';
import { quote } from '../../ground/quote.js';
import { type CellGrammar, parseNumber } from '../cells.js';
import type { FirstRecord } from './records.js';

/** What the first record of a table is checked against. */
export interface Layout {
  /** The name of the table, for messages. */
  readonly source: string;
  readonly delimiter: string;
  readonly grammar: CellGrammar;
  /** Whether the record names the columns; if not, they are called column_1, column_2, … */
  readonly header: boolean;
  readonly minColumns: 1 | 2;
}

/** The names of the columns. @throws DataError */
export function columnNames({ cells, line }: FirstRecord, layout: Layout): string[] {
  const where = `${layout.source}:${line}`;
  if (cells.length < layout.minColumns) throw oneColumn(cells[0]!, where, layout.delimiter);
  if (cells.length > MAX_COLUMNS) {
    throw new DataError('too-large', `${where}: expected at most ${MAX_COLUMNS} columns, found ${cells.length}`);
  }
  return layout.header ? checkedNames(cells, where) : cells.map((_, i) => `column_${i + 1}`);
}

/** A header in which some names are numbers may be a row. */
export function headerWarnings(source: string, names: readonly string[]): string[] {
  const number = names.find((name) => parseNumber(name) !== undefined);
  if (number === undefined) return [];
  return [`${source}: the column name ${quote(number)} is a number; the first line may be a row rather than a header`];
}

/** One column alone mostly means another delimiter. */
function oneColumn(cell: string, where: string, delimiter: string): DataError {
  const hint = [';', '\t', '|', ','].find((other) => other !== delimiter && cell.includes(other));
  const value = `'${hint === '\t' ? '\\t' : hint}'`;
  const advice = hint === undefined ? undefined : { option: 'delimiter', value, effect: 'reads it as several' };
  return new DataError('columns', `${where}: expected at least two columns, found one, ${quote(cell)}`, { advice });
}

function checkedNames(cells: readonly string[], where: string): string[] {
  const names = cells.map((cell) => cell.trim());
  if (names.every((name) => parseNumber(name) !== undefined)) {
    const advice = { option: 'header', value: false, effect: 'reads the line as a row' } as const;
    throw new DataError('header', `${where}: expected column names, found only numbers`, { advice });
  }
  const columnOf = new Map<string, number>();
  names.forEach((name, column) => {
    if (name === '')
      throw new DataError('header', `${where}: expected a name for column ${column + 1}, found an empty cell`);
    const first = columnOf.get(name);
    if (first === undefined) columnOf.set(name, column);
    else {
      const columns = `columns ${first + 1} and ${column + 1}`;
      throw new DataError('header', `${where}: expected different column names, found ${quote(name)} for ${columns}`);
    }
  });
  return names;
}
