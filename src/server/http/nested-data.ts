import type { Violations } from '../refusal.js';
import { describe } from './json-reader.js';

/**
 * Data as the protocol allows it: in one row-major array, or nested as the shape says. Nested data has its lengths
 * checked here, since nothing of them is left afterwards.
 *
 * @returns the elements in one array; their types are not checked
 */
export function flatten(
  data: readonly unknown[],
  shape: readonly number[],
  field: string,
  violations: Violations,
): readonly unknown[] {
  // A matrix is the most that a model takes: whoever checks shapes refuses more sizes.
  if (!Array.isArray(data[0]) || shape.length > 2) return data;
  if (shape.length < 2) {
    violations.add(`${field}[0]`, `expected one array, as the shape has one size, found an array in it`);
    return [];
  }
  const [rowCount, width] = shape;
  if (data.length !== rowCount) {
    violations.add(field, `expected ${rowCount} rows, found ${data.length}`);
    return [];
  }
  const bad = data.findIndex((row) => !Array.isArray(row) || row.length !== width);
  if (bad < 0) return data.flat();
  const row = data[bad];
  const found = Array.isArray(row) ? `${row.length} elements` : describe(row);
  violations.add(`${field}[${bad}]`, `expected an array of ${width}, found ${found}`);
  return [];
}
