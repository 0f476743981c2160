import { decodeIrisRequest } from '../../protocol/iris-codec.js';
import type { IrisPredictRequest } from '../../protocol/messages.js';
import { IRIS_SERVICE } from '../../protocol/services.js';
import type { InferLimits } from '../calls/reply-limit.js';
import { Turns } from '../calls/turns.js';
import { type Call, eachMessage, type Method, type MethodCodec, unary, type WorkDesk } from '../grpc/answer.js';
import type { ServedModel } from '../models/served-model.js';

/** A path up to this long, in comparisons, is told at once. */
const SHORT_WALK = 512;

/** ml.IrisPredictor. Replies come encoded from the model; a stream keeps the model that it began with. */
export function irisService(current: () => ServedModel, desk: WorkDesk, limits: InferLimits): Method[] {
  const answer = (served: ServedModel, request: IrisPredictRequest, call: Call): Buffer | Promise<Buffer> => {
    if (!request.explain || served.classifier.longestWalk <= SHORT_WALK) return served.answerIris(request);
    return desk.gate.makeReply(call.share, true, () => served.explainIris(request, limits, new Turns(call)));
  };
  return [
    unary(codec('PredictIrisSpecies'), desk, (request, call) => answer(current(), request, call)),
    eachMessage(codec('PredictIrisSpeciesStream'), desk, (call) => {
      const served = current();
      return (request) => answer(served, request, call);
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
