import { nameInWords } from '../ground/quote.js';
import { type CategoryStep, explainFrom, type Step, type ThresholdStep } from '../tree/explain.js';
import { longestWalk, majorityInto, predictInto, predictLeaf, samplesAt, sharesInto } from '../tree/predict.js';
import { UNKNOWN_CATEGORY } from '../tree/tree.js';
import type { Feature, Model } from './model.js';
import { runSteps, type Steps } from './steps.js';

/** A value that no row may have, and why. */
export interface BadValue {
  readonly row: number;
  /** Index of the feature. */
  readonly feature: number;
  /** Names the feature, as `nameInWords` does: what was expected, what was found. */
  readonly message: string;
}

interface Decision {
  readonly feature: string;
  /** A number, the name of a category, null where the value is missing. */
  readonly value: number | string | null;
  readonly wentLeft: boolean;
  /** Training rows that reached this question. */
  readonly samples: number;
}

/** One question on the way to the leaf: left when the value is at most the threshold, or one of the categories. */
export type PathStep = Decision & ({ readonly threshold: number } | { readonly categories: readonly string[] });

/**
 * A model made ready for rows. Rows are row-major: one value per feature, in the model's order; a number, the index of
 * a category (-1: one that training never saw), NaN where the value is missing. The methods that predict take rows
 * that `findBadValue` accepts.
 */
export interface Predictor {
  readonly model: Model;
  readonly featureCount: number;
  readonly classCount: number;
  /** `classIndex[node]`: the predicted class at a leaf. */
  readonly classIndex: Int32Array;
  /** `labels[node]`: its label. */
  readonly labels: readonly string[];
  /** `shares[node * classCount + class]`: counts times class weights, normalised to 1. */
  readonly shares: Float64Array;
  /** `samples[node]`: training rows. */
  readonly samples: Float64Array;
  /** The most that finding a row's leaf takes, in comparisons of two numbers. */
  readonly longestWalk: number;
  /** The first value that cannot be predicted from: infinite, missing where training missed none, or no category. */
  findBadValue(rows: Float64Array, rowCount: number): BadValue | undefined;
  /** The leaf's node of the row that begins at `offset`. */
  leafOf(row: Float64Array, offset?: number): number;
  /** Writes the leaf's node of each row into `leaves`. */
  leavesInto(rows: Float64Array, rowCount: number, leaves: Int32Array): void;
  /** A leaf's shares, one per class. A view, not a copy. */
  sharesOf(leaf: number): Float64Array;
  /** The questions from the root to the leaf of one row. */
  pathOf(row: Float64Array): PathStep[];
  /** A part of `pathOf`: at most so many questions from a node on. */
  partOfPath(row: Float64Array, from: number, most: number): PathPart;
}

/** Questions in a row, and the node that they lead to. */
export interface PathPart {
  readonly steps: readonly PathStep[];
  /** -1 where the path has ended. */
  readonly next: number;
}

const UNKNOWN_NAME = '(unknown)';

/** Shares that one step computes. */
const STEP_SHARES = 1 << 14;

export function createPredictor(model: Model): Predictor {
  return runSteps(predictorSteps(model));
}

/** The steps of `createPredictor`: a large tree takes a tenth of a second. */
export function* predictorSteps(model: Model): Steps<Predictor> {
  const { classes, features, tree } = model;
  const { classCount, featureCount, nodeCount } = tree;
  const shares = new Float64Array(nodeCount * classCount);
  const classIndex = new Int32Array(nodeCount);
  const labels = new Array<string>(nodeCount);
  const samples = new Float64Array(nodeCount);
  const nodes = Math.max(1, Math.floor(STEP_SHARES / classCount));
  for (let start = 0; start < nodeCount; start += nodes) {
    const end = Math.min(start + nodes, nodeCount);
    const part = shares.subarray(start * classCount, end * classCount);
    sharesInto(tree, model.training.classWeight, start, end, part);
    majorityInto(part, classCount, classIndex.subarray(start, end));
    for (let node = start; node < end; node++) {
      labels[node] = classes[classIndex[node]];
      samples[node] = samplesAt(tree, node);
    }
    yield;
  }
  const samplesOf = (node: number) => samples[node];
  const named = ({ node: _, ...step }: Step): PathStep => nameStep(features[step.feature], step);
  const stepsFrom = (row: Float64Array, from: number, most: number) => explainFrom(tree, samplesOf, row, from, most);
  return {
    model,
    featureCount,
    classCount,
    classIndex,
    labels,
    shares,
    samples,
    longestWalk: longestWalk(tree),
    findBadValue: badValueFinder(features),
    leafOf: (row, offset = 0) => predictLeaf(tree, row, offset),
    leavesInto: (rows, rowCount, leaves) => predictInto(tree, rows, rowCount, leaves),
    sharesOf: (leaf) => shares.subarray(leaf * classCount, (leaf + 1) * classCount),
    pathOf: (row) => stepsFrom(row, 0, Number.POSITIVE_INFINITY).map(named),
    partOfPath: (row, from, most) => {
      const steps = stepsFrom(row, from, most);
      return { steps: steps.map(named), next: nodeAfter(tree, from, steps[steps.length - 1]) };
    },
  };
}

/** Where a path goes on, -1 at its leaf. */
function nodeAfter({ feature, left, right }: Model['tree'], from: number, last: Step | undefined): number {
  const node = last === undefined ? from : (last.wentLeft ? left : right)[last.node];
  return feature[node] < 0 ? -1 : node;
}

function nameStep(feature: Feature, step: Omit<Step, 'node'>): PathStep {
  const named = { feature: feature.name, value: nameValue(feature, step.value) };
  if ('threshold' in step) return { ...(step as Omit<ThresholdStep, 'node'>), ...named };
  const { categories, samples, wentLeft } = step as Omit<CategoryStep, 'node'>;
  // In the order that clients see.
  return { ...named, categories: categories.map((index) => categoryNames(feature)[index]), wentLeft, samples };
}

function badValueFinder(features: readonly Feature[]): Predictor['findBadValue'] {
  const featureCount = features.length;
  const onlyNumbers = features.every(({ kind }) => kind === 'number');
  return (rows, rowCount) => {
    const end = rowCount * featureCount;
    if (onlyNumbers && allFinite(rows, end)) return undefined;
    for (let at = 0, column = 0; at < end; at++) {
      const value = rows[at];
      if (!onlyNumbers || !Number.isFinite(value)) {
        const found = reject(features[column], value);
        if (found !== undefined) {
          return {
            row: (at - column) / featureCount,
            feature: column,
            message: `${nameInWords(features[column].name)}: ${found}`,
          };
        }
      }
      if (++column === featureCount) column = 0;
    }
    return undefined;
  };
}

/** Nearly every batch is: a loop without branches first. What is not finite subtracts to NaN from itself, not to 0. */
function allFinite(values: Float64Array, count: number): boolean {
  // Four sums, since an addition to one waits for the last: two thirds of the time of one.
  let [sum0, sum1, sum2, sum3] = [0, 0, 0, 0];
  const fours = count - (count % 4);
  for (let at = 0; at < fours; at += 4) {
    sum0 += values[at] - values[at];
    sum1 += values[at + 1] - values[at + 1];
    sum2 += values[at + 2] - values[at + 2];
    sum3 += values[at + 3] - values[at + 3];
  }
  for (let at = fours; at < count; at++) sum0 += values[at] - values[at];
  return sum0 + sum1 + sum2 + sum3 === 0;
}

/** What was expected and found, for a value that cannot be predicted from. */
function reject(feature: Feature, value: number): string | undefined {
  if (Number.isNaN(value)) {
    return feature.missing > 0 ? undefined : 'expected a value, as none was missing in training, found a missing one';
  }
  if (feature.kind === 'number') return Number.isFinite(value) ? undefined : `expected a finite number, found ${value}`;
  const last = feature.categories.length - 1;
  if (Number.isInteger(value) && value >= UNKNOWN_CATEGORY && value <= last) return undefined;
  return `expected the index of a category, from ${UNKNOWN_CATEGORY} (unknown) to ${last}, found ${value}`;
}

function categoryNames(feature: Feature): readonly string[] {
  return feature.kind === 'category' ? feature.categories : [];
}

function nameValue(feature: Feature, value: number): number | string | null {
  if (Number.isNaN(value)) return null;
  if (feature.kind === 'number') return value;
  return value === UNKNOWN_CATEGORY ? UNKNOWN_NAME : feature.categories[value];
}
