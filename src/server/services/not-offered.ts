import { INFERENCE_SERVICE } from '../../protocol/services.js';
import { Refusal } from '../calls/refusal.js';
import type { Method, MethodOptions } from '../grpc/methods.js';
import { unary } from '../grpc/unary-method.js';

/** Of Triton's protocol, but not of this server: what it lacks, and what to do instead. */
const systemMemory = 'no system shared memory: send the contents of tensors with the request';
const cudaMemory = 'no CUDA shared memory: send the contents of tensors with the request';
const trace = 'no trace settings';
const logs = 'no log settings: the level of its log is chosen when it starts';
const events = 'no server-sent events: ask for one answer by infer, or for a stream by ModelStreamInfer over gRPC';

const methods: Readonly<Record<string, string>> = {
  SystemSharedMemoryStatus: systemMemory,
  SystemSharedMemoryRegister: systemMemory,
  SystemSharedMemoryUnregister: systemMemory,
  CudaSharedMemoryStatus: cudaMemory,
  CudaSharedMemoryRegister: cudaMemory,
  CudaSharedMemoryUnregister: cudaMemory,
  TraceSetting: trace,
  LogSettings: logs,
};

/** Answers these methods, which are not in the contract, with UNIMPLEMENTED and the reason. */
export function notOfferedMethods(probes: MethodOptions): Method[] {
  return Object.entries(methods).map(([name, lack]) => {
    const path = `/${INFERENCE_SERVICE}/${name}`;
    const codec = { path, requestDeserialize: () => undefined, responseSerialize: () => Buffer.alloc(0) };
    return unary(codec, probes, () => {
      throw notOffered(name, lack);
    });
  });
}

/** Paths of the REST form, as routes, and what the server lacks. */
export const notOfferedPaths: readonly (readonly [path: string, lack: string])[] = [
  ...memoryPaths('systemsharedmemory', systemMemory),
  ...memoryPaths('cudasharedmemory', cudaMemory),
  ['/v2/trace/setting', trace],
  ['/v2/models/:name/trace/setting', trace],
  ['/v2/logging', logs],
  ...['generate', 'generate_stream', 'infer_stream'].flatMap((ending) => [
    [`/v2/models/:name/${ending}`, events] as const,
    [`/v2/models/:name/versions/:version/${ending}`, events] as const,
  ]),
];

function memoryPaths(kind: string, lack: string): (readonly [string, string])[] {
  return ['status', 'register', 'unregister'].flatMap((action) => [
    [`/v2/${kind}/${action}`, lack] as const,
    [`/v2/${kind}/region/:region/${action}`, lack] as const,
  ]);
}

/** @param what is asked for: a method or a path */
export function notOffered(what: string, lack: string): Refusal {
  return new Refusal('NOT_OFFERED', `${what}: this server has ${lack}`);
}
