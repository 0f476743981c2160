import { optionalPackage } from '../optional-package.js';

type Hyparquet = typeof import('hyparquet');
type HyparquetCompressors = typeof import('hyparquet-compressors');

/** What decodes Parquet. Why: docs/decisions/parquet-by-hyparquet.md */
export type ParquetLibrary = Pick<Hyparquet, 'parquetMetadataAsync' | 'parquetRead' | 'parquetSchema'> &
  Pick<HyparquetCompressors, 'compressors'>;

/** @throws UnavailableError */
export async function parquetLibrary(): Promise<ParquetLibrary> {
  const names = ['hyparquet', 'hyparquet-compressors'];
  const [library, codecs] = await Promise.all([
    optionalPackage<Hyparquet>('hyparquet', 'Parquet:', names),
    optionalPackage<HyparquetCompressors>('hyparquet-compressors', 'Parquet:', names),
  ]);
  return { ...library, compressors: codecs.compressors };
}
