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
  /** Of a batch; default: as many as the first column has cells. */
  rowCount: number | undefined;

  constructor(columns: readonly string[], batches: readonly (readonly BatchColumn[])[]) {
    this.#columns = columns;
    this.#batches = batches;
  }

  async open() {
    const all = this.#batches;
    let row = 1;
    const { rowCount: given } = this;
    return {
      columns: this.#columns,
      warnings: [],
      async *batches(wanted: readonly { index: number }[]): AsyncGenerator<Batch, void> {
        for (const columns of all) {
          const [first] = columns;
          const rowCount = given ?? (first!.kind === 'number' ? first!.values.length : first!.codes.length);
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

  it.each<[string, string, BatchColumn[]]>([
    [
      'cell',
      'row 1: colour: expected a code from 0 to 1, found 2',
      [number(1), text(['red', 'blue'], 2), text(['a'], 0)],
    ],
    [
      'cell',
      'row 1: colour: expected no code, as there are no texts, found 0',
      [number(1), text([], 0), text(['a'], 0)],
    ],
    [
      'cell',
      'row 1: size: expected a finite number, or NaN where it is missing, found Infinity',
      [number(Infinity), text(['b'], 0), text(['a'], 0)],
    ],
    [
      'columns',
      'size: expected 2 cells, one for each place, found 1',
      [number(1), text(['b'], 0, 0), text(['a'], 0, 0)],
    ],
    ['columns', 'colour: expected 1 cell, one for each place, found 2', [number(1), text(['b'], 0, 0), text(['a'], 0)]],
    [
      'columns',
      'size: expected a Float64Array of values, found an array of 1',
      [{ kind: 'number', values: [1] } as never, text(['b'], 0), text(['a'], 0)],
    ],
    [
      'columns',
      'colour: expected an array of texts, found an array of 1',
      [number(1), text([5 as never], 0), text(['a'], 0)],
    ],
    [
      'columns',
      'colour: expected a Uint32Array of codes, found an array of 1',
      [number(1), { kind: 'text', texts: ['b'], codes: [0] } as never, text(['a'], 0)],
    ],
    [
      'columns',
      'colour: expected a column of kind number or text, found date',
      [number(1), { kind: 'date', codes: [0] } as never, text(['a'], 0)],
    ],
    ['columns', 'species: expected texts, as they are wanted, found numbers', [number(1), text(['b'], 0), number(1)]],
  ])('with a batch that is none is refused (%s): %s', async (reason, message, columns) => {
    const source = new ResultSource(names, [columns]);
    source.rowCount = message.includes('2 cells') ? 2 : 1;
    await expect(readDataset(source)).rejects.toThrow(
      expect.objectContaining({ name: 'DataError', reason, message: `query: ${message}` }),
    );
    expect(source.closed).toBe(true);
  });

  it.each<[string, string, readonly string[]]>([
    ['header', 'expected different column names, found "size" for columns 1 and 3', ['size', 'colour', 'size']],
    ['header', 'expected column names, an array of texts, found an array of 3', ['size', 1 as never, 'species']],
    ['columns', 'expected 2 to 100000 columns, found 1', ['size']],
  ])('without columns of different names is refused (%s): %s', async (reason, message, columns) => {
    const source = new ResultSource(columns, [first]);
    await expect(readDataset(source)).rejects.toThrow(
      expect.objectContaining({ name: 'DataError', reason, message: `query: ${message}` }),
    );
    expect(source.closed).toBe(true);
  });

  it('that gives another number of columns than are wanted is refused', async () => {
    const source = new ResultSource(names, [first]);
    const open = source.open.bind(source);
    source.open = async () => {
      const table = await open();
      const batches = async function* (wanted: readonly { index: number }[]) {
        for await (const batch of table.batches(wanted)) yield { ...batch, columns: batch.columns.slice(1) };
      };
      return { ...table, batches };
    };
    await expect(readDataset(source)).rejects.toThrow('query: expected a batch of 3 columns, found an array of 2');
  });

  it('is no number', async () => {
    const refused = { name: 'UsageError', option: 'input', value: 5 };
    await expect(readDataset(5 as never)).rejects.toMatchObject(refused);
  });

  it('has 0 for -0', async () => {
    const zero = await readDataset(
      new ResultSource(names, [[number(-0, 1), text(['r'], 0, 0), text(['a', 'b'], 0, 1)]]),
    );
    expect(Object.is(zero.features[0]!.values[0], 0)).toBe(true);
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
