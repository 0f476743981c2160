/**
 * Models of XGBoost, in JSON and UBJSON, from 1.7 on. What the fields mean is said by its own code: src/learner.cc,
 * src/gbm/gbtree_model.cc, src/predictor/cpu_predictor.cc, src/common/math.h.
 */
import { ArtifactError } from '../../ground/errors.js';
import { MAX_CLASSES, MAX_COLUMNS } from '../../ground/limits.js';
import { quote } from '../../ground/quote.js';
import type { Ensemble } from '../../tree/ensemble.js';
import { logf } from '../../tree/exponential.js';
import { xgboostFile, xgboostForm } from '../foreign-files.js';
import { parseForeignJson } from '../foreign-json.js';
import {
  type ForeignObject,
  listAt,
  member,
  numbersAt,
  objectAt,
  refuseUnsupported,
  refuseValue,
  textAt,
  textsAt,
  wholeAt,
} from '../foreign-value.js';
import type { ForeignModel, ImporterOptions, ModelImporter } from '../model-importer.js';
import { PoolBuilder } from '../pool-builder.js';
import { categoriesOf } from './categories.js';
import { checkKeys } from './known-keys.js';
import { readRounds, takenRounds } from './rounds.js';
import { MODEL, readXgboostTree, type XgboostTree, xgboostTree } from './tree.js';
import { parseUbjson } from './ubjson.js';

export const xgboost: ModelImporter = { ...xgboostFile, read: readXgboost };

function readXgboost(bytes: Uint8Array, options: ImporterOptions): ForeignModel {
  const form = xgboostForm(bytes);
  if (form === 'binary') {
    refuseUnsupported(
      'the binary format of XGBoost before 2.1 is not read: load it there, and save_model("model.ubj")',
    );
  }
  const root = objectAt(form === 'ubjson' ? parseUbjson(bytes) : parseForeignJson(bytes), 'the model');
  const learner = objectAt(member(root, 'learner'), 'learner');
  const booster = readBooster(objectAt(member(learner, 'gradient_booster'), 'learner.gradient_booster'));
  // First, as the base of other objectives is another number.
  const link = readObjective(learner);
  checkKeys(root, 'root', 'the model');
  checkKeys(learner, 'learner', 'learner');
  const parameters = readParameters(objectAt(member(learner, 'learner_model_param'), PARAMETERS), link);
  const trees = readTrees(booster.model, parameters);
  const rounds = readRounds(booster.model, trees, parameters.outputs);
  const { notes, taken } = takenRounds(learner, rounds.length - 1, options);
  const kept = trees.slice(0, rounds[taken]);
  const { categories, coded } = categoriesOf(learner, booster.model, parameters.featureCount, trees);
  const pool = new PoolBuilder({
    outputs: parameters.outputs,
    categoryCounts: categories.map((names) => names?.length ?? 0),
  });
  for (const [index, tree] of kept.entries()) {
    pool.add(xgboostTree(tree, categories, booster.weights === null ? 1 : Math.fround(booster.weights[index])));
  }
  const ensemble: Ensemble = {
    trees: pool.pool(),
    arithmetic: { input: 'float32', split: '<', sum: 'float32', zero: 0 },
    combine: { by: 'sum', base: parameters.base, outputs: parameters.outputs, link, scale: 1, function: 'float32/1' },
  };
  return {
    kind: 'boosted',
    ensemble,
    featureNames: namesOf(learner, parameters.featureCount),
    categories,
    coded,
    takesMissing: true,
    classCount: Math.max(2, parameters.outputs),
    classNames: null,
    version: versionOf(root),
    rounds: { taken, count: rounds.length - 1 },
    notes,
  };
}

const PARAMETERS = 'learner.learner_model_param';

interface Booster {
  readonly model: ForeignObject;
  /** What DART multiplies each tree by; null without. */
  readonly weights: ArrayLike<number> | null;
}

function readBooster(booster: ForeignObject): Booster {
  const name = textAt(member(booster, 'name'), 'learner.gradient_booster.name');
  if (name !== 'gbtree' && name !== 'dart') {
    refuseUnsupported(`the booster ${quote(name)} is not read: expected gbtree or dart`);
  }
  const holder = name === 'dart' && member(booster, 'gbtree') !== undefined ? member(booster, 'gbtree') : booster;
  const inner = objectAt(holder, 'learner.gradient_booster.gbtree');
  checkKeys(booster, 'booster', 'learner.gradient_booster');
  checkKeys(inner, 'booster', 'learner.gradient_booster.gbtree');
  const model = objectAt(member(inner, 'model'), MODEL);
  checkKeys(model, 'model', MODEL);
  const parameters = member(model, 'gbtree_model_param');
  const path = `${MODEL}.gbtree_model_param`;
  if (parameters !== undefined) checkKeys(objectAt(parameters, path), 'modelParameters', path);
  const weights = member(booster, 'weight_drop') ?? member(model, 'weight_drop');
  const count = listAt(member(model, 'trees'), `${MODEL}.trees`).length;
  if (weights === undefined && name === 'dart')
    refuseValue('learner.gradient_booster.weight_drop', 'an array', weights);
  return {
    model,
    weights: weights === undefined ? null : numbersAt(weights, 'learner.gradient_booster.weight_drop', count),
  };
}

interface Parameters {
  readonly featureCount: number;
  readonly outputs: number;
  /** Before the trees, one per output. */
  readonly base: readonly number[];
}

type Link = 'sigmoid' | 'softmax';

function readParameters(parameters: ForeignObject, link: Link): Parameters {
  checkKeys(parameters, 'parameters', PARAMETERS);
  const whole = (key: string, least: number, most: number) =>
    wholeAt(member(parameters, key), `${PARAMETERS}.${key}`, least, most);
  const outputs = link === 'softmax' ? whole('num_class', 2, MAX_CLASSES) : Math.max(1, whole('num_class', 0, 1));
  if (member(parameters, 'num_target') !== undefined && whole('num_target', 0, MAX_CLASSES) > 1) {
    refuseUnsupported('models of several targets are not read: one label per row is');
  }
  const featureCount = whole('num_feature', 1, MAX_COLUMNS);
  return { featureCount, outputs, base: readBase(parameters, outputs) };
}

/** One number, or one per output; a probability where there are two classes, a margin where there are more. */
function readBase(parameters: ForeignObject, outputs: number): number[] {
  const path = `${PARAMETERS}.base_score`;
  const text = textAt(member(parameters, 'base_score'), path);
  const scores = text
    .replace(/^\[|\]$/g, '')
    .split(',')
    .map((score) => (score.trim() === '' ? Number.NaN : Number(score)));
  if (!scores.every(Number.isFinite) || (scores.length !== 1 && scores.length !== outputs)) {
    refuseValue(path, `one finite number, or ${outputs}`, text);
  }
  const base = Array.from({ length: outputs }, (_, k) => Math.fround(scores[scores.length === 1 ? 0 : k]));
  if (outputs > 1) return base;
  if (!(base[0] > 0 && base[0] < 1)) refuseValue(path, 'a probability between 0 and 1', text);
  return [-logf(Math.fround(Math.fround(1 / base[0]) - 1))];
}

function readObjective(learner: ForeignObject): Link {
  const objective = objectAt(member(learner, 'objective'), 'learner.objective');
  const name = textAt(member(objective, 'name'), 'learner.objective.name');
  const isSoftmax = name === 'multi:softprob' || name === 'multi:softmax';
  if (!isSoftmax && name !== 'binary:logistic') {
    refuseUnsupported(
      `the objective ${quote(name)} is not read: expected binary:logistic, multi:softprob or multi:softmax`,
    );
  }
  checkKeys(objective, 'objective', 'learner.objective');
  return isSoftmax ? 'softmax' : 'sigmoid';
}

function readTrees(model: ForeignObject, { featureCount, outputs }: Parameters): XgboostTree[] {
  const trees = listAt(member(model, 'trees'), `${MODEL}.trees`);
  const classes = numbersAt(member(model, 'tree_info'), `${MODEL}.tree_info`, trees.length);
  if (trees.length === 0) refuseValue(`${MODEL}.trees`, 'at least one tree', trees);
  return Array.from({ length: trees.length }, (_, index) => {
    const output = wholeAt(classes[index], `${MODEL}.tree_info[${index}]`, 0, outputs - 1);
    return readXgboostTree(trees[index], `${MODEL}.trees[${index}]`, { featureCount, outputs, output });
  });
}

function namesOf(learner: ForeignObject, featureCount: number): readonly string[] | null {
  const given = member(learner, 'feature_names');
  if (given === undefined || listAt(given, 'learner.feature_names').length === 0) return null;
  return textsAt(given, 'learner.feature_names', featureCount);
}

function versionOf(root: ForeignObject): string | null {
  const version = member(root, 'version');
  if (version === undefined) return null;
  const parts = Array.from(numbersAt(version, 'version'));
  if (parts.length === 0 || parts.length > 4) refuseValue('version', 'an array of 3', version);
  if (parts[0] < 1)
    throw new ArtifactError('version', `expected a file of XGBoost 1.7 or newer, found one of ${parts.join('.')}`);
  return parts.join('.');
}
