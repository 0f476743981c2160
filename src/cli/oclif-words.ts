import { quote } from '../ground/quote.js';

const NAME = '(--[a-z][a-z0-9-]*)';

/** What oclif says of flags and arguments, as every other error says it: where, what was expected, what was found. */
const REWORDED: readonly (readonly [RegExp, (...parts: readonly string[]) => string])[] = [
  [
    new RegExp(`^Expected ${NAME}=([\\s\\S]*) to be one of: (.*)$`),
    (flag, value, options) => `${flag!}: expected ${choice(options!)}, found ${quote(value!)}`,
  ],
  [
    /^Expected ([\s\S]*) to be one of: (.*)$/,
    (value, options) => `expected ${choice(options!)}, found ${quote(value!)}`,
  ],
  [
    new RegExp(`^All of the following must be provided when using ${NAME}: (.*)$`),
    (flag, others) => `${flag!}: expected ${others!.replaceAll(', ', ' and ')} as well, found none`,
  ],
  [
    new RegExp(`^${NAME}=([\\s\\S]*) cannot also be provided when using ${NAME}$`),
    (flag, value, other) => `${flag!}: expected none beside ${other!}, found ${quote(value!)}`,
  ],
  [new RegExp(`^Flag ${NAME} expects a value$`), (flag) => `${flag!}: expected a value, found none`],
];

/** @param text one problem; what oclif does not say in these words stays as it is */
export function inOurWords(text: string): string {
  for (const [pattern, reword] of REWORDED) {
    const match = pattern.exec(text);
    if (match !== null) return reword(...match.slice(1));
  }
  return text;
}

/** `a, b, c` → `a, b or c` */
function choice(options: string): string {
  return options.replace(/, ([^,]*)$/, ' or $1');
}
