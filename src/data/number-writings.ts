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
  return isMost(countRead(texts, writing), texts.length);
}

/** The part of a table's way of writing that a column needs: of the smallest that read as many texts, the first. */
export function ownWriting({ texts }: WrittenColumn, whole: NumberWriting): NumberWriting {
  const most = countRead(texts, whole);
  return partsOf(whole).find((part) => countRead(texts, part) === most) ?? whole;
}

/** Each set of its signs, but the empty one; the smaller ones first. */
function partsOf(whole: NumberWriting): NumberWriting[] {
  const entries = Object.entries(whole);
  const sets = entries.reduce<(typeof entries)[]>((some, sign) => some.flatMap((set) => [set, [...set, sign]]), [[]]);
  const parts = sets.filter((set) => set.length > 0).sort((a, b) => a.length - b.length);
  return parts.map((part): NumberWriting => Object.fromEntries(part));
}

function countRead(texts: readonly string[], writing: NumberWriting): number {
  const { parseNumber } = cellParser(writing);
  return texts.filter((text) => parseNumber(text) !== undefined).length;
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
