import type { Dataset } from '../data/dataset.js';
import type { Tree } from '../tree/tree.js';
import type { TrainingParameters } from './parameters.js';

/** How a fit is run. None of it may change the result. */
export interface FitOptions {
  /** Threads; 1 keeps everything on the caller's. */
  readonly jobs?: number;
  readonly signal?: AbortSignal;
  /** Called now and then with the share of the work that is done, in [0, 1]. */
  readonly onProgress?: (share: number) => void;
}

/** What turns rows into a tree. */
export interface Trainer {
  /** Name and version as the artifact records it; the version rises when the same input gives another tree. */
  readonly engine: string;
  /**
   * @param rows indices into the dataset, in any order
   * @param classWeights one weight per class, or null when every class weighs 1
   * @throws UsageError for a parameter out of its range, or one that this engine cannot honour
   */
  fit(
    dataset: Dataset,
    rows: Uint32Array,
    parameters: TrainingParameters,
    classWeights: Float64Array | null,
    options?: FitOptions,
  ): Promise<Tree>;
}
