import { MISSING_LEFT, ZERO_IS_MISSING } from '../../tree/ensemble.js';
import { refuseUnsupported, refuseValue, wholeAt } from '../foreign-value.js';
import type { ForeignTree } from '../pool-builder.js';
import type { Section } from './sections.js';

/** Bits of a decision type. */
const IS_CATEGORY = 1;
const DEFAULT_LEFT = 2;
/** Which values count as missing, two bits from here on. */
const MISSING_SHIFT = 2;
const MISSING_AS_ZERO = 1;
const MISSING_AS_NAN = 2;

/** One tree: splits and leaves apart, each numbered from 0; a child below 0 is the leaf -1 - child. */
export interface LightgbmTree {
  readonly path: string;
  readonly leafCount: number;
  readonly feature: Float64Array;
  readonly threshold: Float64Array;
  readonly decision: Float64Array;
  readonly left: Float64Array;
  readonly right: Float64Array;
  readonly value: Float64Array;
  readonly leafRows: Float64Array | null;
  readonly splitRows: Float64Array | null;
  /** Of a split of a category, the codes that go left, ascending. */
  readonly sets: ReadonlyMap<number, readonly number[]>;
}

/** The categories of a feature. */
export interface Categories {
  readonly names: readonly string[];
  /** Whether these are the codes themselves. */
  readonly areCodes: boolean;
  /** The index of a code, as trees have it. */
  readonly indices: ReadonlyMap<number, number>;
}

const NONE = new Float64Array(0);

export function readLightgbmTree(section: Section): LightgbmTree {
  const { path } = section;
  if (section.has('is_linear') && section.text('is_linear') !== '0') {
    refuseUnsupported(`${path}: leaves that are linear models are not read`);
  }
  // No array has more numbers than the line that it is on.
  const leafCount = wholeAt(section.text('num_leaves'), `${path}: num_leaves`, 1, 1 << 28);
  const splits = leafCount - 1;
  const value = section.numbers('leaf_value', leafCount);
  const counts = (key: string, length: number) => (section.has(key) ? section.numbers(key, length) : null);
  const numbers = (key: string) => (splits === 0 ? NONE : section.numbers(key, splits));
  const tree = {
    path,
    leafCount,
    feature: numbers('split_feature'),
    threshold: numbers('threshold'),
    decision: numbers('decision_type'),
    left: numbers('left_child'),
    right: numbers('right_child'),
    value,
    leafRows: splits === 0 ? null : counts('leaf_count', leafCount),
    splitRows: splits === 0 ? null : counts('internal_count', splits),
  };
  return { ...tree, sets: setsOf(section, tree) };
}

function setsOf(section: Section, { decision, threshold }: Pick<LightgbmTree, 'decision' | 'threshold'>) {
  const sets = new Map<number, readonly number[]>();
  const { path } = section;
  const asking = [...decision.keys()].filter((split) => (decision[split] & IS_CATEGORY) !== 0);
  if (asking.length === 0) return sets;
  const count = wholeAt(section.text('num_cat'), `${path}: num_cat`, 1, 1 << 28);
  const bounds = section.numbers('cat_boundaries', count + 1);
  const wordCount = wholeAt(bounds[count], `${path}: cat_boundaries[${count}]`, 0, 1 << 28);
  const words = section.numbers('cat_threshold', wordCount);
  for (const split of asking) {
    const index = wholeAt(threshold[split], `${path}: threshold[${split}]`, 0, count - 1);
    const start = wholeAt(bounds[index], `${path}: cat_boundaries[${index}]`, 0, wordCount);
    const end = wholeAt(bounds[index + 1], `${path}: cat_boundaries[${index + 1}]`, start, wordCount);
    sets.set(split, codesOf(words.subarray(start, end), `${path}: cat_threshold`));
  }
  return sets;
}

function codesOf(words: Float64Array, path: string): number[] {
  const codes: number[] = [];
  for (const [index, word] of words.entries()) {
    const bits = wholeAt(word, path, 0, 0xffff_ffff);
    for (let bit = 0; bit < 32; bit++) if (((bits >>> bit) & 1) === 1) codes.push(index * 32 + bit);
  }
  return codes;
}

/**
 * Left where value <= threshold, and where a category is one of the set; a new one and a missing one go right.
 *
 * @param output the class that its leaves are added to
 */
export function lightgbmTree(
  tree: LightgbmTree,
  output: number,
  categories: readonly (Categories | null)[],
): ForeignTree {
  const { leafCount, leafRows, path, splitRows } = tree;
  const splits = leafCount - 1;
  const node = (child: number) => (child < 0 ? splits - 1 - child : child);
  return {
    path,
    nodeCount: splits + leafCount,
    root: 0,
    output,
    weight: 1,
    split: (at) => {
      if (at >= splits) return null;
      const feature = tree.feature[at];
      const set = tree.sets.get(at) ?? null;
      const indices = categories[feature]?.indices;
      const threshold = Math.min(tree.threshold[at], Number.MAX_VALUE);
      return {
        feature,
        threshold,
        set: set === null ? null : set.map((code) => indices?.get(code) ?? refuseValue(path, 'a known category', code)),
        directions: set === null ? directionsOf(tree.decision[at], threshold, path) : 0,
        left: node(tree.left[at]),
        right: node(tree.right[at]),
      };
    },
    values: (at) => [tree.value[at - splits]],
    cover: (at) => (at < splits ? (splitRows?.[at] ?? null) : (leafRows?.[at - splits] ?? null)),
  };
}

/** Where nothing counts as missing, a missing value is 0; where zeros do, a missing value is one. */
function directionsOf(decision: number, threshold: number, path: string): number {
  const missing = decision >> MISSING_SHIFT;
  const left = (decision & DEFAULT_LEFT) !== 0 ? MISSING_LEFT : 0;
  if (missing === 0) return threshold >= 0 ? MISSING_LEFT : 0;
  if (missing === MISSING_AS_ZERO) return left | ZERO_IS_MISSING;
  return missing === MISSING_AS_NAN ? left : refuseValue(path, 'a kind of missing values from 0 to 2', missing);
}
