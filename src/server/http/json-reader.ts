import { PartCounter } from '../../protocol/infer-request-codec.js';
import type { InferParameter, InferParameters } from '../../protocol/messages.js';
import { quote, type Violations } from '../calls/refusal.js';
import type { Turns } from '../calls/turns.js';
import { LargeArray } from './large-json.js';

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

/** The array type of each datatype: a number that it changes is not of that type. */
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
  BOOL: Uint8Array,
};

/** Elements in order, in one piece or several. */
export type List = Pick<LargeArray, 'length' | 'pieces'>;

export function listOf(elements: unknown[]): List {
  return { length: elements.length, pieces: [elements] };
}

/** More sizes than any tensor has: the check of shapes refuses them. */
const MAX_SIZES = 8;
const NUMBER_STEPS = 2;
const TEXT_STEPS = 40;

/**
 * Reads values of parsed JSON. A value of another type is a violation, and reads as empty; more than gRPC would accept is
 * a RequestError at once.
 */
export class JsonReader {
  readonly violations: Violations;
  readonly turns: Turns;
  readonly #parts = new PartCounter();

  constructor(violations: Violations, turns: Turns) {
    this.violations = violations;
    this.turns = turns;
  }

  text(value: unknown, field: string): string {
    return typeof value === 'string' ? value : this.#reject(field, 'a string', value, '');
  }

  list(value: unknown, field: string): List {
    if (value instanceof LargeArray) return value;
    return Array.isArray(value) ? listOf(value) : this.#reject(field, 'an array', value, listOf([]));
  }

  /** As `text`; null is absent, and so empty. */
  optionalText(value: unknown, field: string): string {
    return value == null ? '' : this.text(value, field);
  }

  /** Parameters of the protocol: names with a bool, a number or a string. Null counts as absent, also as a value. */
  parameters(value: unknown, field: string): InferParameters | undefined {
    if (value == null) return undefined;
    const parameters: Record<string, InferParameter> = Object.create(null);
    for (const [name, element] of Object.entries(this.object(value, field))) {
      this.#parts.addTensor();
      if (typeof element === 'string') parameters[name] = { string_param: element };
      else if (typeof element === 'boolean') parameters[name] = { bool_param: element };
      else if (typeof element === 'number') parameters[name] = { double_param: element };
      else if (element !== null) parameters[name] = { string_param: describe(element) };
    }
    return parameters;
  }

  object(value: unknown, field: string): JsonObject {
    const found = typeof value === 'object' && value !== null && !isArray(value);
    return found ? (value as JsonObject) : this.#reject(field, 'an object', value, {});
  }

  async objects(value: unknown, field: string): Promise<JsonObject[]> {
    const objects: JsonObject[] = [];
    for (const piece of this.list(value, field).pieces) {
      for (const element of piece) {
        if (this.turns.spend(TEXT_STEPS)) await this.turns.pause();
        this.#parts.addTensor();
        objects.push(this.object(element, `${field}[${objects.length}]`));
      }
    }
    return objects;
  }

  /** Sizes of a tensor; too many are not read. */
  sizes(value: unknown, field: string): number[] {
    const [sizes = [], ...more] = this.list(value, field).pieces;
    if (more.length > 0) return this.#reject(field, `an array of at most ${MAX_SIZES} sizes`, value, []);
    const bad = sizes.length > MAX_SIZES ? -1 : sizes.findIndex((element) => !Number.isInteger(element));
    return bad < 0 ? (sizes as number[]) : this.#reject(`${field}[${bad}]`, 'an integer', sizes[bad], []);
  }

  /** Elements of BYTES: UTF-8; null is a missing value, which is empty. */
  async texts(data: List, field: string): Promise<Uint8Array[]> {
    const texts: Uint8Array[] = [];
    for (const piece of data.pieces) {
      for (const element of piece) {
        if (typeof element !== 'string' && element !== null) {
          return this.#reject(`${field}[${texts.length}]`, 'a string or null', element, []);
        }
        if (this.turns.spend(TEXT_STEPS)) await this.turns.pause();
        this.#parts.addText();
        texts.push(Buffer.from(element ?? ''));
      }
    }
    return texts;
  }

  /** Elements of a number type; null is a missing value, which only floating point has. */
  async numbers(data: List, datatype: string, field: string): Promise<ArrayLike<number>> {
    const values = new storage[datatype](data.length);
    let filled = 0;
    for (const piece of data.pieces) {
      if (this.turns.spend(piece.length * NUMBER_STEPS)) await this.turns.pause();
      const bad = fillNumbers(values, filled, piece, datatype);
      if (bad >= 0) {
        return this.#reject(`${field}[${filled + bad}]`, expectedOf(datatype), piece[bad], values);
      }
      filled += piece.length;
    }
    return values;
  }

  #reject<Empty>(field: string, expected: string, found: unknown, empty: Empty): Empty {
    this.violations.add(field, `expected ${expected}, found ${describe(found)}`);
    return empty;
  }
}

function expectedOf(datatype: string): string {
  if (datatype === 'BOOL') return 'true or false';
  return datatype.startsWith('FP') ? 'a number or null' : `an integer that ${datatype} has, within 2^53`;
}

/** The index of the first element that is not of the datatype; -1 where all are. */
function fillNumbers(values: NumberArray, start: number, elements: readonly unknown[], datatype: string): number {
  if (datatype === 'BOOL') return fillBooleans(values, start, elements);
  const isFloat = datatype.startsWith('FP');
  const least = datatype === 'UINT64' ? 0 : Number.MIN_SAFE_INTEGER;
  for (let index = 0, at = start; index < elements.length; index++, at++) {
    const element = elements[index] === null && isFloat ? Number.NaN : elements[index];
    if (typeof element !== 'number') return index;
    values[at] = element;
    if (isFloat || (values[at] === element && Number.isSafeInteger(element) && element >= least)) continue;
    return index;
  }
  return -1;
}

function fillBooleans(values: NumberArray, start: number, elements: readonly unknown[]): number {
  for (let index = 0; index < elements.length; index++) {
    const element = elements[index];
    if (typeof element !== 'boolean') return index;
    values[start + index] = element ? 1 : 0;
  }
  return -1;
}

function isArray(value: unknown): boolean {
  return Array.isArray(value) || value instanceof LargeArray;
}

export function describe(value: unknown): string {
  if (value === undefined) return 'none';
  if (typeof value === 'string') return quote(value);
  if (isArray(value)) return 'an array';
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}
