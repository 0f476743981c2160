/** What one cell of a table means. The same grammar everywhere: tables, `name=value`, client input. */

const PLUS = 43;
const NINE = 57;

/**
 * A decimal number: sign, digits, point, exponent, spaces around. No hex, octal or binary form, no digit separators,
 * no infinity (a value too large for a double is none either), no empty text. -0 reads as 0.
 */
export function parseNumber(text: string): number | undefined {
  let cell = text;
  let first = cell.charCodeAt(0);
  // Every number begins with one of + - . 0 to 9, which lie in this range; Number() refuses the two others in it.
  if (!(first >= PLUS && first <= NINE)) {
    cell = cell.trim();
    first = cell.charCodeAt(0);
    if (!(first >= PLUS && first <= NINE)) return undefined;
  }
  if (isRadixPrefix(cell.charCodeAt(1))) return undefined;
  const value = Number(cell);
  return Number.isFinite(value) ? value + 0 : undefined;
}

/** The letter of 0x, 0o, 0b: Number() would read those. */
function isRadixPrefix(code: number): boolean {
  const lower = code | 32;
  return lower === 120 || lower === 111 || lower === 98;
}

/** Nothing, NA, NaN, null or ?, spaces around allowed. */
export function isMissing(text: string): boolean {
  switch (text.trim()) {
    case '':
    case 'NA':
    case 'NaN':
    case 'null':
    case '?':
      return true;
    default:
      return false;
  }
}

/** Orders text by code point; `<` would order by UTF-16 unit, which puts U+FF5E after U+1F600. */
export function compareCodePoints(a: string, b: string): number {
  const end = Math.min(a.length, b.length);
  for (let i = 0; i < end; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return rankOfUnit(x) - rankOfUnit(y);
  }
  return a.length - b.length;
}

/** Surrogates stand for the code points above every other unit. */
function rankOfUnit(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}
