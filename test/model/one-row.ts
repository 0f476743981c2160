import type { Classifier } from '../../src/model/classifier.js';

/** All that a classifier answers to one row: `leaf` is that of the first tree. */
export function answerOf(classifier: Classifier, row: Float64Array) {
  const labels = new Int32Array(1);
  const shares = new Float64Array(classifier.classes.length);
  const leaves = new Int32Array(classifier.treeCount);
  classifier.answerInto(row, 1, { labels, leaves, shares });
  return { leaf: leaves[0], classIndex: labels[0], label: classifier.classes[labels[0]], shares: [...shares] };
}
