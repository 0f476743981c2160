import { RequestError } from '../../ground/errors.js';
import { WireWriter } from '../../protobuf/wire.js';
import { PER_FEATURE_HEADER, PER_FEATURE_VALUE } from '../../protocol/extensions.js';
import { InferRequestDecoder } from '../../protocol/infer-request-codec.js';
import {
  encodeInferResponse,
  encodeInPieces,
  encodeStreamResponse,
  type InferResult,
} from '../../protocol/infer-response-codec.js';
import type {
  ModelInferRequest,
  ModelMetadataRequest,
  ModelReadyResponse,
  ModelStatisticsRequest,
  RepositoryIndexRequest,
  RepositoryIndexResponse,
  RepositoryModelLoadRequest,
  ServerLiveResponse,
  ServerMetadataResponse,
  ServerReadyResponse,
} from '../../protocol/messages.js';
import { INFERENCE_SERVICE, loadInferenceService } from '../../protocol/services.js';
import type { CallContext } from '../calls/call-context.js';
import { CallEndedError } from '../calls/refusal.js';
import type { InferLimits } from '../calls/reply-limit.js';
import { toStatus } from '../calls/status.js';
import { Turns } from '../calls/turns.js';
import { undecodable } from '../grpc/decode.js';
import type { Method, MethodCodec, MethodOptions, WorkOptions } from '../grpc/methods.js';
import { eachMessage } from '../grpc/stream-method.js';
import { type RequestHeaders, unary } from '../grpc/unary-method.js';
import type { GatherStatistics } from '../models/model-statistics.js';
import type { CallModels, ModelControl, ServedModels } from '../models/served-models.js';
import { counted, infer, isLong } from './inference/infer.js';
import { extensions } from './inference/metadata.js';
import { configInMessage } from './inference/model-config.js';
import { describeInMessage, ModelDescriptions } from './inference/model-descriptions.js';
import {
  loadOrPromote,
  modelIsReady,
  repositoryIndex,
  requireParameters,
  UNLOAD_PARAMETERS,
} from './inference/model-states.js';
import { EMPTY_FINAL_RESPONSE } from './inference/parameters.js';
import { statisticsInMessage } from './inference/read-statistics.js';

export interface InferenceState {
  readonly models: ServedModels;
  readonly control: ModelControl;
  /** Where other processes of this server have counted too. */
  readonly gatherStatistics?: GatherStatistics | undefined;
  /** Whether calls are welcome: false while draining. */
  readonly isReady: () => boolean;
  readonly limits: InferLimits;
  /** Of this software. */
  readonly version: string;
}

type Empty = Record<string, never>;

/**
 * inference.GRPCInferenceService.
 *
 * @param work for calls that predict
 * @param probes for what a probe asks: it is answered to the end, however many calls there are
 */
export function inferenceService(state: InferenceState, work: WorkOptions, probes: MethodOptions): Method[] {
  return [...metadataMethods(state, probes), ...controlMethods(state, work), ...inferMethods(state, work)];
}

function metadataMethods(state: InferenceState, probes: MethodOptions): Method[] {
  const { isReady, limits, models, version } = state;
  const descriptions = new ModelDescriptions(describeInMessage, limits);
  const configs = new ModelDescriptions(configInMessage, limits);
  const described =
    (by: ModelDescriptions) => (asked: ModelMetadataRequest, context: CallContext, headers: RequestHeaders) => {
      const served = models.forCall(context).find(asked.name, asked.version);
      const perFeature = headers.header(PER_FEATURE_HEADER) === PER_FEATURE_VALUE;
      return by.of(served, models.versionsOf(asked.name), perFeature);
    };
  return [
    unary(loaded<Empty, ServerLiveResponse>('ServerLive'), probes, () => ({ live: true })),
    unary(loaded<Empty, ServerReadyResponse>('ServerReady'), probes, () => ({ ready: isReady() })),
    unary(loaded<Empty, ServerMetadataResponse>('ServerMetadata'), probes, () => ({
      name: 'iris',
      version,
      extensions,
    })),
    unary(loaded<ModelMetadataRequest, ModelReadyResponse>('ModelReady'), probes, (asked, context) => {
      return { ready: modelIsReady(models, asked.name, asked.version, context) && isReady() };
    }),
    unary(encoded<ModelMetadataRequest>('ModelMetadata'), probes, described(descriptions)),
    unary(encoded<ModelMetadataRequest>('ModelConfig'), probes, described(configs)),
    unary(encoded<ModelStatisticsRequest>('ModelStatistics'), probes, (asked, context) =>
      statisticsInMessage(state, asked, context),
    ),
    unary(loaded<RepositoryIndexRequest, RepositoryIndexResponse>('RepositoryIndex'), probes, async (asked) => ({
      models: await repositoryIndex(state, isReady(), asked.ready),
    })),
  ];
}

function controlMethods({ control }: InferenceState, work: WorkOptions): Method[] {
  return [
    unary(loaded<RepositoryModelLoadRequest, Empty>('RepositoryModelLoad'), work, async (asked) => {
      await loadOrPromote(control, asked.model_name, parameterValues(asked.parameters));
      return {};
    }),
    unary(loaded<RepositoryModelLoadRequest, Empty>('RepositoryModelUnload'), work, async (asked) => {
      requireParameters(asked.parameters, UNLOAD_PARAMETERS);
      await control.unload(asked.model_name);
      return {};
    }),
  ];
}

/** As the REST form has them. */
function parameterValues(parameters: RepositoryModelLoadRequest['parameters'] = {}): Record<string, unknown> {
  const values = Object.entries(parameters).map(([name, parameter]) => {
    const { parameter_choice: field } = parameter;
    return [name, field && parameter[field]] as const;
  });
  return Object.fromEntries(values);
}

function inferMethods({ limits, models }: InferenceState, work: WorkOptions): Method[] {
  const answer = (of: CallModels, message: ReceivedInfer, context: CallContext): Promise<Buffer> =>
    counted((inference) => {
      const decoded = decodeOn(message);
      const { request } = message.decoder;
      const named = () => of.find(request.model_name, request.model_version);
      const long = !decoded || isLong(named(), request);
      if (long) inference.queue();
      return work.gate.makeReply(context.share, long, async () => {
        inference.start();
        const turns = new Turns(context);
        // It may have waited for long: the client may have gone.
        if (long) await turns.pause();
        if (!decoded) while (!decodeOn(message)) await turns.pause();
        const result = await infer(named(), request, limits, turns, inference);
        // Raw in, raw out.
        return encodeInPieces(result, request.raw_input_contents.length > 0, turns);
      });
    });
  const [unaryCodec, streamCodec] = [inferCodec('ModelInfer'), inferCodec('ModelStreamInfer')];
  return [
    unary(unaryCodec, work, (message, context) => answer(models.forCall(context), message, context)),
    eachMessage(streamCodec, work, (context) => {
      const of = models.forCall(context);
      return async (message) => {
        try {
          const reply = await answer(of, message, context);
          const { [EMPTY_FINAL_RESPONSE]: flag } = message.decoder.request.parameters ?? {};
          return encodeStreamResponse(flag?.bool_param ? Buffer.concat([reply, FINAL]) : reply);
        } catch (error) {
          if (error instanceof CallEndedError || error instanceof UndecodableError) throw error;
          // The stream goes on: this answer says what was wrong with this request.
          const { details } = toStatus(error, work.reportBug, context.ids);
          return encodeStreamResponse(emptyResponse(context, message.decoder.request), details);
        }
      };
    }),
  ];
}

/** A parameter of a ModelInferResponse, after what it has: parameters = 4 {key = 1, value = 2 {bool_param = 1}}. */
const FINAL = new WireWriter()
  .message(4, new WireWriter().string(1, 'triton_final_response').message(2, new WireWriter().bool(1, true)))
  .finish();

/** A request that is decoded when its call has its turn: a large one takes several. */
interface ReceivedInfer {
  readonly path: string;
  readonly bytes: Buffer;
  readonly decoder: InferRequestDecoder;
}

/** The bytes are no request, or one of too many parts: a stream ends with it. */
class UndecodableError extends RequestError {}

/** Fields and elements that are decoded at once: some milliseconds. */
const DECODED_AT_ONCE = 2 ** 15;

/**
 * @returns whether all is decoded
 * @throws UndecodableError
 */
function decodeOn({ bytes, decoder, path }: ReceivedInfer): boolean {
  try {
    return decoder.run(DECODED_AT_ONCE);
  } catch (cause) {
    throw new UndecodableError(undecodable(cause, path, bytes).violations, { cause });
  }
}

/** @param context of the stream, which has the last model that was found */
function emptyResponse({ model: found }: CallContext, { id, model_name: modelName }: ModelInferRequest): Buffer {
  const modelVersion = found?.name === modelName ? found.model.version : '';
  const result: InferResult = { modelName, modelVersion, id, outputs: [] };
  return encodeInferResponse(result, false);
}

function inferCodec(method: string): MethodCodec<ReceivedInfer, Buffer> {
  const path = methodPath(method);
  return {
    path,
    inTurns: true,
    requestDeserialize: (bytes) => ({ path, bytes, decoder: new InferRequestDecoder(bytes) }),
    responseSerialize: (reply) => reply,
  };
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

/** As `loaded`, of a method whose response comes encoded. */
function encoded<Request>(method: string): MethodCodec<Request, Buffer> {
  return { ...loaded<Request, Buffer>(method), responseSerialize: (response) => response };
}

function methodPath(method: string): string {
  return `/${INFERENCE_SERVICE}/${method}`;
}
