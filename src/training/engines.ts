import type { Dataset } from '../data/dataset.js';
import { cartTrainer } from './cart/engine.js';
import { mlCartTrainer, warnOfSlowFit } from './ml-cart/engine.js';
import { defaultParameters, type EngineName, type TrainingParameters } from './parameters.js';
import type { Trainer } from './trainer.js';

/** An engine grows a tree from a table; this says what each one can do. */
export interface Engine {
  /** A description for the help. */
  readonly words: string;
  readonly trainer: Trainer;
  /** Defaults that differ from scikit-learn's. */
  readonly defaults: Partial<TrainingParameters>;
  /** Hyper-parameters that it cannot change from their defaults. */
  readonly fixed: readonly (keyof TrainingParameters)[];
  /** Whether its trees can be pruned by cost and complexity. */
  readonly prunes: boolean;
  /** Warnings to give before a fit begins. */
  readonly warnOf: (dataset: Dataset, rows: Uint32Array) => readonly string[];
}

/** All engines. */
export const engines: Readonly<Record<EngineName, Engine>> = {
  cart: {
    words: 'ours',
    trainer: cartTrainer,
    defaults: {},
    fixed: [],
    prunes: true,
    warnOf: () => [],
  },
  'ml-cart': {
    words: 'the npm package ml-cart',
    trainer: mlCartTrainer,
    // The package's own: `minSamplesSplit` is its minNumSamples and `minImpurityDecrease` its gainThreshold.
    defaults: { minSamplesSplit: 3, minImpurityDecrease: 0.01 },
    fixed: ['criterion', 'minSamplesLeaf', 'maxLeafNodes', 'classWeight', 'ccpAlpha'],
    prunes: false,
    warnOf: warnOfSlowFit,
  },
};

/** The defaults of an engine. */
export function defaultsOf(engine: EngineName): TrainingParameters {
  return { ...defaultParameters, ...engines[engine].defaults, engine };
}

/**
 * The engine that a record names with its version; undefined where this release has another version, or no such engine.
 */
export function engineOfRecord(nameAndVersion: string): Engine | undefined {
  return Object.values(engines).find(({ trainer }) => trainer.engine === nameAndVersion);
}
