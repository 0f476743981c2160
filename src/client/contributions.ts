import { isText } from '../ground/options.js';
import { quote } from '../ground/quote.js';
import { CLASS_NAMES_PARAMETER, CONTRIBUTIONS_OF_PARAMETER } from '../protocol/extensions.js';
import { type Output, outOfRange } from './answer-ranges.js';
import type { Contributions, FeatureContributions, InputFeature, Rows } from './prediction.js';

/** The rows that were asked about, which name what contributes. */
export interface AskedRows {
  readonly rows: Rows;
  readonly features: readonly InputFeature[];
}

/**
 * The output `contributions` of our server, per row.
 *
 * @param server for messages, as in `localhost:50052`
 * @throws UnavailableError for another form, and for a number that is not finite
 */
export function readContributions(output: Output, asked: AskedRows, server: string): Contributions[] {
  const { elements, tensor } = output;
  const { features, rows } = asked;
  const classes = classesOf(output, server);
  const of = tensor.parameters?.[CONTRIBUTIONS_OF_PARAMETER]?.string_param;
  if (of !== 'share' && of !== 'margin') {
    throw outOfRange(output, undefined, 'contributions to a share or a margin', quote(of ?? ''), server);
  }
  const width = features.length + 2;
  const shape = [rows.rowCount, classes.length, width];
  if (tensor.shape.length !== 3 || tensor.shape.some((size, axis) => size !== shape[axis])) {
    throw outOfRange(output, undefined, `shape [${shape.join(', ')}]`, `[${tensor.shape.join(', ')}]`, server);
  }
  const numbers = Float64Array.from(elements as ArrayLike<number>, Number);
  const odd = numbers.findIndex((number) => !Number.isFinite(number));
  if (odd >= 0) {
    throw outOfRange(output, Math.floor(odd / (classes.length * width)), 'a finite number', numbers[odd]!, server);
  }
  return Array.from({ length: rows.rowCount }, (_, row) => {
    const from = row * classes.length * width;
    return {
      of,
      outputs: outputsOf(classes, numbers, from, width),
      features: featuresOf(asked, row, classes.length, numbers),
    };
  });
}

function classesOf(output: Output, server: string): readonly string[] {
  const json = output.tensor.parameters?.[CLASS_NAMES_PARAMETER]?.string_param ?? '';
  let found: unknown;
  try {
    found = JSON.parse(json);
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof RangeError)) throw error;
  }
  if (Array.isArray(found) && found.length > 0 && found.every(isText)) return found;
  throw outOfRange(output, undefined, 'class names, an array of texts', quote(json), server);
}

function outputsOf(
  classes: readonly string[],
  numbers: Float64Array,
  from: number,
  width: number,
): Contributions['outputs'] {
  return classes.map((name, k) => {
    const own = numbers.subarray(from + k * width, from + (k + 1) * width);
    const value = own.reduce((sum, number) => sum + number, 0);
    return { class: name, value, expected: own[width - 2]!, rounding: own[width - 1]! };
  });
}

function featuresOf(
  { features, rows: { texts, values } }: AskedRows,
  row: number,
  outputs: number,
  numbers: Float64Array,
): FeatureContributions[] {
  const width = features.length + 2;
  return features.map(({ kind, name }, index) => {
    const at = row * features.length + index;
    const isMissing = kind === 'number' ? Number.isNaN(values[at]) : (texts?.[at] ?? '') === '';
    const value = kind === 'number' ? values[at]! : texts![at]!;
    const contributions = Array.from({ length: outputs }, (_, k) => numbers[(row * outputs + k) * width + index]!);
    return { feature: name, value: isMissing ? null : value, contributions };
  });
}
