import { assembleModel } from '../../src/formats/iris-json/format.js';
import { defaultHyperParameters, type RecordedParameters } from '../../src/model/hyper-parameters.js';
import type { Feature, Model, ModelParts } from '../../src/model/model.js';
import type { CategorySummary, Metrics, NumberSummary, Provenance } from '../../src/model/provenance.js';
import type { TrainingRecord } from '../../src/model/training-record.js';
import type { Tree } from '../../src/tree/tree.js';

/** A feature together with what training saw of it; `missing` counts rows. */
export type TrainedFeature =
  | (NumberSummary & { readonly name: string })
  | (CategorySummary & { readonly name: string; readonly categories: readonly string[] });

/** All that training gives, in one piece: what tests change parts of. */
export interface TrainedParts {
  readonly features: readonly TrainedFeature[];
  readonly classes: readonly string[];
  readonly tree: Tree;
  readonly training: TrainingRecord;
  readonly metrics: Metrics;
  readonly origin: Pick<Provenance, 'data' | 'partition' | 'sketch'> & Partial<Pick<Provenance, 'decimals'>>;
}

export function modelPartsOf({ classes, features, metrics, origin, training, tree }: TrainedParts): ModelParts {
  return {
    features: features.map(featureOf),
    classes,
    scorer: { kind: 'tree', tree, classWeight: training.classWeight },
    provenance: { training, metrics, summaries: features.map(summaryOf), ...origin, decimals: origin.decimals ?? null },
  };
}

/** A record of a training by the defaults, none of which is chosen from the data. */
export const RECORDED_DEFAULTS = defaultHyperParameters as RecordedParameters;

/** What version 2 of the artifact knows of the toy model's table. */
export const SECOND_ORIGIN = {
  data: { hash: 'rows/2', sha256: '0123456789abcdef'.repeat(4) },
  partition: { rule: 'hash-rank/2', cuts: ['33221100ffeeddcc', null] },
  sketch: ['00000000000000010000000000000001', '0a000000000000000000000000000000'],
} as const satisfies TrainedParts['origin'];

/** A model as it would be read from the artifact. */
export function assembleTrained(parts: TrainedParts): Model {
  return assembleModel(modelPartsOf(parts));
}

function featureOf(feature: TrainedFeature): Feature {
  const { missing, name } = feature;
  return feature.kind === 'number'
    ? { name, kind: 'number', missing: missing > 0 }
    : { name, kind: 'category', missing: missing > 0, categories: feature.categories };
}

function summaryOf(feature: TrainedFeature) {
  if (feature.kind === 'number') {
    const { histogram, kind, max, min, missing, spread } = feature;
    return { kind, min, max, spread, missing, histogram };
  }
  const { histogram, kind, missing } = feature;
  return { kind, missing, histogram };
}
