import { describe, expect, it } from 'vitest';
import { rowInWords } from '../../src/data/dataset.js';
import { readDataset } from '../../src/data/read-dataset.js';
import { readRows } from '../../src/data/read-rows.js';
import { hashRows } from '../../src/data/row-hash.js';
import { tableSha256 } from '../../src/data/table-hash.js';
import type { Batch, BatchColumn, TableSource } from '../../src/data/table-source.js';
import { readText } from './fixture.js';

const number = (...values: number[]): BatchColumn => ({ kind: 'number', values: Float64Array.from(values) });
/** Texts as a dictionary has them: in any order, some of them unused. */
const text = (texts: string[], ...codes: number[]): BatchColumn => ({
  kind: 'text',
  texts,
  codes: Uint32Array.from(codes),
});

/** The rows of a query's result, as they come from a database: typed, in batches of its own. */
class ResultSource implements TableSource {
  readonly origin = { name: 'query', unit: 'row' as const };
  readonly #columns: readonly string[];
  readonly #batches: readonly (readonly BatchColumn[])[];
  closed = false;

  constructor(columns: readonly string[], batches: readonly (readonly BatchColumn[])[]) {
    this.#columns = columns;
    this.#batches = batches;
  }

  async open() {
    const all = this.#batches;
    let row = 1;
    return {
      columns: this.#columns,
      warnings: [],
      async *batches(wanted: readonly { index: number }[]): AsyncGenerator<Batch, void> {
        for (const columns of all) {
          const [first] = columns;
          const rowCount = first!.kind === 'number' ? first!.values.length : first!.codes.length;
          const places = Uint32Array.from({ length: rowCount }, () => row++);
          const cells = Array.from(places, () => columns.map(() => ''));
          yield { places, columns: wanted.map(({ index }) => columns[index]!), cells };
        }
      },
      close: async () => {
        this.closed = true;
      },
    };
  }
}

const names = ['size', 'colour', 'species'];
const first = [number(1.5, Number.NaN), text(['unused', 'red', ''], 1, 2), text(['b', 'a'], 1, 0)];
const second = [number(0, 1e21), text(['blue', 'red'], 0, 1), text(['a'], 0, 0)];

describe('a source that is no file', () => {
  it('gives the table, and the hash, that CSV gives', async () => {
    const source = new ResultSource(names, [first, second]);
    const dataset = await readDataset(source);
    const csv = await readText('size,colour,species\n1.5,red,a\n,,b\n0,blue,a\n1e21,red,a\n');
    const { lines, rowUnit, source: name, warnings, ...table } = dataset;
    expect(csv).toMatchObject(table);
    expect([name, rowUnit, [...lines]]).toEqual(['query', 'row', [1, 2, 3, 4]]);
    expect(tableSha256(dataset, hashRows(dataset))).toBe(tableSha256(csv, hashRows(csv)));
    expect(source.closed).toBe(true);
    expect(rowInWords(dataset, 2)).toBe('query: row 3');
    expect(rowInWords(csv, 2)).toBe('<stdin>:4');
  });

  it.each([
    [
      [number(2), text(['red'], 0), text([''], 0)],
      'query: row 5: species: expected a class, found an empty cell; option dropMissingTarget=true leaves out the rows without one',
    ],
    [
      [number(2, 3), number(Number.NaN, 7), text(['a'], 0, 0)],
      'query: row 6: colour: expected text as in row 1 ("red"), found the number 7; option categorical=colour reads the column as text',
    ],
    [
      [text(['2', 'x'], 0, 1), text(['red'], 0, 0), text(['a'], 0, 0)],
      'query: row 6: size: expected a number, found "x"; option categorical=size reads the column as text',
    ],
  ])('names the row of an error: %#', async (third, message) => {
    const source = new ResultSource(names, [first, second, third]);
    await expect(readDataset(source)).rejects.toThrow(
      expect.objectContaining({ name: 'DataError', reason: 'cell', message }),
    );
    expect(source.closed).toBe(true);
  });

  it('is closed where its columns are not the wanted ones', async () => {
    const source = new ResultSource(names, [first]);
    await expect(readDataset(source, { target: 'kind' })).rejects.toThrow('expected the target "kind"');
    expect(source.closed).toBe(true);
  });

  it('is predicted from', async () => {
    const features = [
      { name: 'colour', kind: 'category' as const, categories: ['blue', 'red'] },
      { name: 'size', kind: 'number' as const },
    ];
    const chunks = [];
    for await (const chunk of readRows(new ResultSource(names, [first, second]), { features }, { chunkRows: 3 }))
      chunks.push(chunk);
    expect(chunks.map(({ rows }) => [...rows])).toEqual([
      [1, 1.5, Number.NaN, Number.NaN, 0, 0],
      [1, 1e21],
    ]);
    expect(chunks.map(({ places }) => [...places])).toEqual([[1, 2, 3], [4]]);
  });
});
