import { requestDecoder } from '../../contract/codec.js';
import { type Contract, serviceOf } from '../../contract/contract.js';
import type { CallContext } from '../calls/call-context.js';
import type { InferLimits } from '../calls/reply-limit.js';
import type { Method, WorkOptions } from '../grpc/methods.js';
import type { ServedModel } from '../models/served-model.js';
import { rowMethods } from './row-methods.js';

/** The service of a contract, which every model that is served fits. */
export function contractService(
  contract: Contract,
  current: (context: CallContext) => ServedModel,
  work: WorkOptions,
  limits: InferLimits,
): Method[] {
  const method = { service: serviceOf(contract), name: 'Predict', decode: requestDecoder(contract) };
  return rowMethods(method, ({ typed }) => typed!, current, work, limits);
}
