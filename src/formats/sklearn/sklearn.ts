/**
 * Models of scikit-learn from 1.3 on, in files of skops. What the attributes mean is said by its own code:
 * sklearn/tree/_tree.pyx, sklearn/ensemble/_forest.py, _gb.py, _hist_gradient_boosting/.
 */
import { ArtifactError, UsageError } from '../../ground/errors.js';
import { MAX_CLASSES, MAX_COLUMNS } from '../../ground/limits.js';
import { quote } from '../../ground/quote.js';
import { sklearnFile } from '../foreign-files.js';
import { refuseUnsupported, refuseValue } from '../foreign-value.js';
import type { ForeignModel, ImporterOptions, ModelImporter } from '../model-importer.js';
import type { Estimator, EstimatorModel } from './estimator.js';
import { readForest, readTreeAsForest } from './forest.js';
import { readGradientBoosting } from './gradient-boosting.js';
import { readHistGradientBoosting } from './hist-gradient-boosting.js';
import { SkopsFile, type SkopsObject } from './skops.js';

const READERS: Readonly<Record<string, (estimator: Estimator) => EstimatorModel>> = {
  DecisionTreeClassifier: readTreeAsForest,
  ExtraTreeClassifier: readTreeAsForest,
  RandomForestClassifier: readForest,
  ExtraTreesClassifier: readForest,
  GradientBoostingClassifier: readGradientBoosting,
  HistGradientBoostingClassifier: readHistGradientBoosting,
};

export const sklearn: ModelImporter = { ...sklearnFile, read: readSklearn };

function readSklearn(bytes: Uint8Array, { iterations }: ImporterOptions): ForeignModel {
  if (iterations !== undefined) {
    throw new UsageError('iterations: scikit-learn predicts with all rounds', { option: 'iterations' });
  }
  const { root } = new SkopsFile(bytes);
  const read =
    Object.hasOwn(READERS, root.className) && root.module.startsWith('sklearn.') ? READERS[root.className] : undefined;
  if (read === undefined) {
    return refuseUnsupported(`${quote(root.className)} is not read: expected ${Object.keys(READERS).join(', ')}`);
  }
  const version = versionOf(root);
  if (root.has('n_outputs_') && root.whole('n_outputs_', 1, MAX_CLASSES) > 1) {
    refuseUnsupported('models of several outputs are not read: one label per row is');
  }
  const featureCount = root.whole('n_features_in_', 1, MAX_COLUMNS);
  const classNames = namesOf(root);
  const model = read({ object: root, featureCount, classCount: classNames.length, version });
  return {
    categories: new Array<null>(featureCount).fill(null),
    notes: [],
    ...model,
    featureNames: featureNamesOf(root, featureCount),
    classCount: classNames.length,
    classNames,
    version,
    rounds: null,
    coded: [],
  };
}

function versionOf(root: SkopsObject): string {
  const version = root.value('_sklearn_version');
  const [, major, minor] =
    /^(\d+)\.(\d+)/.exec(String(version)) ?? refuseValue('_sklearn_version', 'a version', version);
  if (Number(major) < 1 || (Number(major) === 1 && Number(minor) < 3)) {
    throw new ArtifactError('version', `expected a model of scikit-learn 1.3 or newer, found one of ${version}`);
  }
  return String(version);
}

function namesOf(root: SkopsObject): string[] {
  const { fields, isBoolean } = root.array('classes_');
  const values = Array.from((fields.get('') ?? []) as ArrayLike<unknown>);
  const names = values.map((value) => (isBoolean ? (value === 1 ? 'True' : 'False') : String(value)));
  return names.length >= 2 && names.length <= MAX_CLASSES
    ? names
    : refuseValue('classes_', `2 to ${MAX_CLASSES} classes`, names);
}

function featureNamesOf(root: SkopsObject, featureCount: number): readonly string[] | null {
  if (!root.has('feature_names_in_')) return null;
  const names = root.array('feature_names_in_').fields.get('') ?? [];
  if (names.length !== featureCount) refuseValue('feature_names_in_', `${featureCount} names`, names);
  return Array.from(names as ArrayLike<unknown>, String);
}
