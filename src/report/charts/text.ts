import { cut } from '../../ground/quote.js';

/** Text in pictures, which are made without a browser to measure it. */

const WIDE =
  /[\u{1100}-\u{115F}\u{2E80}-\u{A4CF}\u{AC00}-\u{D7A3}\u{F900}-\u{FAFF}\u{FE30}-\u{FE6F}\u{FF00}-\u{FF60}\u{1F000}-\u{3FFFD}]/u;
const NARROW = /[ijlI.,:;'|!()[\] ]/;

/** The font size that text of 12 pixels in semibold is as wide as. */
export const STRONG = 13;

/** Width in pixels, to about a tenth: system fonts differ by that much. */
export function textWidth(text: string, fontSize: number): number {
  let em = 0;
  for (const character of text) em += widthInEm(character);
  return em * fontSize;
}

/** The text, or as much of its beginning as fits, with an ellipsis. The time depends on the width, not on the length. */
export function shorten(text: string, width: number, fontSize: number): string {
  const ellipsis = widthInEm('…');
  let em = 0;
  let end = 0;
  /** Up to where the text and an ellipsis fit. */
  let fitting = 0;
  for (const character of text) {
    em += widthInEm(character);
    end += character.length;
    if (fitting === 0 || (em + ellipsis) * fontSize <= width) fitting = end;
    if (em * fontSize > width && fitting < text.length) return `${cut(text, fitting).slice(0, -1).trimEnd()}…`;
  }
  return text;
}

/** Shares of the width that the end of a cut name gets: the first that keeps names apart is taken. */
const FOR_COMMON_PREFIXES = [0.75, 0.5, 0.9, 0.25];
const FOR_OTHERS = [0.5, 0.25, 0.75, 0.9];

/**
 * Names cut in the middle where they are too wide, so that those which differ still do: names of a table often begin or end
 * alike. Where no cut keeps two apart, each has its number, from 1.
 */
export function shortenNames(names: readonly string[], width: number, fontSize: number): string[] {
  const distinct = new Set(names).size;
  const wide = names.filter((name) => textWidth(name, fontSize) > width);
  const backwards = wide.map((name) => [...name].reverse().join(''));
  const tailShares = commonLength(wide) > commonLength(backwards) ? FOR_COMMON_PREFIXES : FOR_OTHERS;
  for (const tailShare of tailShares) {
    const shown = names.map((name) => shortenMiddle(name, width, fontSize, tailShare));
    if (new Set(shown).size === distinct) return shown;
  }
  return names.map((name, index) => {
    const number = ` (${index + 1})`;
    const shown = shorten(name, width - textWidth(number, fontSize), fontSize);
    return shown === name ? name : `${shown}${number}`;
  });
}

/** Characters that names have in common with their neighbours in sorted order, in all. */
function commonLength(names: readonly string[]): number {
  const sorted = names.toSorted();
  return sorted.slice(1).reduce((sum, name, index) => {
    let common = 0;
    while (common < name.length && name[common] === sorted[index][common]) common++;
    return sum + common;
  }, 0);
}

/** The text, or its beginning and end with an ellipsis between. @param tailShare of the width for the end */
export function shortenMiddle(text: string, width: number, fontSize: number, tailShare = 0.5): string {
  if (textWidth(text, fontSize) <= width) return text;
  const characters = charactersOf(text);
  const room = width - textWidth('…', fontSize);
  const tail = charactersThatFit(characters.toReversed(), room * tailShare, fontSize)
    .reverse()
    .join('');
  const head = charactersThatFit(characters, room - textWidth(tail, fontSize), fontSize).join('');
  return `${head.trimEnd()}…${tail.trimStart()}`;
}

let graphemes: Intl.Segmenter | undefined;

/** Characters as a reader counts them. */
function charactersOf(text: string): string[] {
  graphemes ??= new Intl.Segmenter('en', { granularity: 'grapheme' });
  return Array.from(graphemes.segment(text), ({ segment }) => segment);
}

/** At least one. */
function charactersThatFit(characters: readonly string[], width: number, fontSize: number): string[] {
  let taken = 0;
  for (let used = 0; taken < characters.length; taken++) {
    used += textWidth(characters[taken], fontSize);
    if (used > width && taken > 0) break;
  }
  return characters.slice(0, taken);
}

/** As many whole names as fit, and how many more there are; of the first at least a part. */
export function listThatFits(names: readonly string[], width: number, fontSize: number): string {
  const all = names.join(', ');
  if (textWidth(all, fontSize) <= width) return all;
  for (let count = names.length - 1; count > 0; count--) {
    const text = `${names.slice(0, count).join(', ')} +${names.length - count}`;
    if (textWidth(text, fontSize) <= width) return text;
  }
  const rest = names.length > 1 ? ` +${names.length - 1}` : '';
  return `${shortenMiddle(names[0], width - textWidth(rest, fontSize), fontSize)}${rest}`;
}

function widthInEm(character: string): number {
  return WIDE.test(character) ? 1 : NARROW.test(character) ? 0.32 : 0.58;
}

/** Up to six digits: enough to tell thresholds apart, short enough for a label. */
export function shortNumber(value: number): string {
  return String(Number(value.toPrecision(6)));
}

export function percent(share: number): string {
  return `${(share * 100).toFixed(1).replace(/\.0$/, '')} %`;
}
