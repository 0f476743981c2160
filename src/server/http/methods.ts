import type { ObservedMethod } from '../calls/observer.js';

/** What can be called over HTTP, by the names that gRPC has for it. */
const names = [
  'ServerLive',
  'ServerReady',
  'ServerMetadata',
  'OpenApi',
  'ModelList',
  'ModelReady',
  'ModelMetadata',
  'ModelConfig',
  'ModelStatistics',
  'ModelInfer',
  'RepositoryIndex',
  'RepositoryModelLoad',
  'RepositoryModelUnload',
] as const;

export type HttpMethod = (typeof names)[number];

/** Its path, as observers see it. */
export function httpPath(method: HttpMethod): string {
  return `/http/${method}`;
}

export const httpMethods: readonly ObservedMethod[] = names.map((name) => ({ path: httpPath(name), type: 'unary' }));
