import { decodeIrisRequest } from '../../protocol/iris-codec.js';
import type { IrisPredictRequest } from '../../protocol/messages.js';
import { IRIS_SERVICE } from '../../protocol/services.js';
import type { CallContext } from '../calls/call-context.js';
import type { InferLimits } from '../calls/reply-limit.js';
import { Turns } from '../calls/turns.js';
import type { Method, MethodCodec, WorkOptions } from '../grpc/methods.js';
import { eachMessage } from '../grpc/stream-method.js';
import { unary } from '../grpc/unary-method.js';
import type { ServedModel } from '../models/served-model.js';

/** A path up to this long, in comparisons, is described at once. */
const SHORT_WALK = 512;

/** ml.IrisPredictor. Replies come encoded from the model; a stream keeps the model that it began with. */
export function irisService(current: () => ServedModel, work: WorkOptions, limits: InferLimits): Method[] {
  const answer = (served: ServedModel, request: IrisPredictRequest, context: CallContext): Buffer | Promise<Buffer> => {
    if (!request.explain || served.classifier.longestWalk <= SHORT_WALK) return served.answerIris(request);
    return work.gate.makeReply(context.share, true, () => served.explainIris(request, limits, new Turns(context)));
  };
  return [
    unary(codec('PredictIrisSpecies'), work, (request, context) => answer(context.take(current()), request, context)),
    eachMessage(codec('PredictIrisSpeciesStream'), work, (context) => {
      const served = context.take(current());
      return (request) => answer(served, request, context);
    }),
  ];
}

function codec(method: string): MethodCodec<IrisPredictRequest, Buffer> {
  return {
    path: `/${IRIS_SERVICE}/${method}`,
    requestDeserialize: decodeIrisRequest,
    responseSerialize: (reply) => reply,
  };
}
