/** The newest version of the artifact: what training writes. */
import { type Model, type ModelParts, type Scorer, versionOf } from '../../../model/model.js';
import { MAX_VERIFICATION_ROWS } from '../../../model/verification.js';
import { readClasses, readPart } from '../fields.js';
import type { JsonText } from '../json-text.js';
import { checkShares } from '../training-format.js';
import type { FormatVersion } from '../version.js';
import { featureDocument, readFeatures } from './feature-format.js';
import { checkModelOutline, modelDocument, readModelSection } from './model-format.js';
import { type ProvenanceShape, provenanceDocument, readProvenance } from './provenance-format.js';
import { checkImpurity, mostImpurity } from './tree-format.js';
import { readVerification, verificationDocument, verificationRows } from './verification-format.js';

/** Values of a verification row beside its cells and shares. */
const SMALL = 64;

export const version2: FormatVersion = {
  format: 'iris-model',
  version: 2,
  keys: ['features', 'classes', 'model', 'verification'],
  optionalKeys: ['provenance'],
  checkOutline: (text, members) => checkModelOutline(text, members.get('model')!),
  read: readModel,
  verificationRows,
  document: ({ classes, features, provenance, scorer, verification }) => {
    const known = provenanceDocument(provenance);
    return {
      features: features.map(featureDocument),
      classes,
      model: modelDocument(scorer),
      ...(known && { provenance: known }),
      verification: verification.map(verificationDocument),
    };
  },
};

function readModel(text: JsonText, members: ReadonlyMap<string, number>, sha256: string): Model {
  const at = (key: string) => members.get(key)!;
  const classes = readClasses(text, at('classes'));
  const classCount = classes.length;
  const features = readFeatures(text, at('features'));
  const scorer = readModelSection(text, at('model'), {
    classCount,
    categoryCounts: features.map((feature) => (feature.kind === 'category' ? feature.categories.length : 0)),
  });
  const provenance = readProvenance(text, members.get('provenance'), { features, classCount, ...trainedOn(scorer) });
  if (scorer.kind === 'tree') {
    checkImpurity(scorer.tree, 'model.trees[0]', mostImpurity(classCount, provenance.training?.criterion));
  }
  const parts: ModelParts = { features, classes, scorer, provenance };
  const treeCount = scorer.kind === 'tree' ? 1 : scorer.ensemble.trees.treeCount;
  const cells = MAX_VERIFICATION_ROWS * (features.length + classCount + treeCount + SMALL);
  const verification = readVerification(readPart(text, at('verification'), 'verification', cells), parts);
  return { ...parts, verification, sha256, version: versionOf(sha256) };
}

/** What a record of training has to say as well. @throws ArtifactError */
function trainedOn(scorer: Scorer): Pick<ProvenanceShape, 'classWeight' | 'trainRows' | 'forestTrees'> {
  if (scorer.kind !== 'tree') {
    const forestTrees = scorer.kind === 'forest' ? scorer.ensemble.trees.treeCount : null;
    return { classWeight: undefined, trainRows: null, forestTrees };
  }
  const { classWeight, tree } = scorer;
  checkShares(tree, classWeight, 'model.classWeight');
  const rows = tree.counts.subarray(0, tree.classCount);
  return { classWeight, trainRows: rows.reduce((sum, count) => sum + count, 0), forestTrees: null };
}
