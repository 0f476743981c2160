import { checkArgument, objectWith, someText } from '../ground/options.js';
import { nameInWords, namesInWords } from '../ground/quote.js';
import { identifier, Names, pascalCase, snakeCase } from './identifiers.js';

/** What a contract is made of: a model is one. */
export interface ContractSubject {
  readonly features: readonly {
    readonly name: string;
    readonly kind: 'number' | 'category';
    /** Whether a row may have no value. */
    readonly missing: boolean;
  }[];
  readonly classes: readonly string[];
}

/** A feature's field in the request. One that is removed keeps its number for ever. */
export interface ContractField {
  /** The feature's own name. */
  readonly name: string;
  readonly kind: 'number' | 'category';
  readonly missing: boolean;
  readonly identifier: string;
  readonly number: number;
  readonly removed: boolean;
}

/** A class's value in the enum. */
export interface ContractClass {
  /** The class's own name. */
  readonly label: string;
  readonly identifier: string;
  readonly number: number;
  readonly removed: boolean;
}

/** Both lists are in the order of their numbers. Those of classes are 1, 2, 3, … without a gap. */
export interface Contract {
  /** Of the model, in snake case: the last part of the package. */
  readonly name: string;
  readonly fields: readonly ContractField[];
  readonly classes: readonly ContractClass[];
}

export const aContract = objectWith('a contract, as parseContract gives it', 'name', 'fields', 'classes');

/** Asks for the path: the request's field that belongs to no feature. */
export const EXPLAIN = { identifier: 'explain', number: 1 };

export const packageOf = ({ name }: Contract): string => `ml.${name}`;

/** What the names of the messages begin with. */
export const prefixOf = ({ name }: Contract): string => pascalCase(name);

/** The qualified name of the service. */
export function serviceOf(contract: Contract): string {
  return `${packageOf(contract)}.${prefixOf(contract)}Predictor`;
}

/** The name of the enum of classes, and of the value that no reply has. */
export const enumOf = (contract: Contract): string => `${prefixOf(contract)}Class`;
export const unspecifiedOf = (contract: Contract): string => `${valuePrefix(contract.name)}UNSPECIFIED`;

const valuePrefix = (name: string): string => `${name.toUpperCase()}_CLASS_`;

/** A model's name as a part of the contract's names. */
export function contractName(modelName: string): string {
  return identifier(modelName, 'model') || 'model';
}

/**
 * The contract for a model. What an earlier contract has keeps its number and its identifier, what is gone is removed, and
 * what comes back is what it was.
 *
 * @param name of the model; that of an earlier contract stays
 * Why: docs/decisions/a-contract-keeps-its-numbers.md
 */
export function contractFor(model: ContractSubject, name: string, earlier?: Contract): Contract {
  checkArgument('model', model, objectWith('a model, as readModel and trainModel give it', 'classes', 'features'));
  if (earlier !== undefined) checkArgument('earlier', earlier, aContract);
  else checkArgument('name', name, someText);
  const { classes, features } = model;
  const kept = earlier ?? { name: contractName(name), fields: [], classes: [] };
  return {
    name: kept.name,
    fields: fieldsFor(features, kept.fields),
    classes: classesFor(classes, kept.classes, valuePrefix(kept.name)),
  };
}

function fieldsFor(features: ContractSubject['features'], earlier: readonly ContractField[]): ContractField[] {
  const keyOf = ({ kind, name }: Pick<ContractField, 'kind' | 'name'>) => `${kind} ${name}`;
  const kept = new Map(earlier.map((field) => [keyOf(field), field]));
  const identifiers = new Map(earlier.map((field) => [field.name, field.identifier]));
  const names = new Names([EXPLAIN.identifier, ...identifiers.values()], SECOND_NAME);
  let last = earlier.reduce((most, { number }) => Math.max(most, number), EXPLAIN.number);
  const present = features.map(({ kind, missing, name }): ContractField => {
    const known = kept.get(keyOf({ kind, name }));
    if (known) return { ...known, missing, removed: false };
    last = nextNumber(last);
    const chosen = identifiers.get(name) ?? names.give(identifier(name, 'feature') || `feature_${last}`);
    return { name, kind, missing, identifier: chosen, number: last, removed: false };
  });
  return withRemoved(present, earlier);
}

/** In Java, `getColorBytes` is of the text `color`: the feature may become one. */
const SECOND_NAME = 'bytes';

/** 19000 to 19999 are protobuf's own. */
function nextNumber(last: number): number {
  return last + 1 === 19_000 ? 20_000 : last + 1;
}

function classesFor(labels: readonly string[], earlier: readonly ContractClass[], prefix: string): ContractClass[] {
  const kept = new Map(earlier.map((value) => [value.label, value]));
  const names = new Names([`${prefix}UNSPECIFIED`, ...earlier.map((value) => value.identifier)]);
  let last = earlier.length;
  const present = labels.map((label): ContractClass => {
    const known = kept.get(label);
    if (known) return { ...known, removed: false };
    last++;
    const chosen = names.give(prefix + (snakeCase(label).toUpperCase() || `VALUE_${last}`));
    return { label, identifier: chosen, number: last, removed: false };
  });
  return withRemoved(present, earlier);
}

function withRemoved<Member extends ContractField | ContractClass>(
  present: readonly Member[],
  earlier: readonly Member[],
): Member[] {
  const numbers = new Set(present.map(({ number }) => number));
  const removed = earlier.filter(({ number }) => !numbers.has(number)).map((member) => ({ ...member, removed: true }));
  return [...present, ...removed].sort((a, b) => a.number - b.number);
}

/** How a model differs from its contract, in words; undefined where it fits. */
export function contractDifference(contract: Contract, { classes, features }: ContractSubject): string | undefined {
  const fields = new Map(present(contract.fields).map((field) => [field.name, field.kind]));
  const otherKind = features.find(({ kind, name }) => fields.has(name) && fields.get(name) !== kind);
  if (otherKind) {
    const { kind, name } = otherKind;
    return `features: of ${nameInWords(name)} the contract has a ${fields.get(name)}, the model a ${kind}`;
  }
  const labels = present(contract.classes).map(({ label }) => label);
  const featureNames = features.map(({ name }) => name);
  return difference('features', [...fields.keys()], featureNames) ?? difference('classes', labels, classes);
}

function difference(what: string, expected: readonly string[], found: readonly string[]): string | undefined {
  const [known, given] = [new Set(expected), new Set(found)];
  const sides = [
    { side: 'the contract', names: expected.filter((name) => !given.has(name)) },
    { side: 'the model', names: found.filter((name) => !known.has(name)) },
  ].flatMap(({ names, side }) => (names.length === 0 ? [] : [`only ${side} has ${namesInWords(names, 8)}`]));
  return sides.length === 0 ? undefined : `${what}: ${sides.join(', ')}`;
}

export function present<Member extends { readonly removed: boolean }>(members: readonly Member[]): Member[] {
  return members.filter(({ removed }) => !removed);
}
