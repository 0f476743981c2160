import { printable } from '../ground/quote.js';

/** Text that is SVG or HTML already. Only this file makes it, so nothing reaches a page without being escaped. */
export interface Markup {
  readonly markup: string;
}

/**
 * What a template takes. Text is escaped, a number is a coordinate and is rounded to two decimals, null is left out.
 */
export type Content = Markup | string | number | null | readonly Content[];

/**
 * A piece of SVG or HTML. Attributes are in double quotes. A line end with the spaces around it is removed between two
 * tags or values, and becomes a space elsewhere.
 */
export function markup(strings: TemplateStringsArray, ...contents: readonly Content[]): Markup {
  return { markup: joinedLines(strings).reduce((text, next, index) => text + render(contents[index - 1]) + next) };
}

/** Cached per template: a drawing uses the same ones for thousands of nodes. */
const joined = new WeakMap<TemplateStringsArray, readonly string[]>();

function joinedLines(strings: TemplateStringsArray): readonly string[] {
  const known = joined.get(strings);
  if (known) return known;
  const parts = strings.map((part) => part.replaceAll(/(?<=^|>)\s*\n\s*(?=<|$)/g, '').replaceAll(/\s*\n\s*/g, ' '));
  joined.set(strings, parts);
  return parts;
}

/** Text that is markup already. Never for anything from outside. */
export function verbatim(text: string): Markup {
  return { markup: text };
}

function render(content: Content): string {
  if (content === null) return '';
  if (typeof content === 'string') return escapeMarkup(printable(content));
  if (typeof content === 'number') return String(Math.round(content * 100) / 100);
  return 'markup' in content ? content.markup : content.map(render).join('');
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** For text and for attributes in double quotes. Characters that XML 1.0 (section 2.2) does not allow become U+FFFD. */
export function escapeMarkup(text: string): string {
  return text
    .replaceAll(/[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu, '\u{FFFD}')
    .replaceAll(/[&<>"]/g, (character) => ENTITIES[character]);
}
