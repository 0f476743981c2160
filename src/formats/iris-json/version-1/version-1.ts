/** The first version of the artifact: files of it are read, and written again as they were. */
import { type Model, type ModelParts, versionOf } from '../../../model/model.js';
import type { FeatureSummary, Provenance } from '../../../model/provenance.js';
import { treeScorerOf } from '../../../model/single-tree.js';
import type { TrainingRecord } from '../../../model/training-record.js';
import { MAX_VERIFICATION_ROWS } from '../../../model/verification.js';
import { readClasses, readObject, readPart } from '../fields.js';
import type { JsonText } from '../json-text.js';
import {
  checkShares,
  LATER_KEYS,
  metricsDocument,
  parametersDocument,
  RECORD_KEYS,
  readMetrics,
  readRecord,
  readSha256,
  readVersioned,
} from '../training-format.js';
import type { FormatVersion } from '../version.js';
import { featureDocument, readFeatures } from './feature-format.js';
import { checkTreeOutline, readTree, treeDocument } from './tree-format.js';
import { readVerification, verificationDocument, verificationRows } from './verification-format.js';

/** Values of a part beside those that are counted. */
const SMALL = 64;
const TRAINING_KEYS = [...RECORD_KEYS, 'partition', 'rows', 'dataSha256'];
/** What this version hashed of a table. */
export const DATA_HASH = 'csv/1';

export const version1: FormatVersion = {
  format: 'iris-decision-tree',
  version: 1,
  keys: ['features', 'classes', 'tree', 'training', 'metrics', 'verification'],
  optionalKeys: [],
  checkOutline: (text, members) => checkTreeOutline(text, members.get('tree')!),
  read: readModel,
  verificationRows,
  document: (model) => ({
    features: model.features.map((feature, index) => featureDocument(feature, model.provenance.summaries![index])),
    classes: model.classes,
    tree: treeDocument(treeScorerOf(model).tree),
    training: trainingDocument(model.provenance),
    metrics: metricsDocument(model.provenance.metrics!),
    verification: model.verification.map(verificationDocument),
  }),
};

/** What this version says of the training of every model, part for part. */
function trainingDocument({ data, partition, training }: Provenance): Record<string, unknown> {
  const record = training!;
  return {
    ...parametersDocument(record),
    partition: partition!.rule,
    rows: { train: record.rows.train, holdout: record.rows.holdout },
    dataSha256: data!.sha256,
  };
}

function readModel(text: JsonText, members: ReadonlyMap<string, number>, sha256: string): Model {
  const at = (key: string) => members.get(key)!;
  const classes = readClasses(text, at('classes'));
  const classCount = classes.length;
  const recorded = readTraining(readPart(text, at('training'), 'training', classCount + SMALL), classCount);
  const { training } = recorded;
  const { features, summaries } = readFeatures(text, at('features'), classCount, training.rows.train);
  const tree = readTree(text, at('tree'), {
    classCount,
    categoryCounts: features.map((feature) => (feature.kind === 'category' ? feature.categories.length : 0)),
    trainRows: training.rows.train,
    criterion: training.criterion,
  });
  checkShares(tree, training.classWeight);
  const metrics = readMetrics(readPart(text, at('metrics'), 'metrics', SMALL), 'metrics', training.rows.holdout);
  const parts: ModelParts = {
    features,
    classes,
    scorer: { kind: 'tree', tree, classWeight: training.classWeight },
    provenance: provenanceOf(recorded, metrics, summaries),
  };
  const cells = MAX_VERIFICATION_ROWS * (features.length + SMALL);
  const verification = readVerification(readPart(text, at('verification'), 'verification', cells), parts);
  return { ...parts, verification, sha256, version: versionOf(sha256) };
}

interface Recorded {
  readonly training: TrainingRecord;
  readonly partition: string;
  readonly dataSha256: string;
}

function readTraining(value: unknown, classCount: number): Recorded {
  const fields = readObject(value, 'training', TRAINING_KEYS, LATER_KEYS);
  return {
    training: readRecord(fields, 'training', classCount),
    partition: readVersioned(fields.partition, 'training.partition'),
    dataSha256: readSha256(fields.dataSha256, 'training.dataSha256'),
  };
}

function provenanceOf(
  { dataSha256, partition, training }: Recorded,
  metrics: NonNullable<Provenance['metrics']>,
  summaries: readonly FeatureSummary[],
): Provenance {
  return {
    training,
    metrics,
    summaries,
    data: { hash: DATA_HASH, sha256: dataSha256 },
    partition: { rule: partition, cuts: null },
    sketch: null,
    decimals: null,
  };
}
