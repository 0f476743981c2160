import type { EnsembleScorer } from '../model/model.js';
import type { Ensemble } from '../tree/ensemble.js';
import type { ForeignFile } from './foreign-files.js';

/** What of a file of another library is a choice. */
export interface ImporterOptions {
  /** Rounds of boosting to take; undefined: as whoever wrote the file predicts. */
  readonly iterations?: number | undefined;
}

/** Rounds of boosting: how many were taken, of how many. */
export interface ForeignRounds {
  readonly taken: number;
  readonly count: number;
}

/** A model of another library, as its file has it. */
export interface ForeignModel {
  readonly kind: EnsembleScorer['kind'];
  readonly ensemble: Ensemble;
  /** In the order of a row's values; null where the file has no names. */
  readonly featureNames: readonly string[] | null;
  /** Per feature its categories, null for a number. */
  readonly categories: readonly (readonly string[] | null)[];
  /** Features whose categories have no names in the file: they are codes, which a data frame gives its categories in their order. */
  readonly coded: readonly number[];
  /** Whether a row may have no value of a feature. */
  readonly takesMissing: boolean;
  readonly classCount: number;
  /** Null where the file has no names. */
  readonly classNames: readonly string[] | null;
  /** Of the library, as the file says; null where it does not. */
  readonly version: string | null;
  /** Rounds of boosting, where there was a choice; else null. */
  readonly rounds: ForeignRounds | null;
  /** What whoever imports it should know. */
  readonly notes: readonly string[];
}

/** Reads the models of another library. */
export interface ModelImporter extends ForeignFile {
  /** @throws ArtifactError for what is wrong, and for what can't be honoured */
  read(bytes: Uint8Array, options: ImporterOptions): ForeignModel;
}
