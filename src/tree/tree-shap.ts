import { type ExplainedTrees, partOf } from './explained-trees.js';
import { gaussLegendre, type Quadrature } from './quadrature.js';

/**
 * Shapley values of a row's features, where a feature that is not known goes both ways at each split, as the training rows did:
 * path-dependent TreeSHAP (Lundberg, Erion and Lee, Consistent Individualized Feature Attribution for Tree Ensembles, 2018).
 *
 * To a leaf of value v a coalition of features brings v times a product over the features of its path: 1 or 0 for a feature of
 * the coalition, as the row goes there or not (`onPath`), and for another the part of the training rows that went there
 * (`part`). Where each is in the coalition with chance t, that is on average v ∏ f_j(t) with
 * f_j(t) = part_j (1 - t) + onPath_j t, and the Shapley value of i is the integral over t of its derivative by the chance of i:
 * v (onPath_i - part_i) ∏_{j ≠ i} f_j(t) (Owen, Multilinear Extensions of Games, 1972). This is a polynomial of t: a quadrature
 * of half as many points as the path has features is exact. No term changes its sign, so nothing cancels. Products of one point
 * are carried down the tree and sums of leaves up, so a row takes nodes × points, where the paper's algorithm takes
 * leaves × depth².
 * Why: docs/decisions/contributions-by-quadrature.md
 */
export class TreeShap {
  readonly trees: ExplainedTrees;
  /** What the trees answer on average over their training rows; one per output. */
  readonly expected: Float64Array;
  /** Elementary operations that a row takes, about. */
  readonly stepsPerRow: number;
  readonly #shapes: readonly TreeShape[];

  private constructor(
    trees: ExplainedTrees,
    shapes: readonly TreeShape[],
    expected: Float64Array,
    stepsPerRow: number,
  ) {
    this.trees = trees;
    this.expected = expected;
    this.stepsPerRow = stepsPerRow;
    this.#shapes = shapes;
  }

  /** Yields how many steps it took since it yielded last. Null where it would take more memory than a row is worth. */
  static *prepare(trees: ExplainedTrees): Generator<number, TreeShap | null> {
    const quadratures = new Map<number, Quadrature>();
    const sums = new Float64Array(trees.outputs);
    const shapes: TreeShape[] = [];
    let stepsPerRow = trees.featureCount;
    for (let tree = 0; tree < trees.treeCount; tree++) {
      const { depth, pathFeatures } = yield* sizesOf(trees, tree);
      const count = Math.max(1, Math.ceil(pathFeatures / 2));
      const width = trees.output[tree] < 0 ? trees.outputs : 1;
      if ((depth + 1) * count * (2 + width) > MOST_SCRATCH) return null;
      const quadrature = quadratures.get(count) ?? gaussLegendre(count);
      quadratures.set(count, quadrature);
      shapes.push({ ...quadrature, depth, width });
      stepsPerRow += nodesOf(trees, tree) * (NODE_STEPS + count * (POINT_STEPS + width));
      yield* addExpected(trees, tree, sums);
    }
    const expected = sums.map((sum, k) => (sum + trees.base[k]) / trees.divisor[k]);
    return new TreeShap(trees, shapes, expected, stepsPerRow);
  }

  /**
   * Explains rows one after another, in memory of its own. Yields how many steps it took since it yielded last.
   *
   * @param rowAt the values of a row, one per feature, which are copied
   * @param out receives for each row and output a contribution per feature, what is expected without them, and what rounding
   *   leaves: added in this order, from 0 on, they are the output to the last bit
   */
  *explain(rowAt: (row: number) => Float64Array, rowCount: number, out: Float64Array): Generator<number, void> {
    const { featureCount, outputs } = this.trees;
    const walk = new ShapWalk(this.trees, this.#shapes);
    for (let row = 0; row < rowCount; row++) {
      yield* walk.explain(rowAt(row));
      const size = outputs * (featureCount + 2);
      this.#write(walk, out.subarray(row * size, (row + 1) * size));
      yield size;
    }
  }

  #write({ contributions, sums }: ShapWalk, out: Float64Array): void {
    const { divisor, featureCount, outputs } = this.trees;
    for (let k = 0, at = 0; k < outputs; k++) {
      let sum = 0;
      for (let feature = 0; feature < featureCount; feature++) {
        // 0 in place of -0.
        const contribution = contributions[feature * outputs + k] / divisor[k] + 0;
        out[at++] = contribution;
        sum += contribution;
      }
      const output = sums[k] / divisor[k];
      const rounding = output - (sum + this.expected[k]);
      const isExact = sum + this.expected[k] + rounding === output;
      // An output as small as the rounding has digits that no sum with it can have: what is expected takes that.
      out[at++] = isExact ? this.expected[k] : -sum;
      out[at++] = isExact ? rounding : output;
    }
  }
}

/** Numbers that a walk keeps on its way down: 32 MB. */
const MOST_SCRATCH = 1 << 22;
/** Steps that a node takes, and a point of the quadrature there. */
const NODE_STEPS = 8;
const POINT_STEPS = 4;
/** Nodes between two yields, while trees are looked at. */
const PIECE = 4096;
/** Steps between two yields, while rows are explained: a tenth of a millisecond. */
const WALK_STEPS = 1 << 15;

/** How a tree is walked. */
interface TreeShape extends Quadrature {
  readonly depth: number;
  /** Values of a leaf. */
  readonly width: number;
}

function nodesOf({ roots }: ExplainedTrees, tree: number): number {
  return roots[tree + 1] - roots[tree];
}

/** The depth of a tree, and the most different features that a path of it asks for. */
function* sizesOf(trees: ExplainedTrees, tree: number): Generator<number, { depth: number; pathFeatures: number }> {
  const { feature, right, roots } = trees;
  const [start, end] = [roots[tree], roots[tree + 1]];
  const depth = new Int32Array(end - start);
  // How often each feature is asked for between the root and a node, and the path there.
  const asked = new Map<number, number>();
  const path: number[] = [];
  let [deepest, different, most] = [0, 0, 0];
  for (let node = start; node < end; node++) {
    const level = depth[node - start];
    // Back to the parent: the features of splits that lie no higher are no longer asked for.
    while (path.length > level) {
      const last = path.pop()!;
      const times = asked.get(last)! - 1;
      asked.set(last, times);
      if (times === 0) different--;
    }
    deepest = Math.max(deepest, level);
    most = Math.max(most, different);
    if (feature[node] >= 0) {
      depth[node + 1 - start] = level + 1;
      depth[right[node] - start] = level + 1;
      const times = asked.get(feature[node]) ?? 0;
      if (times === 0) different++;
      asked.set(feature[node], times + 1);
      path.push(feature[node]);
    }
    if ((node - start) % PIECE === PIECE - 1) yield PIECE * NODE_STEPS;
  }
  yield ((end - start) % PIECE) * NODE_STEPS;
  return { depth: deepest, pathFeatures: most };
}

/** Adds the values of the leaves, each with the part of the training rows that came to it. */
function* addExpected(trees: ExplainedTrees, tree: number, sums: Float64Array): Generator<number, void> {
  const { feature, output, outputs, right, roots, value, values, weight } = trees;
  const [start, end] = [roots[tree], roots[tree + 1]];
  const only = output[tree];
  const [first, last] = only < 0 ? [0, outputs] : [only, only + 1];
  const part = new Float64Array(end - start).fill(1, 0, 1);
  for (let node = start; node < end; node++) {
    const own = part[node - start];
    if (feature[node] >= 0) {
      for (const child of [node + 1, right[node]]) part[child - start] = own * partOf(trees, node, child);
    } else for (let k = first; k < last; k++) sums[k] += own * weight[tree] * values[value[node] + k - first];
    if ((node - start) % PIECE === PIECE - 1) yield PIECE * (NODE_STEPS + last - first);
  }
  yield ((end - start) % PIECE) * (NODE_STEPS + last - first);
}

/** Below, what a feature that a row does not follow leaves of a leaf is nothing. */
const TINY = 1e-300;

/** What comes next at a level of the way down. */
const ENTER = 0;
const GO_RIGHT = 1;
const LEAVE = 2;

/** The way of one row through the trees, and memory for it. */
class ShapWalk {
  /** `contributions[feature * outputs + k]`, not divided yet. */
  readonly contributions: Float64Array;
  /** What the leaves of the row add up to, in the arithmetic of the trees. */
  readonly sums: Float64Array;
  readonly #trees: ExplainedTrees;
  readonly #shapes: readonly TreeShape[];
  readonly #row: Float64Array;
  /** Of each feature, as far as the path asks for it: `part` and `onPath` of `TreeShap`. */
  readonly #part: Float64Array;
  readonly #onPath: Uint8Array;
  // Of each level of the way down: its node and what comes next there; what was known of the feature above it before;
  // whether the row itself comes here.
  readonly #node: Int32Array;
  readonly #stage: Uint8Array;
  readonly #asked: Int32Array;
  readonly #partBefore: Float64Array;
  readonly #onPathBefore: Uint8Array;
  readonly #isOwn: Uint8Array;
  /** `products[level * points + point]`: of f_j(t) over the features asked for above. */
  readonly #products: Float64Array;
  /**
   * `factors[level * points + point]`: what the total of the leaves below is multiplied by, for the feature that leads here; what
   * they count for as leaves below its split above is taken away.
   */
  readonly #factors: Float64Array;
  /** `totals[(level * points + point) * width + k]`: of the leaves below, so far. */
  readonly #totals: Float64Array;
  #level = -1;

  constructor(trees: ExplainedTrees, shapes: readonly TreeShape[]) {
    const { featureCount, outputs } = trees;
    let [levels, products, totals] = [0, 0, 0];
    for (const { depth, points, width } of shapes) {
      levels = Math.max(levels, depth + 1);
      products = Math.max(products, (depth + 1) * points.length);
      totals = Math.max(totals, (depth + 1) * points.length * width);
    }
    this.#trees = trees;
    this.#shapes = shapes;
    this.contributions = new Float64Array(featureCount * outputs);
    this.sums = new Float64Array(outputs);
    this.#row = new Float64Array(featureCount);
    this.#part = new Float64Array(featureCount).fill(1);
    this.#onPath = new Uint8Array(featureCount).fill(1);
    this.#node = new Int32Array(levels);
    this.#stage = new Uint8Array(levels);
    this.#asked = new Int32Array(levels);
    this.#partBefore = new Float64Array(levels);
    this.#onPathBefore = new Uint8Array(levels);
    this.#isOwn = new Uint8Array(levels);
    this.#products = new Float64Array(products);
    this.#factors = new Float64Array(products);
    this.#totals = new Float64Array(totals);
  }

  *explain(row: Float64Array): Generator<number, void> {
    const trees = this.#trees;
    for (let feature = 0; feature < this.#row.length; feature++) {
      this.#row[feature] = trees.roundValue(row[feature]);
    }
    this.contributions.fill(0);
    this.sums.set(trees.base);
    let steps = 0;
    for (let tree = 0; tree < trees.treeCount; tree++) {
      const { points, width } = this.#shapes[tree];
      const nodeSteps = NODE_STEPS + points.length * (POINT_STEPS + width);
      const most = Math.max(1, Math.floor(WALK_STEPS / nodeSteps));
      this.#begin(tree);
      for (let isDone = false; !isDone; ) {
        isDone = this.#walk(tree, most);
        steps += (isDone ? Math.min(most, nodesOf(trees, tree)) : most) * nodeSteps;
        if (steps < WALK_STEPS) continue;
        yield steps;
        steps = 0;
      }
    }
    yield steps;
  }

  #begin(tree: number): void {
    this.#level = 0;
    this.#node[0] = this.#trees.roots[tree];
    this.#stage[0] = ENTER;
    this.#isOwn[0] = 1;
    this.#products.fill(1, 0, this.#shapes[tree].points.length);
  }

  /** @returns whether the tree is done; else `most` nodes were entered or skipped */
  #walk(tree: number, most: number): boolean {
    const { feature, right } = this.#trees;
    const shape = this.#shapes[tree];
    for (let left = most; this.#level >= 0; ) {
      const level = this.#level;
      const node = this.#node[level];
      const stage = this.#stage[level]++;
      if (stage === ENTER && feature[node] < 0) {
        this.#addLeaf(tree, shape, level, node);
        this.#leave(shape, level, tree);
      } else if (stage === LEAVE) this.#leave(shape, level, tree);
      else {
        if (left-- === 0) {
          this.#stage[level] = stage;
          return false;
        }
        if (stage === ENTER) this.#clearTotals(shape, level);
        const goesLeft = this.#trees.goesLeft(node, this.#row[feature[node]]);
        if (stage === GO_RIGHT) this.#enter(shape, right[node], !goesLeft);
        else this.#enter(shape, node + 1, goesLeft);
      }
    }
    return true;
  }

  /** Goes down to a child, unless nothing of its leaves counts. */
  #enter({ points, weights }: TreeShape, child: number, isFollowed: boolean): void {
    const level = this.#level;
    const split = this.#node[level];
    const asked = this.#trees.feature[split];
    const [part, onPath] = [this.#part[asked], this.#onPath[asked]];
    const nextPart = part * partOf(this.#trees, split, child);
    const nextOnPath = isFollowed ? onPath : 0;
    if (nextOnPath === 0 && nextPart < TINY) return;
    const below = level + 1;
    this.#level = below;
    this.#node[below] = child;
    this.#stage[below] = ENTER;
    this.#asked[below] = asked;
    this.#partBefore[below] = part;
    this.#onPathBefore[below] = onPath;
    this.#isOwn[below] = isFollowed ? this.#isOwn[level] : 0;
    this.#part[asked] = nextPart;
    this.#onPath[asked] = nextOnPath;
    const products = this.#products;
    const count = points.length;
    for (let point = 0, from = level * count, to = below * count; point < count; point++, from++, to++) {
      const t = points[point];
      const before = 1 / (part * (1 - t) + onPath * t);
      const next = nextPart * (1 - t) + nextOnPath * t;
      products[to] = products[from] * next * before;
      this.#factors[to] = weights[point] * ((nextOnPath - nextPart) / next - (onPath - part) * before);
    }
  }

  #clearTotals({ points, width }: TreeShape, level: number): void {
    const size = points.length * width;
    this.#totals.fill(0, level * size, (level + 1) * size);
  }

  #addLeaf(tree: number, { points, width }: TreeShape, level: number, leaf: number): void {
    const { output, roundSum, value, values, weight } = this.#trees;
    const products = this.#products;
    const totals = this.#totals;
    const from = value[leaf];
    const count = points.length;
    for (let point = 0, to = level * count * width; point < count; point++) {
      const weighted = products[level * count + point] * weight[tree];
      for (let k = 0; k < width; k++) totals[to++] = weighted * values[from + k];
    }
    if (this.#isOwn[level] === 0) return;
    const first = Math.max(output[tree], 0);
    for (let k = 0; k < width; k++) {
      this.sums[first + k] = roundSum(this.sums[first + k] + roundSum(values[from + k] * weight[tree]));
    }
  }

  /** Goes back up: the leaves below count for the feature that leads here. */
  #leave({ points, width }: TreeShape, level: number, tree: number): void {
    this.#level = level - 1;
    if (level === 0) return;
    const asked = this.#asked[level];
    const { contributions } = this;
    const totals = this.#totals;
    const count = points.length;
    const size = count * width;
    const to = asked * this.#trees.outputs + Math.max(this.#trees.output[tree], 0);
    for (let point = 0, from = level * size, up = from - size; point < count; point++) {
      const factor = this.#factors[level * count + point];
      for (let k = 0; k < width; k++, from++, up++) {
        contributions[to + k] += factor * totals[from];
        totals[up] += totals[from];
      }
    }
    this.#part[asked] = this.#partBefore[level];
    this.#onPath[asked] = this.#onPathBefore[level];
  }
}
