import { UNKNOWN_CATEGORY } from '../ground/limits.js';
import {
  type Ensemble,
  lastLeft,
  MISSING_LEFT,
  nextUp,
  SET_WORDS,
  type TreePool,
  UNKNOWN_LEFT,
  ZERO_IS_MISSING,
} from './ensemble.js';

/**
 * The trees of an ensemble as they are walked fast: breadth-first, siblings together, so that one link leads to both. What
 * is asked is `row[column] <= threshold`, and nothing else: a missing value, NaN, fails it and goes to the first of the
 * siblings. Where it has to go left, the left one is the first, and the negated value is compared with the negated threshold.
 */
export interface LinkedPool {
  /** Per node, from the lowest bits on: the column to ask for, whether it is a leaf, and where its children lie. */
  readonly links: Int32Array;
  /** NaN at a leaf, which leads to itself, and where a category is asked for. */
  readonly threshold: Float64Array;
  /** The node in the pool of the ensemble: a place of a tree that is not linked is its node. */
  readonly nodes: Int32Array;
  /** What lies above the bits of a column. */
  readonly leafBit: number;
  readonly placeBits: number;
  /** Trees of thresholds only, and trees with categories. */
  readonly plain: Int32Array;
  readonly withSets: Int32Array;
  /** Trees that are not linked, as there are too many nodes: they are walked in the ensemble's pool. */
  readonly others: Int32Array;
  /** `walks[tree]`: of `WALKS`, how it is walked. */
  readonly walks: Uint8Array;
  /** Null where no tree has categories. */
  readonly sets: LinkedSets | null;
  readonly columns: Columns;
}

/** How a tree is walked. */
export const WALKS = { plain: 0, withSets: 1, other: 2 } as const;

/** Categories that go to the second of two siblings. Instead of its values a row has codes of them: `codeOf`. */
export interface LinkedSets {
  /** `isCategory[feature]`: 1 where its column has codes. */
  readonly isCategory: Uint8Array;
  /** `at[place]`: where its set begins in `words`; 0, where the set of nothing is, at a leaf and where a number is asked for. */
  readonly at: Int32Array;
  /** Bit c % 32 of word c / 32 is the code c. */
  readonly words: Uint32Array;
}

/** Codes that are no category: there are at most 255 of these. */
const UNKNOWN_CODE = 255;
const MISSING_CODE = 256;
/** Of a set: for all codes. Of the set of nothing: for any nine bits. */
const CODE_WORDS = 9;
export const NOTHING_WORDS = 16;

/** What is looked for in a set, instead of the value of a category. */
export function codeOf(value: number): number {
  if (Number.isNaN(value)) return MISSING_CODE;
  return value > UNKNOWN_CATEGORY && value < UNKNOWN_CODE ? value : UNKNOWN_CODE;
}

/** What a row is made into before it is walked: which values, one after another, each for all features. */
export interface Columns {
  /** Where each begins in a row; -1 where no tree asks for it. Values as the ensemble rounds them, */
  readonly plain: number;
  /** negated, */
  readonly negated: number;
  /** with zeros as missing values, */
  readonly withoutZero: number;
  /** and both. */
  readonly negatedWithoutZero: number;
  /** Values in a row. */
  readonly width: number;
}

/** Nodes per step. */
const STEP_NODES = 1 << 14;
const WORD_BITS = 32;

/** The steps to the linked trees: large forests take a tenth of a second and more. */
export function* linkSteps(ensemble: Ensemble): Generator<void, LinkedPool> {
  const { trees } = ensemble;
  const columns = columnsOf(trees);
  const columnBits = Math.ceil(Math.log2(columns.width + 1));
  const nodeCount = trees.feature.length;
  // A place is an unsigned number above the column and the bit of a leaf.
  const fits = Math.log2(nodeCount + 1) < WORD_BITS - columnBits - 1;
  const all = Int32Array.from({ length: trees.treeCount }, (_, tree) => tree);
  const walks = Uint8Array.from(all, (tree) => (fits ? Number(hasSets(trees, tree)) : WALKS.other));
  const sets = walks.includes(WALKS.withSets) ? emptySets(trees) : null;
  const pool: LinkedPool = {
    links: new Int32Array(nodeCount),
    threshold: new Float64Array(nodeCount).fill(Number.NaN),
    nodes: new Int32Array(nodeCount).map((_, node) => node),
    leafBit: 1 << columnBits,
    placeBits: columnBits + 1,
    plain: all.filter((tree) => walks[tree] === WALKS.plain),
    withSets: all.filter((tree) => walks[tree] === WALKS.withSets),
    others: all.filter((tree) => walks[tree] === WALKS.other),
    walks,
    sets,
    columns,
  };
  let done = 0;
  let words = NOTHING_WORDS;
  for (const tree of all) {
    if (walks[tree] === WALKS.other) continue;
    words = linkTree(ensemble, tree, pool, words);
    done += trees.roots[tree + 1] - trees.roots[tree];
    if (done < STEP_NODES) continue;
    done = 0;
    yield;
  }
  return pool;
}

function hasSets({ roots, set }: TreePool, tree: number): boolean {
  return set?.subarray(roots[tree], roots[tree + 1]).some((index) => index >= 0) ?? false;
}

/** The sets of all nodes that have one, in their order; their places follow. */
function emptySets({ feature, featureCount, set }: TreePool): LinkedSets {
  const isCategory = new Uint8Array(featureCount);
  let count = 0;
  for (let node = 0; node < feature.length; node++) {
    if (set![node] < 0) continue;
    isCategory[feature[node]] = 1;
    count++;
  }
  const words = new Uint32Array(NOTHING_WORDS + CODE_WORDS * count);
  return { isCategory, at: new Int32Array(feature.length), words };
}

/** The codes that go left at a node. */
function fillSet({ directions, set, setBits }: TreePool, node: number, words: Uint32Array, at: number): void {
  words.set(setBits.subarray(set![node] * SET_WORDS, (set![node] + 1) * SET_WORDS), at);
  const put = (code: number, isLeft: boolean) => {
    const bit = 1 << (code & 31);
    if (isLeft) words[at + (code >>> 5)] |= bit;
    else words[at + (code >>> 5)] &= ~bit;
  };
  const missingLeft = (directions[node] & MISSING_LEFT) !== 0;
  put(UNKNOWN_CODE, (directions[node] & UNKNOWN_LEFT) !== 0);
  put(MISSING_CODE, missingLeft);
  if ((directions[node] & ZERO_IS_MISSING) !== 0) put(0, missingLeft);
}

/** @param firstWord where its first set begins @returns where the next tree's does */
function linkTree({ arithmetic, trees }: Ensemble, tree: number, pool: LinkedPool, firstWord: number): number {
  const { feature, right, set, threshold, directions, roots } = trees;
  const { columns, leafBit, links, nodes, placeBits, sets } = pool;
  const root = roots[tree];
  let words = firstWord;
  nodes[root] = root;
  for (let at = root, end = root + 1; at < end; at++) {
    const node = nodes[at];
    if (feature[node] < 0) {
      links[at] = (at << placeBits) | leafBit;
      continue;
    }
    if (sets !== null && set![node] >= 0) {
      sets.at[at] = words;
      fillSet(trees, node, sets.words, words);
      words += CODE_WORDS;
      links[at] = (end << placeBits) | (columns.plain + feature[node]);
      nodes[end++] = right[node];
      nodes[end++] = node + 1;
      continue;
    }
    const missingLeft = (directions[node] & MISSING_LEFT) !== 0;
    const start = startOf(columns, directions[node]);
    links[at] = (end << placeBits) | (start + feature[node]);
    const last = lastLeft(arithmetic, threshold[node]);
    pool.threshold[at] = missingLeft ? -nextUp(last) : last;
    nodes[end++] = missingLeft ? node + 1 : right[node];
    nodes[end++] = missingLeft ? right[node] : node + 1;
  }
  return words;
}

function startOf(columns: Columns, directions: number): number {
  const missingLeft = (directions & MISSING_LEFT) !== 0;
  if ((directions & ZERO_IS_MISSING) === 0) return missingLeft ? columns.negated : columns.plain;
  return missingLeft ? columns.negatedWithoutZero : columns.withoutZero;
}

function columnsOf({ directions, feature, featureCount }: TreePool): Columns {
  const asked = new Set<number>();
  for (let node = 0; node < feature.length; node++) {
    if (feature[node] >= 0) asked.add(directions[node] & (MISSING_LEFT | ZERO_IS_MISSING));
  }
  let width = featureCount;
  const start = (directions: number) => {
    if (!asked.has(directions)) return -1;
    width += featureCount;
    return width - featureCount;
  };
  // Trees with categories are walked in the plain values.
  const [negated, withoutZero] = [start(MISSING_LEFT), start(ZERO_IS_MISSING)];
  return { plain: 0, negated, withoutZero, negatedWithoutZero: start(MISSING_LEFT | ZERO_IS_MISSING), width };
}

/**
 * Walks six rows at once down a tree, as far as they are a multiple of six: as `predictInLockstep` does, with another layout of
 * links.
 * Why: docs/decisions/six-rows-in-lockstep.md
 *
 * @param values of the rows, from `offset` on
 * @param places receives one place of a leaf per row
 */
export function walkRows(
  { columns, leafBit, links, placeBits, threshold }: LinkedPool,
  root: number,
  values: Float64Array,
  offset: number,
  rowCount: number,
  places: Int32Array,
): void {
  const { width } = columns;
  const mask = leafBit - 1;
  const first = links[root];
  for (let row = 0, from0 = offset; row < rowCount; row += 6, from0 += 6 * width) {
    const from1 = from0 + width;
    const from2 = from1 + width;
    const from3 = from2 + width;
    const from4 = from3 + width;
    const from5 = from4 + width;
    let at0 = root;
    let at1 = root;
    let at2 = root;
    let at3 = root;
    let at4 = root;
    let at5 = root;
    let link0 = first;
    let link1 = first;
    let link2 = first;
    let link3 = first;
    let link4 = first;
    let link5 = first;
    while ((link0 & link1 & link2 & link3 & link4 & link5 & leafBit) === 0) {
      at0 = (link0 >>> placeBits) + Number(values[from0 + (link0 & mask)] <= threshold[at0]);
      at1 = (link1 >>> placeBits) + Number(values[from1 + (link1 & mask)] <= threshold[at1]);
      at2 = (link2 >>> placeBits) + Number(values[from2 + (link2 & mask)] <= threshold[at2]);
      at3 = (link3 >>> placeBits) + Number(values[from3 + (link3 & mask)] <= threshold[at3]);
      at4 = (link4 >>> placeBits) + Number(values[from4 + (link4 & mask)] <= threshold[at4]);
      at5 = (link5 >>> placeBits) + Number(values[from5 + (link5 & mask)] <= threshold[at5]);
      link0 = links[at0];
      link1 = links[at1];
      link2 = links[at2];
      link3 = links[at3];
      link4 = links[at4];
      link5 = links[at5];
    }
    places[row] = at0;
    places[row + 1] = at1;
    places[row + 2] = at2;
    places[row + 3] = at3;
    places[row + 4] = at4;
    places[row + 5] = at5;
  }
}

/**
 * Walks one row down all trees of thresholds, six at once.
 *
 * @param roots of all trees
 * @param values of the row, from `offset` on
 * @param places receives the place of the leaf in each of the trees
 */
export function walkTrees(
  { leafBit, links, placeBits, plain: linked, threshold }: LinkedPool,
  roots: Int32Array,
  values: Float64Array,
  offset: number,
  places: Int32Array,
): void {
  const mask = leafBit - 1;
  const last = linked.length - 1;
  for (let index = 0; index <= last; index += 6) {
    // The last trees are walked more than once where they are not a multiple of six.
    const tree1 = linked[Math.min(index + 1, last)];
    const tree2 = linked[Math.min(index + 2, last)];
    const tree3 = linked[Math.min(index + 3, last)];
    const tree4 = linked[Math.min(index + 4, last)];
    const tree5 = linked[Math.min(index + 5, last)];
    let at0 = roots[linked[index]];
    let at1 = roots[tree1];
    let at2 = roots[tree2];
    let at3 = roots[tree3];
    let at4 = roots[tree4];
    let at5 = roots[tree5];
    let link0 = links[at0];
    let link1 = links[at1];
    let link2 = links[at2];
    let link3 = links[at3];
    let link4 = links[at4];
    let link5 = links[at5];
    while ((link0 & link1 & link2 & link3 & link4 & link5 & leafBit) === 0) {
      at0 = (link0 >>> placeBits) + Number(values[offset + (link0 & mask)] <= threshold[at0]);
      at1 = (link1 >>> placeBits) + Number(values[offset + (link1 & mask)] <= threshold[at1]);
      at2 = (link2 >>> placeBits) + Number(values[offset + (link2 & mask)] <= threshold[at2]);
      at3 = (link3 >>> placeBits) + Number(values[offset + (link3 & mask)] <= threshold[at3]);
      at4 = (link4 >>> placeBits) + Number(values[offset + (link4 & mask)] <= threshold[at4]);
      at5 = (link5 >>> placeBits) + Number(values[offset + (link5 & mask)] <= threshold[at5]);
      link0 = links[at0];
      link1 = links[at1];
      link2 = links[at2];
      link3 = links[at3];
      link4 = links[at4];
      link5 = links[at5];
    }
    places[linked[index]] = at0;
    places[tree1] = at1;
    places[tree2] = at2;
    places[tree3] = at3;
    places[tree4] = at4;
    places[tree5] = at5;
  }
}

/** Walks one row down a tree with categories. @returns the place of its leaf */
export function walkSets(pool: LinkedPool, root: number, values: Float64Array, offset: number): number {
  const { leafBit, links, placeBits, threshold } = pool;
  const { at: sets, words } = pool.sets!;
  const mask = leafBit - 1;
  let at = root;
  let link = links[at];
  while ((link & leafBit) === 0) {
    const value = values[offset + (link & mask)];
    const set = sets[at];
    const isSecond = set === 0 ? Number(value <= threshold[at]) : (words[set + (value >>> 5)] >>> (value & 31)) & 1;
    at = (link >>> placeBits) + isSecond;
    link = links[at];
  }
  return at;
}
