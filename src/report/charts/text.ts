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

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
