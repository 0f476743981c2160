import { scaleLinear } from 'd3-scale';
import type { DescribedCategory, DescribedFeature, DescribedNumber } from '../described-feature.js';
import type { StackedBar } from './stacked-bars.js';

/** x of a value of a number feature, between `left` and `right`. */
export function valuePosition(feature: DescribedNumber, left: number, right: number): (value: number) => number {
  const { edges } = feature.histogram;
  const from = edges[0];
  const to = edges[edges.length - 1];
  if (!(to > from)) return () => (left + right) / 2;
  // Halves: the difference of two doubles may be too large for a double.
  const scale = scaleLinear([from / 2, to / 2], [left, right]).clamp(true);
  return (value) => scale(value / 2);
}

/** The bars of a number feature. @param isFaint by the edges of a bin */
export function numberBars(
  feature: DescribedNumber,
  left: number,
  right: number,
  isFaint: (lower: number, upper: number) => boolean = () => false,
): StackedBar[] {
  const { counts, edges } = feature.histogram;
  const position = valuePosition(feature, left, right);
  if (counts.length === 1)
    return [{ x: left, width: right - left, counts: counts[0], faint: isFaint(edges[0], edges[1]) }];
  return counts.map((bin, index) => {
    const x = position(edges[index]);
    const width = position(edges[index + 1]) - x;
    return { x, width: width > 3 ? width - 1 : width, counts: bin, faint: isFaint(edges[index], edges[index + 1]) };
  });
}

/** The bars of a category feature, in a given order of its categories. */
export function categoryBars(
  feature: DescribedCategory,
  order: readonly number[],
  left: number,
  right: number,
  isFaint: (category: number) => boolean = () => false,
): StackedBar[] {
  const step = (right - left) / order.length;
  const width = Math.min(step > 4 ? step - 2 : step, 40);
  return order.map((category, place) => ({
    x: left + place * step + (step - width) / 2,
    width,
    counts: feature.histogram.counts[category],
    faint: isFaint(category),
  }));
}

/** Bars of any feature. */
export function featureBars(feature: DescribedFeature, left: number, right: number): StackedBar[] {
  return feature.kind === 'number'
    ? numberBars(feature, left, right)
    : categoryBars(feature, [...feature.categories.keys()], left, right);
}
