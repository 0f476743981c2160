import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { ServiceDefinition } from '@grpc/grpc-js';
import type * as protoLoader from '@grpc/proto-loader';
import { packageFile } from '../ground/package-files.js';

export const DEFAULT_PORT = 50052;
export const DEFAULT_MODEL_NAME = 'iris';

/** What the platform of every model of ours begins with, in its metadata. */
export const PLATFORM_PREFIX = 'iris_';

export const IRIS_SERVICE = 'ml.IrisPredictor';
export const INFERENCE_SERVICE = 'inference.GRPCInferenceService';
export const HEALTH_SERVICE = 'grpc.health.v1.Health';

/** Its health is SERVING until the process ends, also while the server drains: a liveness probe that asks for it kills no calls. */
export const LIVENESS = 'liveness';

/** The services whose health can be asked for, beside '', the whole server, and its models. */
export function serviceNames(contractService?: string): readonly string[] {
  const typed = contractService === undefined ? [] : [contractService];
  return [IRIS_SERVICE, ...typed, INFERENCE_SERVICE, HEALTH_SERVICE, LIVENESS];
}

/** Where the published .proto files are: beside src/ and beside dist/. */
export function protoFolder(): string {
  return fileURLToPath(packageFile('../proto/'));
}

/** How messages.ts describes what is on the wire. */
const messageOptions: protoLoader.Options = {
  keepCase: true,
  longs: Number,
  enums: String,
  defaults: true,
  oneofs: true,
};

/**
 * inference.GRPCInferenceService, for a client or a server of @grpc/grpc-js. proto-loader takes as long to load as a
 * fifth of a server's start: loaded on demand.
 * Why: docs/decisions/load-late.md
 */
export function loadInferenceService(): ServiceDefinition {
  const { loadSync }: typeof protoLoader = createRequire(packageFile('../package.json'))('@grpc/proto-loader');
  return loadSync('open_inference.proto', { ...messageOptions, includeDirs: [protoFolder()] })[
    INFERENCE_SERVICE
  ] as ServiceDefinition;
}
