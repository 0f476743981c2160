import { decodeInferRequest } from '../protocol/infer-request-codec.js';
import { encodeInferResponse, encodeStreamResponse, type InferResult } from '../protocol/infer-response-codec.js';
import type {
  ModelInferRequest,
  ModelMetadataRequest,
  ModelMetadataResponse,
  ModelReadyResponse,
  RepositoryIndexRequest,
  RepositoryIndexResponse,
  ServerLiveResponse,
  ServerMetadataResponse,
  ServerReadyResponse,
} from '../protocol/messages.js';
import { PER_FEATURE_HEADER, PER_FEATURE_VALUE } from '../protocol/per-feature.js';
import { INFERENCE_SERVICE, loadInferenceService } from '../protocol/services.js';
import { type Call, type Desk, eachMessage, type Method, type MethodCodec, turnsOf, unary } from './answer.js';
import type { CallGate } from './call-gate.js';
import { type InferLimits, infer, isLong } from './inference/infer.js';
import { describeModel } from './inference/metadata.js';
import { CallEndedError } from './refusal.js';
import { requireModel, type ServedModel } from './served-model.js';
import { toStatus } from './status.js';

export interface InferenceState {
  readonly current: () => ServedModel;
  /** Whether calls are welcome: false while draining. */
  readonly isReady: () => boolean;
  readonly limits: InferLimits;
  /** Of this software. */
  readonly version: string;
}

/** Its gate lets few long calls work at once. */
interface InferDesk extends Desk {
  readonly gate: CallGate;
}

type Empty = Record<string, never>;

/**
 * inference.GRPCInferenceService.
 *
 * @param openDesk for what a probe asks: it is answered to the end, however many calls there are
 */
export function inferenceService(state: InferenceState, desk: InferDesk, openDesk: Desk): Method[] {
  return [...metadataMethods(state, openDesk), ...inferMethods(state, desk)];
}

function metadataMethods({ current, isReady, version }: InferenceState, desk: Desk): Method[] {
  return [
    unary(loaded<Empty, ServerLiveResponse>('ServerLive'), desk, () => ({ live: true })),
    unary(loaded<Empty, ServerReadyResponse>('ServerReady'), desk, () => ({ ready: isReady() })),
    unary(loaded<Empty, ServerMetadataResponse>('ServerMetadata'), desk, () => ({
      name: 'iris',
      version,
      extensions: [],
    })),
    unary(loaded<ModelMetadataRequest, ModelReadyResponse>('ModelReady'), desk, (asked) => {
      requireModel(current(), asked.name, asked.version);
      return { ready: isReady() };
    }),
    unary(loaded<ModelMetadataRequest, ModelMetadataResponse>('ModelMetadata'), desk, (asked, call) => {
      const served = current();
      requireModel(served, asked.name, asked.version);
      return describeModel(served, call.header(PER_FEATURE_HEADER) === PER_FEATURE_VALUE);
    }),
    unary(loaded<RepositoryIndexRequest, RepositoryIndexResponse>('RepositoryIndex'), desk, (asked) => {
      const { model, name } = current();
      const entry = { name, version: model.version, state: isReady() ? 'READY' : 'UNAVAILABLE', reason: '' };
      return { models: asked.ready && !isReady() ? [] : [entry] };
    }),
  ];
}

function inferMethods({ current, limits }: InferenceState, desk: InferDesk): Method[] {
  const answer = (served: ServedModel, request: ModelInferRequest, call: Call): Promise<Buffer> =>
    desk.gate.makeReply(call.share, isLong(request), async () => {
      const result = await infer(served, request, limits, turnsOf(call));
      // The answer has the form of the question.
      return encodeInferResponse(result, request.raw_input_contents.length > 0);
    });
  return [
    unary(inferCodec('ModelInfer'), desk, (request, call) => answer(current(), request, call)),
    eachMessage(inferCodec('ModelStreamInfer'), desk, (call) => {
      const served = current();
      return async (request) => {
        try {
          return encodeStreamResponse(await answer(served, request, call));
        } catch (error) {
          if (error instanceof CallEndedError) throw error;
          // The stream goes on: this answer says what was wrong with this request.
          const { details } = toStatus(error, desk.reportBug, call.ids);
          return encodeStreamResponse(emptyResponse(served, request), details);
        }
      };
    }),
  ];
}

function emptyResponse({ model, name }: ServedModel, { id }: ModelInferRequest): Buffer {
  const result: InferResult = { modelName: name, modelVersion: model.version, id, outputs: [] };
  return encodeInferResponse(result, false);
}

function inferCodec(method: string): MethodCodec<ModelInferRequest, Buffer> {
  return { path: methodPath(method), requestDeserialize: decodeInferRequest, responseSerialize: (reply) => reply };
}

let service: ReturnType<typeof loadInferenceService> | undefined;

/** The .proto is parsed at the first call that needs it: a server that starts doesn't wait for it. */
function loaded<Request, Response>(method: string): MethodCodec<Request, Response> {
  const definition = () => {
    service ??= loadInferenceService();
    return service[method];
  };
  return {
    path: methodPath(method),
    requestDeserialize: (bytes) => definition().requestDeserialize(bytes) as Request,
    responseSerialize: (response) => definition().responseSerialize(response),
  };
}

function methodPath(method: string): string {
  return `/${INFERENCE_SERVICE}/${method}`;
}
