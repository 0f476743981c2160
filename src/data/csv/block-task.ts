import type { CellGrammar } from '../cells.js';
import type { WantedColumn } from '../table-source.js';
import type { Block } from './blocks.js';

/** What has to be known to parse a block of a table. */
export interface BlockTask {
  readonly block: Block;
  /** The name of the table, for messages. */
  readonly source: string;
  readonly delimiter: string;
  readonly columnCount: number;
  /** Cells that a record may have after its columns, if they are empty. */
  readonly trailing: number;
  /** Whether the block's first record is the header. */
  readonly header: boolean;
  readonly wanted: readonly WantedColumn[];
  readonly grammar: CellGrammar;
  /** Whether batches keep their cells as text. */
  readonly cells: boolean;
  /** Whether to go on after a row of another length; only with `cells`. */
  readonly goOn?: boolean;
}
