import { MAX_CLASSES } from '../../../ground/limits.js';
import type { EnsembleScorer, ModelSource } from '../../../model/model.js';
import type { Arithmetic, Combine, Ensemble } from '../../../tree/ensemble.js';
import { treesPerOutput } from '../../../tree/walk-ensemble.js';
import {
  readArray,
  readInteger,
  readMembers,
  readNumber,
  readObject,
  readPart,
  readString,
  refuse,
} from '../fields.js';
import type { JsonText } from '../json-text.js';
import { readSha256 } from '../training-format.js';
import { checkPoolOutline, readPool, shortestFloat, treeDocuments } from './pool-format.js';
import type { TreeShape } from './tree-format.js';

const KEYS = ['kind', 'arithmetic', 'combine', 'classWeight', 'trees'];
const OPTIONAL_KEYS = ['source'];
/** Values of an object with a few keys. */
const SMALL = 16;

export function ensembleDocument({ ensemble, kind, source }: EnsembleScorer): Record<string, unknown> {
  const { arithmetic, combine } = ensemble;
  const written = arithmetic.sum === 'float32' ? shortestFloat : (value: number) => value;
  return {
    kind,
    arithmetic,
    combine: { ...combine, base: combine.base?.map(written) ?? null },
    classWeight: null,
    trees: treeDocuments(ensemble, kind === 'forest'),
    ...(source && { source }),
  };
}

/** @throws ArtifactError */
export function checkEnsembleOutline(text: JsonText, at: number): void {
  const members = readMembers(text, at, 'model', KEYS, OPTIONAL_KEYS);
  const trees = members.get('trees')!;
  if (!text.isArray(trees)) refuse('model.trees', 'an array', text.glimpse(trees));
  checkPoolOutline(text, trees);
}

/** @throws ArtifactError */
export function readEnsemble(
  text: JsonText,
  at: number,
  kind: EnsembleScorer['kind'],
  { categoryCounts, classCount }: TreeShape,
): EnsembleScorer {
  const members = readMembers(text, at, 'model', KEYS, OPTIONAL_KEYS);
  const part = (key: string, most = SMALL) => readPart(text, members.get(key)!, `model.${key}`, most);
  if (part('classWeight') !== null) refuse('model.classWeight', `null, as of a ${kind} model`, part('classWeight'));
  const arithmetic = readArithmetic(part('arithmetic'));
  const combine = readCombine(part('combine', classCount + SMALL), kind, classCount, arithmetic);
  const trees = readPool(text, members.get('trees')!, {
    categoryCounts,
    outputs: combine.outputs,
    sum: arithmetic.sum,
    withShares: kind === 'forest',
  });
  const source = members.has('source') ? readSource(part('source')) : null;
  const ensemble = { trees, arithmetic, combine };
  if (combine.by === 'mean') checkMean(ensemble);
  if (kind === 'boosted') checkSums(ensemble);
  return { kind, ensemble, source };
}

function readArithmetic(value: unknown): Arithmetic {
  const fields = readObject(value, 'model.arithmetic', ['input', 'split', 'sum', 'zero']);
  const zero = readNumber(fields.zero, 'model.arithmetic.zero', 0);
  if (zero >= 1) refuse('model.arithmetic.zero', 'a number below 1', zero);
  return {
    input: readChoice(fields.input, 'model.arithmetic.input', ['float64', 'float32']),
    split: readChoice(fields.split, 'model.arithmetic.split', ['<=', '<']),
    sum: readChoice(fields.sum, 'model.arithmetic.sum', ['float64', 'float32']),
    zero,
  };
}

const COMBINE_KEYS = ['by', 'base', 'outputs', 'link', 'scale', 'function'];

function readCombine(value: unknown, kind: EnsembleScorer['kind'], classCount: number, { sum }: Arithmetic): Combine {
  const fields = readObject(value, 'model.combine', COMBINE_KEYS);
  const outputs = readInteger(fields.outputs, 'model.combine.outputs', 1, MAX_CLASSES);
  const isForest = kind === 'forest';
  if (outputs !== classCount && (isForest || outputs !== 1 || classCount !== 2)) {
    refuse('model.combine.outputs', `one output per class, ${classCount}`, outputs);
  }
  const arithmetic = readChoice(fields.function, 'model.combine.function', FUNCTIONS);
  const links = linksOf(isForest, outputs, arithmetic);
  const scale = readNumber(fields.scale, 'model.combine.scale');
  if (scale <= 0 || (isForest && scale !== 1))
    refuse('model.combine.scale', isForest ? '1' : 'a number above 0', scale);
  const round = sum === 'float32' ? Math.fround : (number: number) => number;
  return {
    by: readChoice(fields.by, 'model.combine.by', isForest ? ['mean'] : ['sum', 'mean']),
    base: readBase(fields.base, isForest, outputs)?.map(round) ?? null,
    outputs,
    link: readChoice(fields.link, 'model.combine.link', links),
    scale,
    function: arithmetic,
  };
}

const FUNCTIONS = ['float64/1', 'float64/2', 'float32/1', 'float32/2'] as const;

/** What sums may become shares by. */
function linksOf(isForest: boolean, outputs: number, arithmetic: Combine['function']): readonly Combine['link'][] {
  if (isForest) return ['none'];
  const links: Combine['link'][] = outputs === 1 ? ['sigmoid'] : ['sigmoid', 'softmax'];
  return arithmetic === 'float64/1' || arithmetic === 'float32/2' ? ['none', ...links] : links;
}

function readBase(value: unknown, isForest: boolean, outputs: number): number[] | null {
  if (value === null) return null;
  if (isForest) return refuse('model.combine.base', 'null, as of a forest', value);
  return readArray(value, 'model.combine.base', outputs).map((base, k) => readNumber(base, `model.combine.base[${k}]`));
}

function readChoice<Choice extends string>(value: unknown, path: string, choices: readonly Choice[]): Choice {
  if (choices.includes(value as Choice)) return value as Choice;
  return refuse(path, choices.map((choice) => `"${choice}"`).join(' or '), value);
}

function readSource(value: unknown): ModelSource {
  const fields = readObject(value, 'model.source', ['library', 'version', 'sha256', 'iterations']);
  const { iterations, version } = fields;
  return {
    library: readString(fields.library, 'model.source.library'),
    version: version === null ? null : readString(version, 'model.source.version'),
    sha256: readSha256(fields.sha256, 'model.source.sha256'),
    iterations:
      iterations === null ? null : readInteger(iterations, 'model.source.iterations', 1, Number.MAX_SAFE_INTEGER),
  };
}

/** A mean of no trees would be no number. */
function checkMean(ensemble: Ensemble): void {
  const without = treesPerOutput(ensemble).indexOf(0);
  if (without >= 0) refuse('model.trees', 'a tree for every output', `none for output ${without}`);
}

/** The largest numbers of 32 and 64 bits. */
const MOST = { float32: 3.4028234663852886e38, float64: Number.MAX_VALUE };

/** No row may add up to what is infinite: shares would be no numbers. */
function checkSums({ arithmetic, combine, trees }: Ensemble): void {
  const largest = (values: Iterable<number>) => {
    let most = 0;
    for (const value of values) most = Math.max(most, Math.abs(value));
    return most;
  };
  let sum = largest(combine.base ?? []);
  for (let tree = 0; tree < trees.treeCount; tree++) {
    const leaves = trees.value.subarray(trees.roots[tree], trees.roots[tree + 1]).filter((at) => at >= 0);
    const width = trees.output[tree] < 0 ? combine.outputs : 1;
    let most = 0;
    for (const at of leaves) most = Math.max(most, largest(trees.values.subarray(at, at + width)));
    sum += most * Math.abs(trees.weight[tree]);
  }
  sum *= Math.max(combine.scale, 1);
  if (!(sum < MOST[arithmetic.sum])) refuse('model.trees', `sums below ${MOST[arithmetic.sum]}`, sum);
}
