import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { postgresColumn } from '../../../src/data/postgres/column-types.js';
import { CopyReader } from '../../../src/data/postgres/copy-reader.js';
import { inPieces } from '../fixture.js';

const columns = ['float8', 'text', 'int8', 'bool'].map((typname, i) =>
  postgresColumn(`c${i}`, { oid: 1, shown: typname, typcategory: 'X', typname }),
);
type Row = [number | null, string | null, bigint | null, boolean | null];

/** As PostgreSQL writes it. */
function copyOf(rows: readonly Row[]): Buffer {
  const int16 = (value: number) => Buffer.from(new Uint8Array([value >> 8, value & 255]));
  const int32 = (value: number) => Buffer.concat([int16((value >> 16) & 0xffff), int16(value & 0xffff)]);
  const field = (bytes: Uint8Array | null) =>
    bytes === null ? int32(-1) : Buffer.concat([int32(bytes.length), bytes]);
  const eight = (write: (view: DataView) => void) => {
    const view = new DataView(new ArrayBuffer(8));
    write(view);
    return new Uint8Array(view.buffer);
  };
  const parts = rows.map(([a, b, c, d]) =>
    Buffer.concat([
      int16(4),
      field(a === null ? null : eight((view) => view.setFloat64(0, a))),
      field(b === null ? null : Buffer.from(b)),
      field(c === null ? null : eight((view) => view.setBigInt64(0, c))),
      field(d === null ? null : Uint8Array.of(Number(d))),
    ]),
  );
  return Buffer.concat([Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1'), int32(0), int32(0), ...parts, int16(-1)]);
}

async function read(bytes: Buffer, pieceBytes: number) {
  const reader = new CopyReader(columns, 'query');
  const rows: unknown[][] = [];
  const take = (chunks: ReturnType<CopyReader['push']>) => {
    for (const { rowCount, values } of chunks) {
      for (let row = 0; row < rowCount; row++) {
        rows.push(columns.map((_, column) => (values(column) as ArrayLike<unknown>)[row]));
      }
    }
  };
  for await (const piece of inPieces(bytes, pieceBytes)) take(reader.push(piece));
  take(reader.finish());
  return rows;
}

describe('a COPY in the binary format', () => {
  it('is its rows, however it is cut into pieces', async () => {
    const nullable = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null });
    const row = fc.tuple(
      nullable(fc.double()),
      nullable(fc.string({ unit: 'binary', maxLength: 5 })),
      nullable(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })),
      nullable(fc.boolean()),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(row, { maxLength: 9 }), fc.integer({ min: 1, max: 60 }), async (rows, pieceBytes) => {
        expect(await read(copyOf(rows), pieceBytes)).toEqual(
          rows.map((cells) => cells.map((cell) => cell ?? Number.NaN)),
        );
      }),
      { numRuns: 50 },
    );
  });

  it('is cut into chunks', async () => {
    const rows = Array.from({ length: 40_000 }, (_, i): Row => [i, null, BigInt(i), true]);
    expect(await read(copyOf(rows), 70_000)).toEqual(rows.map(([a, , c, d]) => [a, Number.NaN, c, d]));
  });

  it('has text that is UTF-8, or names the row and the column', async () => {
    const bytes = copyOf([
      [1, 'a\ufffd', 2n, true],
      [1, 'b?', 2n, true],
    ]);
    bytes[bytes.lastIndexOf('b?') + 1] = 0xff;
    await expect(read(bytes, 100)).rejects.toThrow(
      'query: row 2: c1: expected a value of text, found bytes that are no UTF-8',
    );
  });

  it('without its end is an error', async () => {
    const bytes = copyOf([[1, 'a', 2n, false]]);
    await expect(read(bytes.subarray(0, -3), 100)).rejects.toThrow('query: expected the end of the rows, found none');
  });
});
