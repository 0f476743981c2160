import { ArtifactError } from '../../ground/errors.js';
import { quote } from '../../ground/quote.js';

const LONE_SURROGATE = /\p{Surrogate}/u;

/**
 * The canonical form of a small value, as `writeCanonical` writes that of a text: nearly all of the work is native, which
 * is faster as long as code is not compiled.
 *
 * @param value what JSON.parse gives
 * @throws ArtifactError for what the scheme has no form for: numbers that are not finite, unpaired surrogates
 */
export function canonicalize(value: unknown): string {
  switch (typeof value) {
    case 'number':
      return canonicalNumber(value);
    case 'string':
      return canonicalString(value);
    case 'object':
      if (value === null) return 'null';
      if (Array.isArray(value)) return canonicalArray(value);
      return canonicalObject(value);
    default:
      return String(value);
  }
}

function canonicalArray(values: readonly unknown[]): string {
  return values.every(Number.isFinite) ? JSON.stringify(values) : `[${values.map(canonicalize).join()}]`;
}

function canonicalNumber(value: number): string {
  if (!Number.isFinite(value))
    throw new ArtifactError('value', 'expected finite 64-bit numbers, found one out of their range');
  return JSON.stringify(value);
}

export function canonicalString(value: string): string {
  if (LONE_SURROGATE.test(value)) {
    throw new ArtifactError('value', `expected Unicode text, found an unpaired surrogate in ${quote(value)}`);
  }
  return JSON.stringify(value);
}

function canonicalObject(value: object): string {
  // Array.prototype.sort without a comparator orders by UTF-16 code unit, which is what the RFC asks for.
  const members = Object.keys(value)
    .sort()
    .map((key) => `${canonicalString(key)}:${canonicalize((value as Record<string, unknown>)[key])}`);
  return `{${members.join()}}`;
}
