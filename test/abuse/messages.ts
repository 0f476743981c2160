import { fileURLToPath } from 'node:url';
import protobuf from 'protobufjs';

/** Messages as protobufjs reads and writes them from the published files: nothing of src/ is asked. */

const root = new protobuf.Root();
root.resolvePath = (_origin, target) => fileURLToPath(new URL(`../../${target}`, import.meta.url));
root.loadSync(
  ['proto/iris.proto', 'proto/open_inference.proto', 'node_modules/grpc-health-check/proto/health/v1/health.proto'],
  {
    keepCase: true,
  },
);
protobuf.parse(
  `syntax = "proto3"; package google.rpc;
   message Any { string type_url = 1; bytes value = 2; }
   message Status { int32 code = 1; string message = 2; repeated Any details = 3; }
   message ErrorInfo { string reason = 1; string domain = 2; map<string, string> metadata = 3; }
   message FieldViolation { string field = 1; string description = 2; }
   message BadRequest { repeated FieldViolation field_violations = 1; }
   message Duration { int64 seconds = 1; int32 nanos = 2; }
   message RetryInfo { Duration retry_delay = 1; }`,
  root,
  { keepCase: true },
);

export type Message = Record<string, unknown>;

/** @param type as in `inference.ModelInferRequest` */
export function encode(type: string, message: Message): Buffer {
  const found = root.lookupType(type);
  return Buffer.from(found.encode(found.fromObject(message)).finish());
}

/** @throws where the bytes are no such message */
export function decode(type: string, bytes: Uint8Array): Message {
  const found = root.lookupType(type);
  return found.toObject(found.decode(known(found, bytes)), { longs: Number, defaults: true, arrays: true });
}

/**
 * The message without its unknown fields: a known number with another wire type is one, which protobufjs would read all
 * the same. Maps are left out too: what they hold changes no answer.
 */
function known(type: protobuf.Type, bytes: Uint8Array): Buffer {
  const reader = protobuf.Reader.create(bytes);
  const kept: Uint8Array[] = [];
  while (reader.pos < reader.len) {
    const start = reader.pos;
    const tag = reader.uint32();
    if (tag >>> 3 === 0) throw new Error('field number 0');
    const contentStart = reader.pos;
    reader.skipType(tag & 7);
    const field = type.fieldsById[tag >>> 3]?.resolve();
    if (!field || field.map || !wireTypes(field).includes(tag & 7)) continue;
    if (field.resolvedType instanceof protobuf.Type) {
      reader.pos = contentStart;
      const content = known(field.resolvedType, reader.bytes());
      kept.push(protobuf.Writer.create().uint32(tag).bytes(content).finish());
    } else kept.push(bytes.subarray(start, reader.pos));
  }
  return Buffer.concat(kept);
}

function wireTypes({ repeated, resolvedType, type }: protobuf.Field): number[] {
  const packed = (protobuf.types.packed as Record<string, number>)[type];
  if (resolvedType instanceof protobuf.Type) return [2];
  if (repeated && packed !== undefined) return [packed, 2];
  return [(protobuf.types.basic as Record<string, number>)[type] ?? 0];
}

/** The details of a `grpc-status-details-bin`, by type. */
export function decodeDetails(base64: string): { readonly code: number; readonly details: Record<string, Message> } {
  const status = decode('google.rpc.Status', Buffer.from(base64, 'base64'));
  const details = (status['details'] as { type_url: string; value: Uint8Array }[]).map(({ type_url, value }) => {
    const type = type_url.replace('type.googleapis.com/', '');
    return [type.replace('google.rpc.', ''), decode(type, value)] as const;
  });
  return { code: status['code'] as number, details: Object.fromEntries(details) };
}
