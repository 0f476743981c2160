import { createHash } from 'node:crypto';
import { ArtifactError, badOption, UsageError } from '../ground/errors.js';
import { checkOptions, type OptionTable, oneOf, required, someText, texts, wholeNumber } from '../ground/options.js';
import { nameInWords } from '../ground/quote.js';
import type { EnsembleScorer, Feature } from '../model/model.js';
import type { PredictingModel } from '../model/predicting-model.js';
import { UNKNOWN_PROVENANCE } from '../model/provenance.js';
import { lightgbm } from './lightgbm/lightgbm.js';
import { withModelFile } from './model-file.js';
import type { ForeignModel, ForeignRounds, ImporterOptions, ModelImporter } from './model-importer.js';
import { onnx } from './onnx/onnx.js';
import { isPickle, PICKLE_ADVICE } from './pickle.js';
import { assembleModel, MODEL_FORMATS } from './registry.js';
import { sklearn } from './sklearn/sklearn.js';
import { xgboost } from './xgboost/xgboost.js';

/** The libraries whose models are imported; the first that recognizes a file reads it. To add one: a folder, and a line here. */
const IMPORTERS: readonly ModelImporter[] = [xgboost, lightgbm, sklearn, onnx];

/** What `format` may be. */
export const importerNames: readonly string[] = IMPORTERS.map(({ name }) => name);

export interface ImportOptions extends ImporterOptions {
  /** Which library wrote the file; default: what it looks like. */
  readonly format?: string | undefined;
  /** Of a file without names, in the order of a row's values. */
  readonly featureNames?: readonly string[] | undefined;
  /** Of a file without names, in the order of its classes. */
  readonly classNames?: readonly string[] | undefined;
}

export interface ImportedModel {
  readonly model: PredictingModel;
  /** What whoever imports it should know. */
  readonly notes: readonly string[];
  /** Rounds of boosting, where there was a choice; else null. */
  readonly rounds: ForeignRounds | null;
}

const importTable: OptionTable<ImportOptions> = {
  format: oneOf(importerNames),
  featureNames: texts,
  classNames: texts,
  iterations: wholeNumber(1),
};

/**
 * Reads a model of another library: XGBoost (JSON, UBJSON), LightGBM (text), scikit-learn (skops), ONNX.
 *
 * @param path a regular file, or a link to one
 * @throws UsageError for an option that is unknown, or contradicts the file
 * @throws InputError when it is missing, unreadable, or no regular file
 * @throws ArtifactError when it is no model, and for all of it that can't be honoured
 */
export async function importModel(path: string, options: ImportOptions = {}): Promise<ImportedModel> {
  checkOptions({ path }, { path: required(someText) });
  return withModelFile(path, async (file) => importBytes(await file.read(), path, options));
}

/** @param name of the file, for messages */
export function importBytes(bytes: Uint8Array, name: string, options: ImportOptions = {}): ImportedModel {
  checkOptions(options, importTable);
  try {
    const importer = chooseImporter(bytes, options.format);
    const foreign = importer.read(bytes, options);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    return assembled(foreign, importer, sha256, options);
  } catch (error) {
    if (!(error instanceof ArtifactError)) throw error;
    throw new ArtifactError(error.reason, `${name}: ${error.message}`, { cause: error.cause });
  }
}

function chooseImporter(bytes: Uint8Array, format: string | undefined): ModelImporter {
  if (isPickle(bytes)) throw new ArtifactError('format', PICKLE_ADVICE);
  const found = IMPORTERS.find(({ name, recognizes }) => (format === undefined ? recognizes(bytes) : name === format));
  if (found !== undefined) return found;
  if (MODEL_FORMATS.some((own) => own.recognizes(bytes))) {
    throw new ArtifactError('format', 'expected a model of another library, found one of iris: use it as it is');
  }
  throw new ArtifactError('format', `expected ${IMPORTERS.map(({ files }) => files).join(', ')}, found another file`);
}

function assembled(
  foreign: ForeignModel,
  importer: ModelImporter,
  sha256: string,
  options: ImportOptions,
): ImportedModel {
  const { categories, classCount, coded, ensemble, kind, notes, rounds, takesMissing: missing, version } = foreign;
  const names = chosenNames('featureNames', foreign.featureNames, options.featureNames, categories.length);
  const classes = chosenNames('classNames', foreign.classNames, options.classNames, classCount);
  const features = categories.map((own, index): Feature => {
    const name = names?.[index] ?? `${importer.namelessFeature}${index}`;
    return own === null ? { name, kind: 'number', missing } : { name, kind: 'category', missing, categories: own };
  });
  const source = { library: importer.name, version, sha256, iterations: rounds?.taken ?? null };
  const scorer: EnsembleScorer = { kind, ensemble, source };
  const model = assembleModel({
    features,
    classes: classes ?? Array.from({ length: classCount }, (_, label) => String(label)),
    scorer,
    provenance: UNKNOWN_PROVENANCE,
  });
  const codes = coded.flatMap((index) => codesInWords(features[index]));
  return { model, notes: [...notes, ...missingNames(names, classes), ...codes], rounds };
}

/** The file's names, or those that are given where it has none. @throws UsageError */
function chosenNames(
  option: 'featureNames' | 'classNames',
  own: readonly string[] | null,
  given: readonly string[] | undefined,
  count: number,
): readonly string[] | null {
  if (given === undefined) return own;
  if (own !== null)
    throw new UsageError(`${option}: the file has names of its own: ${own.slice(0, 5).join(', ')}`, { option });
  if (given.length !== count || new Set(given).size !== count) {
    throw badOption(option, `${count} names, each once`, given, { found: `${given.length}: ${given.join(', ')}` });
  }
  return given;
}

/** Whoever has the data frame would send its values, of which some may be a code of another. */
function codesInWords(feature: Feature): string[] {
  if (feature.kind !== 'category' || feature.categories.length === 0) return [];
  const { categories, name } = feature;
  const [first, last] = [categories[0], categories[categories.length - 1]];
  return [
    `the file has no names of the categories of ${nameInWords(name)}: they are the numbers from ${first} to ${last} that training was given, of a data frame its codes`,
  ];
}

function missingNames(names: readonly string[] | null, classes: readonly string[] | null): string[] {
  const notes: string[] = [];
  if (names === null) notes.push('the file has no names of features: they are numbered');
  if (classes === null) notes.push('the file has no names of classes: they are numbered');
  return notes;
}
