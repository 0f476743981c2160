import { type Answers, type Classifier, withAnswers } from '../../model/classifier.js';
import type { Feature, Model } from '../../model/model.js';
import type { FeatureSummary } from '../../model/provenance.js';
import { singleTree } from '../../model/single-tree.js';
import { DriftCells } from './drift-cells.js';

/** Rows after which older ones are forgotten: enough for a distance with little noise. */
const WINDOW_ROWS = 10_000;

/**
 * The most names of classes, and of features, that are counted separately; all others are counted together. Each is a
 * series in every scrape: a model may have tens of thousands, and the next model others.
 * Why: docs/decisions/a-thousand-names-in-metrics.md
 */
const MAX_NAMES = 1000;

const OTHER_CLASSES = '(other classes)';
const OTHER_FEATURES = '(other features)';
/** As `modelKey` gives a key. */
const OTHER_MODELS = '(other models)\n';

/** A version of a model in counts by name. */
function modelKey(name: string, version: string): string {
  return `${name}\n${version}`;
}

/** The name and the version in a key of `PredictionCounts.models`. */
export function modelOfKey(key: string): { readonly model: string; readonly version: string } {
  const end = key.lastIndexOf('\n');
  return { model: key.slice(0, end), version: key.slice(end + 1) };
}

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
  readonly #windows = new WeakMap<Model, LeafWindow>();
  readonly #cells = new WeakMap<Model, DriftCells>();
  readonly #models = new Map<string, Counter>();

  /** By class. */
  get rows(): Map<string, number> {
    return countsOf(this.#rows);
  }

  /** Of each version of a model, whose name and version `modelOfKey` tells. */
  get models(): Map<string, number> {
    return countsOf(this.#models);
  }

  /** Numbers outside the training rows' range, and categories that training never saw, by feature. */
  get outOfRange(): Map<string, number> {
    return countsOf(this.#outOfRange);
  }

  /**
   * Rows per node of a model that is one tree, of the last ones; begins to forget when there are enough. Asked by model: its
   * classifier may be wrapped by others too.
   */
  leaves(model: Model): Float64Array {
    const window = this.#windows.get(model);
    if (!window) return new Float64Array(0);
    const { before, recent } = window;
    const leaves = recent.map((rows, node) => rows + before[node]);
    if (recent.reduce((sum, rows) => sum + rows, 0) >= WINDOW_ROWS) {
      window.before = recent;
      window.recent = new Float64Array(recent.length);
    }
    return leaves;
  }

  /** Rows per cell, as `DriftCells` has them, since the model is served. */
  cells(model: Model): Float64Array {
    return this.#cells.get(model)?.counts ?? new Float64Array(0);
  }

  /** The same classifier, counted. */
  readonly instrument = (classifier: Classifier, model: Model, name: string): Classifier => {
    const featureCount = model.features.length;
    const nodeCount = singleTree(model)?.tree.nodeCount ?? 0;
    // A reload that finds the same model goes on with its counts.
    const window = this.#windows.get(model) ?? noRows(nodeCount);
    const perClass = model.classes.map((label) => counterOf(this.#rows, label, OTHER_CLASSES));
    const countRange = this.#rangeCounter(model);
    const ofModel = counterOf(this.#models, modelKey(name, model.version), OTHER_MODELS);
    const cells = this.#cells.get(model) ?? new DriftCells(model);
    const answerInto = (rows: Float64Array, rowCount: number, answers: Answers): void => {
      const labels = answers.labels ?? new Int32Array(rowCount);
      const leaves = answers.leaves ?? (nodeCount > 0 ? new Int32Array(rowCount) : undefined);
      classifier.answerInto(rows, rowCount, { labels, leaves, shares: answers.shares });
      ofModel.count += rowCount;
      for (let row = 0; row < rowCount; row++) perClass[labels[row]].count++;
      // Read once: an answer to `leaves` begins another window.
      const { recent } = window;
      if (nodeCount > 0 && leaves !== undefined) for (let row = 0; row < rowCount; row++) recent[leaves[row]]++;
      countRange(rows, 0, rowCount * featureCount);
      cells.count(rows, rowCount, nodeCount > 0 ? leaves : undefined);
    };
    if (nodeCount > 0) this.#windows.set(model, window);
    this.#cells.set(model, cells);
    return withAnswers(classifier, answerInto);
  };

  /** Counts the values from `start` to `end`, whole rows, that are out of range. */
  #rangeCounter({ features, provenance }: Model): (rows: Float64Array, start: number, end: number) => void {
    const featureCount = features.length;
    const ranges = features.map((feature, index) => trainingRange(feature, provenance.summaries?.[index]));
    const counters = features.map(({ name }) => counterOf(this.#outOfRange, name, OTHER_FEATURES));
    return (rows, start, end) => {
      for (let column = 0; column < featureCount; column++) {
        const outside = countOutside(rows, start + column, end, featureCount, ranges[column]);
        if (outside > 0) counters[column].count += outside;
      }
    };
  }
}

function noRows(nodeCount: number): LeafWindow {
  return { recent: new Float64Array(nodeCount), before: new Float64Array(nodeCount) };
}

interface Range {
  readonly min: number;
  readonly max: number;
}

/** Of every `step`-th value. Four of them in a round take two thirds of the time of one. */
function countOutside(values: Float64Array, start: number, end: number, step: number, { max, min }: Range): number {
  let outside = 0;
  let at = start;
  for (; at + 3 * step < end; at += 4 * step) {
    const value0 = values[at];
    const value1 = values[at + step];
    const value2 = values[at + 2 * step];
    const value3 = values[at + 3 * step];
    if (value0 < min || value0 > max) outside++;
    if (value1 < min || value1 > max) outside++;
    if (value2 < min || value2 > max) outside++;
    if (value3 < min || value3 > max) outside++;
  }
  for (; at < end; at += step) if (values[at] < min || values[at] > max) outside++;
  return outside;
}

/** A missing value is never out of range, nor is any number where the model has no range. */
function trainingRange(feature: Feature, summary: FeatureSummary | undefined): Range {
  if (feature.kind === 'number') {
    return summary?.kind === 'number' ? summary : { min: Number.NEGATIVE_INFINITY, max: Number.POSITIVE_INFINITY };
  }
  // An unknown category is -1.
  return { min: 0, max: feature.categories.length };
}

function counterOf(counters: Map<string, Counter>, name: string, others: string): Counter {
  const known = counters.get(name);
  if (known) return known;
  if (counters.size >= MAX_NAMES && name !== others) return counterOf(counters, others, others);
  const counter = { count: 0 };
  counters.set(name, counter);
  return counter;
}

function countsOf(counters: ReadonlyMap<string, Counter>): Map<string, number> {
  return new Map(Array.from(counters, ([name, { count }]) => [name, count]));
}
