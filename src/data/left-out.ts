import type { CellParser } from './cells.js';
import type { BatchColumn, PlacedCell } from './table-source.js';

/**
 * The cells of a column in rows that are left out since they have no class. Nothing is learnt from them, but a model is to
 * take them: they are rows of its own table.
 */
export class LeftOutCells {
  readonly #parser: CellParser;
  readonly #words = new Set<string>();
  #someEmpty = false;
  /** The first that is neither a number nor missing. */
  firstText: PlacedCell<string> | undefined;

  constructor(parser: CellParser) {
    this.#parser = parser;
  }

  /** Words for a missing number. */
  get words(): readonly string[] {
    return [...this.#words];
  }

  /** Whether a value is missing to a model in whose column this is. */
  hasGap(kind: 'number' | 'category'): boolean {
    if (this.#someEmpty) return true;
    return kind === 'number' ? this.#words.size > 0 : this.words.some(this.#parser.isMissingToModel);
  }

  /** @param rows of the batch */
  add(column: BatchColumn, rows: Uint32Array, places: Uint32Array): void {
    for (const row of rows) {
      if (column.kind === 'text') {
        const code = column.codes[row]!;
        this.#text(column.texts[code]!, places[row]!, column.quoted?.includes(code) ?? false);
      } else if (Number.isNaN(column.values[row])) this.#someEmpty = true;
    }
  }

  #text(cell: string, place: number, quoted: boolean): void {
    const text = cell.trim();
    if (text === '' || (!quoted && this.#parser.isMissingText(text))) this.#someEmpty = true;
    else if (!quoted && this.#parser.isMissing(text)) this.#words.add(text);
    else if (this.#parser.parseNumber(text) === undefined) this.firstText ??= { cell: text, place };
  }
}
