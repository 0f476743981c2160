import { WireReader, WireWriter } from '../protobuf/wire.js';

/** grpc.reflection.v1 and v1alpha: the same messages under two names. */
export const REFLECTION_SERVICES = ['grpc.reflection.v1.ServerReflection', 'grpc.reflection.v1alpha.ServerReflection'];

/** What a client asks for, by the field of the request's oneof. */
export interface ReflectionRequest {
  readonly host: string;
  readonly question: 'file' | 'symbol' | 'extension' | 'extensionNumbers' | 'services' | undefined;
  /** The file's name, the symbol's; empty for other questions. */
  readonly name: string;
  /** The whole request, to be sent back. */
  readonly bytes: Buffer;
}

export type ReflectionAnswer =
  | { readonly files: readonly Buffer[] }
  | { readonly services: readonly string[] }
  | { readonly errorCode: number; readonly errorMessage: string };

const questions: Readonly<Record<number, ReflectionRequest['question']>> = {
  3: 'file',
  4: 'symbol',
  5: 'extension',
  6: 'extensionNumbers',
  7: 'services',
};

/** ServerReflectionRequest: host = 1, a oneof of 3 to 7. */
export function decodeReflectionRequest(bytes: Buffer): ReflectionRequest {
  let host = '';
  let name = '';
  let question: ReflectionRequest['question'];
  const reader = new WireReader(bytes);
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === 0x0a) {
      host = reader.string();
      continue;
    }
    question = questions[tag >>> 3] ?? question;
    if (tag === 0x1a || tag === 0x22) name = reader.string();
    else reader.skip(tag);
  }
  return { host, question, name, bytes };
}

/**
 * ServerReflectionResponse: valid_host = 1, original_request = 2, file_descriptor_response = 4,
 * list_services_response = 6, error_response = 7.
 */
export function encodeReflectionResponse({ host, bytes }: ReflectionRequest, answer: ReflectionAnswer): Buffer {
  const writer = new WireWriter(1024);
  if (host !== '') writer.string(1, host);
  writer.bytes(2, bytes);
  const body = new WireWriter(1024);
  if ('files' in answer) {
    for (const file of answer.files) body.bytes(1, file);
    return writer.message(4, body).finish();
  }
  if ('services' in answer) {
    for (const name of answer.services) body.message(1, new WireWriter().string(1, name));
    return writer.message(6, body).finish();
  }
  return writer.message(7, body.int32(1, answer.errorCode).string(2, answer.errorMessage)).finish();
}
