import { WireWriter } from '../protobuf/wire.js';
import { type Contract, EXPLAIN, enumOf, packageOf, prefixOf, present, unspecifiedOf } from './contract.js';
import { jsonName } from './identifiers.js';

/** google.protobuf.FieldDescriptorProto.Type */
const TYPES = { double: 1, bool: 8, string: 9, message: 11, uint32: 13, enum: 14 };

interface FieldShape {
  readonly name: string;
  readonly number: number;
  readonly type: keyof typeof TYPES;
  /** Of a message or an enum, beginning with a dot. */
  readonly typeName?: string;
  readonly repeated?: boolean;
  readonly optional?: boolean;
}

/**
 * The google.protobuf.FileDescriptorProto that protoc makes of a contract's file:
 * https://github.com/protocolbuffers/protobuf/blob/main/src/google/protobuf/descriptor.proto
 * name = 1, package = 2, message_type = 4, enum_type = 5, service = 6, syntax = 12.
 */
export function encodeDescriptor(contract: Contract): Buffer {
  const scope = packageOf(contract);
  const prefix = prefixOf(contract);
  return new WireWriter(4096)
    .string(1, `${scope.replaceAll('.', '/')}.proto`)
    .string(2, scope)
    .message(4, requestMessage(contract))
    .message(4, message(`${prefix}PredictReply`, replyFields(contract)))
    .message(4, message('DecisionStep', stepFields))
    .message(5, classEnum(contract))
    .message(6, service(`${prefix}Predictor`, `.${scope}.${prefix}PredictRequest`, `.${scope}.${prefix}PredictReply`))
    .string(12, 'proto3')
    .finish();
}

function requestMessage(contract: Contract): WireWriter {
  const fields = present(contract.fields).map(
    ({ identifier, kind, number }): FieldShape => ({
      name: identifier,
      number,
      type: kind === 'number' ? 'double' : 'string',
      optional: true,
    }),
  );
  const explain: FieldShape = { name: EXPLAIN.identifier, number: EXPLAIN.number, type: 'bool' };
  const writer = message(`${prefixOf(contract)}PredictRequest`, [explain, ...fields]);
  const removed = contract.fields.filter((field) => field.removed);
  const used = new Set(fields.map(({ name }) => name));
  const names = new Set(removed.map(({ identifier }) => identifier).filter((name) => !used.has(name)));
  // reserved_range = 9, its end exclusive; reserved_name = 10.
  for (const { number } of removed) writer.message(9, new WireWriter(16).int32(1, number).int32(2, number + 1));
  for (const name of names) writer.string(10, name);
  return writer;
}

function replyFields(contract: Contract): FieldShape[] {
  const scope = `.${packageOf(contract)}`;
  return [
    { name: 'predicted_class', number: 1, type: 'enum', typeName: `${scope}.${enumOf(contract)}` },
    { name: 'class_name', number: 2, type: 'string' },
    { name: 'probabilities', number: 3, type: 'double', repeated: true },
    { name: 'model_version', number: 4, type: 'string' },
    { name: 'path', number: 5, type: 'message', typeName: `${scope}.DecisionStep`, repeated: true },
  ];
}

const stepFields: readonly FieldShape[] = [
  { name: 'feature', number: 1, type: 'string' },
  { name: 'value', number: 2, type: 'double', optional: true },
  { name: 'threshold', number: 3, type: 'double', optional: true },
  { name: 'went_left', number: 4, type: 'bool' },
  { name: 'samples', number: 5, type: 'uint32' },
  { name: 'category', number: 6, type: 'string', optional: true },
  { name: 'categories', number: 7, type: 'string', repeated: true },
];

/** DescriptorProto: name = 1, field = 2, oneof_decl = 8, one for each optional field. */
function message(name: string, fields: readonly FieldShape[]): WireWriter {
  const writer = new WireWriter(1024).string(1, name);
  const optional = fields.filter((field) => field.optional);
  const oneofs = new Map(optional.map((field, index) => [field, index]));
  for (const field of fields) writer.message(2, fieldOf(field, oneofs.get(field)));
  for (const field of optional) writer.message(8, new WireWriter(64).string(1, `_${field.name}`));
  return writer;
}

/**
 * FieldDescriptorProto: name = 1, number = 3, label = 4 (1 optional, 3 repeated), type = 5, type_name = 6, oneof_index = 9,
 * json_name = 10, proto3_optional = 17.
 */
function fieldOf({ name, number, repeated, type, typeName }: FieldShape, oneof: number | undefined): WireWriter {
  const writer = new WireWriter(128).string(1, name).int32(3, number);
  writer.int32(4, repeated ? 3 : 1).int32(5, TYPES[type]);
  if (typeName !== undefined) writer.string(6, typeName);
  if (oneof !== undefined) writer.int32(9, oneof);
  writer.string(10, jsonName(name));
  return oneof === undefined ? writer : writer.bool(17, true);
}

/** EnumDescriptorProto: name = 1, value = 2, reserved_range = 4, its end inclusive, reserved_name = 5. */
function classEnum(contract: Contract): WireWriter {
  const writer = new WireWriter(1024).string(1, enumOf(contract));
  const value = (name: string, number: number) =>
    writer.message(2, new WireWriter(64).string(1, name).int32(2, number));
  value(unspecifiedOf(contract), 0);
  for (const { identifier, number } of present(contract.classes)) value(identifier, number);
  const removed = contract.classes.filter((member) => member.removed);
  for (const { number } of removed) writer.message(4, new WireWriter(16).int32(1, number).int32(2, number));
  for (const { identifier } of removed) writer.string(5, identifier);
  return writer;
}

/**
 * ServiceDescriptorProto: name = 1, method = 2 with name = 1, input_type = 2, output_type = 3, client_streaming = 5,
 * server_streaming = 6.
 */
function service(name: string, request: string, reply: string): WireWriter {
  const method = (method: string) => new WireWriter(256).string(1, method).string(2, request).string(3, reply);
  return new WireWriter(512)
    .string(1, name)
    .message(2, method('Predict'))
    .message(2, method('PredictStream').bool(5, true).bool(6, true));
}
