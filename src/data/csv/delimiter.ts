import { badOption } from '../../ground/errors.js';
import { quote } from '../../ground/quote.js';
import { BLANKS } from './blanks.js';
import type { Head, Sample } from './head.js';

/** What stands between cells where it is no comma. */
const VISIBLE = [';', '\t', '|'];

/** @throws UsageError for what can be no delimiter */
export function checkedDelimiter(text: string): string {
  if (text === BLANKS) return BLANKS;
  const delimiter = text === '\\t' ? '\t' : text;
  if ([...delimiter].length !== 1 || /["\r\n]/.test(delimiter)) {
    const expected = "one character that is neither a quote nor a line end (\\t for a tab), or ' +' for runs of blanks";
    throw badOption('delimiter', expected, text, { found: quote(text) });
  }
  return delimiter;
}

/** As a person writes it as an option. */
export function delimiterInWords(delimiter: string): string {
  return `'${delimiter === '\t' ? '\\t' : delimiter}'`;
}

/**
 * The delimiter of a table of which nobody says it: a comma, unless the first record has none and each record is in
 * several parts by one other sign, by as many as the first.
 *
 * @param mayBeOneColumn then its cells may hold any sign, and its name blanks
 */
export function likelyDelimiter(
  head: Head,
  { header, mayBeOneColumn }: { header: boolean; mayBeOneColumn: boolean },
): string {
  const { records } = head.sample(',');
  if (mayBeOneColumn && !header) return ',';
  if (records.length > 0 && records[0]!.cells.length > 1) return ',';
  const fitting = VISIBLE.filter((sign) => isTable(head.sample(sign)));
  if (fitting.length === 1) return fitting[0]!;
  return fitting.length === 0 && !mayBeOneColumn && isTable(head.sample(BLANKS)) ? BLANKS : ',';
}

/** Another sign that the first record has between cells. */
export function otherDelimiter(head: Head, delimiter: string): string | undefined {
  return [',', ...VISIBLE].find((sign) => sign !== delimiter && (head.sample(sign).records[0]?.cells.length ?? 0) > 1);
}

/** Tables of R have one name fewer where rows have names. */
function isTable({ records }: Sample): boolean {
  const [header, ...rows] = records.map(({ cells }) => cells.length);
  if (header === undefined || header === 1 || rows.length === 0) return false;
  return rows.every((count) => count === header) || rows.every((count) => count === header + 1);
}
