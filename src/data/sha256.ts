import { createHash } from 'node:crypto';
import { checkArgument } from '../ground/options.js';
import { aDataset, type Dataset, type FeatureColumn } from './dataset.js';

/** Characters gathered before they are hashed. */
const PIECE_CHARS = 1 << 16;

/** What of a dataset the hash is over. */
export type HashedTable = Pick<Dataset, 'classes' | 'features' | 'labels' | 'rowCount' | 'target'>;

/**
 * The SHA-256 of a table written as plain CSV, lower-case hex. Columns are the used features in their order, then the
 * target; a header, then the rows in the order of the table. Cells are parted by commas and every line ends in LF.
 * Numbers are in the shortest form that reads back as the same double (ECMA-262, Number::toString), -0 as 0; missing
 * cells are empty; a class or category is its text, quoted (RFC 4180) where it holds a comma, a quote, CR or LF. A
 * category that a model did not know is written as ?, which no known one can be.
 */
export function datasetSha256(table: HashedTable): string {
  checkArgument('dataset', table, aDataset);
  const steps = hashSteps(table);
  let step = steps.next();
  while (!step.done) step = steps.next();
  return step.value;
}

/** The same, some rows at a time. */
export function* hashSteps({ features, target, classes, labels, rowCount }: HashedTable): Generator<void, string> {
  const hash = createHash('sha256');
  const writers = features.map(cellWriter);
  const classCells = classes.map(quoted);
  let piece = `${[...features.map(({ name }) => name), target].map(quoted).join(',')}\n`;
  for (let row = 0; row < rowCount; row++) {
    for (const write of writers) piece += `${write(row)},`;
    piece += `${classCells[labels[row]!]}\n`;
    if (piece.length >= PIECE_CHARS) {
      hash.update(piece);
      piece = '';
      yield;
    }
  }
  return hash.update(piece).digest('hex');
}

function cellWriter(column: FeatureColumn): (row: number) => string {
  const { values } = column;
  if (column.kind === 'number') return (row) => (Number.isNaN(values[row]) ? '' : String(values[row]));
  const cells = column.categories.map(quoted);
  return (row) => (Number.isNaN(values[row]) ? '' : (cells[values[row]!] ?? '?'));
}

function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
