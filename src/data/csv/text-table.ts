import type { CellParser } from '../cells.js';
import type { TextCells } from '../table-source.js';

/** The distinct cells of a column in a block, numbered in order of appearance and found by their bytes. */
export class TextTable {
  readonly texts: string[] = [];
  readonly #bytes: Buffer;
  readonly #parser: CellParser;
  /** Where each text stands first. */
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];
  /** What each is as a number; NaN where it is none. */
  readonly #numbers: number[] = [];
  readonly #areMissing: boolean[] = [];
  readonly #quotedWords = new Map<string, number>();
  /** Open addressing: a code + 1, or 0. */
  #slots = new Uint32Array(64);

  constructor(bytes: Buffer, parser: CellParser) {
    this.#bytes = bytes;
    this.#parser = parser;
  }

  /** @param isEscaped whether a quote in it is doubled */
  codeOf(start: number, end: number, isEscaped: boolean): number {
    const mask = this.#slots.length - 1;
    for (let slot = this.#hash(start, end) & mask; ; slot = (slot + 1) & mask) {
      const code = this.#slots[slot]! - 1;
      if (code < 0) return this.#add(start, end, isEscaped, slot);
      if (this.#isEqual(code, start, end)) return code;
    }
  }

  /** The code of a word for a missing value that is text, since it is quoted: it is there once more. */
  codeOfQuotedWord(text: string): number {
    let code = this.#quotedWords.get(text);
    if (code !== undefined) return code;
    code = this.#push(text, 0, -1);
    this.#quotedWords.set(text, code);
    return code;
  }

  numberOf(code: number): number {
    return this.#numbers[code]!;
  }

  isMissing(code: number): boolean {
    return this.#areMissing[code]!;
  }

  /** Those that are missing values. */
  get missing(): readonly string[] {
    return this.texts.filter((_, code) => this.#areMissing[code]!);
  }

  /** Whether all texts are empty: a word for a missing number may be a category, if the column is text. */
  isEmpty(): boolean {
    return this.texts.every((text) => text.trim() === '');
  }

  /** @param values codes, of which some texts may have none */
  cells(values: Float64Array): TextCells {
    const used = new Int32Array(this.texts.length).fill(-1);
    const texts: string[] = [];
    // A loop: `Uint32Array.from` with a function takes several times as long.
    const codes = new Uint32Array(values.length);
    for (let row = 0; row < codes.length; row++) {
      const code = values[row]!;
      if (used[code] === -1) used[code] = texts.push(this.texts[code]!) - 1;
      codes[row] = used[code]!;
    }
    const quoted = [...this.#quotedWords.values()].map((code) => used[code]!);
    return { kind: 'text', texts, codes, ...(quoted.length > 0 && { quoted }) };
  }

  #isEqual(code: number, start: number, end: number): boolean {
    const bytes = this.#bytes;
    const from = this.#starts[code]!;
    if (this.#ends[code]! - from !== end - start) return false;
    for (let at = start, other = from; at < end; at++, other++) if (bytes[at] !== bytes[other]) return false;
    return true;
  }

  #add(start: number, end: number, isEscaped: boolean, slot: number): number {
    const text = this.#bytes.toString('utf8', start, end);
    const code = this.#push(isEscaped ? text.replaceAll('""', '"') : text, start, end);
    this.#slots[slot] = code + 1;
    if (2 * this.texts.length > this.#slots.length) this.#grow();
    return code;
  }

  #push(text: string, start: number, end: number): number {
    this.#starts.push(start);
    this.#ends.push(end);
    this.#numbers.push(this.#parser.parseNumber(text) ?? Number.NaN);
    this.#areMissing.push(this.#parser.isMissing(text));
    return this.texts.push(text) - 1;
  }

  #grow(): void {
    this.#slots = new Uint32Array(4 * this.#slots.length);
    const mask = this.#slots.length - 1;
    this.#starts.forEach((start, code) => {
      const end = this.#ends[code]!;
      // A quoted word is found by its text.
      if (end < start) return;
      let slot = this.#hash(start, end) & mask;
      while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
      this.#slots[slot] = code + 1;
    });
  }

  /** FNV-1a, 32 bits, with its high bits folded into those that are used. */
  #hash(start: number, end: number): number {
    let hash = 0x811c9dc5;
    for (let at = start; at < end; at++) hash = Math.imul(hash ^ this.#bytes[at]!, 0x01000193);
    return hash ^ (hash >>> 15);
  }
}
