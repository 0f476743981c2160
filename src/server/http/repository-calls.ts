import { RequestError } from '../../ground/errors.js';
import type { CallContext } from '../calls/call-context.js';
import { Refusal } from '../calls/refusal.js';
import type { ModelStatus } from '../models/served-models.js';
import {
  loadOrPromote,
  repositoryIndex,
  requireParameters,
  UNLOAD_PARAMETERS,
} from '../services/inference/model-states.js';
import type { InferenceState } from '../services/inference-service.js';
import { bodyCoding, decodeBody } from './body-coding.js';
import type { Exchange } from './exchange.js';
import { HeldRequest } from './held-request.js';
import { describe } from './json-reader.js';
import { readBody } from './read-body.js';

/** A body has a switch, or no parameters that are taken. */
const MAX_BODY_BYTES = 16 * 1024;

/** The calls of the model repository: Triton's extension of that name. */
export type RepositoryCall = 'RepositoryIndex' | 'RepositoryModelLoad' | 'RepositoryModelUnload';

type Asked = Readonly<Record<string, unknown>>;

/**
 * @param name of the model
 * @returns the body of the answer
 * @throws RequestError, Refusal, CallEndedError
 */
export async function answerRepository(
  state: InferenceState,
  call: RepositoryCall,
  exchange: Exchange,
  name: string,
  { share }: CallContext,
): Promise<object> {
  const asked = await readAsked(exchange, new HeldRequest(share, exchange));
  if (call === 'RepositoryIndex') return index(state, asked);
  const parameters = asObject(asked['parameters'], 'parameters');
  if (call === 'RepositoryModelLoad') {
    await loadOrPromote(state.control, name, parameters);
  } else {
    requireParameters(parameters, UNLOAD_PARAMETERS);
    await state.control.unload(name);
  }
  return {};
}

async function index(state: InferenceState, { ready = false }: Asked): Promise<readonly ModelStatus[]> {
  if (typeof ready !== 'boolean') throw invalid('ready', 'true or false', describe(ready));
  return repositoryIndex(state, state.isReady(), ready);
}

/** An empty body asks for nothing in particular. */
async function readAsked(exchange: Exchange, held: HeldRequest): Promise<Asked> {
  const body = await readSmallBody(exchange, held);
  if (body.byteLength === 0) return {};
  let asked: unknown;
  try {
    asked = JSON.parse(body.toString());
  } catch {
    throw invalid('body', 'a JSON object, or nothing', 'no JSON');
  }
  return asObject(asked, 'body');
}

/** The limit is that of these calls, and no option's. */
async function readSmallBody(exchange: Exchange, held: HeldRequest): Promise<Buffer> {
  const coding = bodyCoding(exchange.incoming.headers);
  try {
    return await decodeBody(await readBody(exchange, MAX_BODY_BYTES, held), coding, MAX_BODY_BYTES, held);
  } catch (error) {
    if (!(error instanceof Refusal && error.reason === 'MESSAGE_TOO_LARGE')) throw error;
    throw new Refusal('MESSAGE_TOO_LARGE', `expected a body of at most ${MAX_BODY_BYTES} bytes, found a larger one`);
  }
}

function asObject(value: unknown, field: string): Asked {
  if (value === undefined) return {};
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Asked;
  throw invalid(field, 'a JSON object', describe(value));
}

function invalid(field: string, expected: string, found: string): RequestError {
  return new RequestError([{ field, description: `expected ${expected}, found ${found}` }]);
}
