import type { ForeignModel } from '../model-importer.js';
import type { SkopsObject } from './skops.js';

/** What all estimators have. */
export interface Estimator {
  readonly object: SkopsObject;
  readonly featureCount: number;
  readonly classCount: number;
  /** As in `1.9.1`. */
  readonly version: string;
}

/** What the kinds of estimators differ in. */
export type EstimatorModel = Pick<ForeignModel, 'kind' | 'ensemble' | 'takesMissing'> &
  Partial<Pick<ForeignModel, 'categories' | 'notes'>>;
