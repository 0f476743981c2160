/** How numbers may be written that a table is not said to have. */
import { type CellGrammar, cellParser } from './cells.js';

export type NumberWriting = Pick<CellGrammar, 'decimal' | 'thousands' | 'units'>;

const SIGNS: readonly NumberWriting[] = [
  { thousands: ',' },
  { decimal: ',' },
  { thousands: ' ' },
  { thousands: "'" },
  { decimal: ',', thousands: '.' },
  { decimal: ',', thousands: ' ' },
  { decimal: ',', thousands: "'" },
];

/** The simpler ones first: of two that read the same texts the first is taken. */
const WRITINGS = [...SIGNS, { units: true }, ...SIGNS.map((signs) => ({ ...signs, units: true }))].map((writing) => ({
  writing,
  parse: cellParser(writing).parseNumber,
}));

/** A column of texts, and perhaps of numbers. */
export interface WrittenColumn {
  /** Different ones. */
  readonly texts: readonly string[];
}

/**
 * The one way of writing by which most texts of a table's columns are numbers; undefined where no column has mostly
 * such texts.
 *
 * @param points whether numbers of the table are written with a decimal point
 */
export function writingOf(columns: readonly WrittenColumn[], points: boolean): NumberWriting | undefined {
  const suspects = columns.filter(({ texts }) => texts.some(hasDigit));
  let best: NumberWriting | undefined;
  let most = 0;
  for (const { parse, writing } of WRITINGS) {
    if (points && writing.decimal === ',') continue;
    let count = 0;
    for (const { texts } of suspects) {
      const read = texts.filter((text) => parse(text) !== undefined).length;
      if (isMost(read, texts.length)) count += read;
    }
    if (count > most) [best, most] = [writing, count];
  }
  return best;
}

/** Whether most texts of a column are numbers by a way of writing. */
export function isWrittenSo({ texts }: WrittenColumn, writing: NumberWriting): boolean {
  const { parseNumber } = cellParser(writing);
  return isMost(texts.filter((text) => parseNumber(text) !== undefined).length, texts.length);
}

export function isMost(count: number, total: number): boolean {
  return 2 * count > total;
}

function hasDigit(text: string): boolean {
  return /\d/.test(text);
}

/** `numbers with a decimal comma` */
export function writingInWords({ decimal, thousands, units }: NumberWriting): string {
  const signs = [
    ...(decimal === ',' ? ['a decimal comma'] : []),
    ...(thousands === undefined ? [] : ['signs between thousands']),
    ...(units ? ['a currency or percent sign'] : []),
  ];
  return `numbers with ${signs.join(' and ')}`;
}
