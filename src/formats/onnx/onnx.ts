/**
 * Ensembles of trees in ONNX, from ai.onnx.ml 1 on. What the operators mean is said by onnx/defs/traditionalml/defs.cc, and, where
 * that leaves it open, by what onnxruntime does: onnxruntime/core/providers/cpu/ml/tree_ensemble_*.h, ml_common.h.
 */
import { UsageError } from '../../ground/errors.js';
import { MAX_COLUMNS } from '../../ground/limits.js';
import { quote } from '../../ground/quote.js';
import type { Ensemble, LinkFunction } from '../../tree/ensemble.js';
import { onnxFile } from '../foreign-files.js';
import { refuseUnsupported, refuseValue } from '../foreign-value.js';
import type { ForeignModel, ImporterOptions, ModelImporter } from '../model-importer.js';
import { Attributes } from './attributes.js';
import { readBranchLists } from './branch-lists.js';
import { type EnsembleGraph, findEnsemble } from './graph.js';
import { readOnnxFile } from './messages.js';
import { readNodeLists } from './node-lists.js';
import type { NodeTable } from './node-table.js';
import { classifierScores, type Scores, targetScores } from './scores.js';
import { poolOf } from './trees.js';

export const onnx: ModelImporter = { ...onnxFile, read: readOnnx };

function readOnnx(bytes: Uint8Array, { iterations }: ImporterOptions): ForeignModel {
  if (iterations !== undefined) {
    throw new UsageError('iterations: ONNX has no rounds: all trees answer', { option: 'iterations' });
  }
  const file = readOnnxFile(bytes);
  const exported = file.metadata.get('iris.sha256');
  if (exported !== undefined) {
    refuseUnsupported(`this is an export of iris, of the model ${quote(exported)}: use that model's own file`);
  }
  const graph = findEnsemble(file);
  const { scores, table } = readEnsemble(graph);
  const featureCount = graph.featureCount ?? highestFeature(table) + 1;
  const { outputs } = scores;
  const asVectors = scores.by === 'mean';
  const pool = poolOf(table, { featureCount, outputs, precision: graph.precision }, scores.base, asVectors);
  const ensemble: Ensemble = {
    trees: pool.trees,
    arithmetic: { input: graph.input, split: pool.split, sum: graph.precision, zero: 0 },
    combine: { by: scores.by, base: null, outputs, link: scores.link, scale: 1, function: functionOf(graph, scores) },
  };
  if (scores.link === 'none') requireShares(ensemble);
  return {
    kind: 'boosted',
    ensemble,
    featureNames: null,
    categories: pool.categories,
    takesMissing: graph.takesMissing,
    classCount: scores.classCount,
    classNames: classNamesOf(scores, graph),
    version: file.producer === '' ? null : file.producer,
    rounds: null,
    coded: [],
    notes: [...notesOf(file.producer), ...notesOfOutputs(graph, scores)],
  };
}

/** Answers have 32 bits, but those of TreeEnsemble as many as its rows. */
function functionOf({ ensemble, precision }: EnsembleGraph, { link }: Scores): LinkFunction {
  if (ensemble.op !== 'TreeEnsemble' || precision === 'float32') return 'float32/2';
  return link === 'none'
    ? 'float64/1'
    : refuseUnsupported(`${ensemble.op}: a post_transform of 64-bit sums is not read`);
}

function readEnsemble({ ensemble }: EnsembleGraph): { readonly scores: Scores; readonly table: NodeTable } {
  const attributes = new Attributes(ensemble);
  const { op } = ensemble;
  const isClassifier = op === 'TreeEnsembleClassifier';
  const table =
    op === 'TreeEnsemble' ? readBranchLists(attributes) : readNodeLists(attributes, isClassifier ? 'class' : 'target');
  if (table.roots.length === 0) refuseValue(op, 'at least one tree', table.roots);
  const scores = isClassifier ? classifierScores(attributes, table) : scoresOfTargets(attributes, op);
  attributes.requireAllRead();
  return { scores, table };
}

/** In the order of the numbers that they have in TreeEnsemble. */
const AGGREGATES = ['AVERAGE', 'SUM', 'MIN', 'MAX'];
/** Of 1 and 2 the standard says SOFTMAX and LOGISTIC, and onnxruntime does it the other way round. */
const TRANSFORMS: Readonly<Record<number, string>> = { 0: 'NONE', 3: 'SOFTMAX_ZERO', 4: 'PROBIT' };

function scoresOfTargets(attributes: Attributes, op: string): Scores {
  if (op === 'TreeEnsembleRegressor') {
    const aggregate = attributes.text('aggregate_function', 'SUM');
    const transform = attributes.text('post_transform', 'NONE');
    return targetScores(attributes, aggregate, transform, attributes.numbers('base_values'));
  }
  const aggregate = attributes.integer('aggregate_function', 1);
  const transform = attributes.integer('post_transform', 0);
  if (transform === 1 || transform === 2) {
    refuseUnsupported(
      `${op}: the post_transform ${transform} is not read: the standard calls it ${transform === 1 ? 'SOFTMAX' : 'LOGISTIC'}, onnxruntime takes it for ${transform === 1 ? 'LOGISTIC' : 'SOFTMAX'}`,
    );
  }
  return targetScores(
    attributes,
    AGGREGATES[aggregate] ?? String(aggregate),
    TRANSFORMS[transform] ?? String(transform),
    [],
  );
}

/** How far the sums of shares may be above 1: they were divided and rounded before. */
const ROUNDING = 1e-3;

/** Sums that nothing is made of have to be shares themselves. */
function requireShares({ combine, trees }: Ensemble): void {
  const { by, outputs } = combine;
  const most = new Float64Array(outputs);
  for (let tree = 0; tree < trees.treeCount; tree++) {
    const only = trees.output[tree];
    const highest = new Float64Array(outputs);
    for (let node = trees.roots[tree]; node < trees.roots[tree + 1]; node++) {
      const from = trees.value[node];
      for (let k = 0, end = from < 0 ? 0 : only < 0 ? outputs : 1; k < end; k++) {
        const output = Math.max(only, 0) + k;
        const value = trees.values[from + k];
        if (value < 0) refuseSums(`leaves below 0, as ${value}`);
        highest[output] = Math.max(highest[output], value);
      }
    }
    for (let k = 0; k < outputs; k++) most[k] += highest[k];
  }
  const highest = most.reduce((one, other) => Math.max(one, other)) / (by === 'mean' ? trees.treeCount : 1);
  if (highest > 1 + ROUNDING) refuseSums(`sums up to ${highest}`);
}

function refuseSums(found: string): never {
  return refuseUnsupported(`the answers are no shares of classes: expected sums from 0 to 1, found ${found}`);
}

function highestFeature({ feature, path }: NodeTable): number {
  let highest = 0;
  for (let node = 0; node < feature.length; node++) highest = Math.max(highest, feature[node]);
  return highest < MAX_COLUMNS ? highest : refuseValue(path, `at most ${MAX_COLUMNS} features`, highest + 1);
}

function classNamesOf({ classCount, classNames: own }: Scores, { classNames, ensemble }: EnsembleGraph) {
  if (classNames === null) return own;
  const expected = own ?? classNames;
  if (classNames.length !== classCount || classNames.some((name, k) => name !== expected[k])) {
    refuseValue('ZipMap', `the class labels of ${ensemble.op}`, classNames);
  }
  return classNames;
}

/** Converters that are known to change what a model answers. */
function notesOf(producer: string): string[] {
  if (/^skl2onnx/i.test(producer)) {
    return [
      'skl2onnx rounds thresholds and leaves to 32 bits and loses where missing values go, so this may answer otherwise than scikit-learn: import a file of skops instead',
    ];
  }
  if (/^onnxmltools/i.test(producer)) {
    return [
      'onnxmltools rounds thresholds of LightGBM to 32 bits, and takes random forests and multiclassova of it for something else, so this may answer otherwise: import what save_model of LightGBM or XGBoost writes instead',
    ];
  }
  return [];
}

function notesOfOutputs({ featureCount }: EnsembleGraph, { classNames, outputs }: Scores): string[] {
  const notes: string[] = [];
  if (featureCount === null)
    notes.push('the file does not say how many features a row has: as many as the trees ask for');
  if (classNames === null && outputs === 1) notes.push('the one output is taken for the share of the second class');
  return notes;
}
