import { largestShare } from './answers.js';
import { type Arithmetic, type Combine, type Ensemble, ensembleClassCount } from './ensemble.js';
import { createLink, type Link } from './link.js';
import { codeOf, type LinkedPool, linkSteps, WALKS, walkRows, walkSets, walkTrees } from './linked-pool.js';
import { type LeafValues, type RowWalker, rowWalker, type WalkedBlock, type WalkedTrees } from './row-walker.js';
import { longestWalks, roundSum, treesPerOutput, walkTree } from './walk-ensemble.js';

/** Where answers are written: what is not given is not computed. */
export interface EnsembleAnswers {
  /** Class with the largest share, the lowest one on ties; one per row. */
  readonly labels?: Int32Array | undefined;
  /** One share per row and class, row-major. */
  readonly shares?: Float64Array | undefined;
  /** Node of the leaf, counted from the root of its tree; one per row and tree, row-major. */
  readonly leaves?: Int32Array | undefined;
  /** What the leaves add up to, before the link; one per row and output, row-major. */
  readonly sums?: Float64Array | undefined;
}

/** An ensemble made ready for rows. */
export interface EnsemblePredictor {
  readonly longestWalk: number;
  /** @param rows row-major, one value per feature */
  answerInto(rows: Float64Array, rowCount: number, answers: EnsembleAnswers): void;
}

/** What walks many rows; null: they are walked without WebAssembly. */
type FindWalker = () => RowWalker | null;

/** The steps of `ensemblePredictor`. */
export function* predictorSteps(
  ensemble: Ensemble,
  findWalker: FindWalker = rowWalker,
): Generator<void, EnsemblePredictor> {
  const pool = yield* linkSteps(ensemble);
  yield;
  const prepared = new PreparedEnsemble(ensemble, pool, findWalker);
  return {
    longestWalk: longestWalks(ensemble.trees),
    answerInto: (rows, rowCount, answers) => prepared.answerInto(rows, rowCount, answers),
  };
}

/** Makes an ensemble ready for rows. */
export function ensemblePredictor(ensemble: Ensemble, findWalker?: FindWalker): EnsemblePredictor {
  const steps = predictorSteps(ensemble, findWalker);
  let step = steps.next();
  while (!step.done) step = steps.next();
  return step.value;
}

/** Rows of a block where the nodes of a tree fit into the nearest cache: the block fits into the second. */
const SMALL_BLOCK = 960;
/** A tree whose nodes do not fit is fetched once for many rows. */
const LARGE_BLOCK = 1 << 13;
const LARGE_TREE_NODES = 2048;
/** Values of a block at most. */
const BLOCK_VALUES = 1 << 20;

/** Fewer rows are walked one by one. */
const LEAST_IN_GROUPS = 6;
/** Nodes that a row passes in a tree, about. */
const PASSED_NODES = 8;
/** Nodes that are passed in the time in which one is put into the walker's memory, about. */
const PASSED_PER_PLACED = 4;

/** What rows are worked on in: it grows to the largest block that was asked for. */
interface Scratch {
  readonly rowCount: number;
  /** `Columns.width` values per row. */
  readonly values: Float64Array;
  /** Outputs of the rows, row-major. */
  readonly sums: Float32Array | Float64Array;
  /** Leaves of the rows in one tree. */
  readonly places: Int32Array;
}

class PreparedEnsemble {
  readonly #ensemble: Ensemble;
  readonly #findWalker: FindWalker;
  readonly #pool: LinkedPool;
  readonly #link: Link;
  readonly #leaves: LeafValues;
  readonly #walked: WalkedTrees;
  readonly #blockRows: number;
  /** Whether rows are walked as they are. */
  readonly #asTheyAre: boolean;
  /** The leaves of a single row in all trees. */
  readonly #rowPlaces: Int32Array;
  readonly #rowShares: Float64Array;
  #scratch: Scratch;
  /** While its trees are not in the walker's memory. */
  #passedNodes = 0;

  constructor(ensemble: Ensemble, pool: LinkedPool, findWalker: FindWalker) {
    const { arithmetic, trees } = ensemble;
    this.#ensemble = ensemble;
    this.#findWalker = findWalker;
    this.#pool = pool;
    this.#link = createLink(ensemble, treesPerOutput(ensemble));
    this.#leaves = leafValues(ensemble, pool);
    const most = trees.feature.length / trees.treeCount > LARGE_TREE_NODES ? LARGE_BLOCK : SMALL_BLOCK;
    this.#blockRows = Math.max(6, Math.min(most, Math.floor(BLOCK_VALUES / pool.columns.width)));
    this.#walked = { ensemble, pool, leaves: this.#leaves, rowCount: this.#blockRows };
    this.#asTheyAre =
      arithmetic.input === 'float64' &&
      arithmetic.zero === 0 &&
      pool.columns.width === trees.featureCount &&
      pool.sets === null;
    this.#rowPlaces = new Int32Array(trees.treeCount);
    this.#rowShares = new Float64Array(ensembleClassCount(ensemble));
    this.#scratch = this.#newScratch(1);
  }

  answerInto(rows: Float64Array, rowCount: number, answers: EnsembleAnswers): void {
    for (let start = 0; start < rowCount; start += this.#blockRows) {
      this.#answerBlock(rows, start, Math.min(this.#blockRows, rowCount - start), answers);
    }
  }

  #answerBlock(rows: Float64Array, start: number, count: number, answers: EnsembleAnswers): void {
    const walker = this.#walkerFor(count);
    const block = walker?.open(this.#walked) ?? null;
    if (walker === null || block === null) {
      this.#answerPlainly(rows, start, count, answers);
      this.#write(this.#scratch.sums, start, count, answers);
    } else if (count < LEAST_IN_GROUPS) {
      for (let row = start; row < start + count; row++) this.#walkRow(walker, block, rows, row, answers);
    } else this.#walkBlock(walker, block, rows, start, count, answers);
  }

  #walkBlock(
    walker: RowWalker,
    block: WalkedBlock,
    rows: Float64Array,
    start: number,
    count: number,
    answers: EnsembleAnswers,
  ): void {
    const { combine, trees } = this.#ensemble;
    this.#spread(walker, block, rows, start, count);
    fillBase(block.sums, combine, count);
    for (let tree = 0; tree < trees.treeCount; tree++) {
      walker.walk(this.#walked, tree, count);
      if (answers.leaves === undefined) continue;
      for (let row = 0; row < count; row++) this.#keepLeaf(answers.leaves, start + row, tree, walker.leaf(row, tree));
    }
    this.#write(block.sums, start, count, answers);
  }

  #walkRow(walker: RowWalker, block: WalkedBlock, rows: Float64Array, row: number, answers: EnsembleAnswers): void {
    const { combine, trees } = this.#ensemble;
    this.#spread(walker, block, rows, row, 1);
    fillBase(block.sums, combine, 1);
    walker.walkRow(this.#walked);
    if (answers.leaves !== undefined) {
      for (let tree = 0; tree < trees.treeCount; tree++)
        this.#keepLeaf(answers.leaves, row, tree, walker.leaf(tree, tree));
    }
    this.#write(block.sums, row, 1, answers);
  }

  #spread(walker: RowWalker, block: WalkedBlock, rows: Float64Array, start: number, count: number): void {
    const { featureCount } = this.#ensemble.trees;
    const from = start * featureCount;
    block.rows.set(rows.subarray(from, from + count * featureCount));
    walker.spread(count);
  }

  /** @param place of the leaf in the pool */
  #keepLeaf(leaves: Int32Array, row: number, tree: number, place: number): void {
    const { roots, treeCount } = this.#ensemble.trees;
    leaves[row * treeCount + tree] = this.#pool.nodes[place]! - roots[tree]!;
  }

  /**
   * Null where rows are better walked without: to put trees into its memory takes as long as to pass some nodes for each. What was
   * passed since counts, so that calls with few rows get there too, and models that take turns do not lose by it.
   */
  #walkerFor(count: number): RowWalker | null {
    if (this.#pool.others.length > 0) return null;
    const walker = this.#findWalker();
    if (walker === null || walker.has(this.#walked)) {
      this.#passedNodes = 0;
      return walker;
    }
    const { feature, treeCount } = this.#ensemble.trees;
    this.#passedNodes += count * treeCount * PASSED_NODES;
    return this.#passedNodes >= PASSED_PER_PLACED * feature.length ? walker : null;
  }

  /** Without WebAssembly. */
  #answerPlainly(rows: Float64Array, start: number, count: number, answers: EnsembleAnswers): void {
    if (count > this.#scratch.rowCount) this.#scratch = this.#newScratch(count);
    fillBase(this.#scratch.sums, this.#ensemble.combine, count);
    let [values, offset] = [rows, start * this.#ensemble.trees.featureCount];
    if (!this.#asTheyAre) {
      const { arithmetic, trees } = this.#ensemble;
      fillBlock(arithmetic, this.#pool, trees.featureCount, rows, offset, count, this.#scratch.values);
      [values, offset] = [this.#scratch.values, 0];
    }
    const inSixes = count - (count % 6);
    if (inSixes > 0) this.#addByTree(values, offset, inSixes, start, answers);
    const { width } = this.#pool.columns;
    for (let row = inSixes; row < count; row++) this.#addByRow(values, offset + row * width, row, start + row, answers);
  }

  /** A tree after the other, for many rows. */
  #addByTree(values: Float64Array, offset: number, count: number, start: number, answers: EnsembleAnswers): void {
    const { output, roots, treeCount } = this.#ensemble.trees;
    const { places, sums } = this.#scratch;
    for (let tree = 0; tree < treeCount; tree++) {
      if (this.#pool.walks[tree] === WALKS.plain) walkRows(this.#pool, roots[tree], values, offset, count, places);
      else this.#walkOneByOne(tree, values, offset, count);
      addTree(this.#leaves, output[tree], this.#ensemble.combine.outputs, places, count, sums);
      this.#keepLeaves(tree, places, count, start, answers);
    }
  }

  #walkOneByOne(tree: number, values: Float64Array, offset: number, count: number): void {
    const { width } = this.#pool.columns;
    for (let row = 0; row < count; row++) {
      this.#scratch.places[row] = this.#walkOther(tree, values, offset + row * width);
    }
  }

  /** A tree that is not one of thresholds only. */
  #walkOther(tree: number, values: Float64Array, offset: number): number {
    if (this.#pool.walks[tree] === WALKS.other) return walkTree(this.#ensemble, tree, values, offset);
    return walkSets(this.#pool, this.#ensemble.trees.roots[tree], values, offset);
  }

  #keepLeaves(tree: number, places: Int32Array, count: number, start: number, { leaves }: EnsembleAnswers): void {
    if (leaves === undefined) return;
    const { trees } = this.#ensemble;
    for (let row = 0, to = start * trees.treeCount + tree; row < count; row++, to += trees.treeCount) {
      leaves[to] = this.#pool.nodes[places[row]] - trees.roots[tree];
    }
  }

  /** All trees for one row. @param row in the block @param at in the answers */
  #addByRow(values: Float64Array, offset: number, row: number, at: number, { leaves }: EnsembleAnswers): void {
    const { combine, trees } = this.#ensemble;
    const places = this.#rowPlaces;
    walkTrees(this.#pool, trees.roots, values, offset, places);
    for (const tree of this.#pool.withSets) places[tree] = this.#walkOther(tree, values, offset);
    for (const tree of this.#pool.others) places[tree] = this.#walkOther(tree, values, offset);
    addRow(this.#leaves, trees.output, combine.outputs, places, this.#scratch.sums, row * combine.outputs);
    if (leaves === undefined) return;
    for (let tree = 0, to = at * trees.treeCount; tree < places.length; tree++) {
      leaves[to + tree] = this.#pool.nodes[places[tree]] - trees.roots[tree];
    }
  }

  #write(sums: Scratch['sums'], start: number, count: number, wanted: EnsembleAnswers): void {
    const { labels, shares, sums: outputs } = wanted;
    const { combine } = this.#ensemble;
    const classCount = this.#rowShares.length;
    if (outputs !== undefined) {
      for (let i = 0, to = start * combine.outputs; i < count * combine.outputs; i++) outputs[to + i] = sums[i];
    }
    if (labels === undefined && shares === undefined) return;
    for (let row = 0; row < count; row++) {
      const to = shares ?? this.#rowShares;
      const at = shares === undefined ? 0 : (start + row) * classCount;
      this.#link(sums, row * combine.outputs, to, at);
      if (labels !== undefined) labels[start + row] = largestShare(to, at, classCount);
    }
  }

  #newScratch(rowCount: number): Scratch {
    const { arithmetic, combine } = this.#ensemble;
    const sums = rowCount * combine.outputs;
    return {
      rowCount,
      values: new Float64Array(this.#asTheyAre ? 0 : rowCount * this.#pool.columns.width),
      sums: arithmetic.sum === 'float32' ? new Float32Array(sums) : new Float64Array(sums),
      places: new Int32Array(rowCount),
    };
  }
}

/** The rows of a block as its trees ask for them: as `roundValue` leaves them, in up to four forms. */
function fillBlock(
  { input, zero }: Arithmetic,
  { columns, sets }: Pick<LinkedPool, 'columns' | 'sets'>,
  featureCount: number,
  rows: Float64Array,
  offset: number,
  count: number,
  block: Float64Array,
): void {
  const { negated, negatedWithoutZero, width, withoutZero } = columns;
  const inFloats = input === 'float32';
  const withZeros = withoutZero < 0 && negatedWithoutZero < 0;
  for (let row = 0, from = offset, to = 0; row < count; row++, from += featureCount, to += width) {
    for (let column = 0; column < featureCount; column++) {
      let value = rows[from + column];
      if (inFloats) value = Math.fround(value);
      if (zero > 0 && value >= -zero && value <= zero) value = 0;
      block[to + column] = sets !== null && sets.isCategory[column] === 1 ? codeOf(value) : value;
      if (negated >= 0) block[to + negated + column] = -value;
      if (withZeros) continue;
      if (withoutZero >= 0) block[to + withoutZero + column] = value === 0 ? Number.NaN : value;
      if (negatedWithoutZero >= 0) block[to + negatedWithoutZero + column] = value === 0 ? Number.NaN : -value;
    }
  }
}

function fillBase(sums: Scratch['sums'], { base, outputs }: Combine, count: number): void {
  if (base === null) sums.fill(0, 0, count * outputs);
  else for (let i = 0, end = count * outputs; i < end; i++) sums[i] = base[i % outputs];
}

function leafValues(ensemble: Ensemble, { nodes }: LinkedPool): LeafValues {
  const { arithmetic, combine, trees } = ensemble;
  const values = new Float64Array(trees.feature.length);
  const scaled = trees.weight.some((weight, tree) => weight !== 1 && trees.output[tree] < 0);
  const vectors: number[] = [];
  for (let tree = 0; tree < trees.treeCount; tree++) {
    const weight = trees.weight[tree];
    const weighted = (at: number) => roundSum(arithmetic, trees.values[at] * weight);
    for (let place = trees.roots[tree]; place < trees.roots[tree + 1]; place++) {
      const at = trees.value[nodes[place]];
      if (at < 0) continue;
      if (trees.output[tree] >= 0) values[place] = weighted(at);
      else values[place] = scaled ? vectors.length : at;
      if (scaled && trees.output[tree] < 0) for (let k = 0; k < combine.outputs; k++) vectors.push(weighted(at + k));
    }
  }
  return { values, vectors: scaled ? Float64Array.from(vectors) : trees.values };
}

/** Adds the leaves of one tree to the sums of many rows; 32-bit sums are rounded where they are stored. */
function addTree(
  { values, vectors }: LeafValues,
  output: number,
  outputs: number,
  places: Int32Array,
  count: number,
  sums: Scratch['sums'],
): void {
  if (output >= 0) {
    for (let row = 0, to = output; row < count; row++, to += outputs) sums[to] += values[places[row]];
    return;
  }
  for (let row = 0, to = 0; row < count; row++) {
    const from = values[places[row]];
    for (let k = 0; k < outputs; k++) sums[to++] += vectors[from + k];
  }
}

/** Adds the leaves of one row, in the order of the trees. */
function addRow(
  { values, vectors }: LeafValues,
  output: Int32Array,
  outputs: number,
  places: Int32Array,
  sums: Scratch['sums'],
  to: number,
): void {
  for (let tree = 0; tree < places.length; tree++) {
    const value = values[places[tree]];
    if (output[tree] >= 0) sums[to + output[tree]] += value;
    else for (let k = 0; k < outputs; k++) sums[to + k] += vectors[value + k];
  }
}
