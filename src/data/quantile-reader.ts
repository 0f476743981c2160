import { badOption } from '../ground/errors.js';
import { nameInWords, quote } from '../ground/quote.js';
import { type CellParser, PLAIN_CELLS } from './cells.js';
import { type ColumnPlace, cellMessage, emptyOrQuoted, quotedWord, type ReadColumn } from './column-reader.js';
import { type ClassesRead, missingLabelAdvice, type TargetReader, targetWithoutValue } from './label-reader.js';
import { quantileCuts, rangeNames, rangeOf } from './ranges.js';
import type { NumberCells } from './table-source.js';
import type { Trouble } from './trouble.js';

const MAX_QUANTILES = 100;

/** `quantiles:4` → 4. @throws UsageError */
export function quantileCount(classesFrom: string): number {
  const count = Number(/^quantiles:(\d{1,3})$/.exec(classesFrom)?.[1]);
  if (count >= 2 && count <= MAX_QUANTILES) return count;
  const expected = `quantiles:N with N from 2 to ${MAX_QUANTILES}`;
  throw badOption('classesFrom', expected, classesFrom, { found: quote(classesFrom) });
}

/**
 * A target of numbers, of which ranges of about as many rows each are the classes.
 * Why: docs/decisions/quantiles-of-the-whole-table.md
 */
export class QuantileReader implements TargetReader {
  readonly asText = false;
  readonly #place: ColumnPlace;
  readonly #parser: CellParser;
  readonly #classCount: number;
  readonly #indices = new Map<number, number>();
  readonly #dropMissing: boolean;
  readonly #words = new Set<string>();
  #missing: string | undefined;
  #odd: string | undefined;

  /** @param dropMissing whether rows without a number are left out */
  constructor(place: ColumnPlace, classCount: number, parser = PLAIN_CELLS, dropMissing = false) {
    this.#dropMissing = dropMissing;
    this.#place = place;
    this.#classCount = classCount;
    this.#parser = parser;
  }

  get words(): readonly string[] {
    return [...this.#words];
  }

  get classWords(): readonly string[] {
    return [];
  }

  readText(cell: string, place: number, quoted = false): number {
    const value = this.#parser.parseNumber(cell);
    if (value !== undefined) return this.#indexOf(value);
    const isWord = this.#parser.isMissing(cell);
    const found = isWord && quoted ? quotedWord(cell) : emptyOrQuoted(cell);
    const message = cellMessage(this.#place, place, 'a number to make classes of', found);
    if (quoted || !isWord) {
      this.#odd ??= message;
      return 0;
    }
    if (cell.trim() !== '') this.#words.add(cell.trim());
    if (!this.#dropMissing) this.#missing ??= message;
    return Number.NaN;
  }

  readNumbers({ values, words = [] }: NumberCells, places: Uint32Array): ReadColumn {
    for (const word of words) this.#words.add(word);
    return {
      values: values.map((value, row) =>
        Number.isNaN(value) ? this.readText('', places[row]!) : this.#indexOf(value),
      ),
    };
  }

  troubles(): Trouble[] {
    const { column, origin } = this.#place;
    if (this.#odd !== undefined) return [{ column, reason: 'cell', message: this.#odd }];
    if (this.#missing !== undefined && this.#indices.size === 0) return [targetWithoutValue(this.#place)];
    if (this.#missing !== undefined) {
      const remedy = { dropMissingTarget: true };
      return [{ column, reason: 'cell', message: this.#missing, advice: missingLabelAdvice(''), remedy }];
    }
    if (this.#indices.size >= 2) return [];
    const message = `expected different numbers to make classes of, found only ${[...this.#indices.keys()][0]}`;
    return [{ column, reason: 'classes', message: `${origin.name}: ${nameInWords(column)}: ${message}` }];
  }

  finish(labels: Uint32Array): ClassesRead {
    const seen = [...this.#indices.keys()];
    const countOf = new Uint32Array(seen.length);
    for (const index of labels) countOf[index]!++;
    const order = [...seen.keys()].sort((a, b) => seen[a]! - seen[b]!);
    const values = order.map((index) => seen[index]!);
    const counts = order.map((index) => countOf[index]!);
    const cuts = quantileCuts(values, counts, this.#classCount);
    return { classes: rangeNames(cuts), classOf: Uint16Array.from(seen, (value) => rangeOf(value, cuts)) };
  }

  #indexOf(value: number): number {
    const known = this.#indices.get(value);
    if (known !== undefined) return known;
    this.#indices.set(value, this.#indices.size);
    return this.#indices.size - 1;
  }
}
