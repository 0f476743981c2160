import { decimal } from '../source-text.js';

/** Digits of decimals that SQLite reads exactly, as long as the value is a fraction of two's powers. */
const EXACT_DIGITS = 15;
const STEP = 2 ** 50;

/**
 * A double for SQLite, which rounds some decimals wrongly (3.40: one of 350): a whole number, divided by powers of two.
 * Whole numbers below 2^53 are read exactly, and each division is exact.
 */
export function sqliteDouble(value: number): string {
  const text = decimal(value);
  if (isPlain(value, text)) return text;
  let whole = Math.abs(value);
  let [divisions, products] = ['', ''];
  while (whole > Number.MAX_SAFE_INTEGER) {
    whole /= STEP;
    products += ` * ${STEP}.0`;
  }
  while (!Number.isInteger(whole)) {
    let power = 1;
    for (; power < STEP && !Number.isInteger(whole); power *= 2) whole *= 2;
    divisions += ` / ${power}.0`;
  }
  return `(${value < 0 ? '-' : ''}${whole}.0${divisions}${products} /* ${text} */)`;
}

function isPlain(value: number, text: string): boolean {
  if (!/^-?\d+\.\d+$/.test(text) || text.replace(/\D/g, '').length > EXACT_DIGITS) return false;
  return Number.isInteger(value * 2 ** 20);
}
