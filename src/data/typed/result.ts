/** A result of typed columns, as an engine or a file gives it. */

import type { CellType } from './cell-type.js';

/** Values of a column, one for each row; null or undefined where missing, and NaN among numbers. */
export type Values = ArrayLike<unknown>;

export interface TypedColumn {
  readonly name: string;
  readonly type: CellType;
}

/** Some rows of a result, in its order. */
export interface TypedChunk {
  readonly rowCount: number;
  /** Values of a column that was asked for, by its index in the result. */
  values(column: number): Values | Promise<Values>;
}

/** A result as an engine gives it. */
export interface TypedResult {
  readonly columns: readonly TypedColumn[];
  /** To be called once. */
  chunks(columns: readonly number[]): AsyncIterable<TypedChunk>;
  close(): Promise<void>;
}
