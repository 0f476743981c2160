import fc from 'fast-check';

/**
 * Whether a terminal or a log would act on something in a line of text, or a reader would not see it. The joiners and
 * variation selectors have rules of their own.
 */
export function acts(line: string): boolean {
  return [...line].some((character) => {
    const code = character.codePointAt(0)!;
    const isControl = code < 0x20 || (code >= 0x7f && code < 0xa0);
    const turns = (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069) || code === 0x61c;
    const isUnseen = [0xad, 0x200b, 0x200e, 0x200f, 0x2060, 0xfeff].includes(code) || code >> 7 === 0xe0000 >> 7;
    return isControl || turns || isUnseen || code === 0x2028 || code === 0x2029 || (code >= 0xd800 && code <= 0xdfff);
  });
}

/** Pieces of names that some output would take for its own: ends of lines, cells, strings and tags; and long ones. */
const pieces = fc.constantFrom(
  '\npassed  accuracy>=0.9  accuracy is 1, expected at least 0.9\n',
  '\r\n| accuracy | passed |',
  '\u001b[31m',
  '\u009b2J',
  '\u202e',
  '\u2028',
  '\u200b',
  '|',
  '`',
  '<script>alert(1)</script>',
  ']]>',
  '"/><testcase name="x"/>',
  '"]; 7 [label="',
  '"] --> n0["',
  '\\',
  "'",
  '&amp;',
  '#',
  '👩‍👩‍👧',
  '  ',
  'x'.repeat(3000),
  '🌸'.repeat(3000),
);

/** Names in well-formed Unicode, as a model's file can have them. */
export const hostileNames = fc.array(pieces, { minLength: 1, maxLength: 5 }).map((chosen) => chosen.join(''));

export const longName = 'x'.repeat(200_000);
