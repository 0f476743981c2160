/** Parts of models of other libraries, checked: where, expected, found. */
import { ArtifactError } from '../ground/errors.js';
import { nameInWords, shownValue } from '../ground/quote.js';

/** @param found undefined where the file has nothing there @throws ArtifactError always */
export function refuseValue(path: string, expected: string, found: unknown): never {
  throw new ArtifactError(
    'value',
    `${path}: expected ${expected}, found ${found === undefined ? 'none' : shownValue(found)}`,
  );
}

/** What the file has and this program can't honour. @throws ArtifactError always */
export function refuseUnsupported(message: string): never {
  throw new ArtifactError('unsupported', message);
}

export type ForeignObject = Readonly<Record<string, unknown>>;

export function objectAt(value: unknown, path: string): ForeignObject {
  if (typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value)) {
    return value as ForeignObject;
  }
  return refuseValue(path, 'an object', value);
}

/** A member of an object, which may be absent. */
export function member(object: ForeignObject, key: string): unknown {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

/** What is none of the known members may change what a model answers. @throws ArtifactError */
export function refuseUnknown(keys: Iterable<string>, known: ReadonlySet<string>, path: string): void {
  for (const key of keys) {
    if (!known.has(key)) refuseUnsupported(`${path}: ${nameInWords(key)} is not known, and so not read`);
  }
}

export function textAt(value: unknown, path: string): string {
  return typeof value === 'string' ? value : refuseValue(path, 'a text', value);
}

export function listAt(value: unknown, path: string): ArrayLike<unknown> {
  if (Array.isArray(value) || (ArrayBuffer.isView(value) && 'length' in value)) return value as ArrayLike<unknown>;
  return refuseValue(path, 'an array', value);
}

/** @param length how many there have to be, where that is known */
export function numbersAt(value: unknown, path: string, length?: number): ArrayLike<number> {
  const list = listAt(value, path);
  if (length !== undefined && list.length !== length) refuseValue(path, `an array of ${length}`, list);
  if (!Array.isArray(value)) return list as ArrayLike<number>;
  const other = value.findIndex((element) => typeof element !== 'number');
  return other < 0 ? (list as ArrayLike<number>) : refuseValue(`${path}[${other}]`, 'a number', value[other]);
}

export function textsAt(value: unknown, path: string, length?: number): readonly string[] {
  const list = Array.from(listAt(value, path), (element, index) => textAt(element, `${path}[${index}]`));
  return length === undefined || list.length === length ? list : refuseValue(path, `an array of ${length}`, list);
}

/** A whole number of a range; also as text, as some files have their numbers. */
export function wholeAt(value: unknown, path: string, least: number, most: number): number {
  const number = typeof value === 'string' && /^-?\d+$/.test(value) ? Number(value) : value;
  if (Number.isSafeInteger(number) && (number as number) >= least && (number as number) <= most)
    return number as number;
  return refuseValue(path, `a whole number from ${least} to ${most}`, value);
}

export function finiteAt(value: unknown, path: string): number {
  return typeof value === 'number' && Number.isFinite(value) ? value : refuseValue(path, 'a finite number', value);
}
