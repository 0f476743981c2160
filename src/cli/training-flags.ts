import { UsageError } from '../ground/errors.js';
import type { ParameterRange, ParameterRow } from '../ground/parameter-table.js';
import { quote } from '../ground/quote.js';
import {
  HYPER_PARAMETERS,
  type HyperParameterName,
  type HyperParameters,
  hyperParameterTable,
  PARTITION_PARAMETERS,
} from '../model/hyper-parameters.js';
import { ENGINE_NAMES, type EngineName, engines } from '../training/engines.js';
import { defaultsOf, type TrainingParameters } from '../training/parameters.js';
import { integerFlag, numberFlag } from './flags.js';
import { Flags, type OptionFlag } from './oclif.js';
import { flagName } from './option-flags.js';

const HELP_GROUP = 'TREE';

type NumberRange = Extract<ParameterRange, { kind: 'number' }>;
type WeightRange = Extract<ParameterRange, { kind: 'class weights' }>;

/** The name of a parameter's flag: `maxDepth` is `max-depth`. */
type FlagName<Name extends string> = Name extends `${infer First}${infer Rest}`
  ? `${First extends Lowercase<First> ? First : `-${Lowercase<First>}`}${FlagName<Rest>}`
  : '';

/** What a flag says; null is said by its absence. */
type FlagValue<Name extends HyperParameterName> = NonNullable<HyperParameters[Name]> | undefined;

type ParameterFlags = { readonly [Name in HyperParameterName as FlagName<Name>]: OptionFlag<FlagValue<Name>> };

/** What oclif makes of `trainingFlags`. */
export type TrainingFlagValues = {
  readonly [Name in HyperParameterName as FlagName<Name>]?: FlagValue<Name>;
} & { readonly engine: EngineName };

/** The parameters of a training, under scikit-learn's names. */
export const trainingFlags = {
  engine: Flags.option({
    default: 'cart' as const,
    description: `What grows the tree: ${ENGINE_NAMES.map((name) => engines[name].words).join(', or ')}.`,
    helpGroup: HELP_GROUP,
    options: ENGINE_NAMES,
  })(),
  ...(Object.fromEntries(HYPER_PARAMETERS.map((name) => [flagName(name), parameterFlag(name)])) as ParameterFlags),
};

/** The engine's defaults, overridden by the given flags. */
export function trainingParameters(flags: TrainingFlagValues): TrainingParameters {
  const asked = HYPER_PARAMETERS.flatMap((name) => {
    const value = flags[flagName(name) as keyof TrainingFlagValues];
    return value === undefined ? [] : [[name, value]];
  });
  return { ...defaultsOf(flags.engine), ...Object.fromEntries(asked) };
}

function parameterFlag(name: HyperParameterName) {
  const row: ParameterRow = hyperParameterTable[name];
  const group = PARTITION_PARAMETERS.includes(name) ? {} : { helpGroup: HELP_GROUP };
  return flagOfRange(row.range, { description: describe(row), ...group });
}

/** For --help; no default is shown where null means no bound. */
function describe({ default: value, words }: ParameterRow): string {
  return value === null ? `${words}.` : `${words}; default ${String(value)}.`;
}

function flagOfRange(range: ParameterRange, help: { readonly description: string; readonly helpGroup?: string }) {
  switch (range.kind) {
    case 'integer':
      return integerFlag({ ...help, helpValue: 'N', min: range.least });
    case 'number':
      if (range.orAuto) return autoFlag(range, help);
      return numberFlag({ ...help, helpValue: range.below === undefined ? 'X' : 'SHARE', min: range.least });
    case 'choice':
      return Flags.option({ ...help, options: range.choices })();
    case 'class weights':
      return weightsFlag(range, help);
  }
}

const DECIMAL = /^(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

function autoFlag({ least }: NumberRange, help: { readonly description: string }) {
  return Flags.custom<number | 'auto'>({
    ...help,
    helpValue: 'X|auto',
    parse: async (text) => {
      if (text === 'auto') return text;
      const number = decimalOf(text);
      if (Number.isFinite(number) && number >= least) return number;
      throw new UsageError(`expected a number of at least ${least}, or auto, found ${quote(text)}`);
    },
  })();
}

function weightsFlag(range: WeightRange, help: { readonly description: string }) {
  const { rules } = range;
  return Flags.custom<string | ReadonlyMap<string, number>>({
    ...help,
    helpValue: `${rules.join('|')}|a=2,b=1`,
    parse: async (text) => (rules.includes(text) ? text : parseClassWeights(text, range)),
  })();
}

function decimalOf(text: string): number {
  return DECIMAL.test(text) ? Number(text) : Number.NaN;
}

/** `a=2,b=1`: a label may hold `=`, and a comma as `\,`. */
function parseClassWeights(text: string, { above, rules }: WeightRange): ReadonlyMap<string, number> {
  const weights = new Map<string, number>();
  for (const part of text.split(/(?<!\\),/)) {
    const [, escaped, number = ''] = /^(.+)=(.*)$/s.exec(part) ?? [];
    const weight = decimalOf(number);
    if (escaped === undefined || !(weight > above && Number.isFinite(weight))) {
      const words = `${rules.join(', ')}, or label=weight with a weight above ${above}`;
      throw new UsageError(`expected ${words}, found ${quote(part)}`);
    }
    const label = escaped.replaceAll('\\,', ',');
    if (weights.has(label)) throw new UsageError(`expected one weight per class, found two of ${quote(label)}`);
    weights.set(label, weight);
  }
  return weights;
}
