import { type Advice, UsageError } from '../ground/errors.js';
import type { TrainingRecord } from './training-record.js';

/** What training saw of a number column, over the training rows. */
export interface NumberSummary {
  readonly kind: 'number';
  readonly min: number;
  readonly max: number;
  /** Interquartile range. */
  readonly spread: number;
  /** Rows without a value. */
  readonly missing: number;
  /** `edges` has one entry more than `counts`, which are per bin and class. */
  readonly histogram: { readonly edges: readonly number[]; readonly counts: readonly (readonly number[])[] } | null;
}

/** What training saw of a category column. `histogram.counts[category][class]`. */
export interface CategorySummary {
  readonly kind: 'category';
  readonly missing: number;
  readonly histogram: { readonly counts: readonly (readonly number[])[] } | null;
}

export type FeatureSummary = NumberSummary | CategorySummary;

export interface Score {
  readonly accuracy: number;
  readonly logLoss: number;
}

export interface Metrics {
  readonly train: Score;
  /** Null where no row was held out. */
  readonly holdout: Score | null;
  /** Only of a forest. */
  readonly outOfBag?: OutOfBag;
}

/** How a forest does on its training rows, each asked of the trees that did not learn from it (Breiman 2001). */
export interface OutOfBag {
  /** How many there are: all trees of a small forest may have learnt from a row. */
  readonly rows: number;
  /** `curve[i]`: the accuracy of the first i + 1 trees; null where each of them learnt from all rows. */
  readonly curve: readonly (number | null)[];
}

/** The table that a model was trained on. */
export interface DataHash {
  /** Name and version of what was hashed: `csv/1` depends on the order of the rows, `rows/2` does not. */
  readonly hash: string;
  /** Lower-case hex. */
  readonly sha256: string;
}

/** Which rows were held out. */
export interface Partition {
  /** Name and version of the rule that chose them, as in `hash-rank/2`. */
  readonly rule: string;
  /** The column that it goes by, where it goes by one: see data/holdout-column. */
  readonly column?: string;
  /**
   * Per class the highest rank that was held out, 16 lower-case hex digits, null where no row was; the whole is null where
   * the rule has none.
   */
  readonly cuts: readonly (string | null)[] | null;
}

/** Where a model comes from. It predicts without: every part may be unknown. */
export interface Provenance {
  readonly training: TrainingRecord | null;
  readonly metrics: Metrics | null;
  /** One per feature. */
  readonly summaries: readonly FeatureSummary[] | null;
  readonly data: DataHash | null;
  readonly partition: Partition | null;
  /** The smallest row hashes of training rows, ascending, lower-case hex. */
  readonly sketch: readonly string[] | null;
  /** Per feature, the decimals with which its thresholds are shown; null for a category. See `threshold-text.ts`. */
  readonly decimals: readonly (number | null)[] | null;
}

/** Of a model of which nothing is known but what it predicts. */
export const UNKNOWN_PROVENANCE: Provenance = {
  training: null,
  metrics: null,
  summaries: null,
  data: null,
  partition: null,
  sketch: null,
  decimals: null,
};

const PARTS: Record<keyof Provenance, string> = {
  training: 'a record of its training',
  metrics: 'metrics',
  summaries: 'summaries of its training rows',
  data: 'the hash of its training table',
  partition: 'the rule that held rows out',
  sketch: 'a sketch of its training rows',
  decimals: 'the decimals of its thresholds',
};

/**
 * A part that something cannot do without.
 *
 * @param purpose what needs it, as in `cross-validation`
 * @param advice what does without
 * @throws UsageError where the model does not have it
 */
export function requirePart<Part extends keyof Provenance>(
  { provenance }: { readonly provenance: Provenance },
  part: Part,
  purpose: string,
  advice?: Advice,
): NonNullable<Provenance[Part]> {
  const found = provenance[part];
  if (found !== null) return found as NonNullable<Provenance[Part]>;
  throw new UsageError(`${purpose} needs a model with ${PARTS[part]}, and this one has none`, { advice });
}
