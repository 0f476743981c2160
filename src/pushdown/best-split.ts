import { gainOf, massOf, type Objective } from '../tree/criterion.js';
import { compareGains, NEAR } from '../tree/grow/exact.js';

/** A way to divide a node, as `tree/grow` finds it. */
export interface FoundSplit {
  readonly feature: number;
  /** Where rows without a value go; false at a node that has none. */
  readonly missingLeft: boolean;
  /** Rows of each class that go left. */
  readonly left: Float64Array;
  /** The largest value on the left and the smallest on the right, which is infinite where only missing ones are there. */
  readonly lower: number;
  readonly upper: number;
  /** Categories that go left, ascending, and all that the node has; null of numbers. */
  readonly categories: { readonly left: readonly number[]; readonly present: readonly number[] } | null;
}

/** A candidate, but for its counts. `order` among those of one feature and side: the first of equals wins. */
export interface Candidate extends Omit<FoundSplit, 'left'> {
  readonly order: number;
}

/** Weights beyond may have squares beyond the range of doubles. */
const MODERATE = 1e100;
/** Corners of more classes are too many to try. */
const MOST_CORNER_CLASSES = 10;

/**
 * The best of candidates that are known by the rows of each class that go left: the one that `tree/grow` would choose,
 * whatever the order in which they come.
 */
export class BestSplit {
  readonly node: Float64Array;
  readonly rowCount: number;
  found: (Candidate & Pick<FoundSplit, 'left'>) | undefined;
  readonly #objective: Objective;
  readonly #minRows: number;
  /** Scores that differ by less are compared exactly. */
  readonly #near: number;
  #score = Number.NEGATIVE_INFINITY;
  readonly #isModerate: boolean;

  constructor(objective: Objective, node: Float64Array, minSamplesLeaf: number) {
    this.#objective = objective;
    this.node = node;
    this.#minRows = Math.max(1, minSamplesLeaf);
    this.rowCount = node.reduce((sum, count) => sum + count, 0);
    this.#near = NEAR * massOf(objective, node, 0, node.length);
    this.#isModerate = objective.weights?.every((weight) => weight > 1 / MODERATE && weight < MODERATE) ?? true;
  }

  /** @param left is copied where it is kept */
  offer(left: Float64Array, candidate: Candidate): void {
    let leftRows = 0;
    for (let c = 0; c < left.length; c++) leftRows += left[c]!;
    if (leftRows < this.#minRows || this.rowCount - leftRows < this.#minRows) return;
    const score = this.#scoreOf(left);
    if (score < this.#score - this.#near) return;
    if (this.found !== undefined && score <= this.#score + this.#near) {
      const order = compareGains(
        this.#objective,
        { node: this.node, left },
        { node: this.node, left: this.found.left },
      );
      if (order < 0 || (order === 0 && !comesBefore(candidate, this.found))) return;
    }
    this.#score = score;
    this.found = { ...candidate, left: left.slice() };
  }

  /**
   * Whether a candidate may be as good as the best whose left side has the rows of `left` and some of those of `inside`.
   * What a split gains is convex in these counts, so none gains more than the best of the corners: all or none of each class.
   */
  mayReach(left: Float64Array, inside: Float64Array): boolean {
    if (this.found === undefined || !this.#isModerate) return true;
    const classes = [...inside.keys()].filter((c) => inside[c]! > 0);
    if (classes.length > MOST_CORNER_CLASSES) return true;
    const bound = this.#score - this.#near;
    const corner = left.slice();
    // In Gray's order one class moves at a time.
    for (let step = 0, last = 1 << classes.length; step < last; step++) {
      if (this.#scoreOf(corner) >= bound) return true;
      const c = classes[31 - Math.clz32((step + 1) & -(step + 1))];
      if (c !== undefined) corner[c] = corner[c] === left[c] ? left[c]! + inside[c]! : left[c]!;
    }
    return false;
  }

  /** Differs from the gain by what is the same for all candidates. */
  #scoreOf(left: Float64Array): number {
    if (!this.#isModerate) return gainOf(this.#objective, this.node, left);
    const { criterion, weights } = this.#objective;
    const isGini = criterion === 'gini';
    let [leftMass, rightMass, leftSum, rightSum] = [0, 0, 0, 0];
    for (let c = 0; c < left.length; c++) {
      const weight = weights === null ? 1 : weights[c]!;
      const l = weight * left[c]!;
      const r = weight * (this.node[c]! - left[c]!);
      leftMass += l;
      rightMass += r;
      if (isGini) {
        leftSum += l * l;
        rightSum += r * r;
      } else {
        leftSum += timesLog(l);
        rightSum += timesLog(r);
      }
    }
    if (!isGini) return leftSum - timesLog(leftMass) + rightSum - timesLog(rightMass);
    return (leftMass > 0 ? leftSum / leftMass : 0) + (rightMass > 0 ? rightSum / rightMass : 0);
  }
}

function timesLog(mass: number): number {
  return mass > 0 ? mass * Math.log2(mass) : 0;
}

/** The lower feature, rows without a value on the right, the lower threshold. */
function comesBefore(a: Candidate, b: Candidate): boolean {
  if (a.feature !== b.feature) return a.feature < b.feature;
  if (a.missingLeft !== b.missingLeft) return b.missingLeft;
  return a.order < b.order;
}
