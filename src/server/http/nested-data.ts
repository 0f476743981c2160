import { describe, type JsonReader, type List, listOf } from './json-reader.js';
import { LargeArray } from './large-json.js';

/** Steps of a row, beside its elements. */
const ROW_STEPS = 10;

/**
 * Flattens data, which may be one row-major array or nested as the shape says. The lengths of nested data are checked
 * here, as they are lost afterwards.
 *
 * @returns the elements in one list; their types are not checked
 */
export async function flatten(
  data: List,
  shape: readonly number[],
  field: string,
  { turns, violations }: JsonReader,
): Promise<List> {
  const first = data.pieces[0]?.[0];
  // A model takes a matrix at most: the check of shapes refuses more sizes.
  if (!(Array.isArray(first) || first instanceof LargeArray) || shape.length > 2) return data;
  if (shape.length < 2) {
    violations.add(`${field}[0]`, `expected one array, as the shape has one size, found an array in it`);
    return listOf([]);
  }
  const [rowCount, width] = shape;
  if (data.length !== rowCount) {
    violations.add(field, `expected ${rowCount} rows, found ${data.length}`);
    return listOf([]);
  }
  // The pieces of the rows are those of the whole.
  const pieces: unknown[][] = [];
  let index = 0;
  for (const row of data.pieces.flat()) {
    if (turns.spend(ROW_STEPS)) await turns.pause();
    const list = Array.isArray(row) ? listOf(row) : row instanceof LargeArray ? row : undefined;
    if (list?.length !== width) {
      const found = list ? `${list.length} elements` : describe(row);
      violations.add(`${field}[${index}]`, `expected an array of ${width}, found ${found}`);
      return listOf([]);
    }
    pieces.push(...list.pieces);
    index++;
  }
  return { length: rowCount * width, pieces };
}
