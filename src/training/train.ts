import { availableParallelism } from 'node:os';
import { copiesInWords, countCopies } from '../data/copies.js';
import { aDataset, type Dataset } from '../data/dataset.js';
import { type HoldOut, holdOut } from '../data/holdout.js';
import { TABLE_HASH } from '../data/table-hash.js';
import { badOption, DataError } from '../ground/errors.js';
import {
  callback,
  checkArgument,
  checkOptions,
  type OptionTable,
  oneOf,
  someText,
  trueOrFalse,
} from '../ground/options.js';
import { nameInWords, quote } from '../ground/quote.js';
import type { DataHash, Partition } from '../model/provenance.js';
import type { TrainingRecord } from '../model/training-record.js';
import { pruneInTurns } from '../tree/prune.js';
import { type Begun, Helper } from './beside/helper.js';
import { classCounts, resolveClassWeights } from './class-weights.js';
import { type EngineName, engines, trainersOf } from './engines.js';
import { maxFeaturesOf } from './forest/engine.js';
import { type Grown, growModel, treeOf } from './grown.js';
import { MISSING_RULES, type MissingRule } from './missing-values.js';
import { rowHashesOf } from './order-by-hash.js';
import { createPace, inTurns } from './pace.js';
import { checkParameters, type TrainingParameters } from './parameters.js';
import { type OnTrainingProgress, phaseReporter } from './progress.js';
import { chooseAlpha, crossValidatePruning, type PruningStep } from './pruning.js';
import { type FitOptions, fitTable, type Trainer } from './trainer.js';

export interface TrainOptions extends Omit<FitOptions, 'onProgress'> {
  readonly onProgress?: OnTrainingProgress;
  /** Cross-validate the pruning path, whatever `ccpAlpha` is. */
  readonly pruningPath?: boolean;
  /**
   * The artifact version whose rules decide which rows are held out and how the table is hashed; 1 is for retraining
   * models of version 1. Default 2.
   */
  readonly rules?: 1 | 2;
  /** The engine with its version, as a record has it, for retraining what an earlier one grew. Default: the newest. */
  readonly engineVersion?: string;
  /** Default: `table`; by the rules of version 1 always `training rows`. */
  readonly missing?: MissingRule;
  /** Called as soon as a warning is known: the warning of a slow fit comes before the fit. */
  readonly onWarning?: (warning: string) => void;
}

export interface Training {
  readonly grown: Grown;
  readonly record: TrainingRecord;
  /** The whole table. */
  readonly data: DataHash;
  /** How the rows of `partition` were chosen. */
  readonly heldOutBy: Partition;
  /** Sketch of the training rows; null under the rules of version 1. */
  readonly sketch: readonly string[] | null;
  /** One weight per class; null when every class weighs 1. */
  readonly classWeights: Float64Array | null;
  /** Indices of the rows that it was grown from, and of those held out. */
  readonly partition: { readonly train: Uint32Array; readonly holdout: Uint32Array };
  /** Null where it was not asked for. */
  readonly pruningPath: readonly PruningStep[] | null;
  /** Warnings of the dataset and of the fit. */
  readonly warnings: readonly string[];
}

/** What a record says of the table and of the rows that were held out. */
type Origin = Pick<Training, 'data' | 'heldOutBy' | 'sketch'>;

/** The result of a training before it is recorded. */
export type Fitted = Omit<Training, 'record' | keyof Origin>;

export const trainTable: OptionTable<TrainOptions> = {
  ...fitTable,
  pruningPath: trueOrFalse,
  rules: oneOf([1, 2]),
  engineVersion: someText,
  missing: oneOf(MISSING_RULES),
  onWarning: callback,
};

/**
 * Holds rows out, grows a model from the others, prunes it, and records how.
 *
 * @throws UsageError for a parameter or an option out of range, or one that the engine cannot honour
 * @throws DataError where the training rows cannot make a tree
 */
export async function train(
  dataset: Dataset,
  parameters: TrainingParameters,
  options: TrainOptions = {},
): Promise<Training> {
  checkOptions(options, trainTable);
  const { training } = await trainAndUse(dataset, parameters, options, () => () => {});
  phaseReporter(options.onProgress)('measuring', 1);
  return training;
}

/** What is done with a model that was grown. Where that is long, it takes a turn now and then, which ends it once the signal is aborted. */
export type Use<T> = (fitted: Fitted, turn: () => Promise<void>) => T | Promise<T>;

/**
 * The same, but calls `begin` before the model is grown, with the rows that it will be grown from and what can do something
 * beside; and what `begin` gives as soon as it is grown.
 */
export async function trainAndUse<T>(
  dataset: Dataset,
  parameters: TrainingParameters,
  options: TrainOptions,
  begin: (rows: Uint32Array, helper: Helper) => Use<T>,
): Promise<{ training: Training; used: T }> {
  checkArgument('dataset', dataset, aDataset);
  checkParameters(parameters);
  const trainer = trainerOf(parameters.engine, options.engineVersion);
  if (options.pruningPath === true && !trainer.honours.includes('ccpAlpha')) {
    throw badOption('pruningPath', `false, as the engine ${parameters.engine} does not prune`, true);
  }
  if (options.rules === 1 && dataset.holdoutBy !== undefined) {
    throw badOption('rules', '2, as a column says which rows are held out', 1);
  }
  const jobs = options.jobs ?? availableParallelism();
  const report = phaseReporter(options.onProgress);
  report('hashing', 0);
  const helper = new Helper(dataset, jobs);
  try {
    const rules =
      options.rules === 1
        ? rulesOfVersion1(dataset, helper)
        : await rulesOfVersion2(dataset, helper, options.signal, (share) => report('hashing', share));
    report('splitting', 0);
    const split = rules.holdOut(parameters);
    const partition = { train: split.train, holdout: split.holdout };
    checkTrainingRows(dataset, split.train);
    const classWeights = resolveClassWeights(dataset, split.train, parameters.classWeight);
    const found = [
      ...split.warnings,
      ...rules.warnOf(split),
      ...engines[parameters.engine].warnOf(dataset, split.train),
    ];
    for (const warning of found) options.onWarning?.(warning);
    const warnings = [...dataset.warnings, ...found];
    const origin = rules.beginOrigin(split);
    const use = begin(split.train, helper);
    report('fitting', 0);
    const { grown, steps } = await grow(
      dataset,
      split.train,
      { trainer, parameters, classWeights },
      { ...options, onProgress: (share) => report('fitting', share) },
    );
    const ccpAlpha = parameters.ccpAlpha === 'auto' ? chooseAlpha(steps) : parameters.ccpAlpha;
    const pace = createPace({ signal: options.signal });
    const turn = () => pace(1);
    const pruned =
      grown.kind === 'tree'
        ? { ...grown, tree: await inTurns(pruneInTurns(grown.tree, classWeights, ccpAlpha), turn) }
        : grown;
    const pruningPath = options.pruningPath === true ? steps : null;
    report('measuring', 0);
    const fitted = { grown: pruned, classWeights, partition, pruningPath, warnings };
    const used = await use(fitted, turn);
    const record = makeRecord(dataset, parameters, { trainer, classWeights, ccpAlpha }, partition);
    report('measuring', 0.5);
    const training = { ...fitted, record, ...(await origin.result(options.signal)) };
    report('measuring', 0.6);
    return { training, used };
  } finally {
    await helper.end();
  }
}

/** @throws UsageError for a version that this release does not have */
function trainerOf(name: EngineName, version: string | undefined): Trainer {
  const trainers = trainersOf(engines[name]);
  const wanted = trainers.find(({ engine }) => version === undefined || engine === version);
  if (wanted !== undefined) return wanted;
  throw badOption('engineVersion', trainers.map(({ engine }) => engine).join(' or '), version);
}

/** How rows are held out, and what is recorded of the table. */
interface Rules {
  holdOut(parameters: TrainingParameters): HoldOut;
  /** What a person should know of the rows that are held out. */
  warnOf(split: HoldOut): string[];
  /** Begins what can go on while the tree grows. */
  beginOrigin(split: HoldOut): Begun<Origin>;
}

function rulesOfVersion1(dataset: Dataset, helper: Helper): Rules {
  return {
    holdOut: ({ holdout, seed }) => holdOut(dataset, { holdout, seed, partition: 'hash-rank/1' }),
    warnOf: () => [],
    beginOrigin: () => {
      const begun = helper.begin('csv', {});
      return {
        result: async (signal) => ({
          data: { hash: 'csv/1', sha256: await begun.result(signal) },
          heldOutBy: { rule: 'hash-rank/1', cuts: null },
          sketch: null,
        }),
      };
    },
  };
}

/** Row hashes decide which rows are held out, so they are computed first. */
async function rulesOfVersion2(
  dataset: Dataset,
  helper: Helper,
  signal: AbortSignal | undefined,
  onProgress: (share: number) => void,
): Promise<Rules> {
  const hashes = await rowHashesOf(dataset, helper, { signal, onProgress });
  const partition = 'hash-rank/2';
  const by = dataset.holdoutBy;
  return {
    holdOut: ({ holdout, seed }) => holdOut(dataset, { holdout, seed, partition, hashes }),
    warnOf: ({ holdout, train }) => {
      const copies = countCopies(hashes, holdout, train);
      const found = copiesInWords(copies, holdout.length, 'held-out row', 'among the training rows');
      return found === undefined ? [] : [`${dataset.source}: ${found}`];
    },
    beginOrigin: ({ cuts, train }) => {
      const begun = helper.begin('origin', { hashes: { bytes: hashes.bytes, known: hashes.known }, rows: train });
      return {
        result: async (signal) => {
          const { sha256, sketch } = await begun.result(signal);
          const heldOutBy =
            by === undefined ? { rule: partition, cuts } : { rule: by.rule, cuts: null, column: by.column };
          return { data: { hash: TABLE_HASH, sha256 }, heldOutBy, sketch };
        },
      };
    },
  };
}

/** What is not pruned yet, and its cross-validated pruning path where it is needed (else no steps). */
async function grow(
  dataset: Dataset,
  rows: Uint32Array,
  { classWeights, parameters, trainer }: Pick<Used, 'classWeights' | 'trainer'> & { parameters: TrainingParameters },
  options: Omit<TrainOptions, 'onProgress'> & Pick<FitOptions, 'onProgress'>,
): Promise<{ grown: Grown; steps: PruningStep[] }> {
  const { jobs, onProgress, signal } = options;
  const growth = { trainer, parameters, classWeights, missing: missingRuleOf(options) };
  const growOn = (some: Uint32Array, fitOptions: FitOptions): Promise<Grown> =>
    growModel(dataset, some, growth, { jobs, signal, ...fitOptions });
  if (options.pruningPath !== true && parameters.ccpAlpha !== 'auto') {
    return { grown: await growOn(rows, { onProgress }), steps: [] };
  }
  // Ten folds take about ten times as long as the tree itself.
  const ownShare = 1 / 11;
  const grown = await growOn(rows, { onProgress: (share) => onProgress?.(share * ownShare) });
  const steps = await crossValidatePruning(treeOf(grown), dataset, rows, classWeights, {
    seed: parameters.seed,
    holdout: parameters.holdout,
    signal,
    grow: async (some, onFoldProgress) => treeOf(await growOn(some, { onProgress: onFoldProgress })),
    onProgress: (share) => onProgress?.(ownShare + share * (1 - ownShare)),
  });
  return { grown, steps };
}

/** By which rows a model that is trained with these options takes missing values. */
export function missingRuleOf({ missing = 'table', rules }: Pick<TrainOptions, 'missing' | 'rules'>): MissingRule {
  return rules === 1 ? 'training rows' : missing;
}

/** @throws DataError where a class has no training row, a feature no value in them, or all features are constant */
function checkTrainingRows(dataset: Dataset, rows: Uint32Array): void {
  const { classes, features, source } = dataset;
  classCounts(dataset, rows).forEach((count, k) => {
    if (count > 0) return;
    throw new DataError(
      'classes',
      `${source}: class ${quote(classes[k])}: expected at least one training row, found none`,
    );
  });
  let varies = false;
  for (const { name, values } of features) {
    const first = values[rows[0]];
    if (rows.some((row) => !Object.is(values[row], first) && values[row] !== first)) varies = true;
    else if (Number.isNaN(first)) {
      throw new DataError(
        'constant',
        `${source}: ${nameInWords(name)}: expected a value in at least one training row, found none`,
      );
    }
  }
  if (!varies) {
    throw new DataError(
      'constant',
      `${source}: expected a feature that differs between the ${rows.length} training rows, found only constant ones`,
    );
  }
}

/** What a training used, in place of what it was asked for. */
interface Used {
  readonly trainer: Trainer;
  readonly classWeights: Float64Array | null;
  readonly ccpAlpha: number;
}

function makeRecord(
  dataset: Dataset,
  parameters: TrainingParameters,
  used: Used,
  partition: Training['partition'],
): TrainingRecord {
  return {
    ...parameters,
    engine: used.trainer.engine,
    classWeight: used.classWeights && [...used.classWeights],
    ccpAlpha: used.ccpAlpha,
    maxFeatures: used.trainer.grows === 'forest' ? maxFeaturesOf(parameters, dataset) : parameters.maxFeatures,
    // What a column holds out is a share that nobody asked for.
    ...(dataset.holdoutBy?.rule === 'holdout-column/1' && { holdout: shareOf(partition) }),
    target: dataset.target,
    rows: { train: partition.train.length, holdout: partition.holdout.length },
  };
}

function shareOf({ holdout, train }: Training['partition']): number {
  return holdout.length / (holdout.length + train.length);
}
