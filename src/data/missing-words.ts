import type { Advice } from '../ground/errors.js';
import { compareByWord, parseNumber } from './cells.js';

/** Words of people and programs for a missing number that are none by default, in lower case. */
const LIKELY_WORDS = new Set([
  ...['na', 'nan', 'null', 'nil', 'none', 'n.a.', 'n.a', 'n.d.', 'nd', 'n/d', '\\n', 'undefined'],
  ...['unknown', 'unk', 'missing', 'not available', 'not applicable', 'unavailable', 'no data', 'blank', '(blank)'],
  ...['empty', '(empty)', '#null!', '#div/0!', '#value!', '#ref!', '#name?', '#num!'],
]);

/** Whether a text among numbers is likely to stand for a missing one. */
export function isLikelyMissing(text: string): boolean {
  return LIKELY_WORDS.has(text.toLowerCase()) || /^[-–—.?*_]+$/.test(text);
}

/** Whether a text is a number that no double holds: an infinite one, or one too large. */
export function isInfinite(text: string): boolean {
  if (/^[+-]?inf(?:inity)?$/i.test(text)) return true;
  return /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e\+?\d+)?$/i.test(text) && parseNumber(text) === undefined;
}

/** The list of words for `missing`, as a person types it. */
export function missingAdvice(words: Iterable<string>, effect: string): Advice {
  const list = [...new Set(words)].sort(compareByWord).map((word) => word.replaceAll(',', '\\,'));
  const value = list.join(',');
  return { option: 'missing', value: /^[\w@%+=:./,-]+$/.test(value) ? value : quotedForShell(value), effect };
}

function quotedForShell(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
