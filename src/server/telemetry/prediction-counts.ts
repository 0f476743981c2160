import type { Feature } from '../../artifact/model.js';
import type { Predictor } from '../../artifact/predictor.js';

/** Rows after which older ones begin to be forgotten: enough for a distance that chance hardly moves. */
const WINDOW_ROWS = 10_000;

interface Counter {
  count: number;
}

/** How many of the last rows came to each node: of the last 10 000 to 20 000, or a little more. */
interface LeafWindow {
  recent: Float64Array;
  before: Float64Array;
}

/**
 * Counts what is predicted, through any number of models: rows per class and values that training never saw, by name,
 * and for each model how its last rows fell on its leaves.
 */
export class PredictionCounts {
  readonly #rows = new Map<string, Counter>();
  readonly #outOfRange = new Map<string, Counter>();
  /** Calls go on with the model that they began with: its counts live as long as it does. */
  readonly #windows = new WeakMap<Predictor, LeafWindow>();

  /** By class. */
  get rows(): Map<string, number> {
    return countsOf(this.#rows);
  }

  /** Numbers outside the training rows' range, and categories that training never saw, by feature. */
  get outOfRange(): Map<string, number> {
    return countsOf(this.#outOfRange);
  }

  /**
   * Rows per node, of the last ones; begins to forget when there are enough.
   *
   * @param predictor one that `instrument` made
   */
  leaves(predictor: Predictor): Float64Array {
    const window = this.#windows.get(predictor);
    if (!window) return new Float64Array(predictor.model.tree.nodeCount);
    const { before, recent } = window;
    const leaves = recent.map((rows, node) => rows + before[node]);
    if (recent.reduce((sum, rows) => sum + rows, 0) >= WINDOW_ROWS) {
      window.before = recent;
      window.recent = new Float64Array(recent.length);
    }
    return leaves;
  }

  /** The same predictor, counted. */
  readonly instrument = (predictor: Predictor): Predictor => {
    const { classIndex, featureCount, model } = predictor;
    const { nodeCount } = model.tree;
    const window: LeafWindow = { recent: new Float64Array(nodeCount), before: new Float64Array(nodeCount) };
    const perClass = model.classes.map((label) => counterOf(this.#rows, label));
    const perLeaf = Array.from(classIndex, (index) => perClass[index]);
    const countRange = this.#rangeCounter(model.features);
    const counted: Predictor = {
      ...predictor,
      leafOf: (row, offset = 0) => {
        const leaf = predictor.leafOf(row, offset);
        window.recent[leaf]++;
        perLeaf[leaf].count++;
        countRange(row, offset, offset + featureCount);
        return leaf;
      },
      leavesInto: (rows, rowCount, leaves) => {
        predictor.leavesInto(rows, rowCount, leaves);
        const { recent } = window;
        for (let row = 0; row < rowCount; row++) {
          const leaf = leaves[row];
          recent[leaf]++;
          perLeaf[leaf].count++;
        }
        countRange(rows, 0, rowCount * featureCount);
      },
    };
    this.#windows.set(counted, window);
    return counted;
  };

  /** Counts the values from `start` to `end`, whole rows, that are out of range. */
  #rangeCounter(features: readonly Feature[]): (rows: Float64Array, start: number, end: number) => void {
    const featureCount = features.length;
    const ranges = features.map(trainingRange);
    const counters = features.map(({ name }) => counterOf(this.#outOfRange, name));
    return (rows, start, end) => {
      for (let column = 0; column < featureCount; column++) {
        const { max, min } = ranges[column];
        let outside = 0;
        for (let at = start + column; at < end; at += featureCount) {
          const value = rows[at];
          if (value < min || value > max) outside++;
        }
        if (outside > 0) counters[column].count += outside;
      }
    };
  }
}

/** A missing value is outside of no range. */
function trainingRange(feature: Feature): { min: number; max: number } {
  if (feature.kind === 'number') return { min: feature.min, max: feature.max };
  // An unknown category is -1.
  return { min: 0, max: feature.categories.length };
}

function counterOf(counters: Map<string, Counter>, name: string): Counter {
  let counter = counters.get(name);
  if (!counter) {
    counter = { count: 0 };
    counters.set(name, counter);
  }
  return counter;
}

function countsOf(counters: ReadonlyMap<string, Counter>): Map<string, number> {
  return new Map(Array.from(counters, ([name, { count }]) => [name, count]));
}
