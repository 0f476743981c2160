import { ArtifactError, type ArtifactReason } from '../../ground/errors.js';
import { MAX_CLASSES } from '../../ground/limits.js';
import { quote, shownValue } from '../../ground/quote.js';
import type { JsonText } from './json-text.js';

/** @throws ArtifactError always: where, expected, found */
export function refuse(path: string, expected: string, found: unknown): never {
  throw new ArtifactError(reasonAt(path), `${path}: expected ${expected}, found ${shownValue(found)}`);
}

/** What a value stands for, by the part of the document that it is in. */
const REASONS: readonly (readonly [RegExp, ArtifactReason])[] = [
  [/^sha256$/, 'hash'],
  [/^format$/, 'format'],
  [/^version$/, 'version'],
  [/^(model\.)?trees?\b/, 'tree'],
  [/^verification\b/, 'verification'],
];

function reasonAt(path: string): ArtifactReason {
  return REASONS.find(([part]) => part.test(path))?.[1] ?? 'value';
}

/** An object with exactly these keys, in any order. `path` is empty for the whole document. */
export function readObject(
  value: unknown,
  path: string,
  keys: readonly string[],
  optional: readonly string[] = [],
): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return refuse(path, 'an object', value);
  }
  checkKeys(new Set(Object.keys(value)), path, keys, optional);
  return value as Record<string, unknown>;
}

/** As `readObject`, where it lies: where the value of each key begins. */
export function readMembers(
  text: JsonText,
  at: number,
  path: string,
  keys: readonly string[],
  optional: readonly string[] = [],
): ReadonlyMap<string, number> {
  if (!text.isObject(at)) refuse(path, 'an object', text.glimpse(at));
  const { values } = text.members(at);
  checkKeys(values, path, keys, optional);
  return values;
}

function checkKeys(
  found: Pick<ReadonlySet<string>, 'has' | 'keys'>,
  path: string,
  keys: readonly string[],
  optional: readonly string[],
): void {
  const prefix = path === '' ? '' : `${path}: `;
  for (const key of keys) {
    if (!found.has(key)) throw new ArtifactError('key', `${prefix}the key ${quote(key)} is missing`);
  }
  for (const key of found.keys()) {
    if (!keys.includes(key) && !optional.includes(key)) {
      throw new ArtifactError('key', `${prefix}the key ${quote(key)} is not part of the format`);
    }
  }
}

/** An array where it lies; checks how many elements it has, where that is known. @returns how many it has */
export function readLength(text: JsonText, at: number, path: string, length?: number): number {
  if (!text.isArray(at)) return refuse(path, 'an array', text.glimpse(at));
  const found = text.length(at);
  if (length !== undefined && found !== length) refuse(path, `an array of ${length}`, text.glimpse(at));
  return found;
}

/** A part of a model as JSON.parse gives it, unless it has more than `most` elements and members in all. */
export function readPart(text: JsonText, at: number, path: string, most: number): unknown {
  const found = text.commas(at) + 1;
  if (found > most)
    throw new ArtifactError('too-large', `${path}: expected at most ${most} values in all, found ${found}`);
  return text.parse(at);
}

/** @param length how many elements there have to be, where that is known */
export function readArray(value: unknown, path: string, length?: number): readonly unknown[] {
  if (!Array.isArray(value)) return refuse(path, 'an array', value);
  if (length !== undefined && value.length !== length) refuse(path, `an array of ${length}`, value);
  return value;
}

/** A finite number of at least `min`; -0 reads as 0, because its canonical form is `0`. */
export function readNumber(value: unknown, path: string, min = Number.NEGATIVE_INFINITY): number {
  if (typeof value !== 'number' || !Number.isFinite(value)) return refuse(path, 'a finite number', value);
  if (value < min) refuse(path, `a number of at least ${min}`, value);
  return value + 0;
}

export function readInteger(value: unknown, path: string, min: number, max: number): number {
  if (!Number.isSafeInteger(value) || (value as number) < min || (value as number) > max) {
    return refuse(path, min === max ? `${min}` : `an integer from ${min} to ${max}`, value);
  }
  return (value as number) + 0;
}

export function readBoolean(value: unknown, path: string): boolean {
  return typeof value === 'boolean' ? value : refuse(path, 'true or false', value);
}

export function readString(value: unknown, path: string): string {
  return typeof value === 'string' ? value : refuse(path, 'a string', value);
}

/** A string that matches; `expected` says what the pattern means. */
export function readMatch(value: unknown, path: string, pattern: RegExp, expected: string): string {
  return typeof value === 'string' && pattern.test(value) ? value : refuse(path, expected, value);
}

/** Strings, each of them once. */
export function readNames(value: unknown, path: string): string[] {
  const names = readArray(value, path).map((name, index) => readString(name, `${path}[${index}]`));
  const seen = new Set<string>();
  for (const [index, name] of names.entries()) {
    if (seen.has(name)) refuse(`${path}[${index}]`, 'every name once', name);
    seen.add(name);
  }
  return names;
}

/** The labels of a model. @throws ArtifactError */
export function readClasses(text: JsonText, at: number): string[] {
  const count = readLength(text, at, 'classes');
  if (count < 2 || count > MAX_CLASSES) refuse('classes', `2 to ${MAX_CLASSES} classes`, text.glimpse(at));
  return readNames(text.parse(at), 'classes');
}
