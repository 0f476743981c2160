import type { Dataset } from '../data/dataset.js';
import type { HyperParameters } from '../model/hyper-parameters.js';
import { cartTrainer } from './cart/engine.js';
import { forestTrainer } from './forest/engine.js';
import { mlCartInTableOrder, mlCartTrainer, warnOfSlowFit } from './ml-cart/engine.js';
import type { Trainer } from './trainer.js';

/** An engine grows a model from a table; this says what each one can do. */
export interface Engine {
  /** A description for the help. */
  readonly words: string;
  readonly trainer: Trainer;
  /** Its earlier versions, for models that they grew. */
  readonly earlier: readonly Trainer[];
  /** Defaults that differ from scikit-learn's. */
  readonly defaults: Partial<HyperParameters>;
  /** Warnings to give before a fit begins. */
  readonly warnOf: (dataset: Dataset, rows: Uint32Array) => readonly string[];
}

const registry = {
  cart: {
    words: 'one tree of ours',
    trainer: cartTrainer,
    earlier: [],
    defaults: {},
    warnOf: () => [],
  },
  forest: {
    words: 'a random forest of ours',
    trainer: forestTrainer,
    earlier: [],
    defaults: {},
    warnOf: () => [],
  },
  'ml-cart': {
    words: 'one tree of the npm package ml-cart',
    trainer: mlCartTrainer,
    earlier: [mlCartInTableOrder],
    // The package's own: `minSamplesSplit` is its minNumSamples and `minImpurityDecrease` its gainThreshold.
    defaults: { minSamplesSplit: 3, minImpurityDecrease: 0.01 },
    warnOf: warnOfSlowFit,
  },
} satisfies Readonly<Record<string, Engine>>;

export type EngineName = keyof typeof registry;

/** All engines. */
export const engines: Readonly<Record<EngineName, Engine>> = registry;
export const ENGINE_NAMES = Object.keys(registry) as EngineName[];

/** The trainers of an engine, the newest first. */
export function trainersOf({ earlier, trainer }: Engine): readonly Trainer[] {
  return [trainer, ...earlier];
}

/** The trainer that a record names with its version; undefined where this release does not have it. */
export function trainerOfRecord(nameAndVersion: string): Trainer | undefined {
  return Object.values(engines)
    .flatMap(trainersOf)
    .find(({ engine }) => engine === nameAndVersion);
}
