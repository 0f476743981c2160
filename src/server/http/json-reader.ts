import { PartCounter } from '../../protocol/infer-request-codec.js';
import { quote, type Violations } from '../refusal.js';

export type JsonObject = Readonly<Record<string, unknown>>;

type NumberArray =
  | Float64Array
  | Float32Array
  | Int8Array
  | Int16Array
  | Int32Array
  | Uint8Array
  | Uint16Array
  | Uint32Array;

/** Where the numbers of a datatype are kept: a number that comes out otherwise than it went in is not of that type. */
const storage: Readonly<Record<string, new (length: number) => NumberArray>> = {
  FP64: Float64Array,
  FP32: Float32Array,
  INT8: Int8Array,
  INT16: Int16Array,
  INT32: Int32Array,
  INT64: Float64Array,
  UINT8: Uint8Array,
  UINT16: Uint16Array,
  UINT32: Uint32Array,
  UINT64: Float64Array,
};

/**
 * Takes parsed JSON apart. What is of another type is a violation, and reads as empty; more than gRPC takes too is a
 * RequestError at once.
 */
export class JsonReader {
  readonly violations: Violations;
  readonly #parts = new PartCounter();

  constructor(violations: Violations) {
    this.violations = violations;
  }

  text(value: unknown, field: string): string {
    return typeof value === 'string' ? value : this.#reject(field, 'a string', value, '');
  }

  list(value: unknown, field: string): readonly unknown[] {
    return Array.isArray(value) ? value : this.#reject(field, 'an array', value, []);
  }

  object(value: unknown, field: string): JsonObject {
    const found = typeof value === 'object' && value !== null && !Array.isArray(value);
    return found ? (value as JsonObject) : this.#reject(field, 'an object', value, {});
  }

  objects(value: unknown, field: string): JsonObject[] {
    return this.list(value, field).map((element, index) => {
      this.#parts.addTensor();
      return this.object(element, `${field}[${index}]`);
    });
  }

  integers(value: unknown, field: string): number[] {
    const list = this.list(value, field);
    const bad = list.findIndex((element) => !Number.isInteger(element));
    return bad < 0 ? (list as number[]) : this.#reject(`${field}[${bad}]`, 'an integer', list[bad], []);
  }

  /** Elements of BYTES: UTF-8; null is a missing value, which is empty. */
  texts(data: readonly unknown[], field: string): Uint8Array[] {
    const bad = data.findIndex((element) => typeof element !== 'string' && element !== null);
    if (bad >= 0) return this.#reject(`${field}[${bad}]`, 'a string or null', data[bad], []);
    return data.map((element) => {
      this.#parts.addText();
      return Buffer.from((element as string | null) ?? '');
    });
  }

  /** Elements of a number type; null is a missing value, which only floating point has. */
  numbers(data: readonly unknown[], datatype: string, field: string): ArrayLike<number> {
    const values = new storage[datatype](data.length);
    const isFloat = datatype.startsWith('FP');
    const least = datatype === 'UINT64' ? 0 : Number.MIN_SAFE_INTEGER;
    for (let index = 0; index < data.length; index++) {
      const element = data[index] === null && isFloat ? Number.NaN : data[index];
      if (typeof element === 'number') {
        values[index] = element;
        if (isFloat || (values[index] === element && Number.isSafeInteger(element) && element >= least)) continue;
      }
      const expected = isFloat ? 'a number or null' : `an integer that ${datatype} has, within 2^53`;
      return this.#reject(`${field}[${index}]`, expected, element, values);
    }
    return values;
  }

  #reject<Empty>(field: string, expected: string, found: unknown, empty: Empty): Empty {
    this.violations.add(field, `expected ${expected}, found ${describe(found)}`);
    return empty;
  }
}

export function describe(value: unknown): string {
  if (value === undefined) return 'none';
  if (typeof value === 'string') return quote(value);
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}
