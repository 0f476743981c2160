import type { Model } from '../model/model.js';
import type { CategorySummary, NumberSummary } from '../model/provenance.js';

/** A feature with what training saw of it, its histogram included. */
export type DescribedNumber = NumberSummary & { readonly name: string } & WithHistogram<NumberSummary>;
export type DescribedCategory = CategorySummary & {
  readonly name: string;
  readonly categories: readonly string[];
} & WithHistogram<CategorySummary>;
export type DescribedFeature = DescribedNumber | DescribedCategory;

type WithHistogram<Summary extends { readonly histogram: unknown }> = {
  readonly histogram: NonNullable<Summary['histogram']>;
};

/** Null where the model has no histogram of the feature. */
export function describeFeature({ features, provenance }: Model, index: number): DescribedFeature | null {
  const summary = provenance.summaries?.[index];
  if (summary === undefined || summary.histogram === null) return null;
  return { ...features[index], ...summary } as DescribedFeature;
}

/** Whether all features can be drawn with their training rows. */
export function hasHistograms({ features, provenance }: Model): boolean {
  const { summaries } = provenance;
  return summaries !== null && features.every((_, index) => summaries[index].histogram !== null);
}
