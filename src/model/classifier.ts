import { categoryFinder } from '../data/category-index.js';
import { badOption } from '../ground/errors.js';
import { UNKNOWN_CATEGORY } from '../ground/limits.js';
import { checkArgument, requireKnownOptions } from '../ground/options.js';
import type { TreeAnswers } from '../tree/answers.js';
import { longestWalk, predictInto } from '../tree/predict.js';
import { predictorSteps } from '../tree/predict-ensemble.js';
import { finish } from '../tree/turns.js';
import { type ContributionExplainer, ensembleContributions, treeContributions } from './contributions.js';
import { type Explainer, treeExplainer } from './decision-path.js';
import {
  aPredictor,
  type EnsembleScorer,
  type Feature,
  type Predicting,
  type TreeScorer,
  unseenCategory,
} from './model.js';
import { type BadValue, badValueFinder } from './row-check.js';
import { singleTreeSteps } from './single-tree.js';
import { runSteps, type Steps } from './steps.js';

/** Where answers are written: what is not given is not computed. */
export interface Answers {
  /** Index of the predicted class, one per row. */
  readonly labels?: Int32Array | undefined;
  /** One share per row and class, row-major. */
  readonly shares?: Float64Array | undefined;
  /** Node of the leaf, one per row and tree, row-major. */
  readonly leaves?: Int32Array | undefined;
}

/**
 * A model made ready for rows, whatever kind it is. Rows are row-major: one value per feature, in the model's order; a
 * number, the index of a category (-1: one that training never saw), NaN where the value is missing. The methods that
 * predict take rows that `findBadValue` accepts.
 */
export interface Classifier {
  readonly features: readonly Feature[];
  readonly classes: readonly string[];
  /** Where it is 1, the leaf alone decides what a row is answered. */
  readonly treeCount: number;
  /** The most that finding a row's leaves takes, in comparisons of two numbers. */
  readonly longestWalk: number;
  /**
   * What a text stands for, of a feature that is a category: the index of the category. A number is the category of its
   * value; one that training never saw is the category of all others, or -1.
   */
  categoryOf(feature: number, text: string): number;
  /** The first value that cannot be predicted from: infinite, missing where none may be, or no category. */
  findBadValue(rows: Float64Array, rowCount: number): BadValue | undefined;
  /** All that is asked for, at once. */
  answerInto(rows: Float64Array, rowCount: number, answers: Answers): void;
  labelsInto(rows: Float64Array, rowCount: number, labels: Int32Array): void;
  sharesInto(rows: Float64Array, rowCount: number, shares: Float64Array): void;
  leavesInto(rows: Float64Array, rowCount: number, leaves: Int32Array): void;
  /**
   * How much each feature brings to each output: exact path-dependent TreeSHAP. Outputs are the shares of the classes; of
   * boosted trees the margins, one per class or one alone for the second of two.
   *
   * @param contributions receives, per row and output, one number per feature, what is expected, and what rounding leaves: added
   *   in this order, from 0 on, they are the output to the last bit
   * @throws UsageError where the model does not say how many training rows came to each node
   */
  contributionsInto(rows: Float64Array, rowCount: number, contributions: Float64Array): void;
  /** Null where the kind cannot. */
  readonly explainer: Explainer | null;
  /** What computes contributions, in steps. */
  readonly contributions: ContributionExplainer;
}

const ANSWERS: readonly (keyof Answers)[] = ['labels', 'shares', 'leaves'];

export function createClassifier(model: Predicting): Classifier {
  return runSteps(classifierSteps(model));
}

/** For callers of the library: a misspelt answer, or an array that is too short, is a UsageError, and not one that is never written. */
export function createCheckedClassifier(model: Predicting): Classifier {
  checkArgument('model', model, aPredictor);
  const classifier = createClassifier(model);
  const { classes, contributions, features, treeCount } = classifier;
  return {
    ...classifier,
    answerInto(rows, rowCount, answers) {
      requireKnownOptions(answers, ANSWERS);
      const { labels, leaves, shares } = answers;
      requireRoom('rows', rows, rowCount, features.length);
      if (labels) requireRoom('labels', labels, rowCount, 1);
      if (shares) requireRoom('shares', shares, rowCount, classes.length);
      if (leaves) requireRoom('leaves', leaves, rowCount, treeCount);
      classifier.answerInto(rows, rowCount, answers);
    },
    labelsInto(rows, rowCount, labels) {
      requireRoom('rows', rows, rowCount, features.length);
      requireRoom('labels', labels, rowCount, 1);
      classifier.labelsInto(rows, rowCount, labels);
    },
    sharesInto(rows, rowCount, shares) {
      requireRoom('rows', rows, rowCount, features.length);
      requireRoom('shares', shares, rowCount, classes.length);
      classifier.sharesInto(rows, rowCount, shares);
    },
    leavesInto(rows, rowCount, leaves) {
      requireRoom('rows', rows, rowCount, features.length);
      requireRoom('leaves', leaves, rowCount, treeCount);
      classifier.leavesInto(rows, rowCount, leaves);
    },
    findBadValue(rows, rowCount) {
      requireRoom('rows', rows, rowCount, features.length);
      return classifier.findBadValue(rows, rowCount);
    },
    contributionsInto(rows, rowCount, into) {
      requireRoom('rows', rows, rowCount, features.length);
      requireRoom('contributions', into, rowCount, contributions.classes.length * (features.length + 2));
      classifier.contributionsInto(rows, rowCount, into);
    },
  };
}

/** @throws UsageError */
function requireRoom(option: string, { length }: Float64Array | Int32Array, rowCount: number, each: number): void {
  if (length >= rowCount * each) return;
  const expected = `at least ${rowCount} × ${each} numbers`;
  throw badOption(option, expected, length, { found: String(length) });
}

/** The steps of `createClassifier`: a large tree takes a tenth of a second. */
export function classifierSteps(model: Predicting): Steps<Classifier> {
  const { scorer } = model;
  return scorer.kind === 'tree' ? treeSteps(model, scorer) : ensembleSteps(model, scorer);
}

function* treeSteps(model: Predicting, scorer: TreeScorer): Steps<Classifier> {
  const { classes, features } = model;
  const answers = yield* singleTreeSteps(scorer);
  const known = {
    features,
    classes,
    treeCount: 1,
    longestWalk: longestWalk(answers.tree),
    categoryOf: categoryReader(features),
    findBadValue: badValueFinder(features),
    explainer: treeExplainer(answers, model),
    contributions: treeContributions(answers, model),
  };
  return withAnswers(known, treeAnswerer(answers));
}

function* ensembleSteps(model: Predicting, scorer: EnsembleScorer): Steps<Classifier> {
  const { classes, features } = model;
  const { ensemble } = scorer;
  const { answerInto, longestWalk } = yield* predictorSteps(ensemble);
  const known = {
    features,
    classes,
    treeCount: ensemble.trees.treeCount,
    longestWalk,
    categoryOf: categoryReader(features),
    findBadValue: badValueFinder(features),
    explainer: null,
    contributions: ensembleContributions(scorer, model),
  };
  return withAnswers(known, answerInto);
}

function categoryReader(features: readonly Feature[]): Classifier['categoryOf'] {
  const readers: ((text: string) => number)[] = [];
  return (index, text) => {
    readers[index] ??= readerOf(features[index]);
    return readers[index](text);
  };
}

function readerOf(feature: Feature): (text: string) => number {
  if (feature.kind === 'number') return () => UNKNOWN_CATEGORY;
  const find = categoryFinder(feature.categories);
  const unseen = unseenCategory(feature);
  return (text) => find(text) ?? unseen;
}

/** A classifier that answers with `answerInto`, one output or several. */
export function withAnswers(
  known: Omit<Classifier, 'answerInto' | 'labelsInto' | 'sharesInto' | 'leavesInto' | 'contributionsInto'>,
  answerInto: Classifier['answerInto'],
): Classifier {
  return {
    ...known,
    answerInto,
    labelsInto: (rows, rowCount, labels) => answerInto(rows, rowCount, { labels }),
    sharesInto: (rows, rowCount, shares) => answerInto(rows, rowCount, { shares }),
    leavesInto: (rows, rowCount, leaves) => answerInto(rows, rowCount, { leaves }),
    contributionsInto(rows, rowCount, contributions) {
      const width = known.features.length;
      const rowAt = (row: number) => rows.subarray(row * width, (row + 1) * width);
      finish(finish(known.contributions.prepare()).explain(rowAt, rowCount, contributions));
    },
  };
}

function treeAnswerer({ classes, shares: known, tree }: TreeAnswers): Classifier['answerInto'] {
  return (rows, rowCount, { labels, leaves, shares }) => {
    if (leaves === undefined && shares === undefined) {
      if (labels !== undefined) predictInto(tree, rows, rowCount, labels, classes);
      return;
    }
    const found = leaves ?? new Int32Array(rowCount);
    predictInto(tree, rows, rowCount, found);
    if (labels !== undefined) lookUpClasses(found, rowCount, classes, labels);
    if (shares !== undefined) lookUpShares(found, rowCount, known, tree.classCount, shares);
  };
}

// Loops of their own: one over what a closure holds takes a third more time, and map() ten times as much.

function lookUpClasses(leaves: Int32Array, rowCount: number, classes: Int32Array, labels: Int32Array): void {
  for (let row = 0; row < rowCount; row++) labels[row] = classes[leaves[row]];
}

function lookUpShares(
  leaves: Int32Array,
  rowCount: number,
  known: Float64Array,
  classCount: number,
  shares: Float64Array,
): void {
  for (let row = 0, at = 0; row < rowCount; row++) {
    const from = leaves[row] * classCount;
    for (let k = 0; k < classCount; k++) shares[at++] = known[from + k];
  }
}
