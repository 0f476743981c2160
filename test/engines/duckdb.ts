const PACKAGE = '@duckdb/node-api';

export const duckDb = { name: PACKAGE, command: process.execPath, check: ['-e', `import('${PACKAGE}')`] };

interface Connection {
  run(sql: string): Promise<unknown>;
  runAndReadAll(sql: string): Promise<{ getRows(): unknown[][] }>;
  closeSync(): void;
}

/** @param path of a database; `:memory:` is one that is gone afterwards */
export async function withDatabase(path: string, use: (connection: Connection) => Promise<void>): Promise<void> {
  const { DuckDBInstance } = await import(PACKAGE);
  const instance = await DuckDBInstance.create(path);
  const connection: Connection = await instance.connect();
  await use(connection);
  connection.closeSync();
  instance.closeSync();
}
