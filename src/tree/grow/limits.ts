/**
 * What bounds a tree, as options of the library and the command line give it: one table, from which defaults, checks, flags,
 * the reader of training records and the docs derive. Names are scikit-learn's in camel case, and so are defaults.
 */
import { defaultsOfTable, type ParameterTable, type ValuesOf } from '../../ground/parameter-table.js';
import type { ImpurityName } from '../criterion.js';
import type { Limits } from './grow.js';

export const growthTable = {
  criterion: {
    words: 'What a split lowers',
    label: 'criterion',
    range: { kind: 'choice', choices: ['gini', 'entropy'] satisfies ImpurityName[] },
    default: 'gini',
  },
  /** null: no bound. */
  maxDepth: {
    words: 'Most questions on the way to a leaf',
    label: 'deepest level',
    range: { kind: 'integer', least: 1, orNull: true },
    default: null,
  },
  minSamplesSplit: {
    words: 'Fewest training rows of a node that is split',
    label: 'fewest rows to split',
    range: { kind: 'integer', least: 2 },
    default: 2,
  },
  minSamplesLeaf: {
    words: 'Fewest training rows of a leaf',
    label: 'fewest rows in a leaf',
    range: { kind: 'integer', least: 1 },
    default: 1,
  },
  /** null: no bound, grown depth-first; a number: grown best-first. */
  maxLeafNodes: {
    words: 'Most leaves; the best splits are made first',
    label: 'most leaves',
    range: { kind: 'integer', least: 2, orNull: true },
    default: null,
  },
  minImpurityDecrease: {
    words: 'Least that a split has to lower the impurity by',
    label: 'least impurity decrease',
    range: { kind: 'number', least: 0 },
    default: 0,
  },
} as const satisfies ParameterTable;

export type GrowthParameters = ValuesOf<typeof growthTable>;

export const defaultGrowth: GrowthParameters = defaultsOfTable(growthTable);

export function limitsOf(parameters: GrowthParameters): Limits {
  return {
    maxDepth: parameters.maxDepth ?? Number.POSITIVE_INFINITY,
    minSamplesSplit: parameters.minSamplesSplit,
    minSamplesLeaf: parameters.minSamplesLeaf,
    maxLeafNodes: parameters.maxLeafNodes ?? Number.POSITIVE_INFINITY,
    minImpurityDecrease: parameters.minImpurityDecrease,
  };
}
