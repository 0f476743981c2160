import { type Advice, DataError } from '../../ground/errors.js';
import { nameInWords, namesInWords } from '../../ground/quote.js';
import type { CellGrammar } from '../cells.js';
import { requireDifferentNames } from '../checked-source.js';
import {
  type Batch,
  type BatchColumn,
  type BatchOptions,
  type OpenTable,
  type Origin,
  placeInWords,
  type WantedColumn,
} from '../table-source.js';
import { missingNumbers, type RowRange, readNumbers, readTexts } from './cells.js';
import type { TypedChunk, TypedColumn, TypedResult, Values } from './result.js';

/** Rows of which the cells are texts at a time. */
const ROWS_WITH_CELLS = 4096;

/**
 * A result as a table. Its numbers are numbers whatever the grammar; its texts are read as cells of CSV are.
 *
 * @param minColumns as in `TableSource.open`
 * @throws DataError for columns of one name, or too few of them
 */
export function typedTable(
  origin: Origin,
  result: TypedResult,
  { missing }: CellGrammar,
  minColumns: 1 | 2,
): OpenTable {
  const names = result.columns.map(({ name }) => name);
  if (names.length < minColumns) {
    const expected = `expected at least ${minColumns} columns`;
    throw new DataError('columns', `${origin.name}: ${expected}, found ${namesInWords(names) || 'none'}`);
  }
  requireDifferentNames(names, origin.name);
  return {
    columns: names,
    warnings: [],
    batches: (wanted, options) => new BatchReader(origin, result, missingNumbers(missing), wanted).read(options),
    close: () => result.close(),
  };
}

class BatchReader {
  readonly #origin: Origin;
  readonly #result: TypedResult;
  readonly #missing: ReadonlySet<number>;
  readonly #wanted: readonly WantedColumn[];
  #goOn = false;

  constructor(origin: Origin, result: TypedResult, missing: ReadonlySet<number>, wanted: readonly WantedColumn[]) {
    this.#origin = origin;
    this.#result = result;
    this.#missing = missing;
    this.#wanted = wanted;
  }

  async *read({ cells = false, goOn = false }: BatchOptions = {}): AsyncGenerator<Batch, void> {
    this.#goOn = goOn;
    this.#refuseForeign();
    const { columns } = this.#result;
    const indexes = cells ? [...columns.keys()] : [...new Set(this.#wanted.map(({ index }) => index))];
    let before = 0;
    try {
      for await (const chunk of this.#result.chunks(indexes)) {
        const valuesOf = cells ? await held(chunk, indexes) : (column: number) => chunk.values(column);
        for (let start = 0; start < chunk.rowCount; ) {
          const end = cells ? Math.min(start + ROWS_WITH_CELLS, chunk.rowCount) : chunk.rowCount;
          yield* this.#batches(valuesOf, { start, end }, before, { cells, goOn });
          start = end;
        }
        before += chunk.rowCount;
      }
    } finally {
      await this.#result.close();
    }
    if (before === 0) throw new DataError('empty', `${this.#origin.name}: expected rows, found none`);
  }

  /** @throws DataError for a column that no feature can be made of */
  #refuseForeign(): void {
    const { columns } = this.#result;
    const foreign = [...new Set(this.#wanted.map(({ index }) => columns[index]!))].filter(
      ({ type }) => type.kind === 'foreign',
    );
    const [first] = foreign as [TypedColumn & { readonly type: { readonly name: string } }];
    if (first === undefined) return;
    const expected = 'expected numbers, text, true or false, dates or times';
    throw new DataError(
      'columns',
      `${this.#origin.name}: ${nameInWords(first.name)}: ${expected}, found ${first.type.name}`,
      {
        advice: { option: 'ignore', value: foreign.map(({ name }) => name), effect: 'leaves it out' },
      },
    );
  }

  /** One, but where a row in it is an error: then the rows above it, and the error. */
  async *#batches(
    valuesOf: TypedChunk['values'],
    range: RowRange,
    before: number,
    options: Required<BatchOptions>,
  ): AsyncGenerator<Batch, void> {
    const errors = new Map<number, DataError>();
    const places = Uint32Array.from({ length: range.end - range.start }, (_, row) => before + range.start + row + 1);
    const read = new Map<string, BatchColumn>();
    const columns: BatchColumn[] = [];
    for (const wanted of this.#wanted) {
      const key = `${wanted.index} ${isText(wanted)}`;
      const column = read.get(key) ?? (await this.#column(wanted, await valuesOf(wanted.index), range, places, errors));
      read.set(key, column);
      columns.push(column);
    }
    const rows = [...errors.keys()].sort((a, b) => a - b);
    if (rows.length > 0 && !options.goOn) {
      if (rows[0]! > 0) yield* this.#batches(valuesOf, { ...range, end: range.start + rows[0]! }, before, options);
      throw errors.get(rows[0]!)!;
    }
    yield {
      places,
      columns,
      ...(options.cells && { cells: await this.#cells(valuesOf, range) }),
      ...(rows.length > 0 && { refused: rows.map((row) => ({ row, error: errors.get(row)! })) }),
    };
  }

  /** @param errors are added to, by row of the range; of several in a row the first column's stays */
  #column(
    wanted: WantedColumn,
    values: Values,
    range: RowRange,
    places: Uint32Array,
    errors: Map<number, DataError>,
  ): BatchColumn {
    const { name, type } = this.#result.columns[wanted.index]!;
    const numbers = isText(wanted) ? undefined : readNumbers(values, type, range, this.#missing);
    if (numbers === undefined) return readTexts(values, type, range);
    for (const row of numbers.unheld) {
      const where = `${placeInWords(this.#origin, places[row]!)}: ${nameInWords(name)}`;
      const found = String(values[range.start + row]);
      const message = `${where}: expected a whole number that a double holds, found ${found}`;
      if (!errors.has(row)) errors.set(row, new DataError('cell', message, { advice: this.#adviceFor(name) }));
    }
    return numbers.cells;
  }

  /** Who goes on after a row predicts it: then the columns are the model's. */
  #adviceFor(name: string): Advice | undefined {
    if (this.#goOn) return undefined;
    const leaveOut = { option: 'ignore', value: [name], effect: 'leaves it out' };
    return { option: 'categorical', value: [name], effect: 'reads the column as text', or: leaveOut };
  }

  async #cells(valuesOf: TypedChunk['values'], range: RowRange): Promise<string[][]> {
    const { columns } = this.#result;
    const read = await Promise.all(
      columns.map(async ({ type }, column) => readTexts(await valuesOf(column), type, range)),
    );
    return Array.from({ length: range.end - range.start }, (_, row) =>
      read.map(({ codes, texts }) => texts[codes[row]!]!),
    );
  }
}

function isText({ asText, date }: WantedColumn): boolean {
  return asText || date !== undefined;
}

/** The values of a chunk, each decoded once. */
async function held(chunk: TypedChunk, indexes: readonly number[]): Promise<TypedChunk['values']> {
  const values = await Promise.all(indexes.map((column) => chunk.values(column)));
  return (column) => values[column]!;
}
