import { quote } from '../../ground/quote.js';

/** The file beside the versions of a model that names some of them. */
export const ALIASES_FILE = 'aliases';
/** The version of this name answers where no version is asked for. */
export const STABLE = 'stable';
/** The version that did so before the last promotion. */
export const PREVIOUS = 'previous';
/** Far more than it needs: a line per name. */
export const MAX_ALIASES_BYTES = 64 * 1024;

/** A name that can't be taken for a version. */
const ALIAS = /^(?![0-9a-f]{12}$)[a-z][a-z0-9_-]{0,31}$/;
export const ALIAS_RULE = 'up to 32 characters of a-z, 0-9, _ and -, a letter first';

export function isAlias(name: string): boolean {
  return ALIAS.test(name);
}

/** Name → a version's first digits, or the name of its file. */
export type Aliases = ReadonlyMap<string, string>;

export interface ReadAliases {
  readonly aliases: Aliases;
  /** What is wrong with lines that were left out. */
  readonly problems: readonly string[];
}

/** Reads lines such as `stable 0123456789ab` or `canary wine-2.json`; a line that begins with # says nothing. */
export function parseAliases(text: string): ReadAliases {
  const aliases = new Map<string, string>();
  const problems: string[] = [];
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const words = line.trim().split(/\s+/);
    if (words[0] === '' || words[0].startsWith('#')) continue;
    const problem = problemOf(words, aliases);
    if (problem === undefined) aliases.set(words[0], words[1]);
    else problems.push(`${ALIASES_FILE}: line ${index + 1}: ${problem}`);
  }
  return { aliases, problems };
}

function problemOf([name, ...versions]: readonly string[], known: Aliases): string | undefined {
  if (!isAlias(name)) return `expected a name of ${ALIAS_RULE}, found ${quote(name)}`;
  if (versions.length !== 1) return `expected a name and one version, found ${versions.length} after ${quote(name)}`;
  return known.has(name) ? `expected each name once, found ${quote(name)} again` : undefined;
}

/**
 * The text of the file with other versions for some names: all other lines stay as they are.
 *
 * @param changes a version for each name, undefined where it goes
 */
export function changeAliases(text: string, changes: ReadonlyMap<string, string | undefined>): string {
  const isChanged = (line: string) => changes.has(line.trim().split(/\s+/)[0]);
  const kept = text.split(/\r?\n/).filter((line) => line !== '' && !isChanged(line));
  const added = [...changes].flatMap(([name, version]) => (version === undefined ? [] : [`${name} ${version}`]));
  return `${[...kept, ...added].join('\n')}\n`;
}
