import { UNKNOWN_CATEGORY } from '../ground/limits.js';
import { quote } from '../ground/quote.js';
import { type CategoryFinder, categoryFinder } from './category-index.js';
import { type CellParser, PLAIN_CELLS } from './cells.js';
import {
  type ColumnPlace,
  type ColumnReader,
  cellError,
  emptyOrQuoted,
  quotedWord,
  type ReadColumn,
} from './column-reader.js';
import { dateOrdersIn } from './date-cells.js';
import { datesAdvice } from './date-columns.js';
import { missingLabelAdvice } from './label-reader.js';
import { LeftOutCells } from './left-out.js';
import { cutsOfRanges, rangeOf } from './ranges.js';
import type { SchemaFeature } from './schema.js';
import type { NumberCells, Origin } from './table-source.js';
import { UnseenTexts } from './unseen.js';

/** Numbers, as a trained model expects them; NaN where missing. */
export class NumberReader implements ColumnReader {
  readonly asText = false;
  readonly leftOut: LeftOutCells;
  readonly #place: ColumnPlace;
  readonly #parser: CellParser;

  constructor(place: ColumnPlace, parser = PLAIN_CELLS) {
    this.#place = place;
    this.#parser = parser;
    this.leftOut = new LeftOutCells(parser);
  }

  readText(cell: string, place: number, quoted = false): number {
    const value = this.#parser.parseNumber(cell);
    if (value !== undefined) return value;
    const isWord = this.#parser.isMissing(cell);
    if (isWord && !quoted) return Number.NaN;
    const advice = datesAdvice(this.#place.column, dateOrdersIn([cell]), 'reads the column as dates');
    throw cellError(this.#place, place, this.#parser.numberInWords, isWord ? quotedWord(cell) : quote(cell), advice);
  }

  readNumbers({ values }: NumberCells): ReadColumn {
    return { values };
  }
}

/** What reads the column of a model's feature. */
export function knownReader(
  feature: SchemaFeature,
  origin: Origin,
  parser: CellParser,
): NumberReader | KnownCategoryReader {
  return feature.kind === 'number'
    ? new NumberReader({ origin, column: feature.name }, parser)
    : new KnownCategoryReader(feature, parser);
}

/**
 * Indices of a model's categories; NaN where missing. A text that it never saw is its category of the others, or
 * UNKNOWN_CATEGORY where it has none.
 */
export class KnownCategoryReader implements ColumnReader {
  readonly asText = true;
  readonly leftOut: LeftOutCells;
  /** Texts that the model never saw, where none of its categories stands for them. */
  readonly unseen = new UnseenTexts();
  readonly #find: CategoryFinder;
  readonly #other: number;
  readonly #parser: CellParser;

  constructor({ categories = [], other }: Pick<SchemaFeature, 'categories' | 'other'>, parser = PLAIN_CELLS) {
    this.#find = categoryFinder(categories);
    this.leftOut = new LeftOutCells(parser);
    this.#other = other === undefined ? UNKNOWN_CATEGORY : categories.indexOf(other);
    this.#parser = parser;
  }

  readText(cell: string, _place?: number, quoted = false): number {
    const text = cell.trim();
    if (text === '' || (!quoted && this.#parser.isMissingText(text))) return Number.NaN;
    const known = this.#find(text);
    if (known !== undefined) return known;
    // In training such a word was one of the others.
    if (this.#other !== UNKNOWN_CATEGORY) return this.#other;
    if (!quoted && this.#parser.isMissingToModel(text)) return Number.NaN;
    this.unseen.add(text);
    return UNKNOWN_CATEGORY;
  }
}

/**
 * Indices of a model's classes. A label is the class of its very text; else a number is the class of its value, if only
 * one has it, or the class whose range it lies in.
 */
export class KnownClassReader implements ColumnReader {
  readonly asText = true;
  readonly #place: ColumnPlace;
  readonly #parser: CellParser;
  readonly #find: CategoryFinder;
  readonly #cuts: readonly number[] | undefined;
  readonly #dropMissing: boolean;

  /** @param dropMissing whether rows without a label are left out */
  constructor(place: ColumnPlace, classes: readonly string[], parser = PLAIN_CELLS, dropMissing = false) {
    this.#dropMissing = dropMissing;
    this.#place = place;
    this.#parser = parser;
    this.#find = categoryFinder(classes);
    this.#cuts = cutsOfRanges(classes);
  }

  readText(cell: string, place: number, quoted = false): number {
    const text = cell.trim();
    const index = this.#find(text) ?? this.#rangeOf(text);
    if (index !== undefined) return index;
    if (!quoted && this.#parser.isMissing(text)) {
      if (this.#dropMissing) return Number.NaN;
      throw cellError(this.#place, place, 'a class', emptyOrQuoted(cell), missingLabelAdvice(cell));
    }
    throw cellError(this.#place, place, 'a class of the model', quote(cell));
  }

  #rangeOf(text: string): number | undefined {
    if (this.#cuts === undefined) return undefined;
    const value = this.#parser.parseNumber(text);
    return value === undefined ? undefined : rangeOf(value, this.#cuts);
  }
}
