import { bundledIrisPath } from '../data/bundled.js';
import { aDataset, type Dataset } from '../data/dataset.js';
import { requireHoldout } from '../data/holdout-column.js';
import { readDataset } from '../data/read-dataset.js';
import type { LabelledTableOptions } from '../data/schema.js';
import type { TableSource } from '../data/table-source.js';
import { serializeModel } from '../formats/registry.js';
import { DataError, UsageError } from '../ground/errors.js';
import { callback, checkArgument, checkOptions, type OptionTable, someText } from '../ground/options.js';
import { aModel, type Model } from '../model/model.js';
import { requirePart } from '../model/provenance.js';
import { ensembleOf } from '../model/single-tree.js';
import type { TrainingRecord } from '../model/training-record.js';
import { type EngineName, trainerOfRecord } from '../training/engines.js';
import { nameOf } from '../training/honoured.js';
import { hasGap } from '../training/missing-values.js';
import type { TrainingParameters } from '../training/parameters.js';
import type { TrainOptions } from '../training/train.js';
import { fitTable } from '../training/trainer.js';
import { type Difference, listDifferences } from './difference.js';
import { holdoutColumnOf, schemaOf } from './model-schema.js';
import { tableHashOf } from './table-identity.js';
import { type TrainModelOptions, trainModel } from './train-model.js';

export interface Verification {
  /** Whether the same bytes came out. */
  readonly verified: boolean;
  /** Of the recorded model (`before`) from the retrained one (`after`); empty where only the layout differs. */
  readonly differences: readonly Difference[];
  /**
   * Where no tree was grown again: the rows of the leaves were counted; or, of an imported model, its hash and the answers to its
   * verification rows were compared.
   */
  readonly by?: 'counts' | 'answers';
  /** What may explain them. */
  readonly note?: string;
}

/**
 * Reads the table that a model says it was trained on.
 *
 * @param input a path, `-`, a source, or undefined for the bundled iris
 * @throws UsageError without input, where the bundled iris is not that table
 * @throws DataError where the input is not that table
 */
export async function readTrainingTable(
  model: Model,
  input: string | TableSource | undefined,
  options: LabelledTableOptions = {},
): Promise<Dataset> {
  const recorded = requirePart(model, 'data', 'a verification');
  if (input !== undefined) {
    const dataset = await readColumns(model, input, options);
    const found = tableHashOf(dataset, recorded.hash);
    if (found === recorded.sha256) return dataset;
    throw new DataError(
      'other-table',
      `${dataset.source}: expected the table that the model was trained on, SHA-256 ${recorded.sha256}, found ${found ?? `one without a hash of kind ${recorded.hash}`}`,
    );
  }
  const dataset = await readColumns(model, bundledIrisPath(), {}).catch((error: unknown) => {
    // Other columns than iris has: another table.
    if (error instanceof DataError) return undefined;
    throw error;
  });
  if (dataset !== undefined && tableHashOf(dataset, recorded.hash) === recorded.sha256) return dataset;
  const advice = { option: 'input', value: 'FILE', effect: 'names its table' };
  throw new UsageError('the model was not trained on the bundled iris', { advice });
}

/** By what the model knows, as its table may have been read by options that are recorded nowhere. */
async function readColumns(model: Model, input: string | TableSource, options: LabelledTableOptions): Promise<Dataset> {
  requirePart(model, 'training', 'a verification');
  const dataset = await readDataset(input, { ...options, schema: schemaOf(model) });
  const by = holdoutColumnOf(model.provenance);
  if (by !== undefined) requireHoldout(dataset, by.column);
  return dataset;
}

/**
 * Of a model of another library, of which no training is recorded: its reader has compared its hash, and what it answers to its
 * verification rows. Null for every other model.
 */
export function verifyImported(model: Model): Verification | null {
  checkArgument('model', model, aModel);
  const isImported = model.provenance.training === null && (ensembleOf(model)?.source ?? null) !== null;
  return isImported ? { verified: true, differences: [], by: 'answers' } : null;
}

/** How a model is trained again; what is trained, its record says. */
export type VerifyOptions = Pick<TrainOptions, 'jobs' | 'signal' | 'onProgress' | 'onWarning'>;

const verifyTable: OptionTable<VerifyOptions> = { ...fitTable, onWarning: callback };

/**
 * Trains again as the record says, and compares.
 *
 * @param text the artifact as it was read
 * @param dataset as `readTrainingTable` gives it
 * @throws UsageError for an option that is unknown or out of its range
 */
export async function verifyModel(
  model: Model,
  text: string,
  dataset: Dataset,
  options: VerifyOptions = {},
): Promise<Verification> {
  checkArgument('model', model, aModel);
  checkArgument('text', text, someText);
  checkArgument('dataset', dataset, aDataset);
  checkOptions(options, verifyTable);
  const parameters = recordedParameters(requirePart(model, 'training', 'a verification'), model.classes);
  const { model: again } = await trainModel(dataset, parameters, { ...options, ...rulesOf(model, dataset) });
  const retrained = serializeModel(model.provenance.decimals === null ? withoutDecimals(again) : again);
  if (retrained === text) return { verified: true, differences: [] };
  const differences = listDifferences(JSON.parse(serializeModel(model)), JSON.parse(retrained));
  return { verified: false, differences, ...noteOnOrder(model) };
}

/** The hash of a table says nothing of the order of its rows. */
function noteOnOrder({ provenance: { data, training } }: Model): Pick<Verification, 'note'> {
  const { dependsOnOrder, engine } = trainerOfRecord(training!.engine) ?? {};
  if (!dependsOnOrder || data?.hash === 'csv/1') return {};
  return { note: `trees of ${engine} depend on the order of the rows, which may be another in this table` };
}

/** As models were written before they recorded the decimals of their thresholds. */
function withoutDecimals(model: Model): Model {
  return { ...model, provenance: { ...model.provenance, decimals: null } };
}

/** By what rules a model was trained, and what was kept out of it. */
function rulesOf({ features, provenance }: Model, dataset: Dataset): TrainModelOptions {
  const { data, sketch, training } = provenance;
  const isKnown = training !== null && trainerOfRecord(training.engine) !== undefined;
  const engine = isKnown ? { engineVersion: training.engine } : {};
  if (data?.hash === 'csv/1') return { ...engine, rules: 1 };
  // Some models of version 2 go by their training rows alone.
  const refusesGap = features.some(({ missing }, index) => !missing && hasGap(dataset.features[index]));
  return { ...engine, rules: 2, missing: refusesGap ? 'training rows' : 'table', withholdRows: sketch === null };
}

/** The parameters with every choice made: class weights as numbers, ccpAlpha as the number used. */
export function recordedParameters(training: TrainingRecord, classes: readonly string[]): TrainingParameters {
  const { engine, rows, target, classWeight: weights, ...recorded } = training;
  return {
    ...recorded,
    engine: nameOf(engine) as EngineName,
    classWeight: weights && new Map(classes.map((label, index) => [label, weights[index]])),
  };
}
