import { ArtifactError } from '../../ground/errors.js';
import { quote } from '../../ground/quote.js';

/** An array of numpy. */
export interface NpyArray {
  readonly shape: readonly number[];
  /** Whether it has False and True, as 0 and 1. */
  readonly isBoolean: boolean;
  /** In the order of C. Of records: an array per field; else one, whose name is empty. */
  readonly fields: ReadonlyMap<string, readonly number[] | readonly string[] | Float64Array>;
}

/** One field of a record: its name, type and width in bytes. */
interface Field {
  readonly name: string;
  readonly type: string;
  readonly width: number;
}

const MAGIC = '\x93NUMPY';
const HEADER = /^\{'descr': (.+), 'fortran_order': (True|False), 'shape': \(([\d, ]*)\), \} *\n$/;
const FIELD = /\('([^'\\]*)', '([^'\\]*)'\)/g;
/** Numbers in little-endian order, text of UCS-4 and padding. */
const TYPE = /^([<|])([fiubUV])(\d+)$/;
const LETTER_BYTES = 4;

/**
 * The .npy format (numpy.lib.format), versions 1 to 3. The size of an array is that of the file before anything is made.
 *
 * @throws ArtifactError
 */
export function parseNpy(bytes: Buffer, name: string): NpyArray {
  const refuse = (expected: string, found: string): never => {
    throw new ArtifactError('value', `${name}: expected ${expected}, found ${found}`);
  };
  if (bytes.length < 12 || bytes.toString('latin1', 0, 6) !== MAGIC) refuse('an array of numpy', 'other bytes');
  const long = bytes[6] > 1;
  const start = long ? 12 : 10;
  const end = start + (long ? bytes.readUInt32LE(8) : bytes.readUInt16LE(8));
  if (end > bytes.length) refuse('a header within the file', 'one beyond its end');
  const [, description, fortran, dimensions] =
    HEADER.exec(bytes.toString('utf8', start, end)) ?? refuse('a header of numpy', 'other text');
  const shape = dimensions
    .split(',')
    .map((word) => word.trim())
    .filter(Boolean)
    .map(Number);
  if (fortran === 'True' && shape.filter((length) => length > 1).length > 1)
    refuse('rows one after another', 'columns');
  const fields = fieldsOf(description, refuse);
  const width = fields.reduce((sum, field) => sum + field.width, 0);
  const count = shape.reduce((product, length) => product * length, 1);
  if (count * width !== bytes.length - end) {
    refuse(`${count} elements of ${width} bytes`, `${bytes.length - end} bytes`);
  }
  const isBoolean = fields[0].type === 'b1';
  return { shape, isBoolean, fields: readFields(bytes.subarray(end), fields, count, width) };
}

function fieldsOf(description: string, refuse: (expected: string, found: string) => never): Field[] {
  const plain = /^'([^'\\]*)'$/.exec(description);
  const found = plain ? [['', plain[1]]] : [...description.matchAll(FIELD)].map(([, field, type]) => [field, type]);
  const fields = found.map(([field, text]): Field => {
    const [, , type, digits] = TYPE.exec(text) ?? refuse('numbers, or text, in little-endian order', quote(text));
    const size = Number(digits);
    const isKnown = type === 'U' || type === 'V' || `${type}${size}` in READERS;
    if (!isKnown) refuse('numbers of at most 64 bits', quote(text));
    return {
      name: field,
      type: type === 'U' || type === 'V' ? type : `${type}${size}`,
      width: type === 'U' ? size * LETTER_BYTES : size,
    };
  });
  if (fields.length === 0 || new Set(fields.map((field) => field.name)).size !== fields.length) {
    refuse('fields with a name each', quote(description));
  }
  return fields;
}

const READERS: Readonly<Record<string, (bytes: Buffer, at: number) => number>> = {
  f4: (bytes, at) => bytes.readFloatLE(at),
  f8: (bytes, at) => bytes.readDoubleLE(at),
  i1: (bytes, at) => bytes.readInt8(at),
  i2: (bytes, at) => bytes.readInt16LE(at),
  i4: (bytes, at) => bytes.readInt32LE(at),
  i8: (bytes, at) => Number(bytes.readBigInt64LE(at)),
  u1: (bytes, at) => bytes.readUInt8(at),
  u2: (bytes, at) => bytes.readUInt16LE(at),
  u4: (bytes, at) => bytes.readUInt32LE(at),
  u8: (bytes, at) => Number(bytes.readBigUInt64LE(at)),
  b1: (bytes, at) => bytes.readUInt8(at),
};

function readFields(bytes: Buffer, fields: readonly Field[], count: number, width: number): NpyArray['fields'] {
  const read = new Map<string, readonly string[] | Float64Array>();
  let offset = 0;
  for (const { name, type, width: own } of fields) {
    const from = offset;
    offset += own;
    if (type === 'V') continue;
    const at = (index: number) => index * width + from;
    if (type === 'U') {
      read.set(
        name,
        Array.from({ length: count }, (_, index) => textAt(bytes.subarray(at(index), at(index) + own))),
      );
      continue;
    }
    const number = READERS[type];
    read.set(
      name,
      Float64Array.from({ length: count }, (_, index) => number(bytes, at(index))),
    );
  }
  return read;
}

/** UCS-4, up to the zeros that fill the field. */
function textAt(bytes: Buffer): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += LETTER_BYTES) {
    const point = bytes.readUInt32LE(at);
    if (point === 0) break;
    text += point <= 0x10ffff ? String.fromCodePoint(point) : '\ufffd';
  }
  return text;
}
