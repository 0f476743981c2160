import type { ContractRequest } from '../../contract/codec.js';
import type { Contract } from '../../contract/contract.js';
import { type Classifier, classifierSteps } from '../../model/classifier.js';
import type { Model } from '../../model/model.js';
import type { Steps } from '../../model/steps.js';
import { CLASS_NAMES_PARAMETER } from '../../protocol/extensions.js';
import type { IrisPredictRequest } from '../../protocol/messages.js';
import { quote, Refusal } from '../calls/refusal.js';
import { createContractAnswer } from './contract-answer.js';
import { createIrisAnswer } from './iris-answer.js';
import { ModelStatistics } from './model-statistics.js';
import type { RowAnswer } from './row-answer.js';

/** A model and all that is derived from it before the first call. One call uses the same one from start to end. */
export interface ServedModel {
  readonly name: string;
  readonly model: Model;
  readonly classifier: Classifier;
  /** Labels in UTF-8, by class. */
  readonly labels: readonly Buffer[];
  readonly longestLabelBytes: number;
  /** Parameters of the output `probabilities`. */
  readonly classNames: Readonly<Record<string, string>>;
  /** Roughly the bytes that they add to a reply. */
  readonly classNamesBytes: number;
  /** What is inferred with it, through whatever service. */
  readonly statistics: ModelStatistics;
  readonly iris: RowAnswer<IrisPredictRequest>;
  /** For requests of the server's contract, where it has one. */
  readonly typed: RowAnswer<ContractRequest> | undefined;
}

/** Wraps the classifier of a model, to see what it predicts. `name`: the model's on the wire. */
export type Instrument = (classifier: Classifier, model: Model, name: string) => Classifier;

/** Prepares a model to be served, in steps: calls are answered between them. */
export function* preparing(
  model: Model,
  name: string,
  instrument: Instrument = (same) => same,
  contract?: Contract,
): Steps<ServedModel> {
  const classifier = instrument(yield* classifierSteps(model), model, name);
  const labels: Buffer[] = [];
  const texts: string[] = [];
  for (const label of model.classes) {
    labels.push(Buffer.from(label));
    texts.push(JSON.stringify(label));
    yield;
  }
  const classNames = `[${texts.join()}]`;
  return {
    name,
    model,
    classifier,
    labels,
    longestLabelBytes: labels.reduce((longest, { byteLength }) => Math.max(longest, byteLength), 0),
    classNames: { [CLASS_NAMES_PARAMETER]: classNames },
    classNamesBytes: Buffer.byteLength(classNames),
    statistics: new ModelStatistics(),
    iris: createIrisAnswer(model, classifier),
    typed: contract && createContractAnswer(contract, model, classifier),
  };
}

/**
 * @param version empty for the loaded one
 * @throws Refusal when the server has another model
 */
export function requireModel({ name, model }: ServedModel, askedName: string, askedVersion: string): void {
  if (askedName !== name) {
    throw new Refusal('MODEL_NOT_FOUND', `expected model ${quote(name)}, found ${quote(askedName)}`);
  }
  if (askedVersion !== '' && askedVersion !== model.version) {
    const expected = `expected version ${model.version} of model ${quote(name)}`;
    throw new Refusal('MODEL_NOT_FOUND', `${expected}, found ${quote(askedVersion)}`);
  }
}
