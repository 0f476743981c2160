import { basename } from 'node:path';
import type { CellGrammar } from '../cells.js';
import { openFiles } from '../files.js';
import { ReadMeter } from '../meter.js';
import type { OpenTable, SourceFile, TableSource } from '../table-source.js';
import { typedTable } from '../typed/table.js';
import { type ParquetLibrary, parquetLibrary } from './library.js';
import { openParquetFile } from './open-file.js';
import { openParquet } from './result.js';

/**
 * Parquet files, a row group of one at a time in memory.
 *
 * @param input for messages: a path, a folder or a pattern
 * @param paths the files, of which all have the columns of the first; undefined: the input is one
 */
export function parquetSource(input: string, paths: readonly string[] | undefined, grammar: CellGrammar): TableSource {
  const files: SourceFile[] = [];
  const origin = { name: basename(input), unit: 'row' as const, files };
  const meter = new ReadMeter();
  return {
    origin,
    share: () => meter.share,
    async open(minColumns) {
      const library = await parquetLibrary();
      await meter.expect(paths ?? [input]);
      const open = (path: string, name: string) => openOne(path, name, { library, meter, grammar, minColumns });
      return paths === undefined ? open(input, origin.name) : openFiles(paths, origin, open);
    },
  };
}

interface Opening {
  readonly library: ParquetLibrary;
  readonly meter: ReadMeter;
  readonly grammar: CellGrammar;
  readonly minColumns: 1 | 2;
}

async function openOne(path: string, name: string, opening: Opening): Promise<OpenTable> {
  const { grammar, library, meter, minColumns } = opening;
  const file = await openParquetFile(path);
  try {
    const result = await openParquet(file, { library, name, onRead: (bytes) => meter.add(bytes) });
    return typedTable({ name, unit: 'row' }, result, grammar, minColumns);
  } catch (error) {
    await file.close();
    throw error;
  }
}
