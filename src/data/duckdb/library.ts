import { optionalPackage } from '../optional-package.js';

/** What is used of @duckdb/node-api, which is not there where this is compiled. */
export interface DuckDbLibrary {
  readonly DuckDBInstance: {
    /** @param path of a database; `:memory:` is a new one */
    create(path: string, options: Readonly<Record<string, string>>): Promise<DuckDbInstance>;
  };
}

export interface DuckDbInstance {
  connect(): Promise<DuckDbConnection>;
  closeSync(): void;
}

export interface DuckDbConnection {
  /** The rows come as they are fetched. */
  stream(sql: string): Promise<DuckDbResult>;
  run(sql: string): Promise<unknown>;
  /** Runs nothing. */
  prepare(sql: string): Promise<DuckDbPrepared>;
  createAppender(table: string, schema: string | null, catalog: string | null): Promise<DuckDbAppender>;
  interrupt(): void;
  closeSync(): void;
}

export interface DuckDbPrepared {
  readonly columnCount: number;
  columnName(column: number): string;
  destroySync(): void;
}

/** Texts are cast to the types of the columns. */
export interface DuckDbAppender {
  appendVarchar(value: string): void;
  appendNull(): void;
  endRow(): void;
  flushSync(): void;
  closeSync(): void;
}

export interface DuckDbResult {
  readonly columnCount: number;
  columnName(column: number): string;
  /** In words of SQL: `DECIMAL(9,2)`. */
  columnType(column: number): { toString(): string };
  /** Null, or a chunk without rows, at the end. */
  fetchChunk(): Promise<DuckDbChunk | null>;
}

export interface DuckDbChunk {
  readonly rowCount: number;
  getColumnVector(column: number): DuckDbVector;
}

export interface DuckDbVector {
  /** As they are stored, those of missing values among them; not of each type. */
  readonly items?: ArrayLike<unknown>;
  readonly validity: { itemValid(row: number): boolean };
  getItem(row: number): unknown;
}

/** @throws UnavailableError */
export function duckDbLibrary(): Promise<DuckDbLibrary> {
  return optionalPackage<DuckDbLibrary>('@duckdb/node-api', 'DuckDB:');
}
