import { createHash } from 'node:crypto';
import { byName } from '../data/row-hash.js';
import type { FeatureSummary } from '../model/provenance.js';

/** Name and version of the rule below, as a model records it. */
export const AGGREGATES_HASH = 'aggregates/1';

interface Aggregates {
  readonly target: string;
  readonly classes: readonly string[];
  /** Rows of each class that are trained on, and held out. */
  readonly train: Iterable<number>;
  readonly holdout: Iterable<number>;
  readonly features: readonly { readonly name: string; readonly categories: readonly string[] }[];
  readonly summaries: readonly FeatureSummary[];
}

/**
 * The fingerprint of a table whose rows nobody read: the SHA-256, in lower-case hex, of lines of UTF-8 that each end in LF, of
 * JSON as RFC 8785 writes it:
 *
 * 1. `"aggregates/1"`;
 * 2. per feature, in the order of their names by code point: `[name, "number", missing, min, max, spread, edges, counts]` or
 *    `[name, "category", missing, categories, counts]`, over the rows that are trained on, as in the model's summaries;
 * 3. `[target, classes, train, holdout]`, the rows of each class that are trained on and held out.
 *
 * It does not depend on the order of rows and columns. Tables that differ may share it: it is made of aggregates alone.
 */
export function aggregatesSha256({ classes, features, holdout, summaries, target, train }: Aggregates): string {
  const sha256 = createHash('sha256');
  const line = (value: unknown) => sha256.update(`${JSON.stringify(value)}\n`);
  line(AGGREGATES_HASH);
  for (const { categories, name, summary } of byName(
    features.map((one, at) => ({ ...one, summary: summaries[at]! })),
  )) {
    if (summary.kind === 'category') {
      line([name, 'category', summary.missing, categories, summary.histogram!.counts]);
    } else {
      const { histogram, max, min, missing, spread } = summary;
      line([name, 'number', missing, min, max, spread, histogram!.edges, histogram!.counts]);
    }
  }
  line([target, classes, [...train], [...holdout]]);
  return sha256.digest('hex');
}
