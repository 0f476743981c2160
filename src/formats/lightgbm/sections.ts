import { ArtifactError } from '../../ground/errors.js';
import { refuseUnknown, refuseValue } from '../foreign-value.js';

/** Lines of `key=value`, up to an empty one. */
export interface Section {
  /** In messages. */
  readonly path: string;
  has(key: string): boolean;
  /** @throws ArtifactError where it is not there */
  text(key: string): string;
  /** Numbers between spaces. @param length how many there have to be */
  numbers(key: string, length: number): Float64Array;
}

export interface Sections {
  readonly header: Section;
  readonly trees: readonly Section[];
  /** The categories of a data frame's columns, as JSON; null where there are none. */
  readonly pandas: string | null;
}

/** What LightGBM 3.3 to 4.7 writes. What does not change an answer is known too, and not read. */
const HEADER_KEYS: ReadonlySet<string> = new Set([
  ...['version', 'num_class', 'num_tree_per_iteration', 'label_index', 'max_feature_idx', 'objective'],
  ...['average_output', 'feature_names', 'monotone_constraints', 'feature_infos', 'tree_sizes'],
]);
const TREE_KEYS: ReadonlySet<string> = new Set([
  ...[
    'num_leaves',
    'num_cat',
    'split_feature',
    'split_gain',
    'threshold',
    'decision_type',
    'left_child',
    'right_child',
  ],
  ...['leaf_value', 'leaf_weight', 'leaf_count', 'internal_value', 'internal_weight', 'internal_count'],
  ...['cat_boundaries', 'cat_threshold', 'is_linear', 'leaf_const', 'num_features', 'leaf_features', 'leaf_coeff'],
  'shrinkage',
]);

/** The parts of a file. @throws ArtifactError */
export function sectionsOf(bytes: Uint8Array): Sections {
  const blocks = textOf(bytes).split(/\r?\n(?:\r?\n)+/);
  const header = sectionOf('the header', blocks[0].split(/\r?\n/).slice(1), HEADER_KEYS);
  const trees: Section[] = [];
  let ended = false;
  for (const block of blocks.slice(1)) {
    const lines = block.split(/\r?\n/);
    ended ||= lines[0] === 'end of trees';
    if (ended || block.trim() === '') continue;
    const expected = `Tree=${trees.length}`;
    if (lines[0] !== expected) refuseValue('the file', expected, lines[0]);
    trees.push(sectionOf(`tree ${trees.length}`, lines.slice(1), TREE_KEYS));
  }
  if (!ended) refuseValue('the file', '"end of trees"', 'none');
  return { header, trees, pandas: pandasOf(blocks[blocks.length - 1]) };
}

function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new ArtifactError('format', 'expected UTF-8, found other bytes', { cause });
  }
}

function pandasOf(block: string): string | null {
  const line = block.split(/\r?\n/).find((one) => one.startsWith('pandas_categorical:'));
  const text = line?.slice('pandas_categorical:'.length) ?? 'null';
  return text === 'null' ? null : text;
}

function sectionOf(path: string, lines: readonly string[], known: ReadonlySet<string>): Section {
  const values = new Map<string, string>();
  for (const line of lines) {
    const [key] = line.split('=', 1);
    if (values.has(key)) refuseValue(path, 'every key once', key);
    values.set(key, line.slice(key.length + 1));
  }
  refuseUnknown(values.keys(), known, path);
  const text = (key: string) => values.get(key) ?? refuseValue(`${path}: ${key}`, 'a value', undefined);
  return {
    path,
    has: (key) => values.has(key),
    text,
    numbers: (key, length) => {
      const words = text(key).split(' ');
      if (words.length !== length) refuseValue(`${path}: ${key}`, `${length} numbers`, words);
      return Float64Array.from(words, (word, index) => numberOf(word, `${path}: ${key}[${index}]`));
    },
  };
}

/** As C++ writes numbers: `inf` too. */
function numberOf(word: string, path: string): number {
  if (/^[+-]?\d/.test(word) && !Number.isNaN(Number(word))) return Number(word);
  if (/^\+?inf(inity)?$/i.test(word)) return Number.POSITIVE_INFINITY;
  return refuseValue(path, 'a number', word);
}
