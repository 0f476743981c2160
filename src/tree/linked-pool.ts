import { type Ensemble, lastLeft, MISSING_LEFT, nextUp, type TreePool, ZERO_IS_MISSING } from './ensemble.js';

/**
 * The trees of an ensemble as they are walked fast: breadth-first, siblings together, so that one link leads to both. What
 * is asked is `row[column] <= threshold`, and nothing else: a missing value, NaN, fails it and goes to the first of the
 * siblings. Where it has to go left, the left one is the first, and the negated value is compared with the negated threshold.
 */
export interface LinkedPool {
  /** Per node, from the lowest bits on: the column to ask for, whether it is a leaf, and where its children lie. */
  readonly links: Int32Array;
  /** NaN at a leaf, which leads to itself. */
  readonly threshold: Float64Array;
  /** The node in the pool of the ensemble: a place of a tree that is not linked is its node. */
  readonly nodes: Int32Array;
  /** What lies above the bits of a column. */
  readonly leafBit: number;
  readonly placeBits: number;
  /** Trees of thresholds only; the others are walked in the ensemble's pool. */
  readonly linked: Int32Array;
  readonly others: Int32Array;
  /** `isLinked[tree]`: 1 where it is. */
  readonly isLinked: Uint8Array;
  readonly columns: Columns;
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
  const ofThresholds = (tree: number) => fits && !hasSets(trees, tree);
  const all = Int32Array.from({ length: trees.treeCount }, (_, tree) => tree);
  const pool: LinkedPool = {
    links: new Int32Array(nodeCount),
    threshold: new Float64Array(nodeCount).fill(Number.NaN),
    nodes: new Int32Array(nodeCount).map((_, node) => node),
    leafBit: 1 << columnBits,
    placeBits: columnBits + 1,
    linked: all.filter(ofThresholds),
    others: all.filter((tree) => !ofThresholds(tree)),
    isLinked: Uint8Array.from(all, (tree) => Number(ofThresholds(tree))),
    columns,
  };
  let done = 0;
  for (const tree of pool.linked) {
    linkTree(ensemble, tree, pool);
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

function linkTree({ arithmetic, trees }: Ensemble, tree: number, pool: LinkedPool): void {
  const { feature, right, threshold, directions, roots } = trees;
  const { columns, leafBit, links, nodes, placeBits } = pool;
  const root = roots[tree];
  nodes[root] = root;
  for (let at = root, end = root + 1; at < end; at++) {
    const node = nodes[at];
    if (feature[node] < 0) {
      links[at] = (at << placeBits) | leafBit;
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
 * Walks one row down all linked trees, six at once.
 *
 * @param roots of all trees
 * @param values of the row, from `offset` on
 * @param places receives the place of the leaf in each of the trees
 */
export function walkTrees(
  { leafBit, linked, links, placeBits, threshold }: LinkedPool,
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
