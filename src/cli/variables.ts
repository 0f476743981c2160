/** Environment variables: which flags are read from them, and which of them nobody reads. */
import { UsageError } from '../ground/errors.js';
import { nameInWords, quote } from '../ground/quote.js';
import { nearest } from '../ground/suggestion.js';
import { beforeDashes } from './before-dashes.js';

/** What of a flag is read here. */
interface FlagParts {
  readonly allowNo?: boolean | undefined;
  readonly char?: string | undefined;
  readonly dependsOn?: readonly string[] | undefined;
  readonly env?: string | undefined;
  readonly type: 'boolean' | 'option';
}

type FlagsByName = Readonly<Record<string, FlagParts>>;
type Environment = Readonly<Record<string, string | undefined>>;

const PREFIX = 'IRIS_';

/** Read without being a flag's. */
const DEBUG = 'IRIS_DEBUG';

/** Gives each flag that has no variable its own: `drain-delay` gets IRIS_DRAIN_DELAY. */
export function withVariables<const F extends Readonly<Record<string, object>>>(flags: F): F {
  const entries = Object.entries(flags).map(([name, flag]) => [name, { env: ownVariable(name), ...flag }]);
  return Object.fromEntries(entries) as F;
}

function ownVariable(flag: string): string {
  return PREFIX + flag.toUpperCase().replaceAll('-', '_');
}

/** Flags that variables gave. */
export interface FlagsOfVariables {
  /** As if they were typed: `--port=0`. */
  readonly argv: readonly string[];
  /** The variable of each of these flags. */
  readonly variables: ReadonlyMap<string, string>;
}

/**
 * The flags that variables give and the user did not: a variable's text is read exactly as a flag's. An empty variable is
 * none, and so is one of a flag that belongs to what was not typed: keys for a model file say nothing of a server.
 *
 * @throws UsageError for a switch that is neither on nor off
 */
export function flagsOfVariables(flags: FlagsByName, argv: readonly string[], env: Environment): FlagsOfVariables {
  const given: string[] = [];
  const variables = new Map<string, string>();
  for (const [name, flag] of Object.entries(flags)) {
    const text = flag.env === undefined ? undefined : env[flag.env];
    if (!flag.env || !text || isTyped(name, flag, argv) || lacksFlag(flag, flags, argv)) continue;
    variables.set(name, flag.env);
    if (flag.type === 'option') given.push(`--${name}=${text}`);
    else if (isOn(flag.env, text)) given.push(`--${name}`);
    else if (flag.allowNo) given.push(`--no-${name}`);
  }
  return { argv: given, variables };
}

/** Whether the flag needs another one that was not typed and that no variable gives. */
function lacksFlag({ dependsOn = [] }: FlagParts, flags: FlagsByName, argv: readonly string[]): boolean {
  return dependsOn.some((name) => {
    const needed = flags[name];
    return needed !== undefined && needed.env === undefined && !isTyped(name, needed, argv);
  });
}

/** No option takes the name of a flag as its value, so an argument that looks like the flag is the flag. */
function isTyped(name: string, { char }: FlagParts, argv: readonly string[]): boolean {
  return beforeDashes(argv).some(
    (argument) =>
      argument === `--${name}` ||
      argument === `--no-${name}` ||
      argument.startsWith(`--${name}=`) ||
      (char !== undefined && argument.startsWith(`-${char}`)),
  );
}

function isOn(variable: string, text: string): boolean {
  if (/^(true|yes|on|1)$/i.test(text)) return true;
  if (/^(false|no|off|0)$/i.test(text)) return false;
  throw new UsageError(`${variable}: expected true or false, found ${quote(text)}`);
}

/** A line about each variable that looks like one of ours and is none. */
export function unknownVariables(flags: Iterable<readonly [string, FlagParts]>, env: Environment): string[] {
  const names = Object.keys(env).filter((name) => name.startsWith(PREFIX));
  if (names.length === 0) return [];
  const known = new Map([[DEBUG, DEBUG]]);
  // IRIS_PORT is no variable of ours, but it can only mean the flag's.
  for (const [name, { env: variable }] of flags) if (variable) known.set(ownVariable(name), variable);
  const ours = new Set(known.values());
  for (const name of ours) known.set(name, name);
  return names.filter((name) => !ours.has(name)).map((name) => describeUnknown(name, known));
}

function describeUnknown(name: string, known: ReadonlyMap<string, string>): string {
  const meant = nearest(
    name.slice(PREFIX.length),
    Array.from(known.keys(), (other) => other.slice(PREFIX.length)),
  );
  const hint = meant === undefined ? '' : `, did you mean ${known.get(PREFIX + meant)}?`;
  return `${nameInWords(name)} is no variable of iris${hint}`;
}

/**
 * Takes the variables away that Kubernetes sets in a pod for each service whose name begins with `iris`: a service
 * `iris-http` sets IRIS_HTTP_PORT=tcp://10.0.0.1:80, which is no port to listen on.
 *
 * @see https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables
 */
export function dropServiceLinks(env: NodeJS.ProcessEnv): void {
  for (const [name, value = ''] of Object.entries(env)) {
    if (name.startsWith(PREFIX) && isServiceLink(name, value)) delete env[name];
  }
}

function isServiceLink(name: string, value: string): boolean {
  if (name.endsWith('_PORT') && /^(tcp|udp|sctp):\/\//i.test(value)) return true;
  return /_SERVICE_(HOST|PORT(_[A-Z0-9_]+)?)$|_PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?$/.test(name);
}
