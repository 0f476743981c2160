import { checkArgument, typedArray } from '../ground/options.js';
import { aTree, type Tree } from './tree.js';

/**
 * Which child a value follows.
 *
 * A missing value (NaN) follows `missingLeft`. A category is looked up in the node's set; a negative one is unknown to
 * the model (`UNKNOWN_CATEGORY`) and follows the child with more training rows, the right one on ties.
 */
export function goesLeft(tree: Tree, node: number, value: number): boolean {
  if (Number.isNaN(value)) return tree.missingLeft[node] === 1;
  const set = tree.categories === null ? null : tree.categories[node];
  if (set === null) return value <= tree.threshold[node];
  return value < 0 ? leftIsHeavier(tree, node) : set.includes(value);
}

/** Whether the left child has more training rows than the right one. */
export function leftIsHeavier(tree: Tree, node: number): boolean {
  return samplesAt(tree, tree.left[node]) > samplesAt(tree, tree.right[node]);
}

/** Training rows at a node. */
export function samplesAt(tree: Tree, node: number): number {
  const { classCount, counts } = tree;
  let samples = 0;
  for (let i = node * classCount, end = i + classCount; i < end; i++) samples += counts[i];
  return samples;
}

/** How many categories or class counts are gone through in the time of a comparison. */
const SCANNED_PER_STEP = 64;

/**
 * What the longest way from the root to a leaf takes, in comparisons of a number with a threshold; at least 1. A question
 * for a category looks through the set and, for an unknown category, through the class counts of both children.
 */
export function longestWalk({ categories, classCount, left, nodeCount, right }: Tree): number {
  const steps = new Float64Array(nodeCount);
  let longest = 0;
  for (let node = 0; node < nodeCount; node++) {
    longest = Math.max(longest, steps[node]);
    if (left[node] < 0) continue;
    const set = categories === null ? null : categories[node];
    const scanned = set === null ? 0 : set.length + 2 * classCount;
    const below = steps[node] + 1 + Math.ceil(scanned / SCANNED_PER_STEP);
    steps[left[node]] = below;
    steps[right[node]] = below;
  }
  return Math.max(1, longest);
}

/**
 * The node id of the leaf that a row falls into.
 *
 * @param row one value per feature, beginning at `offset`
 */
export function predictLeaf(tree: Tree, row: Float64Array, offset = 0): number {
  if (tree?.feature === undefined || row?.length === undefined) refuse({ row }, tree);
  return leafOf(tree, row, offset);
}

function leafOf(tree: Tree, row: Float64Array, offset: number): number {
  const { feature, right } = tree;
  let node = 0;
  for (let column = feature[0]; column >= 0; column = feature[node]) {
    node = goesLeft(tree, node, row[offset + column]) ? node + 1 : right[node];
  }
  return node;
}

/** Apart from the look at what there has to be, which is made for every row. */
function refuse(arrays: Readonly<Record<string, unknown>>, tree: unknown): void {
  checkArgument('tree', tree, aTree);
  for (const [name, array] of Object.entries(arrays)) checkArgument(name, array, typedArray('a typed array'));
}

/**
 * Leaves of many rows, or what is known of each.
 *
 * @param rows row-major, `rowCount * tree.featureCount` values
 * @param out receives one node id per row, or its value
 * @param values one per node, such as the class that `majorityClasses` gives
 */
export function predictInto(
  tree: Tree,
  rows: Float64Array,
  rowCount: number,
  out: Int32Array,
  values?: Int32Array,
): void {
  if (tree?.feature === undefined || rows?.length === undefined || out?.length === undefined) {
    refuse({ rows, out }, tree);
  }
  const { categories, featureCount, missingLeft, nodeCount } = tree;
  // Lockstep needs another layout of the tree first, which takes about as long as it saves on nodeCount rows.
  const simple = categories === null && nodeCount <= MAX_NODES && featureCount <= MAX_FEATURES && rowCount >= nodeCount;
  const done = simple && !missingLeft.includes(1) ? predictInLockstep(tree, rows, rowCount, out, values) : 0;
  for (let row = done; row < rowCount; row++) {
    const leaf = leafOf(tree, rows, row * featureCount);
    out[row] = values ? values[leaf] : leaf;
  }
}

/** A link holds, from its lowest bits on, a feature, whether the node is a leaf, and where its children lie. */
const LEAF = 1 << 11;
const PLACE = 12;
const MAX_FEATURES = LEAF;
const MAX_NODES = 1 << (32 - PLACE);

/** A tree of thresholds only, breadth-first. Siblings lie together, the right one first, so that one link leads to both. */
interface LinkedTree {
  /**
   * `links[at]`: the feature to ask for, and where the children lie. A leaf leads to itself: no value is at most its
   * threshold, NaN.
   */
  readonly links: Int32Array;
  readonly threshold: Float64Array;
  /** `nodes[at]`: the id of the node. */
  readonly nodes: Int32Array;
}

function linkTree({ feature, left, nodeCount, right, threshold }: Tree): LinkedTree {
  const linked = {
    links: new Int32Array(nodeCount),
    threshold: new Float64Array(nodeCount).fill(Number.NaN),
    nodes: new Int32Array(nodeCount),
  };
  let end = 1;
  for (let at = 0; at < nodeCount; at++) {
    const node = linked.nodes[at];
    if (left[node] === -1) {
      linked.links[at] = (at << PLACE) | LEAF;
      continue;
    }
    linked.links[at] = (end << PLACE) | feature[node];
    linked.threshold[at] = threshold[node];
    linked.nodes[end++] = right[node];
    linked.nodes[end++] = left[node];
  }
  return linked;
}

/**
 * Walks six rows at once down a tree of thresholds only, as far as the rows are a multiple of six. A walk waits for
 * memory and for branches guessed wrong; four independent ones without branches take half the time of one after the
 * other, six a tenth less, eight no less than six. A row which has arrived stays until all have.
 * Why: docs/decisions/six-rows-in-lockstep.md
 *
 * @returns how many rows were predicted
 */
function predictInLockstep(
  tree: Tree,
  rows: Float64Array,
  rowCount: number,
  out: Int32Array,
  values: Int32Array | undefined,
): number {
  const { featureCount } = tree;
  const { links, nodes, threshold } = linkTree(tree);
  const outputs = values ? nodes.map((node) => values[node]) : nodes;
  const end = rowCount - (rowCount % 6);
  for (let row = 0; row < end; row += 6) {
    const from0 = row * featureCount;
    const from1 = from0 + featureCount;
    const from2 = from1 + featureCount;
    const from3 = from2 + featureCount;
    const from4 = from3 + featureCount;
    const from5 = from4 + featureCount;
    let at0 = 0;
    let at1 = 0;
    let at2 = 0;
    let at3 = 0;
    let at4 = 0;
    let at5 = 0;
    let link0 = links[0];
    let link1 = link0;
    let link2 = link0;
    let link3 = link0;
    let link4 = link0;
    let link5 = link0;
    while ((link0 & link1 & link2 & link3 & link4 & link5 & LEAF) === 0) {
      at0 = step(link0, threshold[at0], rows, from0);
      at1 = step(link1, threshold[at1], rows, from1);
      at2 = step(link2, threshold[at2], rows, from2);
      at3 = step(link3, threshold[at3], rows, from3);
      at4 = step(link4, threshold[at4], rows, from4);
      at5 = step(link5, threshold[at5], rows, from5);
      link0 = links[at0];
      link1 = links[at1];
      link2 = links[at2];
      link3 = links[at3];
      link4 = links[at4];
      link5 = links[at5];
    }
    out[row] = outputs[at0];
    out[row + 1] = outputs[at1];
    out[row + 2] = outputs[at2];
    out[row + 3] = outputs[at3];
    out[row + 4] = outputs[at4];
    out[row + 5] = outputs[at5];
  }
  return end;
}

/**
 * Where a row goes that begins at `from`. Number() of a comparison compiles to no branch, a conditional to one that is
 * guessed wrong half the time. Outside the loop because a closure would be compiled again for every call. NaN is not <=
 * anything: it goes right, as missingLeft = 0 says.
 */
function step(link: number, threshold: number, rows: Float64Array, from: number): number {
  return (link >>> PLACE) + Number(rows[from + (link & (LEAF - 1))] <= threshold);
}
