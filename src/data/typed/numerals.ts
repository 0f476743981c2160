/** Numbers that are no doubles, as the doubles and texts that they are in CSV. */

/** As literals: each is the double next to the power, and exact up to 10^22. */
const POWERS = [
  ...[1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11],
  ...[1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22],
] as const;
/** A 32-bit float has 24 bits: times 10^12, which has 28 beside its powers of two, it is exact as a double. */
const MOST_PLACES = 12;
/** From here on every 32-bit float is whole. */
const WHOLE_FLOATS = 1 << 24;
/** Digits after which a decimal tells every 32-bit float from its neighbours. */
const FLOAT_DIGITS = 9;

/**
 * The double of the shortest decimal that a 32-bit float is read from: 0.1 of the float next to it, where the float itself
 * is 0.10000000149011612. It is what engines write into CSV. Whole numbers stay what they are.
 */
export function widened(value: number): number {
  if (!Number.isFinite(value) || Math.abs(value) >= WHOLE_FLOATS) return value;
  for (let places = 0; places <= MOST_PLACES; places++) {
    const power = POWERS[places]!;
    const short = Math.round(value * power) / power;
    if (Math.fround(short) === value && (short !== 0 || value === 0)) return short;
  }
  for (let digits = 1; digits < FLOAT_DIGITS; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return short;
  }
  return Number(value.toPrecision(FLOAT_DIGITS));
}

/** The double next to a decimal number. @param digits all of them, `scale` of which stand after the point */
export function decimalValue(digits: bigint | number, scale: number): number {
  const whole = Number(digits);
  // The quotient of two exact doubles is rounded once, as the text is.
  if (Number.isSafeInteger(whole) && scale < POWERS.length) return whole / POWERS[scale]!;
  return Number(decimalText(digits, scale));
}

/** `-5` with a scale of 2 is `-0.05`. */
export function decimalText(digits: bigint | number, scale: number): string {
  if (scale === 0) return String(digits);
  const text = String(digits);
  const sign = text.startsWith('-') ? '-' : '';
  const plain = text.slice(sign.length).padStart(scale + 1, '0');
  return `${sign}${plain.slice(0, -scale)}.${plain.slice(-scale)}`;
}

/** What a double leaves of a whole number. */
export function exactRest(value: bigint | number): bigint {
  return typeof value === 'number' ? 0n : value - BigInt(Number(value));
}
