import type { HyperParameters } from '../../model/hyper-parameters.js';
import type { Tree } from '../../tree/tree.js';
import { convertNodes, type TrainingRows } from './conversion.js';

/** A fit in a form that can be sent to a thread. */
export interface PackageJob {
  readonly parameters: Pick<HyperParameters, 'maxDepth' | 'minImpurityDecrease' | 'minSamplesSplit'>;
  readonly rows: TrainingRows;
}

/** Fits with the package, in one call that cannot be interrupted, and converts its tree. */
export async function fitPackage({ parameters, rows }: PackageJob): Promise<Tree> {
  // Loaded on demand: most runs never need the package.
  const [{ DecisionTreeClassifier }, { Matrix }] = await Promise.all([import('ml-cart'), import('ml-matrix')]);
  const classifier = new DecisionTreeClassifier({
    minNumSamples: parameters.minSamplesSplit,
    gainThreshold: parameters.minImpurityDecrease,
    maxDepth: parameters.maxDepth ?? Number.POSITIVE_INFINITY,
  });
  classifier.train(Matrix.from1DArray(rows.labels.length, rows.featureCount, rows.values), rows.labels);
  return convertNodes(classifier.root, rows);
}
