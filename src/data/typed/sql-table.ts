import type { CellType } from './cell-type.js';
import type { TypedChunk, TypedColumn } from './result.js';

/** What of SQL differs between engines. An expression is SQL; a literal stands for exactly its value. */
export interface Dialect {
  /** As people call the engine. */
  readonly name: string;
  /** The type of a double. */
  readonly double: string;
  quoteName(name: string): string;
  numberLiteral(value: number): string;
  textLiteral(value: string): string;
  /** A column as a double, the very one that is read of it; undefined where SQL cannot make it. */
  numberOf(column: string, type: CellType): string | undefined;
  /** A column as the text that is read of it; undefined where SQL cannot make it. */
  textOf(column: string, type: CellType): string | undefined;
  /** A text without any of these characters around it. */
  trimmed(text: string, characters: string): string;
  /**
   * What makes a row of each value of a row: the number of the column, `f`, and the value, `x`. Absent where an engine counts
   * columns faster one at a time.
   * @param columns with their numbers
   */
  readonly unpivoted?: (columns: ReadonlyMap<number, string>) => string;
  /** Whether a text is one of some literals; NULL of NULL. */
  isOneOf(text: string, literals: readonly string[]): string;
  /** The MD5 of a text, in UTF-8, as hex digits that compare by their bytes. */
  md5(text: string): string;
}

/** Each column of a result, in its order: numbers, missing ones as NaN; or texts, missing ones as null. */
export type SqlShape = readonly ('number' | 'text')[];

export interface SqlRows {
  readonly rowCount: number;
  numbers(column: number): ArrayLike<number>;
  texts(column: number): readonly (string | null)[];
}

export interface SqlOptions {
  /** For an engine in this process, which otherwise takes what it finds. */
  readonly memoryBytes: number;
}

/** A table that its engine can be asked of. It is one state of the table where the engine has snapshots. */
export interface SqlTable {
  readonly dialect: Dialect;
  /** For messages. */
  readonly name: string;
  /** What stands after FROM. */
  readonly from: string;
  readonly columns: readonly TypedColumn[];
  /** The rows of a query, as they come. Its numbers are doubles. @throws as the batches of the source do */
  ask(sql: string, shape: SqlShape): AsyncGenerator<SqlRows, void>;
  close(): Promise<void>;
}

/** What a query gives. @param chunk of doubles and texts */
export async function sqlRows(chunk: TypedChunk, shape: SqlShape): Promise<SqlRows> {
  const values = await Promise.all(shape.map((_, column) => chunk.values(column)));
  return {
    rowCount: chunk.rowCount,
    numbers: (column) => {
      const numbers = values[column]!;
      if (numbers instanceof Float64Array) return numbers;
      return Float64Array.from(numbers, (value) =>
        value === null || value === undefined ? Number.NaN : Number(value),
      );
    },
    texts: (column) =>
      // What is missing of text is null, or as numbers have it.
      Array.from(values[column]!, (value) => (typeof value === 'string' ? value : null)),
  };
}

/** As standard SQL has it. */
export function inList(text: string, literals: readonly string[]): string {
  return `${text} IN (${literals.join(', ')})`;
}

/** As standard SQL has it. */
export function doubledQuotes(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}
