import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { ServiceDefinition } from '@grpc/grpc-js';
import type * as protoLoader from '@grpc/proto-loader';

export const DEFAULT_PORT = 50052;
export const DEFAULT_MODEL_NAME = 'iris';

export const IRIS_SERVICE = 'ml.IrisPredictor';
export const INFERENCE_SERVICE = 'inference.GRPCInferenceService';
export const HEALTH_SERVICE = 'grpc.health.v1.Health';

/** Where the published .proto files are: beside src/ and beside dist/. */
export const protoFolder = fileURLToPath(new URL('../../proto/', import.meta.url));

/** How messages.ts describes what is on the wire. */
const messageOptions: protoLoader.Options = {
  keepCase: true,
  longs: Number,
  enums: String,
  defaults: true,
  oneofs: true,
  includeDirs: [protoFolder],
};

/** ml.IrisPredictor, for a client or a server of @grpc/grpc-js. */
export function loadIrisService(): ServiceDefinition {
  return load('iris.proto', IRIS_SERVICE);
}

/** inference.GRPCInferenceService, for a client or a server of @grpc/grpc-js. */
export function loadInferenceService(): ServiceDefinition {
  return load('open_inference.proto', INFERENCE_SERVICE);
}

/** proto-loader takes as long to load as a fifth of a server's start: only who needs it waits for it. */
function load(file: string, service: string): ServiceDefinition {
  const { loadSync }: typeof protoLoader = createRequire(import.meta.url)('@grpc/proto-loader');
  return loadSync(file, messageOptions)[service] as ServiceDefinition;
}
