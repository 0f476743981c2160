/**
 * Models of LightGBM, in its text format, from 3.3 on. What the fields mean is said by its own code: src/io/tree.cpp,
 * include/LightGBM/tree.h, src/boosting/gbdt_model_text.cpp.
 */
import { badOption } from '../../ground/errors.js';
import { MAX_CLASSES, MAX_COLUMNS } from '../../ground/limits.js';
import { quote } from '../../ground/quote.js';
import type { Combine, Ensemble } from '../../tree/ensemble.js';
import { lightgbmFile } from '../foreign-files.js';
import { refuseUnsupported, refuseValue, wholeAt } from '../foreign-value.js';
import type { ForeignModel, ImporterOptions, ModelImporter } from '../model-importer.js';
import { PoolBuilder } from '../pool-builder.js';
import { categoriesOf } from './categories.js';
import { type Section, sectionsOf } from './sections.js';
import { lightgbmTree, readLightgbmTree } from './tree.js';

/** Values as near to 0 as this are 0: the 32-bit number 1e-35. */
const ZERO = Math.fround(1e-35);

export const lightgbm: ModelImporter = { ...lightgbmFile, read: readLightgbm };

function readLightgbm(bytes: Uint8Array, options: ImporterOptions): ForeignModel {
  const { header, pandas, trees: sections } = sectionsOf(bytes);
  const perRound = wholeAt(header.text('num_tree_per_iteration'), 'num_tree_per_iteration', 1, MAX_CLASSES);
  const featureCount = wholeAt(header.text('max_feature_idx'), 'max_feature_idx', 0, MAX_COLUMNS - 1) + 1;
  const objective = readObjective(header, perRound);
  if (sections.length === 0 || sections.length % perRound !== 0) {
    refuseValue('the file', `a multiple of ${perRound} trees`, `${sections.length} trees`);
  }
  const rounds = takenRounds(sections.length / perRound, options);
  const trees = sections.map(readLightgbmTree);
  const categories = categoriesOf(header, pandas, featureCount, trees);
  const pool = new PoolBuilder({
    outputs: perRound,
    categoryCounts: categories.map((own) => own?.names.length ?? 0),
  });
  for (const [index, tree] of trees.slice(0, rounds * perRound).entries()) {
    pool.add(lightgbmTree(tree, index % perRound, categories));
  }
  const by = header.has('average_output') ? 'mean' : 'sum';
  const ensemble: Ensemble = {
    trees: pool.pool(),
    arithmetic: { input: 'float64', split: '<=', sum: 'float64', zero: ZERO },
    combine: { by, base: null, outputs: perRound, ...objective, function: 'float64/1' },
  };
  return {
    kind: 'boosted',
    ensemble,
    featureNames: namesOf(header, featureCount),
    categories: categories.map((own) => own?.names ?? null),
    coded: [...categories.keys()].filter((feature) => categories[feature]?.areCodes),
    takesMissing: true,
    classCount: Math.max(2, perRound),
    classNames: null,
    version: header.text('version'),
    rounds: { taken: rounds, count: sections.length / perRound },
    notes: [],
  };
}

/** `binary sigmoid:1`, `multiclass num_class:3`, `multiclassova num_class:3 sigmoid:1`, `cross_entropy` */
function readObjective(header: Section, outputs: number): Pick<Combine, 'link' | 'scale'> {
  const text = header.has('objective') ? header.text('objective') : '';
  const [name, ...parameters] = text.split(' ');
  const values = new Map(parameters.map((parameter) => parameter.split(':') as [string, string]));
  const scale = values.has('sigmoid') ? Number(values.get('sigmoid')) : 1;
  if (!(Number.isFinite(scale) && scale > 0)) refuseValue('objective', 'a sigmoid above 0', text);
  if (values.has('num_class') && Number(values.get('num_class')) !== outputs) {
    refuseValue('objective', `${outputs} classes, as there are trees per iteration`, text);
  }
  if (outputs === 1 && (name === 'binary' || name === 'cross_entropy')) return { link: 'sigmoid', scale };
  if (outputs > 1 && name === 'multiclass') return { link: 'softmax', scale: 1 };
  if (outputs > 1 && name === 'multiclassova') return { link: 'sigmoid', scale };
  return refuseUnsupported(
    `the objective ${quote(text)} is not read: expected binary, cross_entropy, multiclass or multiclassova`,
  );
}

function takenRounds(count: number, { iterations }: ImporterOptions): number {
  if (iterations === undefined || iterations <= count) return iterations ?? count;
  throw badOption('iterations', `at most the ${count} rounds of the model`, iterations);
}

function namesOf(header: Section, featureCount: number): readonly string[] {
  const names = header.text('feature_names').split(' ');
  return names.length === featureCount ? names : refuseValue('feature_names', `${featureCount} names`, names);
}
