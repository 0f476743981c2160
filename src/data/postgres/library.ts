import type { Readable, Writable } from 'node:stream';
import { optionalPackage } from '../optional-package.js';

/** What is used of pg and pg-copy-streams, which are not there where this is compiled. */
export interface PostgresLibrary {
  readonly Client: new (options: ClientOptions) => PostgresClient;
  readonly copyTo: (sql: string) => CopyStream;
  readonly copyFrom: (sql: string) => Writable;
}

interface ClientOptions {
  readonly connectionString: string;
  readonly application_name: string;
  readonly connectionTimeoutMillis: number;
  readonly keepAlive: boolean;
}

/** The bytes of a COPY. */
export type CopyStream = Readable;

export interface PostgresClient {
  /** Of the backend. */
  readonly processID: number | null;
  connect(): Promise<void>;
  query<Copy extends CopyStream | Writable>(copy: Copy): Copy;
  query(sql: string, values?: readonly unknown[]): Promise<PostgresResult>;
  end(): Promise<void>;
  on(event: 'error', listener: (error: Error) => void): this;
}

export interface PostgresResult {
  readonly fields: readonly { readonly name: string; readonly dataTypeID: number }[];
  readonly rows: readonly Readonly<Record<string, unknown>>[];
}

interface CopyLibrary {
  readonly to: PostgresLibrary['copyTo'];
  readonly from: PostgresLibrary['copyFrom'];
}

/** @throws UnavailableError */
export async function postgresLibrary(): Promise<PostgresLibrary> {
  const names = ['pg', 'pg-copy-streams'];
  const [pg, copy] = await Promise.all([
    optionalPackage<{ readonly default: Pick<PostgresLibrary, 'Client'> }>('pg', 'PostgreSQL:', names),
    optionalPackage<{ readonly default: CopyLibrary }>('pg-copy-streams', 'PostgreSQL:', names),
  ]);
  return { Client: pg.default.Client, copyTo: copy.default.to, copyFrom: copy.default.from };
}
