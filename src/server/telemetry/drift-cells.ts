import type { Model } from '../../model/model.js';
import type { FeatureSummary, NumberSummary } from '../../model/provenance.js';
import { singleTree } from '../../model/single-tree.js';
import type { TreeAnswers } from '../../tree/answers.js';

/** Rows of one call that are counted, evenly spread: a large batch costs little more than a small one. */
const MOST_ROWS = 64;
/** Features of a row that are looked at for each row that comes: of a model with more of them only some rows count. */
const FEATURES_PER_ROW = 64;
/** Cells of a feature, or of the leaves: with fewer of them drift is seen sooner, with more of them of a finer kind. */
const MOST_CELLS = 10;
/** Features that are compared, the first ones. */
const MOST_FEATURES = 1000;

/** What the leaves are called where features have their names. */
export const LEAVES = '(leaves)';

/** How one thing was distributed over cells in training. */
export interface TrainedCells {
  /** The feature's name, or `LEAVES`. */
  readonly name: string;
  /** Training rows per cell. */
  readonly rows: Float64Array;
}

/** A feature or the leaves: which cell a row falls into. */
interface Division extends TrainedCells {
  /** @param leaf the row's node, where the model is one tree */
  cellOf(rows: Float64Array, at: number, leaf: number): number;
}

/**
 * How the rows of a model fall into cells: for each feature the bins of its training histogram or its categories, and the
 * leaves of its tree in groups. Empty for a model that keeps no histograms and is no tree.
 */
export class DriftCells {
  readonly trained: readonly TrainedCells[];
  /** Rows per cell since the model is served: those of the first division, then those of the next one. */
  readonly counts: Float64Array;
  readonly #divisions: readonly Division[];
  readonly #width: number;
  /** Of so many rows one is counted. */
  readonly #every: number;
  /** Rows that pass before the next one that is counted. */
  #skip = 0;

  constructor(model: Model) {
    const { features, provenance } = model;
    const summaries = provenance.summaries?.slice(0, MOST_FEATURES) ?? [];
    const tree = singleTree(model);
    this.#divisions = [
      ...summaries.flatMap((summary, index) => divisionOf(features[index].name, index, summary) ?? []),
      ...(tree === null ? [] : [leafDivision(tree)]),
    ].filter(({ rows }) => rows.length > 1);
    this.trained = this.#divisions;
    this.counts = new Float64Array(this.#divisions.reduce((sum, { rows }) => sum + rows.length, 0));
    this.#width = features.length;
    this.#every = Math.ceil(this.#divisions.length / FEATURES_PER_ROW);
  }

  /** @param leaves of the rows; undefined where the model is no single tree */
  count(rows: Float64Array, rowCount: number, leaves: Int32Array | undefined): void {
    const step = Math.max(Math.ceil(rowCount / MOST_ROWS), this.#every);
    let row = this.#skip;
    for (; row < rowCount; row += step) this.#countRow(rows, row * this.#width, leaves ? leaves[row] : 0);
    this.#skip = row - rowCount;
  }

  #countRow(rows: Float64Array, at: number, leaf: number): void {
    let first = 0;
    for (let index = 0; index < this.#divisions.length; index++) {
      const division = this.#divisions[index];
      this.counts[first + division.cellOf(rows, at, leaf)]++;
      first += division.rows.length;
    }
  }
}

function divisionOf(name: string, feature: number, summary: FeatureSummary): Division | undefined {
  if (summary.histogram === null) return undefined;
  const perBin = summary.histogram.counts.map((classes) => classes.reduce((sum, count) => sum + count, 0));
  const cells = summary.kind === 'number' ? numberCells(summary, perBin) : categoryCells(perBin);
  const { cellOf, rows } = cells;
  if (summary.missing === 0) return { name, rows, cellOf: (values, at) => cellOf(values[at + feature]) };
  const missing = rows.length;
  return {
    name,
    rows: Float64Array.of(...rows, summary.missing),
    cellOf: (values, at) => {
      const value = values[at + feature];
      return Number.isNaN(value) ? missing : cellOf(value);
    },
  };
}

interface Cells {
  readonly rows: Float64Array;
  readonly cellOf: (value: number) => number;
}

/**
 * The bins of the histogram, neighbours together. What lies beyond them is in the first or the last cell: a range ends
 * where the training rows do, so that some rows lie beyond it without any drift. Where all rows are in one cell, as those of a
 * constant are, a second one has what lies beyond.
 */
function numberCells({ histogram, max, min }: NumberSummary, perBin: readonly number[]): Cells {
  const { edges } = histogram!;
  const all = perBin.reduce((sum, count) => sum + count, 0);
  const { cells, rows } = groupNeighbours(perBin, all);
  if (rows.length === 1)
    return { rows: Float64Array.of(all, 0), cellOf: (value) => (value < min || value > max ? 1 : 0) };
  const inner = Float64Array.from(edges.slice(1, -1).filter((_, bin) => cells[bin] !== cells[bin + 1]));
  const cellOf = (value: number) => {
    let start = 0;
    let end = inner.length;
    while (start < end) {
      const middle = (start + end) >> 1;
      if (value < inner[middle]) end = middle;
      else start = middle + 1;
    }
    return start;
  };
  return { rows, cellOf };
}

/** A cell for each frequent category; the last one has the rare ones, and those that training never saw, or them alone. */
function categoryCells(perCategory: readonly number[]): Cells {
  if (perCategory.length === 1)
    return { rows: Float64Array.of(perCategory[0], 0), cellOf: (category) => (category < 0 ? 1 : 0) };
  const byRows = [...perCategory.keys()].sort((a, b) => perCategory[b] - perCategory[a]);
  const last = Math.min(perCategory.length, MOST_CELLS) - 1;
  const cells = new Int32Array(perCategory.length);
  const rows = new Float64Array(last + 1);
  for (const [rank, category] of byRows.entries()) {
    cells[category] = Math.min(rank, last);
    rows[cells[category]] += perCategory[category];
  }
  return { rows, cellOf: (category) => (category < 0 ? last : cells[category]) };
}

/** Neighbours in the tree are in one cell. */
function leafDivision({ samples, tree }: TreeAnswers): Division {
  // A loop over a million nodes, while calls wait: it copies nothing.
  const { cells, rows } = groupNeighbours(samples, samples[0], tree.feature);
  return { name: LEAVES, rows, cellOf: (_, __, leaf) => cells[leaf] };
}

interface Groups {
  /** Per part, the group that it is in. */
  readonly cells: Int32Array;
  /** Per group. */
  readonly rows: Float64Array;
}

/**
 * Groups with about as many training rows each, unless one part has more.
 *
 * @param perPart training rows of each part
 * @param all of these together
 * @param left where it is 0 or more, the part is left out
 */
function groupNeighbours(perPart: ArrayLike<number>, all: number, left?: ArrayLike<number>): Groups {
  const cells = new Int32Array(perPart.length);
  const rows = [0];
  let cell = 0;
  for (let part = 0; part < perPart.length; part++) {
    if (left !== undefined && left[part] >= 0) continue;
    if (perPart[part] > 0 && rows[cell] >= all / MOST_CELLS) cell = rows.push(0) - 1;
    cells[part] = cell;
    rows[cell] += perPart[part];
  }
  return { cells, rows: Float64Array.from(rows) };
}
