/** Arrays of numbers, read where they lie into typed ones. */
import { readInteger, readNumber, refuse } from './fields.js';
import type { JsonText } from './json-text.js';

const MAX_INDEX = 0xffff_ffff;

export type NumberArray = Int32Array | Uint8Array | Uint32Array;

/** Writes the elements of an array into `out`, from `offset` on. Paths are made for what is refused only. */
export function readIntegers(
  text: JsonText,
  array: number,
  path: string | (() => string),
  min: number,
  max: number,
  out: NumberArray,
  offset: number,
): void {
  const isWithin = (value: number) => value >= min && value <= max && Number.isInteger(value);
  const refuseAt = (found: unknown, index: number) =>
    readInteger(found, `${typeof path === 'string' ? path : path()}[${index}]`, min, max);
  const small = text.numbers(array);
  if (small !== undefined) {
    for (let index = 0; index < small.length; index++) if (!isWithin(small[index])) refuseAt(small[index], index);
    out.set(small, offset);
    return;
  }
  let index = offset;
  for (let at = text.first(array); at >= 0; at = text.next(text.numberEnd)) {
    const value = text.number(at);
    if (!isWithin(value)) refuseAt(text.glimpse(at), index - offset);
    out[index++] = value;
  }
}

/** As `readIntegers`, of finite numbers. */
export function readNumbers(
  text: JsonText,
  array: number,
  path: string,
  min: number | undefined,
  out: Float64Array,
): Float64Array {
  const small = text.numbers(array);
  if (small !== undefined) {
    for (let index = 0; index < small.length; index++) {
      if (min !== undefined && small[index] < min) readNumber(small[index], `${path}[${index}]`, min);
      out[index] = small[index] + 0;
    }
    return out;
  }
  let index = 0;
  for (let at = text.first(array); at >= 0; at = text.next(text.numberEnd)) {
    const value = text.number(at);
    if (!Number.isFinite(value) || (min !== undefined && value < min)) {
      readNumber(text.glimpse(at), `${path}[${index}]`, min);
    }
    // -0 reads as 0, because its canonical form is `0`.
    out[index++] = value + 0;
  }
  return out;
}

/** Sets of categories, each ascending; null where there is none. */
export function readSets(text: JsonText, array: number, path: string): (readonly number[] | null)[] {
  const sets: (readonly number[] | null)[] = [];
  for (let at = text.first(array); at >= 0; at = text.next(text.end(at))) {
    sets.push(readSet(text, at, `${path}[${sets.length}]`));
  }
  return sets;
}

function readSet(text: JsonText, array: number, path: string): readonly number[] | null {
  if (!text.isArray(array)) return text.glimpse(array) === null ? null : refuse(path, 'an array', text.glimpse(array));
  const set: number[] = [];
  for (let at = text.first(array); at >= 0; at = text.next(text.numberEnd)) {
    const index = text.number(at);
    if (!(index >= 0 && index <= MAX_INDEX && Number.isInteger(index))) {
      readInteger(text.glimpse(at), `${path}[${set.length}]`, 0, MAX_INDEX);
    }
    if (set.length > 0 && index <= set[set.length - 1]) {
      refuse(`${path}[${set.length}]`, `an index above ${set[set.length - 1]}`, index);
    }
    set.push(index + 0);
  }
  return set;
}
