import { UNKNOWN_CATEGORY, VERSION_DIGITS } from '../ground/limits.js';
import { objectWith } from '../ground/options.js';
import type { Ensemble } from '../tree/ensemble.js';
import type { Tree } from '../tree/tree.js';
import type { Provenance } from './provenance.js';

/** A number column that a model asks for. */
export interface NumberFeature {
  readonly name: string;
  readonly kind: 'number';
  /** Whether a row may have no value. */
  readonly missing: boolean;
}

/** A category column that a model asks for. A category is its index in `categories`. */
export interface CategoryFeature {
  readonly name: string;
  readonly kind: 'category';
  readonly missing: boolean;
  readonly categories: readonly string[];
  /** The one of them that stands for every text that is none of them; where it is absent such a text is unknown. */
  readonly other?: string;
}

/** The index of a text that is none of a feature's categories. */
export function unseenCategory({ categories, other }: Pick<CategoryFeature, 'categories' | 'other'>): number {
  return other === undefined ? UNKNOWN_CATEGORY : categories.indexOf(other);
}

export type Feature = NumberFeature | CategoryFeature;

/** One tree, whose leaves answer with the shares of their training rows. */
export interface TreeScorer {
  readonly kind: 'tree';
  readonly tree: Tree;
  /** One weight per class, in class order; null when every class weighs 1. */
  readonly classWeight: readonly number[] | null;
}

/** Where an imported model comes from. */
export interface ModelSource {
  /** Name of what trained it, as in `xgboost`. */
  readonly library: string;
  /** As the file says; null where it does not. */
  readonly version: string | null;
  /** Lower-case hex of the file's SHA-256. */
  readonly sha256: string;
  /** How many rounds of boosting were taken, where that was a choice; else null. */
  readonly iterations: number | null;
}

interface EnsembleParts {
  readonly ensemble: Ensemble;
  /** Null where the model was not imported. */
  readonly source: ModelSource | null;
}

/** Trees whose answers are averaged: leaves are shares of the classes. */
export interface ForestScorer extends EnsembleParts {
  readonly kind: 'forest';
}

/** Trees whose leaves are added up, to numbers that a link turns into shares. */
export interface BoostedScorer extends EnsembleParts {
  readonly kind: 'boosted';
}

export type EnsembleScorer = ForestScorer | BoostedScorer;

/** What answers, by kind. Outside of formats only `singleTree`, `ensembleOf`, packing and verification look into it. */
export type Scorer = TreeScorer | EnsembleScorer;

/** A row with what the model answers, by which a reader is tried. */
export interface VerificationRow {
  /** One value per feature: a number, the index of a category, or null for a missing value. */
  readonly input: readonly (number | null)[];
  /** Index of the predicted class. */
  readonly label: number;
  readonly shares: readonly number[];
  /** The node of the leaf in each tree. */
  readonly leaves: readonly number[];
}

/** What predicts, and, where it is known, where it comes from. */
export interface Predicting {
  readonly features: readonly Feature[];
  readonly classes: readonly string[];
  readonly scorer: Scorer;
  readonly provenance?: Provenance;
}

export interface ModelParts extends Predicting {
  readonly provenance: Provenance;
}

/** A checked model. Only `formats/` makes one. */
export interface Model extends ModelParts {
  readonly verification: readonly VerificationRow[];
  /** Lower-case hex of the artifact's SHA-256. */
  readonly sha256: string;
  /** The model's version on the wire: the first 12 hex digits of `sha256`. */
  readonly version: string;
}

const A_MODEL = 'a model, as readModel and trainModel give it';
export const aScorer = objectWith(A_MODEL, 'scorer');
export const aPredictor = objectWith(A_MODEL, 'scorer', 'features', 'classes');
export const aModel = objectWith(A_MODEL, 'scorer', 'features', 'classes', 'provenance', 'sha256');

export function versionOf(sha256: string): string {
  return sha256.slice(0, VERSION_DIGITS);
}
