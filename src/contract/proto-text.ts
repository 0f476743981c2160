import { IrisError } from '../ground/errors.js';
import { checkArgument, someText } from '../ground/options.js';
import { printable, quote } from '../ground/quote.js';
import {
  aContract,
  type Contract,
  type ContractClass,
  type ContractField,
  EXPLAIN,
  enumOf,
  packageOf,
  prefixOf,
  present,
  unspecifiedOf,
} from './contract.js';

/** A file is no contract of ours, so nothing can be read from it. */
export class ContractError extends IrisError {
  static override readonly name: string = 'ContractError';
}

/** The .proto file of a contract. It is also where the next contract reads its numbers, in the comments too. */
export function writeContract(contract: Contract): string {
  checkArgument('contract', contract, aContract);
  const prefix = prefixOf(contract);
  return `// Predictions of the model ${contract.name}. Made by iris proto.
//
// Written again over this file, a contract keeps its numbers and names: they are read
// from here, with the comments that have a name in quotes.
syntax = "proto3";

package ${packageOf(contract)};

service ${prefix}Predictor {
  // One row in, one prediction out.
  rpc Predict(${prefix}PredictRequest) returns (${prefix}PredictReply);

  // Many rows over one call; replies come in the order of the requests.
  rpc PredictStream(stream ${prefix}PredictRequest) returns (stream ${prefix}PredictReply);
}

// A field per feature, whose own name is above it. An absent number, NaN and an absent or
// empty text are a missing value: INVALID_ARGUMENT where one is required.
message ${prefix}PredictRequest {
  // Asks for \`path\` in the reply.
  bool ${EXPLAIN.identifier} = ${EXPLAIN.number};
${fieldLines(contract.fields)}}

message ${prefix}PredictReply {
  ${enumOf(contract)} predicted_class = 1;

  // Its own name.
  string class_name = 2;

  // One share per class, that of number 1 first; they sum to 1. A removed class has 0.
  repeated double probabilities = 3;

  // First 12 hex digits of the SHA-256 of the model that answered.
  string model_version = 4;

  // The decisions from the root to the leaf, when asked for.
  repeated DecisionStep path = 5;
}

enum ${enumOf(contract)} {
  ${unspecifiedOf(contract)} = 0;
${classLines(contract.classes)}}

// One question of the tree: is the value at most the threshold, or one of the categories?
message DecisionStep {
  // The feature's own name.
  string feature = 1;

  // Absent where it is missing, and of a category.
  optional double value = 2;

  // Absent where the question is about categories.
  optional double threshold = 3;
  bool went_left = 4;

  // Training rows that reached this question.
  uint32 samples = 5;

  // The value of a category, absent where it is missing.
  optional string category = 6;
  repeated string categories = 7;
}
`;
}

function fieldLines(fields: readonly ContractField[]): string {
  const used = new Set(present(fields).map(({ identifier }) => identifier));
  return fields
    .map(({ identifier, kind, missing, name, number, removed }) => {
      const declaration = `optional ${kind === 'number' ? 'double' : 'string'} ${identifier} = ${number};`;
      if (!removed) return memberLines(name, missing ? 'may be missing' : 'required', [declaration]);
      // A feature of another kind may have the identifier, and nothing is reserved twice.
      const reserved = used.has(identifier) ? [] : [`reserved "${identifier}";`];
      used.add(identifier);
      return memberLines(name, `removed: ${declaration}`, [`reserved ${number};`, ...reserved]);
    })
    .join('');
}

function classLines(classes: readonly ContractClass[]): string {
  return classes
    .map(({ identifier, label, number, removed }) => {
      const declaration = `${identifier} = ${number};`;
      if (!removed) return memberLines(label, undefined, [declaration]);
      return memberLines(label, `removed: ${declaration}`, [`reserved ${number};`, `reserved "${identifier}";`]);
    })
    .join('');
}

function memberLines(name: string, remark: string | undefined, lines: readonly string[]): string {
  const comment = `// ${printable(JSON.stringify(name))}${remark === undefined ? '' : `, ${remark}`}`;
  return ['', comment, ...lines].map((line) => `${line && '  '}${line}\n`).join('');
}

const PACKAGE = /^package ml\.([a-z][a-z0-9_]*);$/;
const NAMED = /^\/\/ ("(?:[^"\\]|\\.)*")(?:, (?:removed: (.+)|required|(may be missing)))?$/;
const FIELD = /^optional (double|string) ([a-z][a-z0-9_]*) = ([1-9][0-9]{0,8});$/;
const VALUE = /^([A-Z][A-Z0-9_]*) = ([1-9][0-9]{0,8});$/;

/**
 * Reads what `writeContract` wrote. Blank lines, indentation and other comments may be changed, nothing else.
 *
 * @param where the beginning of messages: a path
 * @throws ContractError for what is no contract of ours
 */
export function parseContract(text: string, where: string): Contract {
  checkArgument('text', text, someText);
  checkArgument('where', where, someText);
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  const refuse = (line: number, expected: string) =>
    new ContractError(`${where}:${line + 1}: expected ${expected}, found ${quote(lines[line] ?? '')}`);
  const name = lines.map((line) => PACKAGE.exec(line)?.[1]).find((found) => found !== undefined);
  if (name === undefined) throw new ContractError(`${where}: expected a contract that iris proto wrote, found none`);
  const contract = readMembers(lines, name, refuse);
  const expected = codeLines(writeContract(contract).split('\n'));
  const found = codeLines(lines);
  const odd = expected.findIndex(({ code }, at) => found[at]?.code !== code);
  if (odd >= 0) throw refuse(found[odd]?.line ?? lines.length - 1, quote(expected[odd]!.code));
  if (found.length > expected.length) throw refuse(found[expected.length]!.line, 'the end of the contract');
  return contract;
}

type Refuse = (line: number, expected: string) => ContractError;

function readMembers(lines: readonly string[], name: string, refuse: Refuse): Contract {
  const fields: ContractField[] = [];
  const classes: ContractClass[] = [];
  const taken = new Set<string>();
  const owners = new Map([[EXPLAIN.identifier, '']]);
  for (const [at, line] of lines.entries()) {
    const [, json, declaredBefore, mayBeMissing] = NAMED.exec(line) ?? [];
    if (json === undefined) continue;
    const own = readName(json);
    if (own === undefined) throw refuse(at, 'a name in quotes as JSON has it');
    const removed = declaredBefore !== undefined;
    let declaredAt = removed ? at : at + 1;
    while (lines[declaredAt] === '') declaredAt++;
    const declaration = declaredBefore ?? lines[declaredAt] ?? '';
    const [, type, fieldName, fieldNumber] = FIELD.exec(declaration) ?? [];
    const [, valueName, valueNumber] = VALUE.exec(declaration) ?? [];
    const isField = fieldName !== undefined;
    const identifier = fieldName ?? valueName;
    if (identifier === undefined) throw refuse(declaredAt, 'the field or the value of this name');
    const number = Number(fieldNumber ?? valueNumber);
    const keys = [`${isField} ${number}`, `${isField} ${type ?? ''} ${own}`];
    if (keys.some((key) => taken.has(key)) || (owners.get(identifier) ?? own) !== own) {
      throw refuse(at, 'names and a number that are not used above');
    }
    if (isField && !isFreeNumber(number)) throw refuse(declaredAt, 'a number that a field may have');
    for (const key of keys) taken.add(key);
    owners.set(identifier, own);
    if (isField) {
      const kind = type === 'double' ? 'number' : 'category';
      fields.push({ name: own, kind, missing: mayBeMissing !== undefined, identifier, number, removed });
    } else classes.push({ label: own, identifier, number, removed });
  }
  const byNumber = (a: { readonly number: number }, b: { readonly number: number }) => a.number - b.number;
  classes.sort(byNumber);
  const gap = classes.findIndex(({ number }, index) => number !== index + 1);
  if (gap >= 0) throw refuse(lines.length - 1, `a class of number ${gap + 1}`);
  return { name, fields: fields.sort(byNumber), classes };
}

/** What a field may not be numbered: beyond protobuf's largest number, what protobuf keeps, what is no feature's. */
function isFreeNumber(number: number): boolean {
  return number > EXPLAIN.number && number < 2 ** 29 && (number < 19_000 || number > 19_999);
}

function readName(json: string): string | undefined {
  try {
    return JSON.parse(json);
  } catch {
    return undefined; // an escape that JSON does not have
  }
}

/** Lines without blank ones and comments, with their places. */
function codeLines(lines: readonly string[]): { readonly code: string; readonly line: number }[] {
  return lines
    .map((text, line) => ({ code: text.trim(), line }))
    .filter(({ code }) => code !== '' && !code.startsWith('//'));
}
