import {
  type ContractReply,
  type ContractRequest,
  type ContractStep,
  encodeContractPath,
  encodeContractReply,
} from '../../contract/codec.js';
import { type Contract, present } from '../../contract/contract.js';
import { MAX_VIOLATIONS, UNKNOWN_CATEGORY } from '../../ground/limits.js';
import type { Classifier } from '../../model/classifier.js';
import type { Model } from '../../model/model.js';
import type { PathStep } from '../../model/path-step.js';
import { Violations } from '../calls/refusal.js';
import { type RowAnswer, rowAnswer } from './row-answer.js';

/** @param model fits the contract */
export function createContractAnswer(
  contract: Contract,
  model: Model,
  classifier: Classifier,
): RowAnswer<ContractRequest> {
  const rowOf = rowReader(contract, classifier);
  return rowAnswer(model, classifier, rowOf, { encodeReply: replyEncoder(contract, model), encodePath });
}

/** @returns what puts a request's values in the order of the model's features */
function rowReader(contract: Contract, classifier: Classifier): (request: ContractRequest) => Float64Array {
  const fields = present(contract.fields);
  const slotsByName = new Map(fields.map(({ name }, slot) => [name, slot]));
  const slots = classifier.features.map(({ name }) => slotsByName.get(name)!);
  const isNumber = classifier.features.map(({ kind }) => kind === 'number');
  // One row for all calls: it is filled and used in the same turn of the event loop.
  const row = new Float64Array(slots.length);
  return ({ texts, values }) => {
    for (let feature = 0; feature < slots.length; feature++) {
      const slot = slots[feature];
      if (isNumber[feature]) row[feature] = values[slot];
      else row[feature] = texts[slot] === '' ? Number.NaN : classifier.categoryOf(feature, texts[slot]);
    }
    if (classifier.findBadValue(row, 1)) rejectRow(row, classifier, (feature) => fields[slots[feature]].identifier);
    return row;
  };
}

/** @throws RequestError with the first fields that are wrong */
function rejectRow(row: Float64Array, classifier: Classifier, fieldOf: (feature: number) => string): void {
  const violations = new Violations();
  for (let found = 0; found < MAX_VIOLATIONS; found++) {
    const bad = classifier.findBadValue(row, 1);
    if (bad === undefined) break;
    violations.add(fieldOf(bad.feature), bad.description);
    // A value that every feature may have: the next bad one is found.
    row[bad.feature] = UNKNOWN_CATEGORY;
  }
  violations.throwIfAny();
}

/** Shares stand at the numbers of their classes, which begin with 1; those of classes that are gone are 0. */
function replyEncoder(contract: Contract, { classes }: Model) {
  const numbersByLabel = new Map(present(contract.classes).map(({ label, number }) => [label, number]));
  const numbers = classes.map((label) => numbersByLabel.get(label)!);
  return (label: number, shares: Float64Array, version: string): Buffer => {
    const probabilities = new Float64Array(contract.classes.length);
    for (const [index, number] of numbers.entries()) probabilities[number - 1] = shares[index];
    const reply: ContractReply = {
      predicted_class: numbers[label],
      class_name: classes[label],
      probabilities,
      model_version: version,
    };
    return encodeContractReply(reply);
  };
}

function encodePath(path: readonly PathStep[]): Buffer {
  return encodeContractPath(path satisfies readonly ContractStep[]);
}
