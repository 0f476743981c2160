import type { FlatScorer } from './flat-scorer.js';

/** What generated code of every language has: literals, lists, comments. */

/** Nodes up to which each has a line with what it asks. */
const MOST_EXPLAINED_NODES = 512;
/** Units of a line of a list; compilers and reviewers stop at long lines. */
const LINE = 100;
/** Characters of a name that a comment shows. */
const SHOWN = 60;

/** As `String`, to which minus zero is zero. */
export function numberText(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}

/** A decimal literal that is a double in every language, and exactly this one. */
export function decimal(value: number): string {
  const text = numberText(value);
  return /[.e]/.test(text) ? text : `${text}.0`;
}

/** The same of a value that may be infinite, with what the language has for that. */
export function decimalOr(infinity: string, value: number): string {
  if (Number.isFinite(value)) return decimal(value);
  return value < 0 ? `-${infinity}` : infinity;
}

/** Texts in lines of a fair length, each with a comma after it. */
export function wrapped(items: readonly string[], indent: string): string {
  const lines: string[] = [];
  let line = '';
  for (const item of items) {
    if (line !== '' && line.length + item.length + 2 > LINE) {
      lines.push(`${indent}${line}`);
      line = '';
    }
    line += `${line === '' ? '' : ' '}${item},`;
  }
  if (line !== '') lines.push(`${indent}${line}`);
  return lines.map((text) => `${text}\n`).join('');
}

/** A list in one line where it fits, else in several. */
export function listed(items: readonly string[], begin: string, end: string, indent: string): string {
  const line = items.join(', ');
  return line.length <= LINE - 20
    ? `${begin}${line}${end}`
    : `${begin}\n${wrapped(items, indent)}${end.replace(/^,/, '')}`;
}

/** Rows of the answers, each as the texts of its shares. */
export function answerRows({ answerCount, answers, answerWidth }: FlatScorer): string[][] {
  return Array.from({ length: answerCount }, (_, row) =>
    Array.from(answers.subarray(row * answerWidth, (row + 1) * answerWidth), decimal),
  );
}

/**
 * Foreign text as part of a comment: one line, cut where it is long. What could end a comment, join two lines or turn the
 * direction of text is written by its number, as is whatever is not ASCII: compilers differ in what they take that for.
 */
export function commentText(text: string): string {
  const characters = [...text];
  const shown = characters.length > SHOWN ? `${characters.slice(0, SHOWN).join('')}...` : text;
  return shown
    .replace(/[^ -~]/gu, spelled)
    .replace(/\\/g, spelled)
    .replace(/(?<=\*)\/|(?<=\/)[*/]|(?<=<)[/!]|(?<=\?)\?|(?<=-)-|(?<=")"|(?<=')'/g, spelled);
}

function spelled(character: string): string {
  return `<U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}>`;
}

/** What a node asks, or answers, for a reader; null where a tree is too large to be read. No space ends it: gofmt takes it off. */
export function nodeComment(scorer: FlatScorer, node: number): string | null {
  return scorer.nodeCount > MOST_EXPLAINED_NODES ? null : `${node}: ${askedAt(scorer, node)}`.trimEnd();
}

function askedAt(scorer: FlatScorer, node: number): string {
  const { answers, classes, feature, features, next, sets, threshold, together } = scorer;
  if (feature[node] < 0) {
    if (together?.kind === 'boosted' || together?.output[0] === 0) return 'leaf';
    const shares = answers.subarray(next[node] * classes.length, (next[node] + 1) * classes.length);
    return commentText(classes[shares.indexOf(Math.max(...shares))]);
  }
  const asked = features[feature[node]];
  const set = sets[node];
  if (set === null || asked.kind === 'number') return `${commentText(asked.name)} <= ${threshold[node]}`;
  const names = set.categories.slice(0, 3).map((category) => commentText(asked.categories[category]));
  const more = set.categories.length > 3 ? `, ${set.categories.length - 3} more` : '';
  return `${commentText(asked.name)} in {${names.join(', ')}${more}}`;
}

/** Sets as bits: bit 0 is the unknown category, bit c + 1 is category c. Equal sets are there once. */
export interface SetBits {
  readonly words: readonly number[];
  /** Where the words of a node begin; -1 where it asks for no category. */
  readonly start: Int32Array;
}

export function setBits({ feature, features, nodeCount, sets }: FlatScorer): SetBits {
  const words: number[] = [];
  const known = new Map<string, number>();
  const start = new Int32Array(nodeCount).fill(-1);
  for (let node = 0; node < nodeCount; node++) {
    const set = sets[node];
    const asked = features[feature[node]];
    if (set === null || asked.kind === 'number') continue;
    const bits = new Uint32Array((asked.categories.length >> 5) + 1);
    if (set.unknown) bits[0] = 1;
    for (const category of set.categories) bits[(category + 1) >> 5] |= 1 << ((category + 1) & 31);
    const key = bits.join();
    if (!known.has(key)) known.set(key, words.push(...bits) - bits.length);
    start[node] = known.get(key)!;
  }
  return { words, start };
}

export const hexWord = (word: number) => `0x${word.toString(16).padStart(8, '0')}`;

/** A string literal of JavaScript, Python and Go: what could not be seen, or is no part of a page, is escaped. */
export function stringLiteral(text: string, beyond16Bits = (code: string) => `\\U${code.padStart(8, '0')}`): string {
  const escaped = (character: string) => {
    const code = character.codePointAt(0)!.toString(16);
    return code.length > 4 ? beyond16Bits(code) : `\\u${code.padStart(4, '0')}`;
  };
  return JSON.stringify(text)
    .replace(/[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu, escaped)
    .replace(/<(?=[/!])/g, escaped);
}

/** Nodes as lines of a list; in a tree that can be read each with a comment, between the marks, of what it asks. */
export function nodeList(
  scorer: FlatScorer,
  texts: readonly string[],
  indent: string,
  [begin, end]: readonly [string, string],
): string {
  const comments = texts.map((_, node) => nodeComment(scorer, node));
  if (comments[0] === null) return wrapped(texts, indent);
  const width = Math.max(...texts.map(({ length }) => length)) + 1;
  return texts.map((text, node) => `${indent}${`${text},`.padEnd(width)} ${begin} ${comments[node]}${end}\n`).join('');
}
