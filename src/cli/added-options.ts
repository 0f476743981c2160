/** Options of the library as flags, for a command that a person can copy. */
import { flagOf } from './option-flags.js';

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

/** Words as a shell takes them (POSIX). */
export function shellWords(words: readonly string[]): string {
  return words
    .map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`))
    .join(' ');
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
