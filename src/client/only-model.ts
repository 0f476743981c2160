import { type MethodDefinition, type ServiceDefinition, type ServiceError, status } from '@grpc/grpc-js';
import { UsageError } from '../ground/errors.js';
import { namesInWords } from '../ground/quote.js';
import type { RepositoryIndexRequest, RepositoryIndexResponse } from '../protocol/messages.js';
import { DEFAULT_MODEL_NAME } from '../protocol/services.js';
import type { Caller } from './call.js';

/** Of a server that does not answer at all, whatever is asked. */
const NO_ANSWER: readonly (status | undefined)[] = [status.UNAVAILABLE, status.DEADLINE_EXCEEDED, status.CANCELLED];

/**
 * The name of a server's one model, from Triton's RepositoryIndex. The default name where a server does not list its
 * models, or has one of that name among others.
 *
 * @throws UsageError where it has several others; UnavailableError
 */
export async function onlyModel(caller: Caller, methods: ServiceDefinition): Promise<string> {
  const method = methods['RepositoryIndex'] as MethodDefinition<RepositoryIndexRequest, RepositoryIndexResponse>;
  const index = await caller.call(method, { repository_name: '', ready: true }).catch((error: Error) => {
    const { code } = (error.cause ?? {}) as Partial<ServiceError>;
    if (code === undefined || NO_ANSWER.includes(code)) throw error;
    // Not every server has the method.
    return { models: [] };
  });
  const names = [...new Set(index.models.map(({ name }) => name))];
  if (names.length === 0 || names.includes(DEFAULT_MODEL_NAME)) return DEFAULT_MODEL_NAME;
  if (names.length === 1) return names[0]!;
  throw new UsageError(`${caller.address} has several models: expected the name of one, ${namesInWords(names)}`);
}
