import type { Dataset } from '../data/dataset.js';
import type { Classifier } from '../model/classifier.js';
import type { ForestScorer } from '../model/model.js';
import type { Steps } from '../model/steps.js';
import { gatherRows } from '../training/gather-rows.js';
import { largestShare } from '../tree/answers.js';

/** How far the trees of a forest answer alike. */
export interface Agreement {
  readonly trees: number;
  /** Of the trees whose own answer is the forest's: the mean of their share over the rows. */
  readonly mean: number;
  /** Rows by that share, ascending; without those that have none. */
  readonly bins: readonly AgreementBin[];
}

/** Rows on which a share of the trees from `lower` up to below `upper` agrees; the last bin is that of all trees. */
export interface AgreementBin {
  readonly lower: number;
  readonly upper: number;
  readonly rows: number;
  /** Rows that the forest predicts rightly. */
  readonly right: number;
}

/** Where bins begin: below a half the forest goes with the largest of several parties. */
const LOWER = [0, 0.5, 0.6, 0.7, 0.8, 0.9, 1];
/** Leaves that are looked at in one step. */
const STEP_LEAVES = 1 << 18;

/** Null without rows. Yields after each chunk of rows. @param rows which the classifier accepts */
export function* measureAgreement(
  { ensemble }: ForestScorer,
  classifier: Classifier,
  dataset: Dataset,
  rows: Uint32Array,
): Steps<Agreement | null> {
  const { trees } = ensemble;
  const { treeCount } = trees;
  const classes = leafClasses(ensemble, classifier.classes.length);
  const bins = LOWER.map((lower, bin) => ({ lower, upper: LOWER[bin + 1] ?? 1, rows: 0, right: 0 }));
  const chunkRows = Math.max(1, Math.floor(STEP_LEAVES / treeCount));
  let agreeing = 0;
  for (let start = 0; start < rows.length; start += chunkRows) {
    const chunk = rows.subarray(start, start + chunkRows);
    const labels = new Int32Array(chunk.length);
    const leaves = new Int32Array(chunk.length * treeCount);
    classifier.answerInto(gatherRows(dataset, chunk), chunk.length, { labels, leaves });
    for (const [row, label] of labels.entries()) {
      let count = 0;
      for (let tree = 0; tree < treeCount; tree++) {
        if (classes[trees.roots[tree] + leaves[row * treeCount + tree]] === label) count++;
      }
      agreeing += count;
      const bin = bins[LOWER.findLastIndex((lower) => count >= lower * treeCount)];
      bin.rows++;
      if (label === dataset.labels[chunk[row]]) bin.right++;
    }
    yield;
  }
  if (rows.length === 0) return null;
  const mean = agreeing / (rows.length * treeCount);
  return { trees: treeCount, mean, bins: bins.filter((bin) => bin.rows > 0) };
}

/** The class that each leaf answers, by node. */
function leafClasses({ trees: { value, values } }: ForestScorer['ensemble'], classCount: number): Int32Array {
  return value.map((from) => (from < 0 ? -1 : largestShare(values, from, classCount)));
}
