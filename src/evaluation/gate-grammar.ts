import { UsageError } from '../ground/errors.js';
import { checkArgument, someText, texts } from '../ground/options.js';
import { nameInWords, namesInWords, printable, quote } from '../ground/quote.js';
import { CLASS_METRICS, METRICS } from './metrics.js';

/** A figure that a gate looks at. */
export interface GateFigure {
  /** As in `accuracy` or `recall[virginica]`. */
  readonly name: string;
  /** The figure itself, or a bound of its interval. */
  readonly part: 'value' | 'lower' | 'upper';
}

export type GateOperator = '>=' | '<=' | '>' | '<';

/** `accuracy>=baseline-0.01`, taken apart. */
export interface Gate {
  /** As it was written. */
  readonly text: string;
  readonly figure: GateFigure;
  readonly operator: GateOperator;
  /** Whether the same figure of the baseline is added to `offset`. */
  readonly againstBaseline: boolean;
  /** The number to compare with, or what is added to the baseline's figure. */
  readonly offset: number;
}

/** A gate that cannot be read; `pointer` shows where, in two lines. */
export class GateSyntaxError extends UsageError {
  static override readonly name: string = 'GateSyntaxError';
  readonly pointer: string;

  constructor(text: string, position: number, problem: string) {
    super(`gate ${quote(text)}: at character ${position + 1}: ${problem}`);
    this.pointer = `  ${printable(text)}\n  ${' '.repeat(printable(text.slice(0, position)).length)}^`;
  }
}

/**
 * Reads a gate. Spaces may stand between its parts.
 *
 *     gate   = figure operator bound
 *     figure = metric ["." ("lower" | "upper")]  |  metric "[" class "]" ["." ("lower" | "upper")]
 *     metric = a name of METRICS, "unseen" or "oobAccuracy"
 *     class  = a class name without "]", or any as a JSON string
 *     operator = ">=" | "<=" | ">" | "<"
 *     bound  = number  |  "baseline" [("+" | "-") number]
 *
 * @param classes the model's
 * @throws GateSyntaxError
 */
export function parseGate(text: string, classes: readonly string[]): Gate {
  checkArgument('text', text, someText);
  checkArgument('classes', classes, texts);
  const scanner: Scanner = new Scanner(text);
  const name = readName(scanner, classes);
  const part = readPart(scanner);
  const operator = scanner.take(/>=|<=|>|</y) ?? scanner.fail('expected >=, <=, > or <');
  const bound = readBound(scanner);
  if (!scanner.atEnd()) scanner.fail('expected the end of the gate');
  return { text, figure: { name, part }, operator: operator as GateOperator, ...bound };
}

class Scanner {
  readonly text: string;
  #position = 0;

  constructor(text: string) {
    this.text = text;
    this.#skipSpaces();
  }

  /** What the sticky pattern matches here, and the spaces after it, are passed over. */
  take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#position;
    const found = pattern.exec(this.text)?.[0];
    if (found !== undefined) {
      this.#position += found.length;
      this.#skipSpaces();
    }
    return found;
  }

  get position(): number {
    return this.#position;
  }

  atEnd(): boolean {
    return this.#position === this.text.length;
  }

  /** @param position default: here */
  fail(expected: string, position = this.#position): never {
    const rest = this.text.slice(position);
    throw new GateSyntaxError(this.text, position, `${expected}, found ${rest === '' ? 'nothing' : quote(rest)}`);
  }

  #skipSpaces(): void {
    while (this.text[this.#position] === ' ') this.#position++;
  }
}

/** The share of rows with a category that the model never saw: no metric, but what a gate may ask for. */
export const UNSEEN_FIGURE = 'unseen';

/** The accuracy of a forest on its training rows, by the trees that did not learn from them: it is in the model. */
export const OUT_OF_BAG_FIGURE = 'oobAccuracy';

const METRIC_NAMES: readonly string[] = [...METRICS.map(({ name }) => name), UNSEEN_FIGURE, OUT_OF_BAG_FIGURE];
const CLASS_METRIC_NAMES: readonly string[] = CLASS_METRICS;
const EVERY_METRIC = `${METRIC_NAMES.join(', ')}, and of one class ${CLASS_METRIC_NAMES.map((name) => `${name}[class]`).join(', ')}`;

function readName(scanner: Scanner, classes: readonly string[]): string {
  const start = scanner.position;
  const metric = scanner.take(/[A-Za-z][A-Za-z0-9]*/y);
  if (metric === undefined) return scanner.fail(`expected a metric (${EVERY_METRIC})`);
  if (METRIC_NAMES.includes(metric)) return metric;
  if (!CLASS_METRIC_NAMES.includes(metric)) return scanner.fail(`expected a metric (${EVERY_METRIC})`, start);
  if (scanner.take(/\[/y) === undefined) {
    return scanner.fail(`expected a class, as in ${metric}[${nameInWords(classes[0])}], or the metric ${metric}Macro`);
  }
  return `${metric}[${readClass(scanner, classes)}]`;
}

function readClass(scanner: Scanner, classes: readonly string[]): string {
  const start = scanner.position;
  const quoted = scanner.take(/"(?:[^"\\]|\\.)*"/y);
  const label = quoted === undefined ? scanner.take(/[^\]]*/y)?.trimEnd() : unquote(scanner, quoted, start);
  if (label === undefined || !classes.includes(label)) {
    return scanner.fail(`expected a class of the model (${namesInWords(classes)})`, start);
  }
  if (scanner.take(/\]/y) === undefined) return scanner.fail('expected ]');
  return label;
}

function unquote(scanner: Scanner, quoted: string, start: number): string {
  try {
    return JSON.parse(quoted);
  } catch {
    return scanner.fail('expected a JSON string', start);
  }
}

function readPart(scanner: Scanner): GateFigure['part'] {
  if (scanner.take(/\./y) === undefined) return 'value';
  const part = scanner.take(/lower(?!\w)|upper(?!\w)/y);
  return (part as 'lower' | 'upper' | undefined) ?? scanner.fail('expected lower or upper');
}

function readBound(scanner: Scanner): Pick<Gate, 'againstBaseline' | 'offset'> {
  if (scanner.take(/baseline(?!\w)/y) === undefined) {
    const sign = scanner.take(/[+-]/y);
    return { againstBaseline: false, offset: readNumber(scanner, sign, 'expected a number or baseline') };
  }
  const sign = scanner.take(/[+-]/y);
  if (sign === undefined && scanner.atEnd()) return { againstBaseline: true, offset: 0 };
  if (sign === undefined) return scanner.fail('expected + or - and a number, or the end of the gate');
  return { againstBaseline: true, offset: readNumber(scanner, sign, 'expected a number') };
}

function readNumber(scanner: Scanner, sign: string | undefined, expected: string): number {
  const start = scanner.position;
  const digits = scanner.take(/(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/y);
  const number = Number(digits);
  if (digits === undefined || !Number.isFinite(number)) return scanner.fail(expected, start);
  return sign === '-' ? -number : number;
}
