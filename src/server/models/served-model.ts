import { type Classifier, classifierSteps } from '../../model/classifier.js';
import type { Model } from '../../model/model.js';
import type { Steps } from '../../model/steps.js';
import { CLASS_NAMES_PARAMETER } from '../../protocol/extensions.js';
import { quote, Refusal } from '../calls/refusal.js';
import { createIrisAnswer, type IrisAnswer } from './iris-answer.js';

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
  readonly answerIris: IrisAnswer['answer'];
  readonly explainIris: IrisAnswer['explain'];
}

/** Wraps a model's classifier, to count what it predicts. */
export type Instrument = (classifier: Classifier, model: Model) => Classifier;

/** Prepares a model to be served, in steps: calls are answered between them. */
export function* preparing(model: Model, name: string, instrument: Instrument = (same) => same): Steps<ServedModel> {
  const classifier = instrument(yield* classifierSteps(model), model);
  const labels: Buffer[] = [];
  const texts: string[] = [];
  for (const label of model.classes) {
    labels.push(Buffer.from(label));
    texts.push(JSON.stringify(label));
    yield;
  }
  const iris = createIrisAnswer(model, classifier);
  const classNames = `[${texts.join()}]`;
  return {
    name,
    model,
    classifier,
    labels,
    longestLabelBytes: labels.reduce((longest, { byteLength }) => Math.max(longest, byteLength), 0),
    classNames: { [CLASS_NAMES_PARAMETER]: classNames },
    classNamesBytes: Buffer.byteLength(classNames),
    answerIris: iris.answer,
    explainIris: iris.explain,
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
