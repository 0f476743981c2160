import type { Tree } from './tree.js';

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

function leftIsHeavier(tree: Tree, node: number): boolean {
  return samplesAt(tree, tree.left[node]) > samplesAt(tree, tree.right[node]);
}

/** Training rows at a node. */
export function samplesAt(tree: Tree, node: number): number {
  const { classCount, counts } = tree;
  let samples = 0;
  for (let i = node * classCount, end = i + classCount; i < end; i++) samples += counts[i];
  return samples;
}

/**
 * The node id of the leaf that a row falls into.
 *
 * @param row one value per feature, beginning at `offset`
 */
export function predictLeaf(tree: Tree, row: Float64Array, offset = 0): number {
  const { feature, right } = tree;
  let node = 0;
  for (let column = feature[0]; column >= 0; column = feature[node]) {
    node = goesLeft(tree, node, row[offset + column]) ? node + 1 : right[node];
  }
  return node;
}

/**
 * Leaves of many rows.
 *
 * @param rows row-major, `rowCount * tree.featureCount` values
 * @param leaves receives one node id per row
 */
export function predictInto(tree: Tree, rows: Float64Array, rowCount: number, leaves: Int32Array): void {
  const simple = tree.categories === null && !tree.missingLeft.includes(1);
  // Lockstep needs a table of the children first, which takes about as long as it saves on nodeCount rows.
  const done = simple && rowCount >= tree.nodeCount ? predictInLockstep(tree, rows, rowCount, leaves) : 0;
  for (let row = done; row < rowCount; row++) leaves[row] = predictLeaf(tree, rows, row * tree.featureCount);
}

/**
 * Walks four rows at once down a tree of thresholds only, as far as the rows are a multiple of four. A walk waits for
 * memory and for branches guessed wrong; four independent ones without branches take half the time of one after the
 * other. A leaf is its own child, so that a row which has arrived stays until all four have.
 *
 * @returns how many rows were predicted
 */
function predictInLockstep(tree: Tree, rows: Float64Array, rowCount: number, leaves: Int32Array): number {
  const { featureCount, nodeCount, threshold } = tree;
  const feature = new Int32Array(nodeCount);
  // children[2 * node] is the right child, children[2 * node + 1] the left one.
  const children = new Int32Array(2 * nodeCount);
  for (let node = 0; node < nodeCount; node++) {
    const isLeaf = tree.feature[node] < 0;
    feature[node] = isLeaf ? 0 : tree.feature[node];
    children[2 * node] = isLeaf ? node : tree.right[node];
    children[2 * node + 1] = isLeaf ? node : tree.left[node];
  }
  const end = rowCount - (rowCount % 4);
  for (let row = 0; row < end; row += 4) {
    const at0 = row * featureCount;
    const at1 = at0 + featureCount;
    const at2 = at1 + featureCount;
    const at3 = at2 + featureCount;
    let node0 = 0;
    let node1 = 0;
    let node2 = 0;
    let node3 = 0;
    for (let moved = 1; moved !== 0; ) {
      const next0 = step(children, feature, threshold, rows, node0, at0);
      const next1 = step(children, feature, threshold, rows, node1, at1);
      const next2 = step(children, feature, threshold, rows, node2, at2);
      const next3 = step(children, feature, threshold, rows, node3, at3);
      moved = (next0 ^ node0) | (next1 ^ node1) | (next2 ^ node2) | (next3 ^ node3);
      node0 = next0;
      node1 = next1;
      node2 = next2;
      node3 = next3;
    }
    leaves[row] = node0;
    leaves[row + 1] = node1;
    leaves[row + 2] = node2;
    leaves[row + 3] = node3;
  }
  return end;
}

/**
 * The child that a row goes to. Number() of a comparison compiles to no branch, a conditional to one that is guessed
 * wrong half the time. Outside the loop because a closure would be compiled again for every call. NaN is not <=
 * anything: it goes right, as missingLeft = 0 says.
 */
function step(
  children: Int32Array,
  feature: Int32Array,
  threshold: Float64Array,
  rows: Float64Array,
  node: number,
  offset: number,
): number {
  return children[2 * node + Number(rows[offset + feature[node]] <= threshold[node])];
}

/**
 * Class shares of every node: `shares[node * classCount + class]` = counts times class weights, normalised to 1.
 *
 * @param classWeights one weight per class; null when every class weighs 1
 */
export function leafShares(tree: Tree, classWeights: ArrayLike<number> | null): Float64Array {
  const { classCount, counts, nodeCount } = tree;
  const shares = new Float64Array(nodeCount * classCount);
  for (let node = 0; node < nodeCount; node++) {
    const start = node * classCount;
    let total = 0;
    for (let k = 0; k < classCount; k++) {
      shares[start + k] = counts[start + k] * (classWeights === null ? 1 : classWeights[k]);
      total += shares[start + k];
    }
    for (let k = 0; k < classCount; k++) shares[start + k] /= total;
  }
  return shares;
}

/** The class with the largest share of every node, the lowest class on ties. */
export function majorityClasses(shares: Float64Array, classCount: number): Int32Array {
  const classes = new Int32Array(shares.length / classCount);
  for (let node = 0; node < classes.length; node++) {
    const start = node * classCount;
    let best = 0;
    for (let k = 1; k < classCount; k++) if (shares[start + k] > shares[start + best]) best = k;
    classes[node] = best;
  }
  return classes;
}
