/**
 * A style sheet as a person edits it and a formatter lays it out, without the spaces and zeros that browsers do not
 * need. It has neither comments nor texts in which a space stands beside punctuation.
 */
export function css(strings: TemplateStringsArray): string {
  return strings
    .join('')
    .trim()
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/ ?([{};,]) ?/g, '$1')
    .replaceAll(/([:(]) | (?=\))/g, '$1')
    .replaceAll(/ ([*/]) /g, '$1')
    .replaceAll(/\b0(?=\.\d)/g, '')
    .replaceAll(';}', '}');
}
