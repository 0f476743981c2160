import { describe, expect, it } from 'vitest';
import { type ReadRowsOptions, type RowChunk, readRows } from '../../../src/data/csv/read-rows.js';
import { DataError } from '../../../src/ground/errors.js';
import { UNKNOWN_CATEGORY } from '../../../src/ground/limits.js';
import { inPieces } from '../fixture.js';

const schema = {
  features: [
    { name: 'size', kind: 'number' as const },
    { name: 'colour', kind: 'category' as const, categories: ['blue', 'red'] },
  ],
};

async function chunksOf(text: string, options: ReadRowsOptions = {}, features = schema.features.slice()) {
  const chunks: RowChunk[] = [];
  const stdin = inPieces(Buffer.from(text), 7);
  for await (const chunk of readRows('-', { features }, { ...options, stdin })) chunks.push(chunk);
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
        cells: [
          ['a', 'red', ' 7 ', '1.50'],
          ['', 'green', '8', ''],
          ['b', '', '9', '-0'],
        ],
        lines: Uint32Array.of(2, 3, 4),
      },
    ]);
  });

  it.each([
    [1, [1, 1, 1, 1, 1]],
    [2, [2, 2, 1]],
    [5, [5]],
    [6, [5]],
  ])('comes in chunks of %d rows', async (chunkRows, counts) => {
    const chunks = await chunksOf('size,colour\n1,red\n2,red\n3,blue\n4,red\n5,red\n', { chunkRows });
    expect(chunks.map(({ rowCount }) => rowCount)).toEqual(counts);
    expect(chunks.flatMap(({ rows }) => [...rows].filter((_, i) => i % 2 === 0))).toEqual([1, 2, 3, 4, 5]);
    expect(chunks.flatMap(({ lines }) => [...lines])).toEqual([2, 3, 4, 5, 6]);
  });

  it('needs one column only for a model of one feature', async () => {
    const [chunk] = await chunksOf('size\n1\n2\n', {}, schema.features.slice(0, 1));
    expect([...chunk!.rows]).toEqual([1, 2]);
  });

  it('gives the chunks before a bad row, then the error with its line', async () => {
    const stdin = inPieces(Buffer.from('size,colour\n1,red\n2,red\nx,red\n'), 100);
    const seen: number[] = [];
    const reading = (async () => {
      for await (const { rowCount } of readRows('-', schema, { chunkRows: 1, stdin })) seen.push(rowCount);
    })();
    await expect(reading).rejects.toThrow(new DataError('<stdin>:4: size: expected a number, found "x"'));
  });

  it.each([
    ['size,colour\n', '<stdin>: expected rows, found only a header'],
    ['', '<stdin>: expected a table, found an empty file'],
    ['size,color\n1,red\n', '<stdin>: expected the feature "colour", found the columns size, color'],
    ['size,colour\n1\n', '<stdin>:2: expected 2 cells, found 1'],
  ])('refuses %j', async (text, message) => {
    await expect(chunksOf(text)).rejects.toThrow(new DataError(message));
  });
});
