/**
 * How a person is shown what came from outside: a name in a model, a cell of a table, a value in a request, the words of
 * another server. The same rule in messages, statuses, reports and pages; data (JSON, CSV, replies) stays exact.
 *
 * - What a terminal, a log or a page would act on, or nobody would see, is spelled out: `\u001b`, `\u202e`, `\u200b`.
 * - What is long is cut, between two characters as a reader counts them, and ends in `…`.
 * - A value that was found stands in quotes (`quote`). A name stands in a sentence as it is where it is short and plain,
 *   else in quotes too (`nameInWords`), and in a cell or a picture without them (`shownName`).
 *
 * What this takes depends on how much is shown, not on how long the text is.
 */

/** UTF-16 units of a found value, and of a name, that are shown. */
const MAX_FOUND = 40;
const MAX_NAME = 80;
/** UTF-16 units of a reason that are shown. */
const MAX_REASON = 120;
/** Names that a sentence lists before it stops. */
const MOST_LISTED = 20;

/**
 * Control characters, lone surrogates, line ends, and all that Unicode has no glyph for: marks that turn text around,
 * spaces without width, tags. Variation selectors stay, as they only choose how the character before them looks.
 */
const ACTIVE = /[\p{Cc}\p{Cs}\p{Default_Ignorable_Code_Point}\u2028\u2029](?<!\p{Variation_Selector})/gu;

/** What ZERO WIDTH JOINER and NON-JOINER are written between: letters of scripts that join them, and emoji. */
const JOINED_BEFORE = /(?![\0-\x7f])[\p{L}\p{M}\p{Extended_Pictographic}\p{Emoji_Modifier}]$/u;
const JOINED_AFTER = /^(?![\0-\x7f])[\p{L}\p{M}\p{Extended_Pictographic}\p{Emoji_Modifier}]/u;

/** Text of one line that is shown and does nothing. */
export function printable(text: string): string {
  return text.replace(ACTIVE, spellOut);
}

/** As `printable`, for text of several lines. JSON stays JSON and says the same: outside of strings there is only white space. */
export function printableLines(text: string): string {
  return text.split('\n').map(printable).join('\n');
}

/** The text, or as much of its beginning as has at most `longest` UTF-16 units, and `…`. */
export function cut(text: string, longest: number): string {
  return text.length <= longest ? text : `${text.slice(0, characterStart(text, longest))}…`;
}

/** A value that was found: in double quotes, with JSON's escapes. */
export function quote(text: string): string {
  return printable(JSON.stringify(cut(text, MAX_FOUND)));
}

/** A name as a part of a sentence. */
export function nameInWords(name: string): string {
  if (name.length <= MAX_NAME && name !== '' && name.trim() === name && printable(name) === name) return name;
  return printable(JSON.stringify(cut(name, MAX_NAME)));
}

/** Names in a sentence, as many as a person reads, and how many there are. */
export function namesInWords(names: readonly string[], most = MOST_LISTED): string {
  const listed = names.slice(0, most).map(nameInWords).join(', ');
  return names.length > most ? `${listed}, … (${names.length} in all)` : listed;
}

/** Values that were found, as many of them as `most`, and how many there are. */
export function quotedList(texts: readonly string[], most: number): string {
  const listed = texts.slice(0, most).map(quote).join(', ');
  return texts.length > most ? `${listed}, … (${texts.length} in all)` : listed;
}

/** Any value of a JSON document: a short one as it is, of an array its length. */
export function shownValue(value: unknown): string {
  if (typeof value === 'string') return quote(value);
  if (Array.isArray(value)) return `an array of ${value.length}`;
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}

/** Why something has no value, or did not happen, beside what has. */
export function shownReason(text: string): string {
  return printable(cut(text, MAX_REASON));
}

/** A name in a place of its own. */
export function shownName(name: string): string {
  return printable(cut(name, MAX_NAME));
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

/** Where the character begins that the unit at `at` belongs to; one that fills all before it is taken apart. */
function characterStart(text: string, at: number): number {
  // Most processes cut nothing.
  graphemes ??= new Intl.Segmenter('en', { granularity: 'grapheme' });
  const start = graphemes.segment(text.slice(0, at + 2)).containing(at)!.index;
  if (start > 0) return start;
  const inPair = (text.codePointAt(at - 1) ?? 0) > 0xffff;
  return inPair ? at - 1 : at;
}
