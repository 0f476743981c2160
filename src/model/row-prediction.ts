import { UsageError } from '../ground/errors.js';
import type { Classifier } from './classifier.js';
import { type Contributions, contributionsSize, namedContributions } from './contributions.js';
import type { PathStep } from './path-step.js';

/** What a model answers one row. */
export interface RowPrediction {
  readonly label: string;
  /** The label's index in the model's classes. */
  readonly classIndex: number;
  /** In the order of the classes; empty where they were not asked for. */
  readonly probabilities: readonly { readonly class: string; readonly share: number }[];
  /** The questions from the root to the leaf, where they were asked for. */
  readonly path?: readonly PathStep[];
  /** How much each feature brings to the answer, where it was asked for. */
  readonly contributions?: Contributions;
  readonly modelVersion: string;
}

/** What to answer beside the label. */
export interface WantedAnswers {
  readonly probabilities: boolean;
  readonly path: boolean;
  readonly contributions?: boolean;
}

/**
 * @param values rows that the classifier's `findBadValue` accepts
 * @throws UsageError where paths or contributions are asked for and the model has none
 */
export function predictRows(
  classifier: Classifier,
  modelVersion: string,
  values: Float64Array,
  rowCount: number,
  wanted: WantedAnswers,
): RowPrediction[] {
  const { classes, features } = classifier;
  const width = features.length;
  const labels = new Int32Array(rowCount);
  const shares = wanted.probabilities ? new Float64Array(rowCount * classes.length) : undefined;
  classifier.answerInto(values, rowCount, { labels, shares });
  const contributions = wanted.contributions ? contributionsOf(classifier, values, rowCount) : undefined;
  return Array.from(labels, (label, row) => ({
    label: classes[label],
    classIndex: label,
    probabilities:
      shares === undefined ? [] : classes.map((name, k) => ({ class: name, share: shares[row * classes.length + k] })),
    ...(wanted.path ? { path: explain(classifier, values.subarray(row * width, (row + 1) * width)) } : {}),
    ...(contributions && { contributions: contributions[row] }),
    modelVersion,
  }));
}

function contributionsOf(classifier: Classifier, values: Float64Array, rowCount: number): Contributions[] {
  const { contributions, features } = classifier;
  const size = contributionsSize(contributions, features.length);
  const numbers = new Float64Array(rowCount * size);
  classifier.contributionsInto(values, rowCount, numbers);
  return Array.from({ length: rowCount }, (_, row) =>
    namedContributions(
      contributions,
      features,
      numbers.subarray(row * size, (row + 1) * size),
      values.subarray(row * features.length, (row + 1) * features.length),
    ),
  );
}

function explain({ explainer }: Classifier, row: Float64Array): PathStep[] {
  if (explainer === null) {
    throw new UsageError('the model has no path to a leaf, as it is more than one tree: ask for contributions');
  }
  return explainer.pathOf(row);
}
