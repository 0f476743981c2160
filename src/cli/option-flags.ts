/** Renders the options that the library's errors name as flags of the command line. */
import { type Advice, adviceInWords, DataError, UnavailableError, UsageError } from '../ground/errors.js';
import { printable } from '../ground/quote.js';

/** Flags with another name than their option. */
const RENAMED: Readonly<Record<string, string>> = {
  crossValidation: 'cross-validate',
  folds: 'cross-validate',
  header: 'no-header',
  input: 'data',
  'models.control': 'model-control',
  'models.folder': 'models',
  'models.load': 'load-model',
  'models.shadow': 'shadow',
  'models.split': 'split',
  'models.splitHeader': 'split-header',
};

/** As flags are named, without dashes: `maxDepth` → `max-depth`, `drainDelayMs` → `drain-delay`. */
export function flagName(option: string): string {
  return option
    .replace(/Ms$/, '')
    .replaceAll('.', '-')
    .replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/**
 * The flag that a command has for an option: `maxDepth` → `max-depth`, `drainDelayMs` → `drain-delay`, `tls.ciphers` → `tls-ciphers`.
 *
 * @param flags of the command, without dashes
 * @returns undefined where the command has no such flag
 */
export function flagOf(option: string, flags: readonly string[]): string | undefined {
  return [RENAMED[option], flagName(option)].find((name) => name !== undefined && flags.includes(name));
}

/** The message of an error, for someone who knows flags. */
export function messageForFlags(error: Error, flags: readonly string[]): string {
  let { message } = error;
  if (!(error instanceof UsageError || error instanceof DataError || error instanceof UnavailableError)) return message;
  const { advice } = error;
  if (advice !== undefined) message = message.slice(0, -adviceInWords(advice).length) + adviceForFlags(advice, flags);
  const option = error instanceof UsageError ? error.option : undefined;
  const flag = option === undefined ? undefined : flagOf(option, flags);
  if (flag === undefined || !message.startsWith(`${option}:`)) return message;
  // Nobody typed the value of a flag that says no.
  const told = flag.startsWith('no-') ? message.replace(/found false$/, `found --${flag}`) : message;
  return `--${flag}${told.slice(option!.length)}`;
}

/** The same of a warning. @param advice one of which it may end with */
export function warningForFlags(warning: string, advice: readonly Advice[], flags: readonly string[]): string {
  const last = advice.find((one) => warning.endsWith(adviceInWords(one)));
  return last === undefined ? warning : warning.slice(0, -adviceInWords(last).length) + adviceForFlags(last, flags);
}

/** `; --ignore id leaves it out`; nothing where the command has no such flag. */
function adviceForFlags(advice: Advice, flags: readonly string[]): string {
  return adviceInWords(advice, ({ option, value }) => {
    const flag = flagOf(value === false ? `no-${option}` : option, flags);
    if (flag === undefined) return undefined;
    if (typeof value === 'object') return shellWords(optionsAsFlags({ [option]: value }, flags));
    return typeof value === 'boolean' ? `--${flag}` : `--${flag} ${value}`;
  });
}

/**
 * `{ ignore: ['id', 'a,b'], decimal: ',' }` → `--ignore`, `id,a\,b`, `--decimal`, `,`.
 * @param flags of the command, without dashes; an option without one is left out
 */
export function optionsAsFlags(options: Readonly<Record<string, unknown>>, flags: readonly string[]): string[] {
  return Object.entries(options).flatMap(([option, value]) => {
    const flag = flagOf(option, flags);
    if (flag === undefined || value === undefined) return [];
    return value === true ? [`--${flag}`] : [`--${flag}`, valueOfFlag(value)];
  });
}

/** Names are parted by commas; a name with the order of its dates is `name=dmy`, where it is not year, month and day. */
function valueOfFlag(value: unknown): string {
  if (Array.isArray(value)) return value.map(listed).join(',');
  if (typeof value !== 'object' || value === null) return String(value);
  return Object.entries(value)
    .map(([name, order]) => listed(order === 'ymd' ? name : `${name}=${order}`))
    .join(',');
}

function listed(name: string): string {
  return name.replaceAll(',', '\\,');
}

/**
 * Words as a shell takes them: quoted as POSIX has it, and what a terminal would act on, in a name from a table, as bash,
 * zsh and POSIX of 2024 read escapes.
 */
export function shellWords(words: readonly string[]): string {
  return words.map(shellWord).join(' ');
}

function shellWord(word: string): string {
  if (/^[\w@%+=:,./-]+$/.test(word)) return word;
  if (printable(word) !== word) return `$'${printable(word.replace(/[\\']/g, String.raw`\$&`))}'`;
  return `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
