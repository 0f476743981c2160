import { status } from '@grpc/grpc-js';
import type { Contract } from '../../contract/contract.js';
import { encodeDescriptor } from '../../contract/descriptor.js';
import { type FileDescriptor, loadDescriptors, readDescriptor } from '../../protocol/descriptors.js';
import {
  decodeReflectionRequest,
  encodeReflectionResponse,
  REFLECTION_SERVICES,
  type ReflectionAnswer,
  type ReflectionRequest,
} from '../../protocol/reflection.js';
import { quote } from '../calls/refusal.js';
import type { Method, MethodOptions } from '../grpc/methods.js';
import { eachMessage } from '../grpc/stream-method.js';

/** Server reflection, v1 and v1alpha, from the descriptors that protoc made and that of a contract. */
export function reflectionService(options: MethodOptions, contract?: Contract): Method[] {
  let index: DescriptorIndex | undefined;
  const answer = (request: ReflectionRequest) => {
    // Few servers are ever asked: the descriptors are read at the first question.
    index ??= createIndex([...loadDescriptors(), ...(contract ? [readDescriptor(encodeDescriptor(contract))] : [])]);
    return encodeReflectionResponse(request, reflect(index, request));
  };
  return REFLECTION_SERVICES.map((service) => {
    const codec = {
      path: `/${service}/ServerReflectionInfo`,
      requestDeserialize: decodeReflectionRequest,
      responseSerialize: (response: Buffer) => response,
    };
    return eachMessage(codec, options, () => answer);
  });
}

interface DescriptorIndex {
  readonly byName: ReadonlyMap<string, FileDescriptor>;
  readonly bySymbol: ReadonlyMap<string, FileDescriptor>;
  readonly services: readonly string[];
}

function createIndex(files: readonly FileDescriptor[]): DescriptorIndex {
  return {
    byName: new Map(files.map((file) => [file.name, file])),
    bySymbol: new Map(files.flatMap((file) => file.symbols.map((symbol) => [symbol, file] as const))),
    services: files.flatMap((file) => file.services),
  };
}

function reflect(index: DescriptorIndex, { name, question }: ReflectionRequest): ReflectionAnswer {
  if (question === 'services') return { services: index.services };
  if (question === 'file') return describeFile(index, index.byName.get(name), `file ${quote(name)}`);
  if (question === 'symbol') return describeFile(index, index.bySymbol.get(name), `symbol ${quote(name)}`);
  if (question === undefined) return { errorCode: status.INVALID_ARGUMENT, errorMessage: 'the request asks nothing' };
  return { errorCode: status.NOT_FOUND, errorMessage: 'no message of this server has extensions' };
}

/** The file and what it imports, each once. */
function describeFile(index: DescriptorIndex, file: FileDescriptor | undefined, asked: string): ReflectionAnswer {
  if (!file) return { errorCode: status.NOT_FOUND, errorMessage: `${asked} is not known` };
  const files = new Set([file]);
  for (const { dependencies } of files) {
    for (const name of dependencies) {
      const dependency = index.byName.get(name);
      if (dependency) files.add(dependency);
    }
  }
  return { files: Array.from(files, ({ bytes }) => bytes) };
}
