import { describe, expect, it } from 'vitest';
import { csvSource } from '../../src/data/csv/source.js';
import { type RowChunk, readRows } from '../../src/data/read-rows.js';
import { DataError } from '../../src/ground/errors.js';
import { UNKNOWN_CATEGORY } from '../../src/ground/limits.js';
import { inPieces } from './fixture.js';

const schema = {
  features: [
    { name: 'size', kind: 'number' as const },
    { name: 'colour', kind: 'category' as const, categories: ['blue', 'red'] },
  ],
};

const sourceOf = (text: string, pieceBytes: number) =>
  csvSource('-', { stdin: inPieces(Buffer.from(text), pieceBytes) });

async function chunksOf(text: string, chunkRows?: number, features = schema.features.slice()) {
  const chunks: RowChunk[] = [];
  for await (const chunk of readRows(sourceOf(text, 7), { features }, { chunkRows })) chunks.push(chunk);
  return chunks;
}

describe('reading rows to predict', () => {
  it('gives the features in the order of the model and every cell as it was written', async () => {
    const text = 'species,colour,id,size\na,red, 7 ,1.50\n,green,8,\nb,,9,-0\n';
    expect(await chunksOf(text)).toEqual([
      {
        columns: ['species', 'colour', 'id', 'size'],
        rowCount: 3,
        rows: Float64Array.of(1.5, 1, Number.NaN, UNKNOWN_CATEGORY, 0, Number.NaN),
        written: [
          { cells: ['a', 'red', ' 7 ', '1.50'] },
          { cells: ['', 'green', '8', ''] },
          { cells: ['b', '', '9', '-0'] },
        ],
        places: Uint32Array.of(2, 3, 4),
        bad: [],
      },
    ]);
  });

  it.each([
    [1, [1, 1, 1, 1, 1]],
    [2, [2, 2, 1]],
    [5, [5]],
    [6, [5]],
  ])('comes in chunks of %d rows', async (chunkRows, counts) => {
    const chunks = await chunksOf('size,colour\n1,red\n2,red\n3,blue\n4,red\n5,red\n', chunkRows);
    expect(chunks.map(({ rowCount }) => rowCount)).toEqual(counts);
    expect(chunks.flatMap(({ rows }) => [...rows].filter((_, i) => i % 2 === 0))).toEqual([1, 2, 3, 4, 5]);
    expect(chunks.flatMap(({ places }) => [...places])).toEqual([2, 3, 4, 5, 6]);
  });

  it('needs one column only for a model of one feature', async () => {
    const [chunk] = await chunksOf('size\n1\n2\n', undefined, schema.features.slice(0, 1));
    expect([...chunk!.rows]).toEqual([1, 2]);
  });

  it('goes on after rows with cells that cannot be read, and says of each why', async () => {
    const text = 'size,colour,mass\n1,red,2\nx,red,1\n3,blue,y\nx,red,z\n1e999,red,4\n5,red,?\n';
    const features = [...schema.features, { name: 'mass', kind: 'number' as const }];
    const chunks = await chunksOf(text, 4, features);
    const refused = chunks.map(({ bad }) => bad.map(({ error, row }) => [row, error]));
    const expected = (line: number, column: string, cell: string) =>
      new DataError('cell', `<stdin>:${line}: ${column}: expected a number, found "${cell}"`);
    expect(refused).toEqual([
      [
        [1, expected(3, 'size', 'x')],
        [2, expected(4, 'mass', 'y')],
        [3, expected(5, 'size', 'x')],
      ],
      [[0, expected(6, 'size', '1e999')]],
    ]);
    expect([...chunks[1]!.rows.slice(3)]).toEqual([5, 1, Number.NaN]);
  });

  it('refuses a quoted word where a number is needed', async () => {
    const [chunk] = await chunksOf('size,colour\nNA,red\n"NA",red\n');
    const error = new DataError('cell', '<stdin>:3: size: expected a number, found "NA" in quotes, which is text');
    expect(chunk!.bad).toEqual([{ row: 1, error }]);
  });

  it('goes on after rows of another length, with their cells cut or filled', async () => {
    const [chunk] = await chunksOf('size,colour\n1\n2,red\n3,red,4,5\nx\n6,blue\n');
    const error = (line: number, found: number) =>
      new DataError('syntax', `<stdin>:${line}: expected 2 cells, found ${found}`);
    expect(chunk!.bad).toEqual([
      { row: 0, error: error(2, 1) },
      { row: 2, error: error(4, 4) },
      { row: 3, error: error(5, 1) },
    ]);
    expect(chunk!.written.map(({ cells }) => cells)).toEqual([
      ['1', ''],
      ['2', 'red'],
      ['3', 'red'],
      ['x', ''],
      ['6', 'blue'],
    ]);
    expect([...chunk!.rows.subarray(2, 4), ...chunk!.rows.subarray(8)]).toEqual([2, 1, 6, 0]);
  });

  it('gives all rows before one that is none, then the error with its line', async () => {
    const text = `size,colour\n${'1,red\n'.repeat(100_000)}1,"red"2\n1,red\n`;
    let rowCount = 0;
    const reading = (async () => {
      for await (const chunk of readRows(sourceOf(text, 1 << 16), schema, { chunkRows: 999 }))
        rowCount += chunk.rowCount;
    })();
    await expect(reading).rejects.toThrow(
      expect.objectContaining({ reason: 'syntax', message: expect.stringMatching(/^<stdin>:100002: /) }),
    );
    expect(rowCount).toBe(100_000);
  });

  it.each([
    ['empty', 'size,colour\n', '<stdin>: expected rows, found only a header'],
    ['empty', '', '<stdin>: expected a table, found an empty file'],
    [
      'columns',
      'size\n1\n',
      '<stdin>:1: expected at least two columns, found one, "size"; the features are size, colour',
    ],
    ['columns', 'size,color\n1,red\n', '<stdin>: expected the feature "colour", found the columns size, color'],
  ] as const)('refuses as %s: %j', async (reason, text, message) => {
    await expect(chunksOf(text)).rejects.toThrow(new DataError(reason, message));
  });
});
