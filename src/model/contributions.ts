import { UsageError } from '../ground/errors.js';
import type { TreeAnswers } from '../tree/answers.js';
import { ensembleClassCount } from '../tree/ensemble.js';
import { explainedEnsemble, explainedTree } from '../tree/explained-trees.js';
import { TreeShap } from '../tree/tree-shap.js';
import { featureValue } from './feature-value.js';
import type { EnsembleScorer, Predicting } from './model.js';

/** How much each feature of a row brings to what the model answers: see `TreeShap`. */
export interface Contributions {
  readonly of: ContributionUnit;
  /** One per class, or one alone, for the second of two. */
  readonly outputs: readonly ExplainedOutput[];
  /** In the order of the model's features. */
  readonly features: readonly FeatureContributions[];
}

/** What contributions add up to: the share of a class, or a margin, which is what boosted trees come to before it is one. */
export type ContributionUnit = 'share' | 'margin';

/**
 * The contributions of all features in their order, then `expected`, then `rounding`, added from 0 on, are `value` to the last
 * bit.
 */
export interface ExplainedOutput {
  readonly class: string;
  readonly value: number;
  /** The mean over the training rows. */
  readonly expected: number;
  readonly rounding: number;
}

export interface FeatureContributions {
  readonly feature: string;
  /** A number, the name of a category, null where the value is missing. */
  readonly value: number | string | null;
  /** One per output. */
  readonly contributions: readonly number[];
}

/** Computes contributions. */
export interface ContributionExplainer {
  readonly of: ContributionUnit;
  /** The class of each output. */
  readonly classes: readonly string[];
  /** Nodes of all trees. */
  readonly nodeCount: number;
  /** Why there are none, as the end of a sentence; null where there are. */
  readonly absence: string | null;
  /**
   * The steps to what explains rows, which is computed once. Yields how many it took since it yielded last.
   *
   * @throws UsageError where there are none
   */
  prepare(): Generator<number, TreeShap>;
}

const NO_COVERS =
  'the model does not say how many training rows came to each node: import it again, from a file that has the covers of its nodes';
const TOO_LARGE = 'paths of its trees are too long, with too many different features';

/** Of a single tree: of the shares of its classes. */
export function treeContributions(answers: TreeAnswers, { classes }: Predicting): ContributionExplainer {
  return {
    of: 'share',
    classes,
    nodeCount: answers.tree.nodeCount,
    absence: null,
    prepare: preparer(() => explainedTree(answers)),
  };
}

/** Of a forest: of the shares of its classes; of boosted trees: of the sums before the link. */
export function ensembleContributions(
  { ensemble, kind }: EnsembleScorer,
  { classes }: Predicting,
): ContributionExplainer {
  const { outputs } = ensemble.combine;
  const trees = explainedEnsemble(ensemble);
  return {
    of: kind === 'forest' ? 'share' : 'margin',
    classes: outputs === ensembleClassCount(ensemble) ? classes : classes.slice(1),
    nodeCount: ensemble.trees.feature.length,
    absence: trees === null ? NO_COVERS : null,
    prepare: preparer(() => trees),
  };
}

/** It may be asked by several at once: the first that is done is kept. */
function preparer(treesOf: () => ReturnType<typeof explainedEnsemble>): ContributionExplainer['prepare'] {
  let known: TreeShap | null | undefined;
  return function* prepare() {
    if (known === undefined) {
      const trees = treesOf();
      if (trees === null) throw cannotContribute(NO_COVERS);
      const made = yield* TreeShap.prepare(trees);
      known ??= made;
    }
    if (known === null) throw cannotContribute(TOO_LARGE);
    return known;
  };
}

export function cannotContribute(absence: string): UsageError {
  return new UsageError(`contributions of features cannot be computed: ${absence}`);
}

/** Numbers of one row: for each output a contribution per feature, what is expected, and what rounding leaves. */
export function contributionsSize({ classes }: ContributionExplainer, featureCount: number): number {
  return classes.length * (featureCount + 2);
}

/**
 * The contributions of a row, with names.
 *
 * @param numbers as `TreeShap.explain` gives them
 * @param row one value per feature
 */
export function namedContributions(
  { classes, of }: Pick<ContributionExplainer, 'classes' | 'of'>,
  features: Predicting['features'],
  numbers: ArrayLike<number>,
  row: ArrayLike<number>,
): Contributions {
  const width = features.length + 2;
  return {
    of,
    outputs: classes.map((name, k) => explainedOutput(name, numbers, k * width, width)),
    features: features.map((feature, index) => ({
      feature: feature.name,
      value: featureValue(feature, row[index]),
      contributions: classes.map((_, k) => numbers[k * width + index]),
    })),
  };
}

/** @param from where its contributions begin in `numbers`; there are `width`, the last two for what is expected and rounding */
export function explainedOutput(
  name: string,
  numbers: ArrayLike<number>,
  from: number,
  width: number,
): ExplainedOutput {
  let value = 0;
  for (let at = from; at < from + width; at++) value += numbers[at];
  return { class: name, value, expected: numbers[from + width - 2], rounding: numbers[from + width - 1] };
}
