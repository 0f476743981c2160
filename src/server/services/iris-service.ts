import { decodeIrisRequest } from '../../protocol/iris-codec.js';
import { IRIS_SERVICE } from '../../protocol/services.js';
import type { CallContext } from '../calls/call-context.js';
import type { InferLimits } from '../calls/reply-limit.js';
import type { Method, WorkOptions } from '../grpc/methods.js';
import type { ServedModel } from '../models/served-model.js';
import { rowMethods } from './row-methods.js';

/** ml.IrisPredictor. */
export function irisService(
  current: (context: CallContext) => ServedModel,
  work: WorkOptions,
  limits: InferLimits,
): Method[] {
  const method = { service: IRIS_SERVICE, name: 'PredictIrisSpecies', decode: decodeIrisRequest };
  return rowMethods(method, ({ iris }) => iris, current, work, limits);
}
