import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  BLOCK_ENDED,
  CELL_LEFT,
  CellScanner,
  createScanner,
  NUMBER,
  TEXT,
} from '../../../src/data/csv/cell-scanner.js';

const scanner = new CellScanner();

/**
 * Scans cells, one below the other, in the second of three columns.
 * @returns per cell its number; undefined where it is left to the caller, who skips it
 */
function scanNumbers(cells: readonly string[], point = '.'): (number | undefined)[] {
  const text = cells.map((cell) => `x;${cell};\n`).join('');
  const bytes = Buffer.from(text);
  const block = {
    bytes,
    lineCount: cells.length,
    delimiter: 59,
    point: point.charCodeAt(0),
    columnCount: 3,
    wanted: [1],
  };
  expect(scanner.open(block)).toBe(true);
  scanner.setKind(1, NUMBER);
  const left = new Set<number>();
  let stop = scanner.scan(0, 1);
  while (stop === CELL_LEFT) {
    left.add(scanner.row);
    stop = scanner.scanOn(scanner.at + Buffer.byteLength(cells[scanner.row]!), 0);
  }
  expect(stop).toBe(BLOCK_ENDED);
  expect(scanner.row).toBe(cells.length);
  return Array.from(scanner.values(1, cells.length), (value, row) => (left.has(row) ? undefined : value));
}

const digits = fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: 1, maxLength: 24 });
/** Any double in its shortest form, and digits with a point anywhere. */
const decimal = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.double({ noNaN: true, min: -1e6, max: 1e6 }).map(String),
  fc.double({ noNaN: true, min: -1, max: 1 }).map((value) => value.toFixed(17)),
  fc
    .tuple(fc.constantFrom('', '-', '+'), digits, fc.nat(24), fc.constantFrom('', '', 'e3', 'E-2', 'e+07', 'e-31'))
    .map(([sign, text, at, exponent]) => `${sign}${text.slice(0, at)}.${text.slice(at)}${exponent}`),
);

function expectNumbers(cells: readonly string[], point = '.'): number {
  const found = scanNumbers(cells, point);
  let scanned = 0;
  for (const [i, value] of found.entries()) {
    if (value === undefined) continue;
    scanned++;
    const text = cells[i]!.replace(point, '.');
    if (!Object.is(value, Number(text) + 0)) throw new Error(`${text}: ${value}`);
  }
  return scanned;
}

describe('scanning numbers', () => {
  it('gives what Number gives, to the last bit, or leaves the cell', () => {
    let scanned = 0;
    fc.assert(
      fc.property(fc.array(decimal, { minLength: 10, maxLength: 40 }), fc.constantFrom('.', ','), (cells, point) => {
        scanned += expectNumbers(
          cells.map((cell) => cell.replace('.', point)),
          point,
        );
      }),
      { numRuns: 3_000 },
    );
    expect(scanned).toBeGreaterThan(15_000);
  });

  it('rounds as Number where the digits lie next to the middle between two doubles', () => {
    const middle = fc
      .tuple(
        fc.bigInt({ min: 2n ** 52n, max: 2n ** 53n - 1n }),
        fc.integer({ min: 0, max: 4 }),
        fc.integer({ min: -2, max: 2 }),
      )
      // An odd number of halves, written with decimals: a tie, and its neighbours in the last digit.
      .map(([half, decimals, beside]) => {
        const text = String((2n * half + 1n) * 5n ** BigInt(decimals) + BigInt(beside));
        return decimals === 0 ? text : `${text.slice(0, -decimals)}.${text.slice(-decimals)}`;
      });
    let scanned = 0;
    fc.assert(
      fc.property(fc.array(middle, { minLength: 10, maxLength: 40 }), (cells) => {
        scanned += expectNumbers(cells);
      }),
      { numRuns: 2_000 },
    );
    expect(scanned).toBeGreaterThan(15_000);
  });

  it('rounds as Number for each power of ten, with digits of every length', () => {
    const cells: string[] = [];
    for (let exponent = -45; exponent <= 45; exponent++) {
      for (let length = 1; length <= 19; length++) {
        for (const digit of ['1', '5', '9']) cells.push(`${digit.repeat(length)}e${exponent}`);
      }
    }
    expect(expectNumbers(cells)).toBeGreaterThan(4_000);
  });

  it('reads random numbers as Number does, hundreds of thousands of them', () => {
    let seed = 42;
    const next = () => {
      seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
      return seed / 2 ** 32;
    };
    const cells = Array.from({ length: 100_000 }, (_, i) => {
      const value = (next() - 0.5) * 10 ** Math.floor(16 * next() - 8);
      return i % 2 === 0 ? String(value) : value.toFixed(i % 13);
    });
    expect(expectNumbers(cells)).toBeGreaterThan(99_000);
  });

  it.each(['-', '.', '-.', 'x', 'e5', '1e', '1e+', 'NaN', ' 1', '1 ', '0x10', '1.2.3', '1_000', '1e400', '1e-400'])(
    'leaves %j to the caller',
    (cell) => {
      expect(scanNumbers(['1', cell, '2'])).toEqual([1, undefined, 2]);
    },
  );

  it.each([
    '123456789012345678901234567890',
    '--1',
    '"1',
    '1"',
    '"1"2',
    '""',
    '"a"',
    '1e12345',
    '9007199254740992',
    '-1234567890123456789',
    '"9007199254740993"',
  ])('leaves %j to the caller as well', (cell) => {
    expect(scanNumbers([cell])).toEqual([undefined]);
  });

  it.each([
    ['', Number.NaN],
    ['-0', 0],
    ['-0.0', 0],
    ['5.', 5],
    ['.5', 0.5],
    ['+1', 1],
    ['007', 7],
    ['"1.5"', 1.5],
    ['0.1000000000000000055', 0.1],
    ['0.00000000000000000000', 0],
    ['000000000000000000000000000001', 1],
    ['9007199254740991', 9007199254740991],
    ['9007199254740993.0', 9007199254740992],
    ['-9007199254740993e1', Number('-90071992547409930')],
    ['1.5e-5', 0.000015],
  ])('reads %j', (cell, value) => {
    expect(scanNumbers([cell])).toEqual([value]);
  });
});

describe('scanning text', () => {
  /** Codes by order of appearance, as the caller tells them. */
  function scanTexts(cells: readonly string[]): { codes: number[]; asked: string[] } {
    const bytes = Buffer.from(cells.map((cell) => `${cell}\r\n`).join(''));
    scanner.open({ bytes, lineCount: cells.length, delimiter: 44, point: 46, columnCount: 1, wanted: [0] });
    scanner.setKind(0, TEXT);
    const values = scanner.values(0, cells.length);
    const asked: string[] = [];
    let stop = scanner.scan(0, 1);
    while (stop === CELL_LEFT) {
      const { at, row } = scanner;
      const cell = cells[row]!;
      if (!asked.includes(cell)) asked.push(cell);
      values[row] = asked.indexOf(cell);
      scanner.remember(0, at, values[row]!);
      stop = scanner.scanOn(at + Buffer.byteLength(cell), 0);
    }
    expect(stop).toBe(BLOCK_ENDED);
    return { codes: [...values], asked };
  }

  it('gives the code of a text that it was told, and of no other', () => {
    const text = fc.oneof(
      fc.string({ unit: fc.constantFrom('a', 'b', '0', ' ', 'é'), minLength: 1, maxLength: 40 }),
      fc.constantFrom('"a"', 'a', '"a b"', '"a,b"', '"a""b"'),
    );
    fc.assert(
      fc.property(
        fc.array(text, { minLength: 1, maxLength: 12 }),
        fc.array(fc.nat(11), { maxLength: 60 }),
        (texts, order) => {
          const cells = [...texts, ...order.map((i) => texts[i % texts.length]!)];
          const { asked, codes } = scanTexts(cells);
          expect(codes.map((code) => asked[code])).toEqual(cells);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it('asks once for each of 200 texts, and may ask again where there are thousands', () => {
    let questions = 0;
    const count = (distinct: number) => {
      questions = 0;
      const cells = Array.from({ length: 20_000 }, (_, i) => `text ${(i * 7) % distinct}`);
      const bytes = Buffer.from(cells.map((cell) => `${cell}\n`).join(''));
      scanner.open({ bytes, lineCount: cells.length, delimiter: 44, point: 46, columnCount: 1, wanted: [0] });
      scanner.setKind(0, TEXT);
      const codes = new Map<string, number>();
      for (let stop = scanner.scan(0, 1); stop === CELL_LEFT; ) {
        const { at, row } = scanner;
        const cell = cells[row]!;
        if (!codes.has(cell)) codes.set(cell, codes.size);
        questions++;
        scanner.remember(0, at, codes.get(cell)!);
        stop = scanner.scanOn(at + cell.length, 0);
      }
    };
    count(200);
    expect(questions).toBeLessThan(2_000);
    count(5_000);
    expect(questions).toBeGreaterThan(5_000);
  });
});

it('leaves a block that would take too much memory', () => {
  const block = { bytes: Buffer.alloc(8), delimiter: 44, point: 46, columnCount: 1, wanted: [0] };
  expect(scanner.open({ ...block, lineCount: 1 << 24 })).toBe(false);
  expect(scanner.open({ ...block, lineCount: 4 })).toBe(true);
});

describe('counting lines', () => {
  it('counts line ends, and tells whether all is ASCII, wherever the text begins and ends', () => {
    const part = fc.constantFrom('\n', 'a', '\r\n', '"', '12345,', 'é', 'x'.repeat(15), '\n'.repeat(5000));
    fc.assert(
      fc.property(fc.array(part, { maxLength: 60 }), fc.nat(20), fc.nat(20), (parts, before, after) => {
        const text = Buffer.from(parts.join(''));
        const room = scanner.take(before + text.length + after)!;
        room.fill(10);
        text.copy(room, before);
        const { isAscii, lineCount } = scanner.countLines(room.subarray(before, before + text.length));
        expect(lineCount).toBe(text.filter((byte) => byte === 10).length);
        expect(isAscii).toBe(text.every((byte) => byte < 128));
      }),
      { numRuns: 500 },
    );
  });
});

it('scans a text where it was read, whatever stands behind it', () => {
  const text = '1.5,2\n12345678901.25,-4\n';
  const room = scanner.take(100)!;
  room.fill('9');
  const bytes = room.subarray(3, 3 + room.write(text, 3));
  expect(scanner.open({ bytes, lineCount: 2, delimiter: 44, point: 46, columnCount: 2, wanted: [0, 1] })).toBe(true);
  for (const column of [0, 1]) scanner.setKind(column, NUMBER);
  expect(scanner.scan(0, 1)).toBe(BLOCK_ENDED);
  expect([...scanner.values(0, 2), ...scanner.values(1, 2)]).toEqual([1.5, 12345678901.25, 2, -4]);
});

describe('where memory ends', () => {
  /** What the types of Node leave out. */
  const wasm = Reflect.get(globalThis, 'WebAssembly') as { Memory: new (size: object) => { grow: unknown } };
  const withMemory = (make: (size: object) => object) => {
    const Memory = new Proxy(wasm.Memory, { construct: (_, [size]) => make(size) });
    vi.stubGlobal(
      'WebAssembly',
      new Proxy(wasm, { get: (all, name) => (name === 'Memory' ? Memory : Reflect.get(all, name)) }),
    );
  };
  afterEach(() => void vi.unstubAllGlobals());

  it('there is no scanner, when nothing is left for one', () => {
    withMemory(() => {
      throw new RangeError('WebAssembly.Memory(): could not allocate memory');
    });
    expect(createScanner()).toBeUndefined();
  });

  it('there is none either, on a processor without vectors', () => {
    const { CompileError } = wasm as unknown as { CompileError: new (message: string) => Error };
    withMemory(() => {
      throw new CompileError('WebAssembly.Module(): Wasm SIMD unsupported');
    });
    expect(createScanner()).toBeUndefined();
  });

  it('any other error is not taken for that', () => {
    withMemory(() => {
      throw new TypeError('no size');
    });
    expect(createScanner).toThrow('no size');
  });

  it('a block is refused that needs more', () => {
    withMemory((size) => {
      const memory = new wasm.Memory(size);
      memory.grow = () => {
        throw new RangeError('WebAssembly.Memory.grow(): Unable to grow instance memory');
      };
      return memory;
    });
    const block = { lineCount: 1, delimiter: 44, point: 46, columnCount: 1, wanted: [0] };
    const small = createScanner();
    expect(small?.open({ ...block, bytes: Buffer.alloc(1 << 20) })).toBe(false);
    expect(small?.take(1 << 20)).toBeUndefined();
    expect(small?.open({ ...block, bytes: Buffer.from('1\n') })).toBe(true);
  });
});
