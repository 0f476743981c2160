import { VERSION_DIGITS } from '../ground/limits.js';
import type { TrainingRecord } from '../training/record.js';
import type { Tree } from '../tree/tree.js';

/** What training saw of a number column. `edges` has one entry more than `counts`. */
export interface NumberFeature {
  readonly name: string;
  readonly kind: 'number';
  readonly min: number;
  readonly max: number;
  /** Interquartile range of the training rows. */
  readonly spread: number;
  /** Training rows without a value. */
  readonly missing: number;
  readonly histogram: { readonly edges: readonly number[]; readonly counts: readonly (readonly number[])[] };
}

/** What training saw of a category column. `histogram.counts[category][class]`. */
export interface CategoryFeature {
  readonly name: string;
  readonly kind: 'category';
  readonly missing: number;
  readonly histogram: { readonly counts: readonly (readonly number[])[] };
  readonly categories: readonly string[];
}

export type Feature = NumberFeature | CategoryFeature;

export interface Score {
  readonly accuracy: number;
  readonly logLoss: number;
}

/** A row that the loader predicts before it trusts the file. */
export interface VerificationRow {
  /** One value per feature: a number, the index of a category, or null for a missing value. */
  readonly input: readonly (number | null)[];
  /** Index of the predicted class. */
  readonly class: number;
  /** Index of the leaf's node. */
  readonly leaf: number;
}

/** A checked model. Only `artifact/` makes one. */
export interface Model {
  readonly features: readonly Feature[];
  readonly classes: readonly string[];
  readonly tree: Tree;
  readonly training: TrainingRecord;
  readonly metrics: { readonly train: Score; readonly holdout: Score | null };
  readonly verification: readonly VerificationRow[];
  /** Lower-case hex of the artifact's SHA-256. */
  readonly sha256: string;
  /** The model's version on the wire: the first 12 hex digits of `sha256`. */
  readonly version: string;
}

export function versionOf(sha256: string): string {
  return sha256.slice(0, VERSION_DIGITS);
}
