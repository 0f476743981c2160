import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { numberContents, rawBytes, rawFp64, readElements } from '../../src/client/tensor.js';

/** Bytes at an odd offset, as they come off the wire. */
function unaligned(bytes: Uint8Array): Uint8Array {
  const room = new Uint8Array(bytes.length + 1);
  room.set(bytes, 1);
  return room.subarray(1);
}

describe('raw elements', () => {
  it.each([
    ['BOOL', '0100', [1, 0]],
    ['INT8', 'ff7f', [-1, 127]],
    ['INT16', 'feff0100', [-2, 1]],
    ['INT32', 'fdffffff01000000', [-3, 1]],
    ['INT64', 'fcffffffffffffff', [-4]],
    ['UINT8', 'ff00', [255, 0]],
    ['UINT16', 'ffff', [65_535]],
    ['UINT32', 'ffffffff', [4_294_967_295]],
    ['UINT64', '0000000001000000', [4_294_967_296]],
    ['FP32', '0000c03f', [1.5]],
    ['FP64', '000000000000f83f', [1.5]],
  ])('%s %s are read little-endian, at any offset', (datatype, hex, expected) => {
    const elements = readElements(datatype, null, unaligned(Buffer.from(hex, 'hex')));
    expect(Array.from(elements as ArrayLike<number>)).toEqual(expected);
  });

  it('of FP64 come back bit for bit', () => {
    fc.assert(
      fc.property(fc.float64Array(), (values) => {
        expect(readElements('FP64', null, unaligned(rawFp64(values)))).toEqual(values);
      }),
    );
  });

  it('of BYTES come back as the same texts', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' })), (texts) => {
        const elements = readElements('BYTES', null, unaligned(rawBytes(texts))) as Uint8Array[];
        expect(elements.map((element) => Buffer.from(element).toString())).toEqual(texts);
      }),
    );
  });

  it.each([
    ['FP64', '00000000'],
    ['BYTES', '0100'],
    ['BYTES', '02000000aa'],
    ['FP16', '0000'],
  ])('%s %s are refused when the length is wrong or the type unknown', (datatype, hex) => {
    expect(readElements(datatype, null, Buffer.from(hex, 'hex'))).toBeUndefined();
  });
});

describe('typed elements', () => {
  it('are written into the field of their datatype', () => {
    expect(numberContents('x', 'FP32', Float64Array.of(1.5))).toEqual({ fp32_contents: [1.5] });
    expect(numberContents('x', 'UINT8', Float64Array.of(255))).toEqual({ uint_contents: [255] });
    expect(numberContents('x', 'BOOL', Float64Array.of(1, 0))).toEqual({ bool_contents: [true, false] });
  });

  it.each([
    ['UINT8', 256],
    ['UINT8', -1],
    ['INT64', 9_007_199_254_740_992],
    ['BOOL', 2],
    ['INT8', 0.5],
  ])('%s does not take %d', (datatype, value) => {
    const write = () => numberContents('x', datatype, Float64Array.of(value));
    expect(write).toThrow(`x: expected ${datatype}, found ${value}`);
  });

  it('of BOOL are read as numbers', () => {
    expect(readElements('BOOL', { bool_contents: [true, false] }, undefined)).toEqual([1, 0]);
  });
});
