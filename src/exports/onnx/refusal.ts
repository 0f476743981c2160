import type { FlatScorer } from '../flat-scorer.js';
import type { Graph } from './graph.js';
import type { Tensor } from './messages.js';
import type { OnnxPrecision } from './tree-nodes.js';

/** Adds `refused`: whether the model refuses a row, one column. */
export function refusal(
  graph: Graph,
  { features, hasCategories, hasMissing }: FlatScorer,
  precision: OnnxPrecision,
): string {
  const perFeature = (name: string, type: 'bool' | OnnxPrecision, values: Tensor['values']) =>
    graph.table(name, type, [features.length], values);
  const isCategory = features.map(({ kind }) => Number(kind === 'category'));
  let missing = graph.add('IsNaN', ['rows'], {}, 'missing');
  if (hasMissing) {
    const required = features.map((feature) => Number(!feature.missing));
    missing = graph.add('And', [missing, perFeature('required', 'bool', required)], {}, 'missing_required');
  }
  let bad = graph.add('Or', [graph.add('IsInf', ['rows'], {}, 'infinite'), missing], {}, 'bad_number');
  if (hasCategories) {
    const least = features.map(({ kind }) => (kind === 'category' ? -1 : Number.NEGATIVE_INFINITY));
    const most = features.map((feature) =>
      feature.kind === 'category' ? feature.categories.length - 1 : Number.POSITIVE_INFINITY,
    );
    const below = graph.add('Less', ['rows', perFeature('least', precision, least)], {}, 'below');
    const above = graph.add('Greater', ['rows', perFeature('most', precision, most)], {}, 'above');
    // Less, as what is missing equals nothing.
    const fraction = graph.add('Less', [graph.add('Floor', ['rows'], {}, 'whole'), 'rows'], {}, 'fraction');
    const broken = graph.add('And', [fraction, perFeature('category', 'bool', isCategory)], {}, 'broken');
    const outside = graph.add('Or', [below, above], {}, 'outside');
    bad = graph.add('Or', [bad, graph.add('Or', [outside, broken], {}, 'bad_category')], {}, 'bad');
  }
  const worst = graph.add('ReduceMax', [graph.cast(bad, 'int64', 'bad_values')], {
    axes: Int32Array.of(1),
    keepdims: 1,
  });
  return graph.cast(worst, 'bool', 'refused');
}
