/** The binary format of numeric: how many digits of base 10000, the weight of the first, sign, decimals shown, the digits. */

const HEADER_BYTES = 8;
const NEGATIVE = 0x4000;
const NOT_A_NUMBER = 0xc000;
const INFINITIES: Readonly<Record<number, string>> = { 53248: 'Infinity', 61440: '-Infinity' };
/** Decimal digits of one. */
const PLACES = 4;

/** The decimal text of a number, all of its decimals; null of NaN. */
export function numericText(bytes: Buffer, start: number): string | null {
  const count = bytes.readUInt16BE(start);
  const weight = bytes.readInt16BE(start + 2);
  const sign = bytes.readUInt16BE(start + 4);
  const scale = bytes.readUInt16BE(start + 6);
  if (sign === NOT_A_NUMBER) return null;
  if (INFINITIES[sign] !== undefined) return INFINITIES[sign];
  const digit = (place: number) => {
    const i = weight - place;
    return i >= 0 && i < count ? bytes.readUInt16BE(start + HEADER_BYTES + 2 * i) : 0;
  };
  let whole = '';
  for (let place = Math.max(weight, 0); place >= 0; place--) whole += fourDigits(digit(place));
  let fraction = '';
  for (let place = -1; fraction.length < scale; place--) fraction += fourDigits(digit(place));
  const text = whole.replace(/^0+(?=\d)/, '') + (scale > 0 ? `.${fraction.slice(0, scale)}` : '');
  return sign === NEGATIVE ? `-${text}` : text;
}

function fourDigits(digit: number): string {
  return String(digit).padStart(PLACES, '0');
}
