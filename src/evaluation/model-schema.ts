import { COLUMN_RULES, type HoldoutColumn } from '../data/holdout-column.js';
import type { Schema } from '../data/schema.js';
import type { Model } from '../model/model.js';
import type { Provenance } from '../model/provenance.js';

/** What a model expects of a table. */
export function schemaOf({ features, classes, provenance }: Model): Schema {
  const holdoutBy = holdoutColumnOf(provenance);
  return {
    features: features.map(({ missing: _, ...feature }) => feature),
    ...(provenance.training === null ? {} : { target: provenance.training.target }),
    classes,
    ...(holdoutBy && { holdoutBy }),
  };
}

/** The column by which a model held rows out, where it did by one. */
export function holdoutColumnOf({ partition }: Provenance): HoldoutColumn | undefined {
  const rule = COLUMN_RULES.find((known) => known === partition?.rule);
  return rule === undefined || partition?.column === undefined ? undefined : { rule, column: partition.column };
}
