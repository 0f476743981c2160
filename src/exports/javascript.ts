import { unseenCategory } from '../model/model.js';
import { type CodeRequest, type ExportedFile, kindOfModel, origin } from './exported-file.js';
import type { FlatScorer } from './flat-scorer.js';
import { encoding } from './javascript-encode.js';
import { ensembleFunctions, ensembleTables } from './javascript-ensemble.js';
import { ABOUT, literal, types } from './javascript-types.js';
import { answerRows, hexWord, listed, nodeComment, numberText, setBits, wrapped } from './source-text.js';
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

const list = (items: readonly string[]) => listed(items, '[', ']', '  ');

function source(scorer: FlatScorer): string {
  const { classes, features, hasCategories, hasMissing, together } = scorer;
  return `${[`${kindOfModel(scorer)}.`, ...origin(scorer)].map((line) => `// ${line}\n`).join('')}
/** The model's version: the first 12 digits of \`sha256\`. */
export const version = "${scorer.version}";
export const sha256 = "${scorer.sha256}";

/** In the order of a row. */
export const featureNames = ${list(features.map(({ name }) => literal(name)))};

/** In the order of probabilities. */
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
${step(scorer)}    at = left ? at + 1 : NEXT[at];
  }
  return at;
}
${scorer.hasSets ? SET_TEST : ''}${together === null ? TREE_FUNCTIONS : ensembleFunctions(together)}
${encoding(scorer)}`;
}

const TREE_FUNCTIONS = `
${ABOUT.leaf}
export function leaf(row) {
  return accepts(row) ? findLeaf(row) : -1;
}

${ABOUT.predict}
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
  return `
// The categories of features, and what stands for a text that is none of them.
const CATEGORIES = {
${rows.join('')}};
const UNSEEN = { ${unseen.join(', ')} };
`;
}

function mayBeMissing({ features }: FlatScorer): string {
  const names = features.flatMap(({ missing }, index) => (missing ? [String(index)] : []));
  return `
// Features whose value may be missing.
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

function step(scorer: FlatScorer): string {
  const { hasSets, hasZeroMissing } = scorer;
  if (!hasSets && !hasDirections(scorer)) return '    const left = row[f] <= THRESHOLD[at];\n';
  const branches: string[] = [];
  const zero = hasZeroMissing ? ' || (value === 0 && ZERO_MISSING[at] === 1)' : '';
  if (hasDirections(scorer)) branches.push(`if (Number.isNaN(value)${zero}) left = MISSING_LEFT[at] === 1;`);
  if (hasSets) branches.push('if (SET[at] >= 0) left = isInSet(SET[at], value);');
  return `    const value = row[f];
    let left = value <= THRESHOLD[at];
    ${branches.join('\n    else ')}
`;
}

const SET_TEST = `
function isInSet(start, category) {
  const bit = category + 1;
  return ((SETS[start + (bit >> 5)] >> (bit & 31)) & 1) === 1;
}
`;

function test({ together }: FlatScorer, file: string, vectors: string): string {
  const [extra, leaf, last] = checksOf(together);
  return `// Runs the rows of the vectors beside it: every answer has to be equal bit for bit. node --test
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { classNames, featureNames, ${extra}predict } from ${literal(`./${encodeURIComponent(file)}`)};

const vectors = readFileSync(new URL(${literal(encodeURIComponent(vectors))}, import.meta.url), "utf8");
const double = (hex) => Buffer.from(hex, "hex").readDoubleBE();

test("answers every row as the model does", () => {
  let rows = 0;
  for (const line of vectors.split("\\n")) {
    if (line === "" || line.startsWith("#")) continue;
    rows++;
    const cells = line.split("\\t");
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
