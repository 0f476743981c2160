/** The library: everything that the command line does, as functions. `iris-grpc/tree` is the tree alone. */

export { checkHealth } from './client/health.js';
export { InferenceClient } from './client/inference-client.js';
export { type Contract, type ContractClass, type ContractField, contractFor } from './contract/contract.js';
export { ContractError, parseContract, writeContract } from './contract/proto-text.js';
export { bundledIrisPath } from './data/bundled.js';
export type { CategoryColumn, Dataset, FeatureColumn, NumberColumn } from './data/dataset.js';
export { holdOut, stratifiedFolds } from './data/holdout.js';
export { readDataset } from './data/read-dataset.js';
export type { ReadOptions, Schema } from './data/schema.js';
export { datasetSha256 } from './data/sha256.js';
export type { Batch, BatchColumn, OpenTable, Origin, TableSource, WantedColumn } from './data/table-source.js';
export { crossValidate } from './evaluation/cross-validation.js';
export { type Evaluation, evaluate } from './evaluation/evaluate.js';
export { type Gate, GateSyntaxError, parseGate } from './evaluation/gate-grammar.js';
export { checkGates } from './evaluation/gates.js';
export { readBaseline, readSubject, type Subject } from './evaluation/subject.js';
export { type TrainedModel, trainModel } from './evaluation/train-model.js';
export { verifyModel } from './evaluation/verify-model.js';
export { type ExportOptions, exportModel } from './exports/export-model.js';
export type { ExportedFile } from './exports/exported-file.js';
export { type ImportedModel, type ImportOptions, importModel } from './formats/import-model.js';
export { readModelBytes as parseModel, serializeModel } from './formats/registry.js';
export { readModel, writeModel } from './formats/store.js';
export {
  type Advice,
  ArtifactError,
  type ArtifactReason,
  CheckFailedError,
  DataError,
  type DataReason,
  type FieldViolation,
  InputError,
  IrisError,
  OutputError,
  RequestError,
  UnavailableError,
  UsageError,
} from './ground/errors.js';
export { type Answers, type Classifier, createCheckedClassifier as createClassifier } from './model/classifier.js';
export type { NamedValue } from './model/named-rows.js';
export type { PathStep } from './model/path-step.js';
export type { NamedPrediction, PredictingModel as Model, PredictOptions } from './model/predicting-model.js';
export type { Provenance, Score } from './model/provenance.js';
export { singleTree } from './model/single-tree.js';
export type { TrainingRecord } from './model/training-record.js';
export { type PushDownOptions, type PushedDownModel, trainPushedDown } from './pushdown/train-pushed-down.js';
export { evaluationJson } from './report/evaluation/json.js';
export type { ServerOptions } from './server/life/options.js';
export { createServer, type RunningServer } from './server/life/server.js';
export { cartTrainer } from './training/cart/engine.js';
export { type EngineName, engines } from './training/engines.js';
export { mlCartTrainer } from './training/ml-cart/engine.js';
export type { Criterion, TrainingParameters } from './training/parameters.js';
export { defaultParameters, defaultsOf } from './training/parameters.js';
export type { OnTrainingProgress, TrainingPhase } from './training/progress.js';
export { type Training, type TrainOptions, train } from './training/train.js';
export type { FitOptions, Trainer } from './training/trainer.js';
export * from './tree/index.js';
