import type { Model } from '../../src/model/model.js';
import { toyParts } from '../model/toy-model.js';
import { assembleTrained } from '../model/trained-parts.js';

/** What `encode` makes of a value, the same in every language that has it. */
export interface EncodeCase {
  /** As JSON with NaN and Infinity, which Python reads too; undefined where the row has none. */
  readonly value: string | undefined;
  /** In the place of a number, of a category, and of a category that is a number; null where it throws. */
  readonly weight: number | null;
  readonly color: number | null;
  readonly code: number | null;
}

const UNSEEN = -1;
const missing = { weight: Number.NaN, color: Number.NaN, code: Number.NaN };
const refused = { weight: null, color: null, code: null };

/** A number, or a text that is one: no color, and the code of its value. */
function number(value: string, weight: number, code = UNSEEN): EncodeCase {
  return { value, weight, color: UNSEEN, code };
}

/** A text that is no number. */
function text(value: string, color = UNSEEN, code = UNSEEN): EncodeCase {
  return { value: JSON.stringify(value), weight: null, color, code };
}

/** The last but one is no double. */
const CODES = ['-1', '007', '1.5', '3', '3.0', '9007199254740993', 'x'];

export const encodeCases: readonly EncodeCase[] = [
  ...[undefined, 'null', '""', 'NaN'].map((value) => ({ value, ...missing })),
  number('7', 7, 1),
  number('7.0', 7, 1),
  number('-0.0', -0),
  number('1.5', 1.5, 2),
  number('-1', -1, 0),
  number('3', 3),
  number('1e300', 1e300),
  number('9007199254740993', 2 ** 53),
  number('Infinity', Number.POSITIVE_INFINITY),
  number('-Infinity', Number.NEGATIVE_INFINITY),
  number(`-1${'0'.repeat(400)}`, Number.NEGATIVE_INFINITY),
  number('"7"', 7, 1),
  number('" 7 "', 7, 1),
  number('"7."', 7, 1),
  number('"+07.0e0"', 7, 1),
  number('".15E1"', 1.5, 2),
  number('"3"', 3, 3),
  number('"3.0"', 3, 4),
  number('"3.00"', 3),
  number('"0.1"', 0.1),
  number('"5e-324"', 5e-324),
  number('"1e999"', Number.POSITIVE_INFINITY),
  number('"9007199254740993"', 2 ** 53, 5),
  text('blue', 0),
  text('x', UNSEEN, 6),
  ...['Blue', ' ', 'NaN', 'nan', 'Infinity', 'inf', '0x10', '1_000', '1,5', '1 2', '--1', 'e5', '.', '٣'].map((one) =>
    text(one),
  ),
  ...['1\n', 'true', `${'1'.repeat(40)}x`, '\ud83c\udf38'].map((one) => text(one)),
  ...['true', 'false', '[5]', '{}'].map((value) => ({ value, ...refused })),
];

/** The toy model with a feature `code` more. */
export function encodingModel(): Model {
  const parts = toyParts();
  const color = parts.features[2]!;
  if (color.kind !== 'category') throw new TypeError(color.kind);
  const counts = [[9, 5], ...CODES.slice(1).map(() => [0, 1])];
  const code = { ...color, name: 'code', missing: 0, categories: CODES, histogram: { counts } };
  return assembleTrained({
    ...parts,
    features: [...parts.features, code],
    tree: { ...parts.tree, featureCount: 4 },
  });
}
