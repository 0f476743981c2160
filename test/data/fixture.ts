import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll } from 'vitest';
import type { Dataset } from '../../src/data/dataset.js';
import { readDataset } from '../../src/data/read-dataset.js';
import type { ReadOptions } from '../../src/data/schema.js';

/** A folder for one test file, removed when its tests are done. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'iris-data-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Writes a table under a name that messages will show, and gives its path. */
export function tableWriter(folder: string): (text: string | Uint8Array, name?: string) => string {
  return (text, name = 'table.csv') => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  };
}

/** Reads a table from memory, in pieces of the given size. */
export function readText(text: string | Uint8Array, options: ReadOptions = {}, pieceBytes = 1 << 16): Promise<Dataset> {
  return readDataset('-', { ...options, stdin: inPieces(Buffer.from(text as string), pieceBytes) });
}

export function inPieces(bytes: Buffer, pieceBytes: number): Readable {
  const pieces = [];
  for (let at = 0; at < bytes.length; at += pieceBytes) pieces.push(bytes.subarray(at, at + pieceBytes));
  return Readable.from(pieces);
}

/** A table of number columns, made without the reader. */
export function numberTable(
  columns: readonly (readonly number[])[],
  labels: readonly number[],
  classes: readonly string[] = ['a', 'b', 'c'],
): Dataset {
  return {
    source: 'table.csv',
    target: 'y',
    features: columns.map((values, i) => ({ name: `x${i}`, kind: 'number', values: Float64Array.from(values) })),
    classes,
    labels: Uint16Array.from(labels),
    rowCount: labels.length,
    lines: Uint32Array.from(labels, (_, row) => row + 2),
    warnings: [],
  };
}
