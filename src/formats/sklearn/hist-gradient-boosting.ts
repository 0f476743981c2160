import { MAX_CATEGORIES } from '../../ground/limits.js';
import { MISSING_LEFT, UNKNOWN_LEFT } from '../../tree/ensemble.js';
import { numbersAt, refuseUnsupported, refuseValue, wholeAt } from '../foreign-value.js';
import { type ForeignTree, PoolBuilder } from '../pool-builder.js';
import type { Estimator, EstimatorModel } from './estimator.js';
import type { SkopsObject } from './skops.js';

/** 32-bit words of a set of categories. */
const WORDS = 8;

/** Values in 64 bits; columns of categories are encoded, and moved to the front. */
export function readHistGradientBoosting({ classCount, featureCount, object, version }: Estimator): EstimatorModel {
  const outputs = classCount === 2 ? 1 : classCount;
  const columns = columnsOf(object, featureCount, version);
  const categories: (readonly string[] | null)[] = new Array(featureCount).fill(null);
  for (const { index, names } of columns) categories[index] = names;
  const pool = new PoolBuilder({ outputs, categoryCounts: categories.map((names) => names?.length ?? 0) });
  const rounds = object.nodes('_predictors');
  if (rounds.length === 0) refuseValue('_predictors', 'at least one round', rounds);
  for (const round of rounds) {
    const trees = round.nodes();
    if (trees.length !== outputs) refuseValue(round.path, `${outputs} trees`, trees);
    for (const [output, tree] of trees.entries()) pool.add(histTree(tree.object(), output, columns));
  }
  return {
    kind: 'boosted',
    takesMissing: true,
    categories,
    ensemble: {
      trees: pool.pool(),
      arithmetic: { input: 'float64', split: '<=', sum: 'float64', zero: 0 },
      combine: {
        by: 'sum',
        base: Array.from(object.numbers('_baseline_prediction', outputs)),
        outputs,
        link: outputs === 1 ? 'sigmoid' : 'softmax',
        scale: 1,
        // numpy adds columns one after another, where each lies in one piece.
        function: 'float64/1',
      },
    },
  };
}

/** A column as trees ask for it. */
interface Column {
  /** Of the feature, in the order of a row. */
  readonly index: number;
  /** Null where it is a number. */
  readonly names: readonly string[] | null;
  /** The codes that training saw: the others go as missing values do. */
  readonly known: ReadonlySet<number>;
}

function columnsOf(object: SkopsObject, featureCount: number, version: string): Column[] {
  const number = (index: number): Column => ({ index, names: null, known: new Set() });
  const all = Array.from({ length: featureCount }, (_, index) => index);
  if (object.isNull('is_categorical_')) return all.map(number);
  if (!object.has('_preprocessor')) {
    refuseUnsupported(`categories of scikit-learn ${version} are not read: expected 1.4 or newer`);
  }
  const mask = object.numbers('is_categorical_', featureCount);
  const asked = all.filter((index) => mask[index] === 1);
  if (asked.length === 0) return all.map(number);
  const names = encodedNames(object.object('_preprocessor'), asked.length);
  const bins = object.object('_bin_mapper').nodes('bin_thresholds_');
  const encoded = asked.map((index, at): Column => {
    const codes = numbersAt(bins[at]?.array().fields.get(''), `_bin_mapper.bin_thresholds_[${at}]`);
    return { index, names: names[at], known: new Set(Array.from(codes)) };
  });
  return [...encoded, ...all.filter((index) => mask[index] !== 1).map(number)];
}

/** The categories of the encoder's columns; the one that stands for missing values is last, and none of them. */
function encodedNames(preprocessor: SkopsObject, count: number): string[][] {
  const encoder = preprocessor
    .nodes('transformers_')
    .map((transformer) => transformer.nodes())
    .find(([name]) => name?.value() === 'encoder')?.[1];
  if (encoder === undefined) return refuseValue('_preprocessor.transformers_', 'an encoder', undefined);
  const columns = encoder.object().nodes('categories_');
  if (columns.length !== count) refuseValue('categories_', `an array of ${count}`, columns);
  return columns.map((column) => {
    const values = Array.from((column.array().fields.get('') ?? []) as ArrayLike<unknown>);
    const names = values.filter((value) => value !== null && !Number.isNaN(value)).map(String);
    if (names.length > MAX_CATEGORIES) {
      refuseUnsupported(`${column.path} has ${names.length} categories: at most ${MAX_CATEGORIES} are taken`);
    }
    return names;
  });
}

function histTree(predictor: SkopsObject, output: number, columns: readonly Column[]): ForeignTree {
  const { path } = predictor;
  const nodes = predictor.array('nodes');
  const nodeCount = nodes.shape[0] ?? 0;
  if (nodes.shape.length !== 1 || nodeCount === 0) refuseValue(`${path}.nodes`, 'an array of nodes', nodes.shape);
  const column = (name: string) => numbersAt(nodes.fields.get(name), `${path}.nodes.${name}`, nodeCount);
  const [left, right, feature, threshold] = ['left', 'right', 'feature_idx', 'num_threshold'].map(column);
  const [missing, isLeaf, value, count] = ['missing_go_to_left', 'is_leaf', 'value', 'count'].map(column);
  const [isCategory, setIndex] = ['is_categorical', 'bitset_idx'].map(column);
  const words = numbersAt(predictor.array('raw_left_cat_bitsets').fields.get(''), `${path}.raw_left_cat_bitsets`);
  return {
    path,
    nodeCount,
    root: 0,
    output,
    weight: 1,
    split: (node) => {
      if (isLeaf[node] === 1) return null;
      const asked = columns[wholeAt(feature[node], `${path}.nodes.feature_idx[${node}]`, 0, columns.length - 1)];
      const missingLeft = missing[node] === 1;
      const directions = missingLeft ? MISSING_LEFT : 0;
      const sides = { left: left[node], right: right[node] };
      if (isCategory[node] !== 1) {
        const finite = Math.min(threshold[node], Number.MAX_VALUE);
        return { feature: asked.index, threshold: finite, set: null, directions, ...sides };
      }
      const first = wholeAt(setIndex[node], `${path}.nodes.bitset_idx[${node}]`, 0, words.length / WORDS - 1) * WORDS;
      const goesLeft = (code: number) =>
        asked.known.has(code) ? ((words[first + (code >>> 5)] >>> (code & 31)) & 1) === 1 : missingLeft;
      return {
        feature: asked.index,
        threshold: 0,
        set: [...(asked.names ?? []).keys()].filter(goesLeft),
        directions: missingLeft ? directions | UNKNOWN_LEFT : directions,
        ...sides,
      };
    },
    values: (leaf) => [value[leaf]],
    cover: (node) => count[node],
  };
}
