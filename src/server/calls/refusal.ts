import { type FieldViolation, IrisError, RequestError } from '../../ground/errors.js';
import { MAX_VIOLATIONS } from '../../ground/limits.js';
import type { BadValuePlace } from '../../protocol/bad-value.js';

export { quote } from '../../ground/quote.js';

/** Why a valid request is not answered. */
export type RefusalReason =
  | 'MODEL_NOT_FOUND'
  | 'MODEL_UNAVAILABLE'
  | 'MODEL_REFUSED'
  | 'NO_MODEL_CONTROL'
  | 'SERVICE_NOT_FOUND'
  | 'NOT_AN_IRIS_MODEL'
  | 'MESSAGE_TOO_LARGE'
  | 'REPLY_TOO_LARGE'
  | 'NOT_ONE_MESSAGE'
  | 'NOT_OFFERED'
  | 'UNKNOWN_COMPRESSION'
  | 'UNSUPPORTED_TYPE'
  | 'TOO_MANY_CALLS'
  | 'TOO_MANY_BYTES'
  | 'DRAINING';

/** The request may be valid; this server, in its present state, does not answer it. */
export class Refusal extends IrisError {
  readonly reason: RefusalReason;
  /** Facts for programs. */
  readonly metadata: Readonly<Record<string, string>> | undefined;

  constructor(reason: RefusalReason, message: string, metadata?: Readonly<Record<string, string>>) {
    super(message);
    this.reason = reason;
    this.metadata = metadata;
  }
}

/** A call that the server cannot answer any more, or not to its end. */
export function shuttingDown(): Refusal {
  return new Refusal('DRAINING', 'the server is shutting down: ask another one');
}

/** @param found its size, in words */
export function messageTooLarge(maxBytes: number, found: string): Refusal {
  const limit = `expected a message of at most ${maxBytes} bytes, this server's maxMessageBytes`;
  return new Refusal('MESSAGE_TOO_LARGE', `${limit}, found ${found}`, { max_message_bytes: `${maxBytes}` });
}

/** The client no longer waits: the deadline passed or the call was cancelled. Nobody reads the answer. */
export class CallEndedError extends IrisError {}

/** A value of a row cannot be predicted from. A program is told which without reading a sentence. */
export class BadValueError extends RequestError {
  readonly place: BadValuePlace;

  /** @param field path of the input that the value is in */
  constructor(field: string, place: BadValuePlace) {
    const { description, feature, row } = place;
    super([{ field, description: `row ${row}: ${feature}: ${description}` }]);
    this.place = place;
  }
}

/** Collects the errors of a request, so that one answer reports all of them. */
export class Violations {
  readonly #found: FieldViolation[] = [];

  get none(): boolean {
    return this.#found.length === 0;
  }

  add(field: string, description: string): void {
    if (this.#found.length < MAX_VIOLATIONS) this.#found.push({ field, description });
  }

  /** @throws RequestError where something was added */
  throwIfAny(): void {
    if (this.#found.length > 0) throw new RequestError(this.#found);
  }
}
