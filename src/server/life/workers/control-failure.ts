import { RequestError } from '../../../ground/errors.js';
import { Refusal } from '../../calls/refusal.js';
import type { ControlFailure } from './messages.js';

/** The error of a call that the primary process worked on, for the worker that answers it. */
export function controlFailure(error: unknown): ControlFailure {
  if (error instanceof Refusal) return { kind: 'refusal', reason: error.reason, message: error.message };
  if (error instanceof RequestError) return { kind: 'request', violations: error.violations };
  return { kind: 'other', message: error instanceof Error ? error.message : String(error) };
}

export function controlError(failure: ControlFailure): Error {
  if (failure.kind === 'refusal') return new Refusal(failure.reason, failure.message);
  return failure.kind === 'request' ? new RequestError(failure.violations) : new Error(failure.message);
}
