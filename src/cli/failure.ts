import { ContractError } from '../contract/proto-text.js';
import { isAddress, shownLocation } from '../formats/model-location.js';
import {
  ArtifactError,
  CheckFailedError,
  DataError,
  InputError,
  IrisError,
  OutputError,
  RequestError,
  UnavailableError,
  UsageError,
} from '../ground/errors.js';
import { cut, plural, printable, shownName } from '../ground/quote.js';
import { nearest } from '../ground/suggestion.js';
import { limitReached } from '../ground/system-limit.js';
import { CLIError } from './oclif.js';
import { inOurWords } from './oclif-words.js';
import { messageForFlags, optionsAsFlags, shellWords } from './option-flags.js';

/** Exit codes, after BSD's sysexits where one fits. */
export const EXIT = {
  done: 0,
  checkFailed: 1,
  usage: 2,
  badData: 65,
  noInput: 66,
  unavailable: 69,
  bug: 70,
  cannotWrite: 73,
  interrupted: 130,
} as const;

/** Columns that are listed before the others are counted. */
const MOST_TROUBLES = 20;

/** Longest message, in UTF-16 units. Names and values in messages are already cut; this is a safety net. */
const MAX_MESSAGE = 4096;

/** What stands before a value in the same word. */
const FLAG = /^(--[\w-]+=|-[a-z]=?)/;

/** The user or a supervisor asked the process to stop. */
export class InterruptedError extends IrisError {}

/** How a failed command ends. */
export interface Failure {
  readonly exit: number;
  /** One line. */
  readonly message: string;
  /** Details for programs, beyond the message. */
  readonly details?: unknown;
  /** What a person is shown in place of the message, where that is too much for a line. */
  readonly lines?: readonly string[];
}

/** Which command failed: for hints. */
export interface FailureContext {
  /** As in `iris predict`. */
  readonly command: string;
  /** Names of its flags, without dashes. */
  readonly flags: readonly string[];
  /** What was typed after the command. */
  readonly argv: readonly string[];
  /** The variable of each flag that came from one. */
  readonly variables?: ReadonlyMap<string, string>;
  /** The variable of each flag that has one. */
  readonly ownVariables?: ReadonlyMap<string, string>;
}

/** Error class → exit code; defined only here. */
export function exitCode(error: unknown): number {
  if (error instanceof InterruptedError) return EXIT.interrupted;
  if (error instanceof CheckFailedError) return EXIT.checkFailed;
  if (error instanceof UsageError) return EXIT.usage;
  if (error instanceof DataError || error instanceof ArtifactError || error instanceof RequestError)
    return EXIT.badData;
  if (error instanceof ContractError) return EXIT.badData;
  if (error instanceof InputError) return EXIT.noInput;
  if (error instanceof UnavailableError || limitReached(error)) return EXIT.unavailable;
  if (error instanceof OutputError || isFailedWrite(error)) return EXIT.cannotWrite;
  if (error instanceof CLIError) return EXIT.usage;
  return EXIT.bug;
}

/** Turns any thrown value into an exit code and one line. */
export function describeFailure(error: unknown, context: FailureContext): Failure {
  const exit = exitCode(error);
  const limit = error instanceof IrisError ? undefined : limitReached(error);
  const text = oneLine(`${limit ? `${limit}: ` : ''}${messageOf(error, context)}`, error);
  const message = cut(namingVariables(text, exit, context), MAX_MESSAGE);
  if (exit === EXIT.usage) return { exit, message: usageMessage(error, message, context) };
  if (exit === EXIT.bug) return { exit, message: `a bug of iris, please report it: ${message}` };
  if (error instanceof RequestError) return { exit, message, details: error.violations };
  if (error instanceof DataError && (error.troubles || error.options))
    return { exit, ...describeTroubles(error, error.troubles ?? [], context) };
  return { exit, message };
}

/**
 * The line for stderr. Where the message does not begin with a place of the user's, it begins with `error:`.
 * Why: docs/decisions/error-lines.md
 */
export function failureLine({ exit, lines, message }: Failure): string {
  if (lines !== undefined) return lines.map((text) => `${printable(text)}\n`).join('');
  const line = printable(message);
  return exit === EXIT.usage || exit === EXIT.bug ? `error: ${line}\n` : `${line}\n`;
}

/** The stack, if IRIS_DEBUG or DEBUG asks for it. */
export function debugStack(error: unknown): string | undefined {
  if (!process.env['IRIS_DEBUG'] && !process.env['DEBUG']) return undefined;
  return error instanceof Error ? error.stack : undefined;
}

/** The part of oclif's parse errors that is read here. */
interface ParseErrorParts {
  readonly flags?: readonly string[];
  readonly parse?: { readonly output?: { readonly nonExistentFlags?: readonly string[] } };
}

function usageMessage(error: unknown, message: string, context: FailureContext): string {
  const parts = error as ParseErrorParts;
  const unknownFlags = parts.parse?.output?.nonExistentFlags ?? [];
  const hint = `see ${context.command} --help`;
  if (unknownFlags.length === 0) return `${message} (${hint})`;
  const typed = withoutSecrets(unknownFlags[0]!, context.argv).split('=')[0]!;
  const meant = nearest(typed.replace(/^--?/, ''), context.flags);
  return `unknown flag ${shownName(typed)}${meant ? `, did you mean --${meant}?` : ''} (${hint})`;
}

/**
 * One line for each column, and at the end the command that would succeed, to be copied.
 * @param troubles none where the error is about one column
 */
function describeTroubles(
  error: DataError,
  troubles: readonly DataError[],
  { argv, command, flags }: FailureContext,
): Pick<Failure, 'details' | 'lines' | 'message'> {
  const all = (troubles.length > 0 ? troubles : [error]).map((trouble) => messageForFlags(trouble, flags));
  const listed = all.slice(0, MOST_TROUBLES);
  if (all.length > listed.length) listed.push(`and ${plural(all.length - listed.length, 'more column')}`);
  const headline = troubles.length > 0 ? [error.message.split('\n', 1)[0]!] : [];
  const added = error.options === undefined ? [] : optionsAsFlags(error.options, flags);
  const message = cut([...headline, listed.join('; ')].join(': '), MAX_MESSAGE);
  if (added.length === 0) return { message, details: { troubles: all }, lines: [...listed, ...headline] };
  const better = `${command} ${shellWords([...argv.map((word) => withoutSecrets(word, argv, locationToFillIn)), ...added])}`;
  const lead = headline.map((line) => `${line}; with these options it can:`)[0];
  const lines = [...listed, lead ?? 'the table can be learnt from with this command:', `  ${better}`];
  return { message, details: { troubles: all, options: error.options, command: better }, lines };
}

/** A flag that the user did not type is called by the variable that it came from, and so is a file that cannot be used. */
function namingVariables(message: string, exit: number, context: FailureContext): string {
  const { ownVariables = new Map(), variables = new Map<string, string>() } = context;
  if (exit === EXIT.usage) {
    // Whoever configures by variables is told of a variable that is missing.
    const [, first = ''] = /^--([a-z][a-z0-9-]*): expected --/.exec(message) ?? [];
    const known = variables.has(first) ? ownVariables : variables;
    return message.replace(/--([a-z][a-z0-9-]*)/g, (flag, name) => known.get(name) ?? flag);
  }
  if (exit !== EXIT.noInput && exit !== EXIT.badData && exit !== EXIT.unavailable) return message;
  const variable = [...variables.values()].find((name) =>
    message.startsWith(`${shownLocation(process.env[name] ?? '')}: `),
  );
  return variable === undefined ? message : `${variable}: ${message}`;
}

function messageOf(error: unknown, { argv, flags }: FailureContext): string {
  return withoutSecrets(error instanceof Error ? messageForFlags(error, flags) : String(error), argv);
}

/** Text in which the URLs that were typed, or are in IRIS_MODEL, stand without user, password and query. */
function withoutSecrets(text: string, argv: readonly string[], shown = shownLocation): string {
  return [...argv.map((word) => word.replace(FLAG, '')), process.env['IRIS_MODEL'] ?? '']
    .filter((word) => isAddress(word) && !word.endsWith('://'))
    .reduce((hidden, url) => hidden.replaceAll(url, () => shown(url)), text);
}

/** For a command to copy: it says where a user was, without whom it would ask another account. */
function locationToFillIn(url: string): string {
  const shown = shownLocation(url);
  if (!URL.canParse(url)) return shown;
  const { password, username } = new URL(url);
  return username === '' && password === '' ? shown : shown.replace('//', '//…@');
}

/** A message on one line, without oclif's layout, which it applies to our errors too. */
function oneLine(message: string, error: unknown): string {
  const isOclif = error instanceof CLIError;
  const plain = (isOclif ? plainWords(message) : message)
    .replace(/\nSee more help with --help/g, '')
    .replace(/^Parsing (--\S+)\s+/, '$1: ')
    .replace(/^The following errors? occurred:\s*/, '');
  return (isOclif ? inOurWords(plain) : plain)
    .split(/\s*\n\s*/)
    .filter((line) => line !== '')
    .map((line) => (isOclif ? inOurWords(line) : line))
    .join('; ')
    .replaceAll(':; ', ': ');
}

/** oclif colours its messages and repeats arguments at any length: each is cut as names are. */
function plainWords(message: string): string {
  return message
    .replaceAll(new RegExp(`${String.fromCharCode(27)}\\[[\\d;]*m`, 'g'), '')
    .replace(/\S{81,}/g, (word) => shownName(word));
}

/** A system call that failed while writing: disk full, pipe gone, no permission. */
function isFailedWrite(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code, syscall } = error as NodeJS.ErrnoException;
  return code !== undefined && syscall === 'write';
}
