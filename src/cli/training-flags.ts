import { UsageError } from '../ground/errors.js';
import { quote } from '../ground/quote.js';
import { defaultsOf } from '../training/defaults.js';
import type { Criterion, EngineName, TrainingParameters } from '../training/parameters.js';
import { integerFlag, numberFlag } from './flags.js';
import { Flags } from './oclif.js';

const ENGINES: readonly EngineName[] = ['cart', 'ml-cart'];
const CRITERIA: readonly Criterion[] = ['gini', 'entropy'];
const HELP_GROUP = 'TREE';

const defaults = defaultsOf('cart');

/** The parameters of a training, under scikit-learn's names. */
export const trainingFlags = {
  'ccp-alpha': Flags.custom<number | 'auto'>({
    description: 'Prune branches that lower the impurity by less than this per leaf; auto: chosen by cross-validation.',
    helpGroup: HELP_GROUP,
    helpValue: 'X|auto',
    parse: async (text) => parseAlpha(text),
  })(),
  'class-weight': Flags.custom<NonNullable<TrainingParameters['classWeight']>>({
    description: 'balanced, or the weight of each class that does not weigh 1.',
    helpGroup: HELP_GROUP,
    helpValue: 'balanced|a=2,b=1',
    parse: async (text) => (text === 'balanced' ? text : parseClassWeights(text)),
  })(),
  criterion: Flags.option({
    description: `What a split lowers; default ${defaults.criterion}.`,
    helpGroup: HELP_GROUP,
    options: CRITERIA,
  })(),
  engine: Flags.option({
    default: 'cart' as const,
    description: 'What grows the tree: ours, or the npm package ml-cart.',
    helpGroup: HELP_GROUP,
    options: ENGINES,
  })(),
  holdout: numberFlag({
    description: `Share of each class, below 1, that is held out to score the model on; default ${defaults.holdout}.`,
    helpValue: 'SHARE',
    min: 0,
  }),
  'max-depth': integerFlag({
    description: 'Most questions on the way to a leaf.',
    helpGroup: HELP_GROUP,
    helpValue: 'N',
    min: 1,
  }),
  'max-leaf-nodes': integerFlag({
    description: 'Most leaves; the best splits are made first.',
    helpGroup: HELP_GROUP,
    helpValue: 'N',
    min: 2,
  }),
  'min-impurity-decrease': numberFlag({
    description: `Least that a split has to lower the impurity by; default ${defaults.minImpurityDecrease}.`,
    helpGroup: HELP_GROUP,
    helpValue: 'X',
    min: 0,
  }),
  'min-samples-leaf': integerFlag({
    description: `Fewest training rows of a leaf; default ${defaults.minSamplesLeaf}.`,
    helpGroup: HELP_GROUP,
    helpValue: 'N',
    min: 1,
  }),
  'min-samples-split': integerFlag({
    description: `Fewest training rows of a node that is split; default ${defaults.minSamplesSplit}.`,
    helpGroup: HELP_GROUP,
    helpValue: 'N',
    min: 2,
  }),
  seed: integerFlag({
    description: `Another seed holds out other rows; default ${defaults.seed}.`,
    helpValue: 'N',
    min: 0,
  }),
};

/** What oclif makes of `trainingFlags`. */
export interface TrainingFlagValues {
  readonly 'ccp-alpha'?: number | 'auto' | undefined;
  readonly 'class-weight'?: TrainingParameters['classWeight'] | undefined;
  readonly criterion?: Criterion | undefined;
  readonly engine: EngineName;
  readonly holdout?: number | undefined;
  readonly 'max-depth'?: number | undefined;
  readonly 'max-leaf-nodes'?: number | undefined;
  readonly 'min-impurity-decrease'?: number | undefined;
  readonly 'min-samples-leaf'?: number | undefined;
  readonly 'min-samples-split'?: number | undefined;
  readonly seed?: number | undefined;
}

/** The engine's defaults, but for what was asked. */
export function trainingParameters(flags: TrainingFlagValues): TrainingParameters {
  const defaults = defaultsOf(flags.engine);
  return {
    engine: flags.engine,
    criterion: flags.criterion ?? defaults.criterion,
    maxDepth: flags['max-depth'] ?? defaults.maxDepth,
    minSamplesSplit: flags['min-samples-split'] ?? defaults.minSamplesSplit,
    minSamplesLeaf: flags['min-samples-leaf'] ?? defaults.minSamplesLeaf,
    maxLeafNodes: flags['max-leaf-nodes'] ?? defaults.maxLeafNodes,
    minImpurityDecrease: flags['min-impurity-decrease'] ?? defaults.minImpurityDecrease,
    classWeight: flags['class-weight'] ?? defaults.classWeight,
    ccpAlpha: flags['ccp-alpha'] ?? defaults.ccpAlpha,
    seed: flags.seed ?? defaults.seed,
    holdout: flags.holdout ?? defaults.holdout,
  };
}

const DECIMAL = /^(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

function parseAlpha(text: string): number | 'auto' {
  if (text === 'auto') return text;
  const alpha = DECIMAL.test(text) ? Number(text) : Number.NaN;
  if (Number.isFinite(alpha)) return alpha;
  throw new UsageError(`expected a number of at least 0, or auto, found ${quote(text)}`);
}

/** `a=2,b=1`: a label may hold `=`, and a comma as `\,`. */
function parseClassWeights(text: string): ReadonlyMap<string, number> {
  const weights = new Map<string, number>();
  for (const part of text.split(/(?<!\\),/)) {
    const [, escaped, number = ''] = /^(.+)=(.*)$/s.exec(part) ?? [];
    const weight = DECIMAL.test(number) ? Number(number) : Number.NaN;
    if (escaped === undefined || !(weight > 0 && weight < Number.POSITIVE_INFINITY)) {
      throw new UsageError(`expected balanced, or label=weight with a weight above 0, found ${quote(part)}`);
    }
    const label = escaped.replaceAll('\\,', ',');
    if (weights.has(label)) throw new UsageError(`expected one weight per class, found two of ${quote(label)}`);
    weights.set(label, weight);
  }
  return weights;
}
