import { UNKNOWN_CATEGORY } from '../ground/limits.js';
import { nameInWords, quote } from '../ground/quote.js';
import { nearest } from '../ground/suggestion.js';

/** Texts of one column that are none of its categories, in order of appearance: the first of them are kept. */
export class UnseenTexts {
  readonly #texts = new Set<string>();

  add(text: string): void {
    if (this.#texts.size < MOST_KEPT) this.#texts.add(text);
  }

  get kept(): readonly string[] {
    return [...this.#texts];
  }
}

const MOST_KEPT = 100;

/** Counts categories that a model never saw, feature by feature, row after row. */
export class UnseenTally {
  readonly #features: readonly CountedFeature[];
  readonly #texts: UnseenTexts[] = [];
  readonly #rows: number[] = [];

  /** @param features without `categories` where nobody knows them: then there is nothing to count */
  constructor(features: readonly CountedFeature[]) {
    this.#features = features;
  }

  /** @param index of a category as readers give it */
  add(feature: number, index: number, text: string): void {
    if (index !== UNKNOWN_CATEGORY || this.#features[feature]!.categories === undefined) return;
    this.#texts[feature] ??= new UnseenTexts();
    this.#texts[feature].add(text);
    this.#rows[feature] = (this.#rows[feature] ?? 0) + 1;
  }

  get columns(): readonly UnseenColumn[] {
    return this.#features.flatMap(({ categories = [], name }, index) => {
      const texts = this.#texts[index];
      return texts === undefined ? [] : [unseenColumn({ name, categories }, texts.kept, this.#rows[index]!)];
    });
  }
}

interface CountedFeature {
  readonly name: string;
  readonly categories?: readonly string[];
}

/** Categories of a column that a model never saw. */
export interface UnseenColumn {
  readonly feature: string;
  /** Rows that have one. */
  readonly rows: number;
  /** The first of them. */
  readonly categories: readonly UnseenCategory[];
}

export interface UnseenCategory {
  readonly category: string;
  /** The known category that may be meant, where one is near. */
  readonly nearest?: string;
}

const MOST_LISTED = 8;
const MOST_SHOWN = 3;
/** Longer texts are compared with nothing: the time is the product of two lengths. */
const MOST_COMPARED = 80;
/** Nearly any text is near to a shorter one. */
const LEAST_COMPARED = 3;

export function unseenColumn(
  { categories, name }: { readonly name: string; readonly categories: readonly string[] },
  texts: readonly string[],
  rows: number,
): UnseenColumn {
  const listed = texts.slice(0, MOST_LISTED).map((category) => {
    const near = nearestCategory(category, categories);
    return near === undefined ? { category } : { category, nearest: near };
  });
  return { feature: name, rows, categories: listed };
}

function nearestCategory(text: string, categories: readonly string[]): string | undefined {
  const lower = text.toLowerCase();
  const sameLetters = categories.find((category) => category.toLowerCase() === lower);
  if (sameLetters !== undefined || text.length > MOST_COMPARED || text.length < LEAST_COMPARED) return sameLetters;
  return nearest(
    text,
    categories.filter(({ length }) => length <= MOST_COMPARED),
  );
}

/** `sex: 3 of 9 rows have a category that the model never saw: "Male" (nearest known: male)`, a line per column. */
export function unseenInWords(columns: readonly UnseenColumn[], rowCount: number): string[] {
  const lines = columns.slice(0, MOST_LISTED).map(({ categories, feature, rows }) => {
    const found =
      rowCount === 1 ? 'a category' : `${rows} of ${rowCount} rows ${rows === 1 ? 'has' : 'have'} a category`;
    const shown = categories.slice(0, MOST_SHOWN).map(categoryInWords).join(', ');
    const more = categories.length > MOST_SHOWN ? ' and others' : '';
    return `${nameInWords(feature)}: ${found} that the model never saw: ${shown}${more}`;
  });
  const others = columns.length - lines.length;
  return others > 0
    ? [
        ...lines,
        `${others === 1 ? '1 more column has' : `${others} more columns have`} categories that the model never saw`,
      ]
    : lines;
}

function categoryInWords({ category, nearest: near }: UnseenCategory): string {
  return near === undefined ? quote(category) : `${quote(category)} (nearest known: ${nameInWords(near)})`;
}
