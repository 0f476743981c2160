import { unseenCategory } from '../model/model.js';
import { type CodeRequest, type ExportedFile, origin } from './exported-file.js';
import type { FlatScorer } from './flat-scorer.js';
import { ensembleFunctions, ensembleTables } from './javascript-ensemble.js';
import {
  answerRows,
  hexWord,
  listed,
  nodeComment,
  numberText,
  setBits,
  stringLiteral,
  wrapped,
} from './source-text.js';
import { hasDirections, numberOf } from './together-text.js';

/** One ES module without imports, its types, and a test for the runner of Node. */
export function javascriptFiles({ baseName, extension, scorer, vectors }: CodeRequest): ExportedFile[] {
  const files = [
    { name: `${baseName}${extension}`, content: source(scorer) },
    { name: `${baseName}.d${extension === '.mjs' ? '.mts' : '.ts'}`, content: types(scorer) },
  ];
  if (vectors === undefined) return files;
  return [
    ...files,
    { name: `${baseName}.test${extension}`, content: test(scorer, `${baseName}${extension}`, vectors) },
  ];
}

const literal = (text: string) => stringLiteral(text, (code) => `\\u{${code}}`);

const list = (items: readonly string[]) => listed(items, '[', ']', '  ');

function source(scorer: FlatScorer): string {
  const { classes, features, hasCategories, hasMissing, together } = scorer;
  return `${origin(scorer)
    .map((line) => `// ${line}\n`)
    .join('')}
export const version = '${scorer.version}';
export const sha256 = '${scorer.sha256}';
export const featureNames = ${list(features.map(({ name }) => literal(name)))};
export const classNames = ${list(classes.map(literal))};
${hasCategories ? categoryTables(scorer) : ''}${hasMissing ? mayBeMissing(scorer) : ''}
${nodeTables(scorer)}${together === null ? '' : ensembleTables(scorer, together)}
function accepts(row) {
  for (let f = 0; f < featureNames.length; f++) {
    const value = row[f];
${acceptance(scorer)}    if (!Number.isFinite(value)) return false;
  }
  return true;
}

function findLeaf(row${together === null ? '' : ', root'}) {
  let at = ${together === null ? '0' : 'root'};
  for (let f = FEATURE[at]; f >= 0; f = FEATURE[at]) {
    at = ${goesLeft(scorer)} ? at + 1 : NEXT[at];
  }
  return at;
}
${together === null ? TREE_FUNCTIONS : ensembleFunctions(together)}
export function encode(values) {
  return Float64Array.from(featureNames, (name, f) => {
    const value = Object.hasOwn(values, name) ? values[name] : undefined;
    if (value === undefined || value === null || value === '') return Number.NaN;
    ${
      hasCategories
        ? `const names = CATEGORIES[f];
    if (names === undefined) return typeof value === 'number' ? value : Number.NaN;
    const index = names.indexOf(String(value));
    return index < 0 ? UNSEEN[f] : index;`
        : "return typeof value === 'number' ? value : Number.NaN;"
    }
  });
}
`;
}

const TREE_FUNCTIONS = `
export function leaf(row) {
  return accepts(row) ? findLeaf(row) : -1;
}

export function predict(row) {
  const at = leaf(row);
  if (at < 0) return { classIndex: -1, label: null, probabilities: classNames.map(() => Number.NaN), leaf: -1 };
  const probabilities = [...ANSWERS[NEXT[at]]];
  const classIndex = probabilities.indexOf(Math.max(...probabilities));
  return { classIndex, label: classNames[classIndex], probabilities, leaf: at };
}
`;

function nodeTables(scorer: FlatScorer): string {
  const { answerCount, hasSets, together } = scorer;
  const numbers = (type: string, values: ArrayLike<number>) =>
    `new ${type}(${list(Array.from(values, (value) => numberText(value)))})`;
  const bits = setBits(scorer);
  const adds = together?.output.some((output) => output >= 0);
  return `// Nodes: the left child of i is i + 1.
${explained(scorer)}// The feature that is asked for, -1 at a leaf; left when the value is at most the threshold.${adds ? ' At a leaf: what is added.' : ''}
const FEATURE = ${numbers('Int32Array', scorer.feature)};
const THRESHOLD = ${numbers(
    'Float64Array',
    scorer.threshold.map((_, node) => numberOf(scorer, node)),
  )};
// The right child${answerCount > 0 ? '; at a leaf its row of ANSWERS' : ''}.
const NEXT = ${numbers('Int32Array', scorer.next)};
${hasDirections(scorer) ? `// 1 where a missing value goes left.\nconst MISSING_LEFT = ${numbers('Uint8Array', scorer.missingLeft)};\n` : ''}${
  scorer.hasZeroMissing
    ? `// 1 where 0 goes where a missing value goes.\nconst ZERO_MISSING = ${numbers('Uint8Array', scorer.zeroMissing)};\n`
    : ''
}${
  hasSets
    ? `// Where a set begins in SETS, -1 where a number is asked for. Bits go left: bit 0 an unknown category, bit c + 1 category c.
const SET = ${numbers('Int32Array', bits.start)};
const SETS = new Uint32Array(${list(bits.words.map(hexWord))});
`
    : ''
}${answerCount > 0 ? answerTable(scorer) : ''}`;
}

function answerTable(scorer: FlatScorer): string {
  const about =
    scorer.together === null
      ? 'What leaves answer: a probability for each class'
      : 'What leaves add to each of the sums';
  return `// ${about}.
const ANSWERS = [
${answerRows(scorer)
  .map((row) => row.map((share) => share.replace(/\.0$/, '')))
  .map((row) => (row.length <= 8 ? `  [${row.join(', ')}],\n` : `  [\n${wrapped(row, '    ')}  ],\n`))
  .join('')}];
`;
}

function explained(scorer: FlatScorer): string {
  const lines: string[] = [];
  for (let node = 0; node < scorer.nodeCount; node++) {
    const comment = nodeComment(scorer, node);
    if (comment !== null) lines.push(`//   ${comment}\n`);
  }
  return lines.join('');
}

function categoryTables({ features }: FlatScorer): string {
  const rows = features.flatMap((feature, index) =>
    feature.kind === 'category'
      ? [`  ${index}: ${list(feature.categories.map(literal)).replace(/\n(?!$)/g, '\n  ')},\n`]
      : [],
  );
  const unseen = features.flatMap((feature, index) =>
    feature.kind === 'category' ? [`${index}: ${unseenCategory(feature)}`] : [],
  );
  return `// The categories of features, and what stands for a text that is none of them.
const CATEGORIES = {
${rows.join('')}};
const UNSEEN = { ${unseen.join(', ')} };
`;
}

function mayBeMissing({ features }: FlatScorer): string {
  const names = features.flatMap(({ missing }, index) => (missing ? [String(index)] : []));
  return `// Features without which a row may be.
const MAY_BE_MISSING = new Set(${list(names)});
`;
}

function acceptance({ hasCategories, hasMissing }: FlatScorer): string {
  const missing = '    if (Number.isNaN(value) && MAY_BE_MISSING.has(f)) continue;\n';
  const category = `    if (CATEGORIES[f] !== undefined) {
      if (!Number.isInteger(value) || value < -1 || value >= CATEGORIES[f].length) return false;
      continue;
    }
`;
  return `${hasMissing ? missing : ''}${hasCategories ? category : ''}`;
}

function goesLeft(scorer: FlatScorer): string {
  const { hasSets, hasZeroMissing } = scorer;
  const parts: string[] = [];
  const zero = hasZeroMissing ? ' || (row[f] === 0 && ZERO_MISSING[at] === 1)' : '';
  if (hasDirections(scorer)) parts.push(`Number.isNaN(row[f])${zero} ? MISSING_LEFT[at]`);
  if (hasSets) parts.push('SET[at] >= 0 ? (SETS[SET[at] + ((row[f] + 1) >> 5)] >> ((row[f] + 1) & 31)) & 1');
  if (parts.length === 0) return 'row[f] <= THRESHOLD[at]';
  return `(${[...parts, 'row[f] <= THRESHOLD[at]'].join(' : ')})`;
}

function types({ classes, features, together }: FlatScorer): string {
  const union = (names: readonly string[]) => names.map(literal).join(' | ');
  const field = (feature: FlatScorer['features'][number]) => {
    const type = feature.kind === 'number' ? 'number' : 'string | number';
    return `  ${literal(feature.name)}${feature.missing ? `?: ${type} | null` : `: ${type}`};\n`;
  };
  return `/** The model's version: the first 12 digits of \`sha256\`. */
export declare const version: string;
export declare const sha256: string;
/** In the order of a row. */
export declare const featureNames: readonly string[];
export declare const classNames: readonly Label[];

export type Label = ${union(classes)};

/** A row by name. A category is its text. */
export interface Values {
${features.map(field).join('')}}

export interface Prediction {
  /** Index of the label in \`classNames\`; -1 where the model refuses the row. */
  classIndex: number;
  label: Label | null;
  /** One per class; NaN where the model refuses the row. */
  probabilities: number[];
${together === null ? '  /** As `leaf`. */\n  leaf: number;\n' : ''}}

/**
 * A row as \`predict\` takes it: one number per feature, the index of a category, NaN where a value is missing. A
 * text that is no category is what the model takes such texts for.
 */
export declare function encode(values: Values): Float64Array;

/** A row is refused for a value that is infinite, missing where training missed none, or no category. */
export declare function predict(row: ArrayLike<number>): Prediction;
${together === null ? LEAF_TYPE : together.kind === 'boosted' ? MARGINS_TYPE : ''}`;
}

const LEAF_TYPE = `
/** The leaf that a row comes to, as the number of its node; -1 where the model refuses the row. */
export declare function leaf(row: ArrayLike<number>): number;
`;

const MARGINS_TYPE = `
/** What the trees add up to, before that becomes probabilities; NaN where the model refuses the row. */
export declare function margins(row: ArrayLike<number>): number[];
`;

function test({ together }: FlatScorer, file: string, vectors: string): string {
  const [extra, leaf, last] = checksOf(together);
  return `// Runs the rows of the vectors beside it: every answer has to be equal bit for bit. node --test
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { classNames, featureNames, ${extra}predict } from ${literal(`./${encodeURIComponent(file)}`)};

const vectors = readFileSync(new URL(${literal(encodeURIComponent(vectors))}, import.meta.url), 'utf8');
const double = (hex) => Buffer.from(hex, 'hex').readDoubleBE();

test('answers every row as the model does', () => {
  let rows = 0;
  for (const line of vectors.split('\\n')) {
    if (line === '' || line.startsWith('#')) continue;
    rows++;
    const cells = line.split('\\t');
    const row = cells.slice(0, featureNames.length).map(double);
    const [classIndex, ...rest] = cells.slice(featureNames.length);
    const probabilities = rest.slice(0, classNames.length).map(double);
    const label = classNames[classIndex] ?? null;
    const expected = { classIndex: Number(classIndex), label, probabilities${leaf} };
    assert.deepStrictEqual(predict(row), expected, line);
${last}  }
  assert.notEqual(rows, 0);
});
`;
}

/** What is imported for it, what a prediction has more, and what is tried after that. */
function checksOf(together: FlatScorer['together']): readonly [string, string, string] {
  if (together === null) {
    return ['leaf, ', ', leaf: Number(rest.at(-1))', '    assert.equal(leaf(row), expected.leaf, line);\n'];
  }
  if (together.kind === 'forest') return ['', '', ''];
  return [
    'margins, ',
    '',
    '    assert.deepStrictEqual(margins(row), rest.slice(classNames.length).map(double), line);\n',
  ];
}
