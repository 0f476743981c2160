import { decodeIrisRequest } from '../protocol/iris-codec.js';
import type { IrisPredictRequest } from '../protocol/messages.js';
import { IRIS_SERVICE } from '../protocol/services.js';
import { type Desk, eachMessage, type Method, type MethodCodec, unary } from './answer.js';
import type { ServedModel } from './served-model.js';

/** ml.IrisPredictor. Replies come encoded from the model; a stream keeps the model that it began with. */
export function irisService(current: () => ServedModel, desk: Desk): Method[] {
  return [
    unary(codec('PredictIrisSpecies'), desk, (request) => current().answerIris(request)),
    eachMessage(codec('PredictIrisSpeciesStream'), desk, () => current().answerIris),
  ];
}

function codec(method: string): MethodCodec<IrisPredictRequest, Buffer> {
  return {
    path: `/${IRIS_SERVICE}/${method}`,
    requestDeserialize: decodeIrisRequest,
    responseSerialize: (reply) => reply,
  };
}
