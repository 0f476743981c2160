import type { Schema } from '../data/schema.js';
import type { Model } from '../model/model.js';

/** What a model expects of a table. */
export function schemaOf({ features, classes, provenance }: Model): Schema {
  return {
    features: features.map(({ missing: _, ...feature }) => feature),
    ...(provenance.training === null ? {} : { target: provenance.training.target }),
    classes,
  };
}
