import type { Dataset } from '../data/dataset.js';
import { MAX_JOBS } from '../ground/limits.js';
import { abortSignal, callback, type OptionTable, wholeNumber } from '../ground/options.js';
import type { HyperParameterName, HyperParameters } from '../model/hyper-parameters.js';
import type { OutOfBag } from '../model/provenance.js';
import type { Ensemble } from '../tree/ensemble.js';
import type { Tree } from '../tree/tree.js';

/** How a fit is run. The options must not affect the result. */
export interface FitOptions {
  /** Number of threads; 1 keeps everything on the caller's. */
  readonly jobs?: number;
  readonly signal?: AbortSignal;
  /** Called periodically with the share of the work done, in [0, 1]. */
  readonly onProgress?: (share: number) => void;
}

export const fitTable: OptionTable<FitOptions> = {
  jobs: wholeNumber(1, MAX_JOBS),
  signal: abortSignal,
  onProgress: callback,
};

/** What an engine is, whatever it grows. */
interface Engine<Grows extends string, Grown> {
  readonly grows: Grows;
  /** Name and version as recorded in the artifact; the version rises when the same input gives another model. */
  readonly engine: string;
  /** The parameters that it looks at. It refuses another value than the default for any other. */
  readonly honours: readonly HyperParameterName[];
  /** What it grows depends on the order of the rows in the table. */
  readonly dependsOnOrder?: true;
  /**
   * @param rows indices into the dataset, in any order
   * @param classWeights one weight per class, or null when every class weighs 1
   * @throws UsageError for a parameter out of its range, or one that this engine cannot honour
   */
  fit(
    dataset: Dataset,
    rows: Uint32Array,
    parameters: HyperParameters,
    classWeights: Float64Array | null,
    options?: FitOptions,
  ): Promise<Grown>;
}

/** Grows a tree from rows. */
export type TreeTrainer = Engine<'tree', Tree>;

export interface GrownForest {
  readonly ensemble: Ensemble;
  readonly outOfBag: OutOfBag;
}

/** Grows a forest from rows. */
export type ForestTrainer = Engine<'forest', GrownForest>;

export type Trainer = TreeTrainer | ForestTrainer;
