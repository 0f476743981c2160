import type { TreeAnswers } from '../tree/answers.js';
import { type CategoryStep, explainFrom, type Step, type ThresholdStep } from '../tree/explain.js';
import type { Tree } from '../tree/tree.js';
import { featureValue } from './feature-value.js';
import type { Feature, Predicting } from './model.js';
import { type BareStep, type PathStep, stepWords } from './path-step.js';
import { thresholdText } from './threshold-text.js';

/** Consecutive tests, and the node that they lead to. */
export interface PathPart {
  readonly steps: readonly PathStep[];
  /** -1 where the path has ended. */
  readonly next: number;
}

/** Explains a prediction. */
export interface Explainer {
  /** The tests from the root to the leaf of one row. */
  pathOf(row: Float64Array): PathStep[];
  /** A part of `pathOf`: at most `most` tests from a node on. */
  partOfPath(row: Float64Array, from: number, most: number): PathPart;
}

/** @param model whose tree it is */
export function treeExplainer({ samples, tree }: TreeAnswers, { features, provenance }: Predicting): Explainer {
  const decimals = provenance?.decimals ?? null;
  const samplesOf = (node: number) => samples[node];
  const stepsFrom = (row: Float64Array, from: number, most: number) => explainFrom(tree, samplesOf, row, from, most);
  const named = ({ node: _, ...step }: Step): PathStep => {
    const bare = nameStep(features[step.feature], step);
    const threshold = 'threshold' in bare ? thresholdText(bare.threshold, decimals?.[step.feature] ?? null) : undefined;
    return { ...bare, words: stepWords(bare, threshold) };
  };
  return {
    pathOf: (row) => stepsFrom(row, 0, Number.POSITIVE_INFINITY).map(named),
    partOfPath: (row, from, most) => {
      const steps = stepsFrom(row, from, most);
      return { steps: steps.map(named), next: nodeAfter(tree, from, steps[steps.length - 1]) };
    },
  };
}

/** The next node of a path, -1 at its leaf. */
function nodeAfter({ feature, left, right }: Tree, from: number, last: Step | undefined): number {
  const node = last === undefined ? from : (last.wentLeft ? left : right)[last.node];
  return feature[node] < 0 ? -1 : node;
}

function nameStep(feature: Feature, step: Omit<Step, 'node'>): BareStep {
  const named = { feature: feature.name, value: featureValue(feature, step.value) };
  if ('threshold' in step) return { ...(step as Omit<ThresholdStep, 'node'>), ...named };
  const { categories, samples, wentLeft } = step as Omit<CategoryStep, 'node'>;
  // In the order that clients see.
  return { ...named, categories: categories.map((index) => categoryNames(feature)[index]), wentLeft, samples };
}

function categoryNames(feature: Feature): readonly string[] {
  return feature.kind === 'category' ? feature.categories : [];
}
