import { UsageError } from '../ground/errors.js';
import { quote } from '../ground/quote.js';
import { hyperParameterTable } from '../model/hyper-parameters.js';
import { defaultsOf, engines } from '../training/engines.js';
import { type Criterion, ENGINE_NAMES, type EngineName, type TrainingParameters } from '../training/parameters.js';
import type { ParameterRange, ParameterRow } from '../tree/grow/limits.js';
import { flagOf, integerFlag, numberFlag } from './flags.js';
import { Flags } from './oclif.js';

const HELP_GROUP = 'TREE';
const table = hyperParameterTable;

type IntegerRow = ParameterRow<unknown, Extract<ParameterRange, { kind: 'integer' }>>;
type NumberRow = ParameterRow<unknown, Extract<ParameterRange, { kind: 'number' }>>;

/** For --help; no default is shown where null means no bound. */
function describe({ default: value, words }: ParameterRow<unknown>): string {
  return value === null ? `${words}.` : `${words}; default ${String(value)}.`;
}

function integerOf(row: IntegerRow, helpGroup?: string) {
  const group = helpGroup === undefined ? {} : { helpGroup };
  return integerFlag({ description: describe(row), helpValue: 'N', min: row.range.least, ...group });
}

function numberOf(row: NumberRow, helpValue: string, helpGroup?: string) {
  const group = helpGroup === undefined ? {} : { helpGroup };
  return numberFlag({ description: describe(row), helpValue, min: row.range.least, ...group });
}

/** The parameters of a training, under scikit-learn's names. */
export const trainingFlags = {
  'ccp-alpha': Flags.custom<number | 'auto'>({
    description: `${table.ccpAlpha.words}.`,
    helpGroup: HELP_GROUP,
    helpValue: 'X|auto',
    parse: async (text) => parseAlpha(text),
  })(),
  'class-weight': Flags.custom<NonNullable<TrainingParameters['classWeight']>>({
    description: `${table.classWeight.words}.`,
    helpGroup: HELP_GROUP,
    helpValue: 'balanced|a=2,b=1',
    parse: async (text) => (text === 'balanced' ? text : parseClassWeights(text)),
  })(),
  criterion: Flags.option({
    description: describe(table.criterion),
    helpGroup: HELP_GROUP,
    options: table.criterion.range.choices,
  })(),
  engine: Flags.option({
    default: 'cart' as const,
    description: `What grows the tree: ${ENGINE_NAMES.map((name) => engines[name].words).join(', or ')}.`,
    helpGroup: HELP_GROUP,
    options: ENGINE_NAMES,
  })(),
  holdout: numberOf(table.holdout, 'SHARE'),
  'max-depth': integerOf(table.maxDepth, HELP_GROUP),
  'max-leaf-nodes': integerOf(table.maxLeafNodes, HELP_GROUP),
  'min-impurity-decrease': numberOf(table.minImpurityDecrease, 'X', HELP_GROUP),
  'min-samples-leaf': integerOf(table.minSamplesLeaf, HELP_GROUP),
  'min-samples-split': integerOf(table.minSamplesSplit, HELP_GROUP),
  seed: integerOf(table.seed),
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

/** The engine's defaults, overridden by the given flags. */
export function trainingParameters(flags: TrainingFlagValues): TrainingParameters {
  const asked = Object.keys(table).flatMap((name) => {
    const value = flags[flagOf(name) as keyof TrainingFlagValues];
    return value === undefined ? [] : [[name, value]];
  });
  return { ...defaultsOf(flags.engine), ...Object.fromEntries(asked) };
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
