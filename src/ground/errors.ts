/**
 * One class per audience. An error is raised where the fact is known, says where, what was expected and what was
 * found, and is mapped once at each edge: `cli/` turns it into an exit code, `server/status` into a gRPC status.
 */

import { nameInWords } from './quote.js';

/**
 * Anything that this program raises on purpose. Every other error is a bug of ours. Each class says its name, by which an
 * error from a thread finds its class again: a bundler may shorten what classes are called.
 */
export abstract class IrisError extends Error {
  static override readonly name: string = 'IrisError';

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/**
 * What would help: an option of the library, its value, and what that does. It ends the message of its error; the command
 * line names its flag in the option's place.
 */
export interface Advice {
  /** In camel case; a dot stands before the option of an option: `tls.ciphers`. */
  readonly option: string;
  /**
   * As a person reads it: a word, or what stands for one (`FILE`). Columns are a list of their names, or have them as keys:
   * these come from a table, and are shown as such. `true` turns the option on, `false` off.
   */
  readonly value: string | boolean | readonly string[] | Readonly<Record<string, string>>;
  /** Other options that it takes as well. */
  readonly and?: readonly Pick<Advice, 'option' | 'value'>[];
  /** A verb and what follows: `leaves it out`. */
  readonly effect: string;
  /** Another way, where there is one. */
  readonly or?: Advice;
}

/** An option and its value, for a message; undefined where they cannot be said. */
type OptionInWords = (option: Pick<Advice, 'option' | 'value'>) => string | undefined;

/** `; option ignore=id leaves it out, option categorical=id reads it as text` */
export function adviceInWords(advice: Advice, optionInWords: OptionInWords = plainOption): string {
  const ways = waysOf(advice).flatMap((way) => {
    const options = [way, ...(way.and ?? [])].map(optionInWords);
    return options.includes(undefined) ? [] : [`${options.join(' ')} ${way.effect}`];
  });
  return ways.length === 0 ? '' : `; ${ways.join(', ')}`;
}

function waysOf(advice: Advice): Advice[] {
  return [advice, ...(advice.or === undefined ? [] : waysOf(advice.or))];
}

function plainOption({ option, value }: Pick<Advice, 'option' | 'value'>): string {
  return `option ${option}=${typeof value === 'object' ? columnsInWords(value) : value}`;
}

function columnsInWords(columns: readonly string[] | Readonly<Record<string, string>>): string {
  if (isList(columns)) return columns.map(nameInWords).join(',');
  return Object.entries(columns)
    .map(([name, how]) => `${nameInWords(name)}=${how}`)
    .join(',');
}

function isList(value: object): value is readonly string[] {
  return Array.isArray(value);
}

interface AdviceOptions extends ErrorOptions {
  readonly advice?: Advice | undefined;
}

/** Which option cannot be used. */
interface OptionProblem {
  /** As in `Advice`. */
  readonly option?: string;
  /** What was found. */
  readonly value?: unknown;
  /** What would be taken, in words. */
  readonly expected?: string;
}

/** The command line, or an option of the library, asks for something that does not exist or cannot be done. */
export class UsageError extends IrisError {
  static override readonly name: string = 'UsageError';
  declare readonly option?: string;
  declare readonly value?: unknown;
  declare readonly expected?: string;
  declare readonly advice?: Advice;

  constructor(message: string, { option, value, expected, advice, ...rest }: AdviceOptions & OptionProblem = {}) {
    super(advice ? message + adviceInWords(advice) : message, rest);
    // An error without an option has none of the three, rather than three that are undefined.
    if (option !== undefined) Object.assign(this, { option, value, expected });
    if (advice) this.advice = advice;
  }
}

/**
 * One option whose value cannot be used: `maxDepth: expected a whole number of at least 1, found 0`.
 *
 * @param found the value in words, where `String` does not say it well
 */
export function badOption(
  option: string,
  expected: string,
  value: unknown,
  { found = String(value), ...rest }: AdviceOptions & { readonly found?: string } = {},
): UsageError {
  return new UsageError(`${option}: expected ${expected}, found ${found}`, { option, value, expected, ...rest });
}

/**
 * What is wrong with a table. The strings are stable; docs/library.md says what each stands for.
 */
export type DataReason =
  | 'encoding'
  | 'syntax'
  | 'header'
  | 'cell'
  | 'columns'
  | 'empty'
  | 'classes'
  | 'constant'
  | 'too-large'
  | 'other-table'
  | 'several'
  | 'changed';

interface TableProblem {
  /** One for each column with which something is wrong, where all of them are told at once. */
  readonly troubles?: readonly DataError[] | undefined;
  /** Options of the reading, to be added to those that were given, with which the table can be used. */
  readonly options?: Readonly<Record<string, unknown>> | undefined;
}

/** A table cannot be used: a bad cell, a ragged row, an unknown column. The message begins with `file:line:` where known. */
export class DataError extends IrisError {
  static override readonly name: string = 'DataError';
  readonly reason: DataReason;
  declare readonly advice?: Advice;
  declare readonly troubles?: readonly DataError[];
  declare readonly options?: Readonly<Record<string, unknown>>;

  constructor(
    reason: DataReason,
    message: string,
    { advice, options, troubles, ...rest }: AdviceOptions & TableProblem = {},
  ) {
    super(advice ? message + adviceInWords(advice) : message, rest);
    this.reason = reason;
    if (advice) this.advice = advice;
    if (troubles) this.troubles = troubles;
    if (options) this.options = options;
  }
}

/**
 * Why a model file cannot be trusted. The strings are stable; docs/library.md says what each stands for.
 */
export type ArtifactReason =
  | 'too-large'
  | 'not-json'
  | 'format'
  | 'version'
  | 'hash'
  | 'key'
  | 'value'
  | 'tree'
  | 'verification'
  | 'other-model'
  | 'unsupported'
  | 'signature';

/** The message of an error, without its advice. */
export function statementOf({ advice, message }: DataError): string {
  return advice === undefined ? message : message.slice(0, -adviceInWords(advice).length);
}

/** A model file cannot be trusted. */
export class ArtifactError extends IrisError {
  static override readonly name: string = 'ArtifactError';
  readonly reason: ArtifactReason;

  constructor(reason: ArtifactReason, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}

/** An input is missing or cannot be read. */
export class InputError extends IrisError {
  static override readonly name: string = 'InputError';
}

/** An output cannot be written. */
export class OutputError extends IrisError {
  static override readonly name: string = 'OutputError';
}

/** One invalid field of a request. */
export interface FieldViolation {
  /** Path of the field, as in `inputs[0].shape[1]`. */
  readonly field: string;
  /** Expected and found, in one sentence. */
  readonly description: string;
}

/** A request breaks its contract: the caller has to change it. */
export class RequestError extends IrisError {
  static override readonly name: string = 'RequestError';
  readonly violations: readonly FieldViolation[];

  constructor(violations: readonly FieldViolation[], options?: ErrorOptions) {
    super(violations.map(({ field, description }) => `${field}: ${description}`).join('; '), options);
    this.violations = violations;
  }
}

/** The server cannot be reached, does not answer in time or has no memory left, or a port is taken. */
export class UnavailableError extends IrisError {
  static override readonly name: string = 'UnavailableError';
  declare readonly advice?: Advice;

  constructor(message: string, { advice, ...rest }: AdviceOptions = {}) {
    super(advice ? message + adviceInWords(advice) : message, rest);
    if (advice) this.advice = advice;
  }
}

/** A check failed: a gate, the health of a server, a retrained model that differs. */
export class CheckFailedError extends IrisError {
  static override readonly name: string = 'CheckFailedError';
}
