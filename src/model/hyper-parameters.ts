import { requireKnownOptions } from '../ground/options.js';
import {
  defaultsOfTable,
  expectInTable,
  type ParameterRange,
  type ParameterTable,
  type ValueOf,
  type ValuesOf,
} from '../ground/parameter-table.js';
import { growthTable } from '../tree/grow/limits.js';

/** Which rows are held out: any engine grows from the others. */
const partitionTable = {
  seed: {
    words: 'Another seed holds out other rows, and grows another forest',
    label: 'seed',
    range: { kind: 'integer', least: 0 },
    default: 0,
  },
  /** Share of each class held out, in [0, 1). */
  holdout: {
    words: 'Share of each class, below 1, that is held out to score the model on',
    label: 'held-out share',
    range: { kind: 'number', least: 0, below: 1 },
    default: 0.2,
  },
} as const satisfies ParameterTable;

/** What only a forest has. */
const forestTable = {
  trees: {
    words: 'Trees of a forest',
    label: 'trees',
    range: { kind: 'integer', least: 1 },
    default: 100,
  },
  /** null: the square root of the number of features, rounded down. */
  maxFeatures: {
    words: 'Features that each split of a forest chooses from, drawn anew; default: the square root of their number',
    label: 'features per split',
    range: { kind: 'integer', least: 1, orNull: true },
    default: null,
  },
} as const satisfies ParameterTable;

/**
 * Every parameter of a training but the engine, under scikit-learn's names in camel case. Flags, checks, the training record
 * and its reader, reports and `iris verify` derive from it; a test holds the docs to it. A default does what trainings did
 * before the parameter was there: records that lack it stand for that.
 */
export const hyperParameterTable = {
  ...growthTable,
  /** null: every class weighs 1. */
  classWeight: {
    words: 'balanced, or the weight of each class that does not weigh 1',
    label: 'class weights',
    range: { kind: 'class weights', above: 0, rules: ['balanced'] },
    default: null,
  },
  ccpAlpha: {
    words: 'Prune branches that lower the impurity by less than this per leaf; auto: chosen by cross-validation',
    label: 'pruning alpha',
    range: { kind: 'number', least: 0, orAuto: true },
    default: 0,
  },
  ...partitionTable,
  ...forestTable,
} as const satisfies ParameterTable;

export type HyperParameters = ValuesOf<typeof hyperParameterTable>;
export type HyperParameterName = keyof HyperParameters;

export const HYPER_PARAMETERS = Object.keys(hyperParameterTable) as HyperParameterName[];
/** Those that choose rows, whatever grows the tree. */
export const PARTITION_PARAMETERS: readonly HyperParameterName[] = Object.keys(
  partitionTable,
) as (keyof typeof partitionTable)[];

/** Those of one tree. */
export const TREE_PARAMETERS: readonly HyperParameterName[] = HYPER_PARAMETERS.filter((name) => !(name in forestTable));
/** Those of a forest, whose trees are not pruned. */
export const FOREST_PARAMETERS: readonly HyperParameterName[] = HYPER_PARAMETERS.filter((name) => name !== 'ccpAlpha');

/** Those that a model's record stands for. */
export function parametersOf(scorer: { readonly kind: string }): readonly HyperParameterName[] {
  return scorer.kind === 'forest' ? FOREST_PARAMETERS : TREE_PARAMETERS;
}

export const defaultHyperParameters: HyperParameters = defaultsOfTable(hyperParameterTable);

/**
 * @param parameters those of a training, whose engine is not looked at
 * @throws UsageError for a parameter that is unknown or out of its range: its name, what was expected, what was found
 */
export function checkHyperParameters(parameters: HyperParameters): void {
  requireKnownOptions(parameters, ['engine', ...HYPER_PARAMETERS]);
  expectInTable(hyperParameterTable, parameters);
}

/** What a record has of a parameter: the choice that was made, where it was made from the data. */
type RecordedValue<Range extends ParameterRange> = Range extends { readonly kind: 'class weights' }
  ? readonly number[] | null
  : Range extends { readonly orAuto: true }
    ? number
    : ValueOf<Range>;

/** Every parameter as it is recorded. */
export type RecordedParameters = {
  readonly [Name in HyperParameterName]: RecordedValue<(typeof hyperParameterTable)[Name]['range']>;
};
