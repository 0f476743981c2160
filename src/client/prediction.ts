import { badOption, type FieldViolation, RequestError } from '../ground/errors.js';
import { checkOptions, type OptionTable, required, texts, trueOrFalse, wholeNumber } from '../ground/options.js';

/** A model's prediction for one row, local or remote. Its shape is that of `iris predict --json`. */
export interface Prediction {
  readonly label: string;
  /** null where a server gives labels but not their order. */
  readonly classIndex: number | null;
  /** In the order of the classes; empty where a server gives none. */
  readonly probabilities: readonly ClassShare[];
  /** The splits from the root to the leaf, when asked for. */
  readonly path?: readonly PathStep[];
  /** How much each feature brings to the answer, when asked for. */
  readonly contributions?: Contributions;
  readonly modelVersion: string;
}

export interface ClassShare {
  readonly class: string;
  readonly share: number;
}

interface Decision {
  readonly feature: string;
  /** A number, the name of a category, null where the value is missing. */
  readonly value: number | string | null;
  readonly wentLeft: boolean;
  /** Training rows that reached this split. */
  readonly samples: number;
}

export type PathStep = Decision &
  ({ readonly threshold: number } | { readonly categories: readonly string[] }) & {
    /** The test in words; older servers give none. */
    readonly words?: string;
  };

/** What the contributions of a row's features add up to. */
export interface Contributions {
  /** The share of a class, or a margin: what boosted trees come to before it is made one. */
  readonly of: 'share' | 'margin';
  /** One per class, or one alone, for the second of two. */
  readonly outputs: readonly ExplainedOutput[];
  readonly features: readonly FeatureContributions[];
}

/** The contributions of all features in their order, `expected` and `rounding`, added from 0 on, are `value` to the last bit. */
export interface ExplainedOutput {
  readonly class: string;
  readonly value: number;
  /** The mean over the training rows. */
  readonly expected: number;
  readonly rounding: number;
}

export interface FeatureContributions {
  readonly feature: string;
  /** A number, the name of a category, null where the value is missing. */
  readonly value: number | string | null;
  /** One per output. */
  readonly contributions: readonly number[];
}

/** One input of a model. */
export interface InputFeature {
  readonly name: string;
  readonly kind: 'number' | 'category';
  /** Those that the model knows, where that is known. */
  readonly categories?: readonly string[];
  /** The one of them that stands for every text that is none of them. */
  readonly other?: string;
}

/** Rows to predict. */
export interface Rows {
  readonly rowCount: number;
  /** Numbers, row-major, one per feature; NaN where missing and in place of a category. */
  readonly values: Float64Array;
  /** `texts[row * featureCount + feature]`: categories, '' where missing; left out where every feature is a number. */
  readonly texts?: readonly string[];
}

/** What to compute beside the label. */
export interface Wanted {
  readonly probabilities: boolean;
  readonly path: boolean;
  readonly contributions?: boolean;
}

const rowsTable: OptionTable<Rows> = {
  rowCount: required(wholeNumber(1)),
  values: required({ expected: 'a Float64Array', takes: (value) => value instanceof Float64Array }),
  texts,
};
const wantedTable: OptionTable<Wanted> = { probabilities: trueOrFalse, path: trueOrFalse, contributions: trueOrFalse };

/**
 * @param features null where their number is open
 * @throws UsageError for rows of another form, and for an option that is unknown or out of its range
 */
export function checkQuestion(rows: Rows, wanted: Wanted, features: readonly InputFeature[] | null): void {
  checkOptions(wanted, wantedTable);
  checkOptions(rows, rowsTable, 'rows');
  const { rowCount, values, texts } = rows;
  const width = features?.length ?? Math.max(1, Math.floor(values.length / rowCount));
  const expected = `${rowCount * width} values, ${width} for each row`;
  if (values.length !== rowCount * width) {
    throw badOption('rows.values', expected, values, { found: String(values.length) });
  }
  const needsTexts = features?.some(({ kind }) => kind === 'category') === true;
  if (texts === undefined ? needsTexts : texts.length !== values.length) {
    throw badOption('rows.texts', expected, texts, { found: texts === undefined ? 'none' : String(texts.length) });
  }
}

/** A model that answers, wherever it is. */
export interface PredictionSource {
  /** In the model's order; null where the number of features is open. */
  readonly features: readonly InputFeature[] | null;
  /** Whether the features have meaningful names. */
  readonly named: boolean;
  /** How the model explains an answer. */
  readonly explains: 'path' | 'contributions';
  /**
   * Predicts at least one row.
   *
   * @throws BadRowError for the first row that the model refuses
   */
  predict(rows: Rows, wanted: Wanted): Promise<Prediction[]>;
  close(): void;
}

/** A row that a model refuses. */
export class BadRowError extends RequestError {
  static override readonly name: string = 'BadRowError';
  /** Counted from 0. */
  readonly row: number;

  constructor(row: number, violations: readonly FieldViolation[], options?: ErrorOptions) {
    super(violations, options);
    this.row = row;
  }
}

/** Rows from `start` up to `end`, as views where possible. */
export function sliceRows({ rowCount, values, texts }: Rows, start: number, end: number): Rows {
  const width = values.length / rowCount;
  const slice = { rowCount: end - start, values: values.subarray(start * width, end * width) };
  return texts === undefined ? slice : { ...slice, texts: texts.slice(start * width, end * width) };
}

/** The given rows, in their order. */
export function selectRows({ rowCount, values, texts }: Rows, kept: readonly number[]): Rows {
  const width = values.length / rowCount;
  const chosen = new Float64Array(kept.length * width);
  for (const [i, row] of kept.entries()) chosen.set(values.subarray(row * width, (row + 1) * width), i * width);
  const selected = { rowCount: kept.length, values: chosen };
  if (texts === undefined) return selected;
  return { ...selected, texts: kept.flatMap((row) => texts.slice(row * width, (row + 1) * width)) };
}
