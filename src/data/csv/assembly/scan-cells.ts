/**
 * Scans the cells of plain rows from bytes into columns. AssemblyScript, a dialect of TypeScript that becomes WebAssembly:
 * it has integers of 64 bits and works on 16 bytes at a time. `npm run wasm` compiles it, `CellScanner` calls it.
 * Why: docs/decisions/cells-are-scanned-in-webassembly.md
 */

const LINE_FEED: u32 = 10;
const CARRIAGE_RETURN: u32 = 13;
const QUOTE: u32 = 34;
const PLUS: u32 = 43;
const MINUS: u32 = 45;
const ZERO: u32 = 48;
const LOWER_CASE: u32 = 32;
const LETTER_E: u32 = 101;

/** What a column is to the scan. The cells of any other one are the caller's. */
const SKIPPED: u32 = 0;
const NUMBER: u32 = 1;
const TEXT: u32 = 2;

/** Why the scan stopped. */
const BLOCK_ENDED: u32 = 0;
const CELL_LEFT: u32 = 1;
const NOT_PLAIN: u32 = 2;

/** The largest power of ten that is a double. */
const LARGEST_POWER: i32 = 22;
/** `widePowers` are 10^-40 to 10^40. */
const LARGEST_WIDE_POWER: i32 = 40;
/** Digits that fit in 64 bits, whatever they are. */
const MOST_DIGITS: u32 = 19;
/** Each integer up to here is a double. Of larger ones two may be the same: they are left to the caller. */
const EXACT_INTEGERS: u64 = (1 << 53) - 1;

/** Texts that are known of a column. Of each: 32 bytes, zeros after its own; its tag, 0 of none; its code. */
const SLOT_BITS: u32 = 9;
const SLOTS: u32 = 1 << SLOT_BITS;
const SLOT_BYTES: u32 = 64;
const TAG: u32 = 32;
const CODE: u32 = 36;

/** For the caller, who fills them: the place, the column, the row, its line, and how many more lines its cells have. */
export const state: usize = memory.data(20, 16);
/** The first 128 bits of each power of ten, the higher 64 first. */
export const widePowers: usize = memory.data(81 * 16, 16);
/** Where free memory begins. */
export const free: usize = __heap_base;
export const slotBytes: u32 = SLOTS * SLOT_BYTES;

const powers: usize = memory.data<f64>([
  1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
  1e21, 1e22,
]);
const wholePowers: usize = memory.data<u64>([
  1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000, 10000000000, 100000000000, 1000000000000,
  10000000000000, 100000000000000, 1000000000000000, 10000000000000000, 100000000000000000, 1000000000000000000,
  10000000000000000000,
]);
/** From byte n on: lanes that move the first n bytes of a vector to its end; from byte 32 + n on, those after the first one. */
const toTheEnd: usize = memory.data<u8>([
  128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11,
  12, 13, 14, 15, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 1, 2, 3, 4, 5, 6, 7,
  8, 9, 10, 11, 12, 13, 14, 15, 16,
]);
/** From byte 16 - n on: a mask of the first n bytes. */
const firstBytes: usize = memory.data<u8>([
  255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  0, 0, 0,
]);

/** Of digits, and of what two and four of them make; to load them takes less time than a constant does. */
const weights: usize = memory.data<i16>([
  10, 1, 10, 1, 10, 1, 10, 1, 100, 1, 100, 1, 100, 1, 100, 1, 10000, 1, 10000, 1, 10000, 1, 10000, 1,
]);

let delimiter: u32 = 0;
let point: u32 = 0;
let columnCount: u32 = 0;
let columns: usize = 0;
let lines: usize = 0;

/**
 * @param tableColumns per column of the table 16 bytes: its kind, where its values are (a double per row), and where the
 *   texts are that are known of it (0: nowhere)
 * @param rowLines where the line of each row goes, 32 bits each
 */
export function describe(separator: u32, sign: u32, count: u32, tableColumns: usize, rowLines: usize): void {
  delimiter = separator;
  point = sign;
  columnCount = count;
  columns = tableColumns;
  lines = rowLines;
}

/**
 * Scans on from where the state says, to the end of the block or as far as it can.
 * @param end of the block, whose last byte is a line end
 * @param isCellRead whether the state is at the end of a cell, and not before one
 */
export function scan(end: u32, isCellRead: bool): u32 {
  const last = columnCount - 1;
  let at = load<u32>(state);
  let column = load<u32>(state, 4);
  let row = load<u32>(state, 8);
  let line = load<u32>(state, 12);
  let stop = BLOCK_ENDED;
  let isRowNew = column == 0 && !isCellRead;
  while (true) {
    if (isRowNew) {
      for (; at < end && load<u8>(at) == LINE_FEED; at++) line++;
      if (at >= end) break;
      if (load<u8>(at) == CARRIAGE_RETURN) {
        stop = NOT_PLAIN;
        break;
      }
      isRowNew = false;
    }
    if (!isCellRead) {
      const cellEnd = readCell(at, columns + (column << 4), row);
      if (cellEnd == LEFT) {
        stop = CELL_LEFT;
        break;
      }
      at = cellEnd;
    }
    isCellRead = false;
    const byte = <u32>load<u8>(at);
    if (column < last && byte == delimiter) {
      at++;
      column++;
      continue;
    }
    const isLineEnd = byte == LINE_FEED || (byte == CARRIAGE_RETURN && load<u8>(at, 1) == LINE_FEED);
    if (column < last || !isLineEnd) {
      stop = NOT_PLAIN;
      break;
    }
    at += 1 + u32(byte == CARRIAGE_RETURN);
    store<u32>(lines + (row << 2), line);
    line += 1 + load<u32>(state, 16);
    store<u32>(state, 0, 16);
    row++;
    column = 0;
    isRowNew = true;
  }
  store<u32>(state, at);
  store<u32>(state, column, 4);
  store<u32>(state, row, 8);
  store<u32>(state, line, 12);
  return stop;
}

/** What is read instead of the end of a cell: the cell is the caller's. */
const LEFT: u32 = 0;

/** Puts a cell into its column. @returns the end of the cell, or `LEFT` */
// @ts-expect-error: decorator
@inline
function readCell(at: u32, column: usize, row: u32): u32 {
  const kind = load<u32>(column);
  if (kind == NUMBER) return readNumber(at, load<usize>(column, 4) + (row << 3));
  if (kind == TEXT) return readText(at, load<usize>(column, 8), load<usize>(column, 4) + (row << 3));
  return kind == SKIPPED ? skipCell(at) : LEFT;
}

// @ts-expect-error: decorator
@inline
function isEnd(byte: u32): bool {
  return byte == delimiter || byte == LINE_FEED || byte == CARRIAGE_RETURN;
}

function skipCell(start: u32): u32 {
  let at = start;
  for (; !isEnd(load<u8>(at)); at++) if (load<u8>(at) == QUOTE) return LEFT;
  return at;
}

// Numbers.

/**
 * An empty cell is NaN. Where the next cell begins does not wait for the sign: the first byte counts as one of the number, and is
 * looked at aside.
 */
// @ts-expect-error: decorator
@inline
function readNumber(at: u32, target: usize): u32 {
  const isNegative = u32(load<u8>(at) == MINUS);
  const head = v128.sub<u8>(v128.load(at), v128.splat<u8>(<u8>ZERO));
  const points = pointsOf(head);
  const known = digitsOf(head) | points | isNegative;
  const length = ctz<u32>(~(known | 1));
  const own = points & ((1 << length) - 1);
  const count = length - isNegative - u32(own != 0);
  const isPlain = (known & 1) != 0 && (own & (own - 1)) == 0;
  if (length < 16 && <i32>count > 0 && isPlain && isEnd(load<u8>(at + length))) {
    const pointAt = own ? ctz<u32>(own) : length;
    const power = load<f64>(powers + ((length - pointAt - u32(own != 0)) << 3));
    store<f64>(target, signed(<f64>(<i64>wholeOf(head, isNegative, pointAt, count)) / power, isNegative));
    return at + length;
  }
  return length < 16 || !isPlain ? readAnyNumber(at, target) : readLongNumber(at, target, isNegative, head);
}

// @ts-expect-error: decorator
@inline
function pointsOf(bytes: v128): u32 {
  return v128.bitmask<i8>(v128.eq<u8>(bytes, v128.splat<u8>(<u8>(point - ZERO))));
}

// @ts-expect-error: decorator
@inline
function digitsOf(bytes: v128): u32 {
  return v128.bitmask<i8>(v128.lt<u8>(bytes, v128.splat<u8>(10)));
}

/** Without a branch, as signs are mostly random; -0 is 0. */
// @ts-expect-error: decorator
@inline
function signed(value: f64, isNegative: u32): f64 {
  return value * <f64>(1 - (<i32>isNegative << 1)) + 0.0;
}

/** The number of `count` digits of a vector, from byte `first` on, which is 0 or 1, without the byte at `pointAt`. */
// @ts-expect-error: decorator
@inline
function wholeOf(digits: v128, first: u32, pointAt: u32, count: u32): u64 {
  const order = v128.load(toTheEnd + (first << 5) + count);
  const lanes = v128.sub<i8>(order, v128.ge<i8>(order, v128.splat<i8>(<i8>pointAt)));
  const ones = v128.swizzle(digits, lanes);
  const tens = v128.load(weights);
  const hundreds = v128.narrow<i32>(
    v128.dot<i16>(v128.extend_low<u8>(ones), tens),
    v128.dot<i16>(v128.extend_high<u8>(ones), tens),
  );
  const tenThousands = v128.dot<i16>(hundreds, v128.load(weights, 16));
  const packed = v128.narrow<i32>(tenThousands, tenThousands);
  const halves = v128.extract_lane<u64>(v128.dot<i16>(packed, v128.load(weights, 32)), 0);
  return (halves & 0xffffffff) * 100000000 + (halves >> 32);
}

/** Of 16 to 31 bytes without an exponent; the first of them are in `head`. */
// @ts-expect-error: decorator
@inline
function readLongNumber(at: u32, target: usize, isNegative: u32, head: v128): u32 {
  const tail = v128.sub<u8>(v128.load(at, 16), v128.splat<u8>(<u8>ZERO));
  const headPoint = pointsOf(head);
  const tailPoints = pointsOf(tail);
  const length = ctz<u32>(~(digitsOf(tail) | tailPoints) | 0x10000);
  const tailPoint = tailPoints & ((1 << length) - 1);
  const all = headPoint | (tailPoint << 16);
  const end = at + 16 + length;
  if (length == 16 || (all & (all - 1)) != 0 || !isEnd(load<u8>(end))) return readAnyNumber(at, target);
  const pointAt = headPoint ? ctz<u32>(headPoint) : 16;
  const tailBefore = tailPoint ? ctz<u32>(tailPoint) : length;
  const tailCount = length - u32(tailPoint != 0);
  const high = wholeOf(head, isNegative, pointAt, 16 - isNegative - u32(headPoint != 0));
  const low = wholeOf(tail, 0, tailBefore, tailCount);
  if (high >= load<u64>(wholePowers + ((MOST_DIGITS - tailCount) << 3))) return readAnyNumber(at, target);
  const fraction = headPoint ? 15 - pointAt + length : tailCount - tailBefore;
  const whole = high * load<u64>(wholePowers + (tailCount << 3)) + low;
  if (whole > EXACT_INTEGERS && all == 0) return LEFT;
  const value = scaledFraction(whole, fraction);
  store<f64>(target, signed(value, isNegative));
  return end;
}

/** Of a number with or without an exponent, quotes around it or not. */
function readAnyNumber(cell: u32, target: usize): u32 {
  if (isEnd(load<u8>(cell))) {
    store<f64>(target, NaN);
    return cell;
  }
  const isQuoted = load<u8>(cell) == QUOTE;
  let at = cell + u32(isQuoted);
  const sign = <u32>load<u8>(at);
  if (sign == MINUS || sign == PLUS) at++;
  const first = at;
  let whole: u64 = 0;
  let digits: u32 = 0;
  let pointAt: u32 = 0;
  let byte = <u32>load<u8>(at);
  for (; byte - ZERO < 10 || (byte == point && pointAt == 0); byte = load<u8>(++at)) {
    if (byte == point) {
      pointAt = at;
      continue;
    }
    whole = 10 * whole + (byte - ZERO);
    if (whole != 0 && ++digits > MOST_DIGITS) return LEFT;
  }
  if (at - first == u32(pointAt != 0)) return LEFT;
  if (whole > EXACT_INTEGERS && pointAt == 0 && (byte | LOWER_CASE) != LETTER_E) return LEFT;
  let exponent = pointAt == 0 ? 0 : <i32>(pointAt + 1 - at);
  if ((byte | LOWER_CASE) == LETTER_E) {
    const mark = <u32>load<u8>(++at);
    if (mark == MINUS || mark == PLUS) at++;
    const start = at;
    let power: i32 = 0;
    for (byte = load<u8>(at); byte - ZERO < 10 && at - start < 4; byte = load<u8>(++at)) {
      power = 10 * power + <i32>(byte - ZERO);
    }
    if (at == start) return LEFT;
    exponent += mark == MINUS ? -power : power;
  }
  if (isQuoted && byte != QUOTE) return LEFT;
  at += u32(isQuoted);
  const value = scaled(whole, exponent);
  if (isNaN(value) || !isEnd(load<u8>(at))) return LEFT;
  store<f64>(target, signed(value, u32(sign == MINUS)));
  return at;
}

/** One correctly rounded operation where both operands are doubles: Clinger, How to read floating point numbers accurately, PLDI 1990. */
function scaled(whole: u64, exponent: i32): f64 {
  if (whole == 0) return 0;
  if (whole > EXACT_INTEGERS || exponent > LARGEST_POWER || exponent < -LARGEST_POWER) return scaledWide(whole, exponent);
  const value = <f64>(<i64>whole);
  if (exponent < 0) return value / load<f64>(powers + (-exponent << 3));
  return value * load<f64>(powers + (exponent << 3));
}

/**
 * whole × 10^exponent, rounded to nearest, ties to even; NaN where the power is beyond the table.
 * Lemire, Number parsing at a gigabyte per second, 2021; that it needs no other way out: Mushtak and Lemire, Fast number
 * parsing without fallback, 2023.
 */
function scaledWide(whole: u64, exponent: i32): f64 {
  if (whole == 0) return 0;
  if (exponent > LARGEST_WIDE_POWER || exponent < -LARGEST_WIDE_POWER) return NaN;
  const power = widePowers + ((exponent + LARGEST_WIDE_POWER) << 4);
  const zeros = <u32>clz<u64>(whole);
  const digits = whole << zeros;
  let low = multiply(digits, load<u64>(power));
  let high = productHigh;
  // Where the next 64 bits of the power may carry into those that count.
  if ((high & 0x1ff) == 0x1ff) {
    multiply(digits, load<u64>(power, 8));
    low += productHigh;
    if (low < productHigh) high++;
  }
  const top = <u32>(high >> 63);
  const shift = top + 9;
  let mantissa = high >> shift;
  // floor(exponent × log2(10)) is (217706 × exponent) >> 16 for these exponents.
  let binary = ((217706 * exponent) >> 16) + <i32>(top + 1086 - zeros);
  // Exactly between two doubles: to the even one.
  if (low <= 1 && exponent >= -4 && exponent <= 23 && (mantissa & 3) == 1 && mantissa << shift == high) mantissa--;
  mantissa = (mantissa + (mantissa & 1)) >> 1;
  if (mantissa == 1 << 53) {
    mantissa = 1 << 52;
    binary++;
  }
  return reinterpret<f64>((mantissa & ((1 << 52) - 1)) | (<u64>binary << 52));
}

/**
 * whole / 10^fraction, as `scaledWide` has it, where it needs neither the lowest bits of the product nor to look for ties: there
 * are none below 10^-4. What is left out of the product is less than 3 in the first 64 bits of it.
 */
// @ts-expect-error: decorator
@inline
function scaledFraction(whole: u64, fraction: u32): f64 {
  const power = widePowers + ((LARGEST_WIDE_POWER - fraction) << 4);
  const zeros = clz<u64>(whole);
  const digits = whole << zeros;
  const aLow = digits & 0xffffffff;
  const aHigh = digits >> 32;
  const bLow = <u64>load<u32>(power);
  const bHigh = <u64>load<u32>(power, 4);
  const high = aHigh * bHigh + ((aHigh * bLow) >> 32) + ((aLow * bHigh) >> 32);
  if (fraction <= 4 || whole == 0 || (high & 0x1ff) >= 0x1fc) return scaledWide(whole, -<i32>fraction);
  const top = high >> 63;
  const mantissa = high >> (top + 9);
  const binary = <u64>((-217706 * <i32>fraction) >> 16) + top + 1085 - zeros;
  return reinterpret<f64>((binary << 52) + ((mantissa + (mantissa & 1)) >> 1));
}

let productHigh: u64 = 0;

/** The lower 64 bits of a × b; the higher ones are in `productHigh`. */
// @ts-expect-error: decorator
@inline
function multiply(a: u64, b: u64): u64 {
  const aLow = a & 0xffffffff;
  const aHigh = a >> 32;
  const bLow = b & 0xffffffff;
  const bHigh = b >> 32;
  const lows = aLow * bLow;
  const cross = aHigh * bLow + (lows >> 32);
  const other = aLow * bHigh + (cross & 0xffffffff);
  productHigh = aHigh * bHigh + (cross >> 32) + (other >> 32);
  return (other << 32) | (lows & 0xffffffff);
}

// Lines.

/** Vectors whose line ends are counted in bytes: no more than a byte can count. */
const COUNTED_VECTORS: u32 = 255;

/** How many lines end in a text; ~ of that where a byte of it is not ASCII. */
export function countLines(start: u32, end: u32): i32 {
  let count: i32 = 0;
  let bits = i64x2(0, 0);
  let at = start;
  while (at + 16 <= end) {
    const stop = min<u32>(at + 16 * COUNTED_VECTORS, at + ((end - at) & ~15));
    let counts = i64x2(0, 0);
    for (; at < stop; at += 16) {
      const bytes = v128.load(at);
      bits = v128.or(bits, bytes);
      counts = v128.sub<i8>(counts, v128.eq<i8>(bytes, v128.splat<i8>(<i8>LINE_FEED)));
    }
    const sums = v128.extadd_pairwise<u16>(v128.extadd_pairwise<u8>(counts));
    count += v128.extract_lane<i32>(sums, 0) + v128.extract_lane<i32>(sums, 1);
    count += v128.extract_lane<i32>(sums, 2) + v128.extract_lane<i32>(sums, 3);
  }
  let other: u32 = v128.bitmask<i8>(bits);
  for (; at < end; at++) {
    const byte = <u32>load<u8>(at);
    count += u32(byte == LINE_FEED);
    other |= byte & 128;
  }
  return other == 0 ? count : ~count;
}

// Texts.

/** The text that was taken last: its bytes and zeros after them, its length and quotes, the end of its cell. */
let firstHalf: v128 = i64x2(0, 0);
let secondHalf: v128 = i64x2(0, 0);
let tag: u32 = 0;
let textEnd: u32 = 0;

/** What is read of a text is its code, if the caller has told it. */
function readText(cell: u32, slots: usize, target: usize): u32 {
  if (slots == 0 || !takeText(cell)) return LEFT;
  let slot = slotOf(slots);
  if (!isTakenText(slot)) slot ^= SLOT_BYTES;
  if (!isTakenText(slot)) return LEFT;
  store<f64>(target, load<u32>(slot, CODE));
  return textEnd;
}

/** Tells the code of a cell's text. A slot is used again: what is forgotten is asked for again. */
export function remember(cell: u32, slots: usize, code: u32): void {
  if (slots == 0 || !takeText(cell)) return;
  let slot = slotOf(slots);
  if (load<u32>(slot, TAG) != 0) slot ^= SLOT_BYTES;
  v128.store(slot, firstHalf);
  v128.store(slot, secondHalf, 16);
  store<u32>(slot, tag, TAG);
  store<u32>(slot, code, CODE);
}

/** @param slots `slotBytes` of memory, at a multiple of 128 */
export function forgetTexts(slots: usize): void {
  memory.fill(slots, 0, SLOTS * SLOT_BYTES);
}

/** @returns whether it is a text of up to 31 bytes without a quote inside; `textEnd` is where it ends then */
function takeText(cell: u32): bool {
  const isQuoted = load<u8>(cell) == QUOTE;
  const start = cell + u32(isQuoted);
  const stop = isQuoted ? QUOTE : delimiter;
  const head = v128.load(start);
  const headLength = textLength(head, stop);
  const tail = v128.load(start, 16);
  const tailLength = headLength < 16 ? 0 : textLength(tail, stop);
  const length = headLength + tailLength;
  const byte = load<u8>(start + length);
  if (length == 32 || (byte == QUOTE) != isQuoted) return false;
  textEnd = start + length + u32(isQuoted);
  if (!isEnd(load<u8>(textEnd))) return false;
  firstHalf = v128.and(head, v128.load(firstBytes + 16 - headLength));
  secondHalf = v128.and(tail, v128.load(firstBytes + 16 - tailLength));
  tag = 1 + length + (u32(isQuoted) << 8);
  return true;
}

// @ts-expect-error: decorator
@inline
function textLength(bytes: v128, stop: u32): u32 {
  const stops = v128.or(
    v128.or(v128.eq<u8>(bytes, v128.splat<u8>(<u8>stop)), v128.eq<u8>(bytes, v128.splat<u8>(<u8>QUOTE))),
    v128.or(v128.eq<u8>(bytes, v128.splat<u8>(<u8>LINE_FEED)), v128.eq<u8>(bytes, v128.splat<u8>(<u8>CARRIAGE_RETURN))),
  );
  return ctz<u32>(v128.bitmask<i8>(stops) | 0x10000);
}

/** The first of the two in which the text may be. */
function slotOf(slots: usize): usize {
  const mixed =
    v128.extract_lane<u64>(firstHalf, 0) ^
    rotl<u64>(v128.extract_lane<u64>(firstHalf, 1), 29) ^
    rotl<u64>(v128.extract_lane<u64>(secondHalf, 0), 47) ^
    rotl<u64>(v128.extract_lane<u64>(secondHalf, 1), 13);
  // 2^64 divided by the golden ratio: Knuth, The Art of Computer Programming, volume 3, 6.4.
  return slots + (<usize>((mixed * 0x9e3779b97f4a7c15) >> (64 - SLOT_BITS))) * SLOT_BYTES;
}

function isTakenText(slot: usize): bool {
  if (load<u32>(slot, TAG) != tag) return false;
  const differences = v128.or(
    v128.xor(v128.load(slot), firstHalf),
    v128.xor(v128.load(slot, 16), secondHalf),
  );
  return !v128.any_true(differences);
}
