/**
 * One class per audience. An error is raised where the fact is known, says where, what was expected and what was
 * found, and is mapped once at each edge: `cli/` turns it into an exit code, `server/status` into a gRPC status.
 */

/** Anything that this program raises on purpose. Every other error is a bug of ours. */
export abstract class IrisError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** The command line, or an option of the library, asks for something that does not exist or cannot be done. */
export class UsageError extends IrisError {}

/** A table cannot be used: a bad cell, a ragged row, an unknown column. The message begins with `file:line:` where known. */
export class DataError extends IrisError {}

/** A model file cannot be trusted. */
export class ArtifactError extends IrisError {}

/** An input is missing or cannot be read. */
export class InputError extends IrisError {}

/** An output cannot be written. */
export class OutputError extends IrisError {}

/** One invalid field of a request. */
export interface FieldViolation {
  /** Path of the field, as in `inputs[0].shape[1]`. */
  readonly field: string;
  /** Expected and found, in one sentence. */
  readonly description: string;
}

/** A request breaks its contract: the caller has to change it. */
export class RequestError extends IrisError {
  readonly violations: readonly FieldViolation[];

  constructor(violations: readonly FieldViolation[], options?: ErrorOptions) {
    super(violations.map(({ field, description }) => `${field}: ${description}`).join('; '), options);
    this.violations = violations;
  }
}

/** The server cannot be reached, does not answer in time, or a port is taken. */
export class UnavailableError extends IrisError {}

/** A check failed: a gate, the health of a server, a retrained model that differs. */
export class CheckFailedError extends IrisError {}
