/**
 * How text from outside is shown to a person: a name in a model, a cell of a table, a value in a request, a message of
 * another server. Messages, statuses, reports and pages follow the same rule; data (JSON, CSV, replies) stays exact.
 *
 * - Characters that a terminal, a log or a page would act on, or that are invisible, are escaped: `\u001b`, `\u202e`,
 *   `\u200b`.
 * - Long text is cut between two characters as a reader counts them, and ends in `…`. A name is cut in the middle: names
 *   of a table often begin alike.
 * - A found value is quoted (`quote`). In a sentence, a short and plain name is not quoted, any other is
 *   (`nameInWords`); in a cell or a picture no name is (`shownName`).
 *
 * The time this takes depends on how much is shown, not on the length of the text.
 */

/** UTF-16 units of a found value, and of a name, that are shown. */
const MAX_FOUND = 40;
const MAX_NAME = 80;
/** UTF-16 units of the end of a cut name. */
const MAX_TAIL = 30;
/** UTF-16 units of a reason that are shown. */
const MAX_REASON = 120;
/** Names that a sentence lists before it stops. */
const MOST_LISTED = 20;

/**
 * Control characters, lone surrogates, line ends, and everything that Unicode gives no glyph: marks that change the
 * direction of text, spaces without width, tags. Variation selectors stay: they only choose a form of the character
 * before them.
 */
const ACTIVE = /[\p{Cc}\p{Cs}\p{Default_Ignorable_Code_Point}\u2028\u2029](?<!\p{Variation_Selector})/gu;

/** ZERO WIDTH JOINER and NON-JOINER stay between these: letters of scripts that join letters, and emoji. */
const JOINED_BEFORE = /(?![\0-\x7f])[\p{L}\p{M}\p{Extended_Pictographic}\p{Emoji_Modifier}]$/u;
const JOINED_AFTER = /^(?![\0-\x7f])[\p{L}\p{M}\p{Extended_Pictographic}\p{Emoji_Modifier}]/u;

/** One line of text, safe to show. */
export function printable(text: string): string {
  return text.replace(ACTIVE, spellOut);
}

/** As `printable`, for text of several lines. JSON keeps its meaning: outside of its strings there is nothing to escape. */
export function printableLines(text: string): string {
  return text.split('\n').map(printable).join('\n');
}

/** The text, or its beginning of at most `longest` UTF-16 units and `…`. */
export function cut(text: string, longest: number): string {
  return text.length <= longest ? text : `${text.slice(0, characterStart(text, longest))}…`;
}

/** A found value, in double quotes and with JSON's escapes. Why: docs/decisions/one-rule-for-foreign-text.md */
export function quote(text: string): string {
  return printable(JSON.stringify(cut(text, MAX_FOUND)));
}

/** A name as a part of a sentence. */
export function nameInWords(name: string): string {
  if (name.length <= MAX_NAME && name !== '' && name.trim() === name && printable(name) === name) return name;
  return printable(JSON.stringify(cutName(name)));
}

/** A list of names in a sentence: the first `most` of them and, if there are more, their number. */
export function namesInWords(names: readonly string[], most = MOST_LISTED): string {
  const listed = names.slice(0, most).map(nameInWords).join(', ');
  return names.length > most ? `${listed}, … (${names.length} in all)` : listed;
}

/** A list of found values: the first `most` of them and, if there are more, their number. */
export function quotedList(texts: readonly string[], most: number): string {
  const listed = texts.slice(0, most).map(quote).join(', ');
  return texts.length > most ? `${listed}, … (${texts.length} in all)` : listed;
}

/** `1 row`, `2 rows`, `3 leaves` */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** Any value of a JSON document: a string quoted, an array by its length, an object by that word. */
export function shownValue(value: unknown): string {
  if (typeof value === 'string') return quote(value);
  if (typeof value === 'bigint') return `${value}n`;
  if (Array.isArray(value)) return `an array of ${value.length}`;
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}

/** The reason of a missing value, in a table or a list. */
export function shownReason(text: string): string {
  return printable(cut(text, MAX_REASON));
}

/** A name that stands alone. */
export function shownName(name: string): string {
  return printable(cutName(name));
}

/** Of a long name the beginning and the end. */
function cutName(name: string): string {
  if (name.length <= MAX_NAME) return name;
  const head = name.slice(0, characterStart(name, MAX_NAME - MAX_TAIL));
  return `${head}…${name.slice(characterEnd(name, name.length - MAX_TAIL))}`;
}

function spellOut(character: string, offset: number, text: string): string {
  if (character === '\u200c' || character === '\u200d') {
    const [before, after] = [text.slice(Math.max(0, offset - 2), offset), text.slice(offset + 1, offset + 3)];
    if (JOINED_BEFORE.test(before) && JOINED_AFTER.test(after)) return character;
  }
  return Array.from({ length: character.length }, (_, unit) => {
    return `\\u${character.charCodeAt(unit).toString(16).padStart(4, '0')}`;
  }).join('');
}

let graphemes: Intl.Segmenter | undefined;

/** Start of the character that contains the unit at `at`. A character that begins at 0 is split instead. */
function characterStart(text: string, at: number): number {
  // Created on demand: most processes cut nothing.
  graphemes ??= new Intl.Segmenter('en', { granularity: 'grapheme' });
  const start = graphemes.segment(text.slice(0, at + 2)).containing(at)!.index;
  if (start > 0) return start;
  const inPair = (text.codePointAt(at - 1) ?? 0) > 0xffff;
  return inPair ? at - 1 : at;
}

/** Where a character ends that contains the unit before `at`, so that what follows is whole. */
function characterEnd(text: string, at: number): number {
  graphemes ??= new Intl.Segmenter('en', { granularity: 'grapheme' });
  const from = at - MAX_TAIL;
  const { index, segment } = graphemes.segment(text.slice(from)).containing(at - from)!;
  const start = from + index;
  if (start === at) return at;
  const end = start + segment.length;
  if (end < text.length) return end;
  // One character is longer than the tail: it is split between two code points.
  return (text.codePointAt(at - 1) ?? 0) > 0xffff ? at + 1 : at;
}
