import { type Advice, DataError } from '../../ground/errors.js';
import { MAX_COLUMNS } from '../../ground/limits.js';
import { quote } from '../../ground/quote.js';
import { parseNumber } from '../cells.js';
import { requireDifferentNames } from '../checked-source.js';
import { delimiterInWords, otherDelimiter } from './delimiter.js';
import type { Head } from './head.js';
import type { CsvRecord } from './records.js';

/** What the first records of a table are checked against. */
export interface HeaderOptions {
  /** The name of the table, for messages. */
  readonly source: string;
  readonly delimiter: string;
  /** Whether the first record names the columns; if not, they are called column_1, column_2, … */
  readonly header: boolean;
  readonly minColumns: 1 | 2;
}

/** What the cells of each record are. */
export interface Header {
  /** The names of the columns, different ones. */
  readonly columns: readonly string[];
  /** Those of them that the header does not name. */
  readonly unnamed: readonly number[];
  /** Cells that a record may have after those of the columns, if they are empty. */
  readonly trailing: number;
  readonly warnings: readonly string[];
}

/** @throws DataError */
export function readHeader(head: Head, { delimiter, header, minColumns, source }: HeaderOptions): Header {
  const { error, records } = head.sample(delimiter);
  if (error !== undefined) throw error;
  const [{ cells, line }, ...rows] = records as [CsvRecord, ...CsvRecord[]];
  const where = `${source}:${line}`;
  if (cells.length < minColumns) throw oneColumn(cells[0]!, where, adviceOn(records, otherDelimiter(head, delimiter)));
  if (cells.length > MAX_COLUMNS) {
    throw new DataError('too-large', `${where}: expected at most ${MAX_COLUMNS} columns, found ${cells.length}`);
  }
  if (!header) return { columns: cells.map((_, i) => `column_${i + 1}`), unnamed: [], trailing: 0, warnings: [] };
  const names = cells.map((cell) => cell.trim());
  return namedColumns(
    names,
    rows.map((row) => row.cells),
    source,
    where,
  );
}

function oneColumn(cell: string, where: string, advice: Advice | undefined): DataError {
  return new DataError('columns', `${where}: expected at least two columns, found one, ${quote(cell)}`, { advice });
}

/** One column alone mostly means another delimiter, or lines before the table. */
function adviceOn(records: readonly CsvRecord[], other: string | undefined): Advice | undefined {
  const table = records.findIndex(({ cells }) => cells.length > 1);
  const width = records[table]?.cells.length;
  if (table > 0 && records.slice(table).every(({ cells }) => cells.length === width)) {
    if (records.slice(0, table).every(({ cells }) => cells[0]!.startsWith('#'))) {
      return { option: 'comment', value: "'#'", effect: 'leaves such lines out' };
    }
    return {
      option: 'skipLines',
      value: String(records[table]!.line - 1),
      effect: 'leaves out the lines before the table',
    };
  }
  if (other === undefined) return undefined;
  return { option: 'delimiter', value: delimiterInWords(other), effect: 'reads it as several' };
}

function namedColumns(
  names: readonly string[],
  rows: readonly (readonly string[])[],
  source: string,
  where: string,
): Header {
  checkNames(names, where);
  const warnings: string[] = [];
  const trailing = trailingCells(names, rows);
  const kept = names.slice(0, names.length - trailing.unnamed);
  if (trailing.unnamed > 0) warnings.push(`${where}: ${trailingInWords(kept.length, names.length)}`);
  const rowNames = trailing.unnamed + trailing.beyond === 0 && haveNames(names.length, rows);
  if (rowNames) {
    kept.unshift('');
    warnings.push(
      `${where}: the header has one name fewer than each row has cells: they are of the columns from the second on`,
    );
  }
  const unnamed = [...kept.keys()].filter((column) => kept[column] === '');
  const columns = kept.map((name, column) => name || freeName(`column_${column + 1}`, kept));
  warnings.push(
    ...unnamed.map((column) => `${where}: column ${column + 1} has no name and is called ${columns[column]}`),
  );
  warnings.push(...numberWarnings(names, source));
  return { columns, unnamed, trailing: trailing.unnamed + trailing.beyond, warnings };
}

function checkNames(names: readonly string[], where: string): void {
  if (names.every((name) => parseNumber(name) !== undefined)) {
    const advice = { option: 'header', value: false, effect: 'reads the line as a row' } as const;
    throw new DataError('header', `${where}: expected column names, found only numbers`, { advice });
  }
  if (names.every((name) => name === '')) {
    const advice = { option: 'skipLines', value: 'N', effect: 'leaves out lines before the header' };
    throw new DataError('header', `${where}: expected column names, found only empty cells`, { advice });
  }
  requireDifferentNames(names, where);
}

/**
 * Cells that a delimiter at the end of lines makes: `unnamed` ones of the header, or one `beyond` it, without anything
 * in the rows that are looked at.
 */
function trailingCells(
  names: readonly string[],
  rows: readonly (readonly string[])[],
): { unnamed: number; beyond: number } {
  if (rows.length === 0) return { unnamed: 0, beyond: 0 };
  const isEmpty = (column: number) => rows.every((cells) => (cells[column] ?? '').trim() === '');
  let end = names.length;
  while (names[end - 1] === '' && isEmpty(end - 1)) end--;
  const beyond = rows.every((cells) => cells.length === names.length + 1) && isEmpty(names.length) ? 1 : 0;
  return { unnamed: names.length - end, beyond };
}

function trailingInWords(kept: number, all: number): string {
  const columns = all - kept === 1 ? `column ${all} has` : `columns ${kept + 1} to ${all} have`;
  return `${columns} neither a name nor cells and ${all - kept === 1 ? 'is' : 'are'} left out`;
}

/** Whether each row has one cell more than the header, and the first ones are 1, 2, 3, … or different texts. */
function haveNames(width: number, rows: readonly (readonly string[])[]): boolean {
  if (rows.length < 2 || rows.some((cells) => cells.length !== width + 1)) return false;
  const first = rows.map(([cell]) => cell!.trim());
  const begin = first[0] === '0' ? 0 : 1;
  if (first.every((cell, i) => cell === String(begin + i))) return true;
  return new Set(first).size === first.length && first.every((cell) => cell !== '' && parseNumber(cell) === undefined);
}

/** A name for a column without one. */
function freeName(name: string, names: readonly string[]): string {
  return names.includes(name) ? freeName(`${name}_`, names) : name;
}

/** A header in which some names are numbers may be a row. */
function numberWarnings(names: readonly string[], source: string): string[] {
  const number = names.find((name) => parseNumber(name) !== undefined);
  if (number === undefined) return [];
  return [`${source}: the column name ${quote(number)} is a number; the first line may be a row rather than a header`];
}
