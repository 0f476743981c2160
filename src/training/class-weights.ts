import type { Dataset } from '../data/dataset.js';
import { badOption, DataError } from '../ground/errors.js';
import { namesInWords, quote } from '../ground/quote.js';
import type { HyperParameters } from '../model/hyper-parameters.js';

/** Training rows of each class. */
export function classCounts(dataset: Dataset, rows: Uint32Array): Uint32Array {
  const counts = new Uint32Array(dataset.classes.length);
  for (let i = 0; i < rows.length; i++) counts[dataset.labels[rows[i]]]++;
  return counts;
}

/**
 * One weight per class; null when every class weighs 1.
 *
 * @throws UsageError for a weight of a class that the data does not have
 * @throws DataError where `balanced` meets a class without training rows
 */
export function resolveClassWeights(
  dataset: Dataset,
  rows: Uint32Array,
  classWeight: HyperParameters['classWeight'],
): Float64Array | null {
  return weightsOfClasses(dataset, classCounts(dataset, rows), classWeight);
}

/** @param counts training rows of each class */
export function weightsOfClasses(
  dataset: Pick<Dataset, 'classes' | 'source'>,
  counts: ArrayLike<number>,
  classWeight: HyperParameters['classWeight'],
): Float64Array | null {
  if (classWeight === null) return null;
  return classWeight === 'balanced' ? balancedWeights(dataset, counts) : namedWeights(dataset, classWeight);
}

/** rows / (classes * rows of the class), over the training rows. */
function balancedWeights(dataset: Pick<Dataset, 'classes' | 'source'>, counts: ArrayLike<number>): Float64Array {
  let rowCount = 0;
  for (let k = 0; k < counts.length; k++) rowCount += counts[k];
  return Float64Array.from(counts, (count, k) => {
    if (count === 0) {
      throw new DataError(
        'classes',
        `${dataset.source}: class ${quote(dataset.classes[k])}: expected a training row to balance its weight by, found none`,
      );
    }
    return rowCount / (counts.length * count);
  });
}

function namedWeights(dataset: Pick<Dataset, 'classes'>, weights: ReadonlyMap<string, number>): Float64Array {
  const resolved = new Float64Array(dataset.classes.length).fill(1);
  for (const [label, weight] of weights) {
    const k = dataset.classes.indexOf(label);
    if (k < 0) {
      const expected = `one of the classes ${namesInWords(dataset.classes)}`;
      throw badOption('classWeight', expected, label, { found: quote(label) });
    }
    resolved[k] = weight;
  }
  return resolved;
}
