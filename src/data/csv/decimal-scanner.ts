/** Reads decimal numbers from bytes, as the double that `Number` gives for their text. */

const PLUS = 43;
const MINUS = 45;
const POINT = 46;
const ZERO = 48;
const LOWER_CASE = 32;
const LETTER_E = 101;

/** Digits that a double holds exactly, whatever they are. */
const EXACT_DIGITS = 15;
/** Digits that are read without `Number`. */
const MOST_DIGITS = 22;
/** The largest power of ten that is a double. */
const LARGEST_POWER = 22;
const POWERS = Float64Array.from({ length: LARGEST_POWER + 1 }, (_, exponent) => Number(`1e${exponent}`));

/**
 * Scans one number. Where it has up to 15 digits and a small exponent, both its digits and its power of ten are doubles,
 * and one division or multiplication rounds correctly (Clinger, How to read floating point numbers accurately, PLDI 1990).
 * With up to 22 digits the quotient is computed in twice the precision (Dekker, A floating-point technique for extending
 * the available precision, 1971) and taken where its error bound cannot change how it rounds.
 */
export class DecimalScanner {
  /** Where the last number ended. */
  end = 0;

  /**
   * @returns the number that begins at `start`, up to `end`; NaN where no number begins there, or where only `Number` can
   *   tell its value. -0 is 0.
   */
  scan(bytes: Uint8Array, start: number): number {
    const sign = bytes[start]!;
    const first = sign === MINUS || sign === PLUS ? start + 1 : start;
    let head = 0;
    let tail = 0;
    let digits = 0;
    let point = -1;
    let at = first;
    for (; ; at++) {
      const digit = bytes[at]! - ZERO;
      if (digit >= 0 && digit <= 9) {
        if (digits < EXACT_DIGITS) head = head * 10 + digit;
        else tail = tail * 10 + digit;
        digits++;
      } else if (bytes[at] === POINT && point < 0) point = at;
      else break;
    }
    if (digits === 0) return Number.NaN;
    const fraction = point < 0 ? 0 : at - point - 1;
    let exponent = -fraction;
    if ((bytes[at]! | LOWER_CASE) === LETTER_E) {
      exponent += this.#exponent(bytes, at + 1);
      at = this.end;
    }
    this.end = at;
    if (digits > MOST_DIGITS) return Number.NaN;
    const value =
      digits <= EXACT_DIGITS ? scaled(head, exponent) : quotient(head, tail, digits - EXACT_DIGITS, exponent);
    return sign === MINUS ? 0 - value : value;
  }

  /** NaN for what is no exponent, or a long one. */
  #exponent(bytes: Uint8Array, start: number): number {
    const sign = bytes[start]!;
    const first = sign === MINUS || sign === PLUS ? start + 1 : start;
    let at = first;
    let exponent = 0;
    for (; at - first < 4; at++) {
      const digit = bytes[at]! - ZERO;
      if (!(digit >= 0 && digit <= 9)) break;
      exponent = exponent * 10 + digit;
    }
    this.end = at;
    if (at === first) return Number.NaN;
    return sign === MINUS ? -exponent : exponent;
  }
}

/** head × 10^exponent; NaN where that is not one correctly rounded operation. */
function scaled(head: number, exponent: number): number {
  if (exponent === 0 || head === 0) return Number.isNaN(exponent) ? exponent : head;
  if (exponent < 0) return exponent >= -LARGEST_POWER ? head / POWERS[-exponent]! : Number.NaN;
  return exponent <= LARGEST_POWER ? head * POWERS[exponent]! : Number.NaN;
}

/** 2^27 + 1 splits a double into two of 26 bits each. */
const SPLITTER = 134_217_729;
/** More than the relative error of a quotient of double doubles, about 2^-104 (5e-32). */
const ERROR = 1e-30;

/** (head × 10^tailDigits + tail) × 10^exponent; NaN where it cannot be told how that rounds. */
function quotient(head: number, tail: number, tailDigits: number, exponent: number): number {
  if (!(exponent < 0 && exponent >= -LARGEST_POWER)) return Number.NaN;
  // All digits, as high + low: the error of a product is a double, and so is its sum with the tail.
  const power = POWERS[tailDigits]!;
  const product = head * power;
  const rest = productError(head, power, product) + tail;
  const high = product + rest;
  const low = rest - (high - product);
  const divisor = POWERS[-exponent]!;
  const value = high / divisor;
  const back = value * divisor;
  const correction = (high - back - productError(value, divisor, back) + low) / divisor;
  const error = value * ERROR;
  const rounded = value + (correction - error);
  return rounded === value + (correction + error) ? rounded : Number.NaN;
}

/** a × b − product, exactly, where the product is a × b rounded. */
function productError(a: number, b: number, product: number): number {
  const aScaled = a * SPLITTER;
  const aHigh = aScaled - (aScaled - a);
  const aLow = a - aHigh;
  const bScaled = b * SPLITTER;
  const bHigh = bScaled - (bScaled - b);
  const bLow = b - bHigh;
  return aLow * bLow - (product - aHigh * bHigh - aLow * bHigh - aHigh * bLow);
}
