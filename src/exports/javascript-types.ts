import type { FlatScorer } from './flat-scorer.js';
import { stringLiteral } from './source-text.js';

export const literal = (text: string) => stringLiteral(text, (code) => `\\u{${code}}`);

/** What the module and its types say of the functions. */
export const ABOUT = {
  leaf: '/** The leaf that a row comes to, as the number of its node; -1 where the model refuses the row. */',
  margins: '/** What the trees add up to, before that becomes probabilities; NaN where the model refuses the row. */',
  predict: `/**
 * The answer to a row: one number per feature, the index of a category, NaN where a value is missing.
 * A row is refused for a value that is infinite, missing where training missed none, or no category.
 */`,
  encode: `/**
 * A row as \`predict\` takes it, from values by name. A category is its text, or a number of its value; a number may be
 * a decimal text. What is absent, null, NaN or "" is missing. An unknown category is the category of all others, if the
 * model has one, else -1. Any other value throws a TypeError.
 */`,
};

/** The types that lie beside the module. */
export function types({ classes, features, together }: FlatScorer): string {
  const union = (names: readonly string[]) => names.map(literal).join(' | ');
  const field = (feature: FlatScorer['features'][number]) => {
    const about = feature.kind === 'category' ? '  /** A category. */\n' : '';
    return `${about}  ${literal(feature.name)}${feature.missing ? '?: number | string | null' : ': number | string'};\n`;
  };
  return `/** The model's version: the first 12 digits of \`sha256\`. */
export declare const version: string;
export declare const sha256: string;
/** In the order of a row. */
export declare const featureNames: readonly string[];
export declare const classNames: readonly Label[];

export type Label = ${union(classes)};

/** A row by name, as \`encode\` takes it. */
export interface Values {
${features.map(field).join('')}}

export interface Prediction {
  /** Index of the label in \`classNames\`; -1 where the model refuses the row. */
  classIndex: number;
  label: Label | null;
  /** One per class; NaN where the model refuses the row. */
  probabilities: number[];
${together === null ? '  /** As `leaf`. */\n  leaf: number;\n' : ''}}

${ABOUT.encode}
export declare function encode(values: Values): Float64Array;

${ABOUT.predict}
export declare function predict(row: ArrayLike<number>): Prediction;
${together === null ? LEAF_TYPE : together.kind === 'boosted' ? MARGINS_TYPE : ''}`;
}

const LEAF_TYPE = `
${ABOUT.leaf}
export declare function leaf(row: ArrayLike<number>): number;
`;

const MARGINS_TYPE = `
${ABOUT.margins}
export declare function margins(row: ArrayLike<number>): number[];
`;
