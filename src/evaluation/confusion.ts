import { defined, type Figure, meanOf, ratio, undefinedBecause } from './figure.js';
import type { Tally } from './tally.js';

/** Rows by true class (first index) and predicted class (second index). */
export type Confusion = readonly (readonly number[])[];

export interface ClassFigures {
  readonly class: string;
  readonly precision: Figure;
  readonly recall: Figure;
  readonly f1: Figure;
  /** Rows that are truly of the class. */
  readonly support: number;
}

export function confusionOf({ classes, groupCount, predicted, counts }: Tally): Confusion {
  const confusion = classes.map(() => new Array<number>(classes.length).fill(0));
  for (let group = 0; group < groupCount; group++) {
    for (let label = 0; label < classes.length; label++) {
      confusion[label][predicted[group]] += counts[group * classes.length + label];
    }
  }
  return confusion;
}

export function classFigures(confusion: Confusion, classes: readonly string[]): ClassFigures[] {
  const { support, predicted } = marginsOf(confusion);
  return classes.map((name, index) => {
    const hits = confusion[index][index];
    return {
      class: name,
      precision: ratio(hits, predicted[index], `no row is predicted as ${name}`),
      recall: ratio(hits, support[index], `no row is of class ${name}`),
      f1: ratio(2 * hits, support[index] + predicted[index], `no row is of class ${name} or predicted as it`),
      support: support[index],
    };
  });
}

export function accuracyOf(confusion: Confusion): Figure {
  const { rows, hits } = marginsOf(confusion);
  return ratio(hits, rows, 'there are no rows');
}

type ClassMetric = 'precision' | 'recall' | 'f1';

export function macro(figures: readonly ClassFigures[], metric: ClassMetric): Figure {
  return meanOf(figures.map((figure) => figure[metric]));
}

/** The mean weighted by support. */
export function weighted(figures: readonly ClassFigures[], metric: ClassMetric): Figure {
  return meanOf(
    figures.map((figure) => figure[metric]),
    figures.map((figure) => figure.support),
  );
}

/**
 * Matthews' correlation for any number of classes: Gorodkin, "Comparing two K-category assignments by a K-category
 * correlation coefficient", 2004.
 */
export function mccOf(confusion: Confusion): Figure {
  const { rows, hits, support, predicted } = marginsOf(confusion);
  if (rows === 0) return undefinedBecause('there are no rows');
  const supportSpread = rows * rows - dot(support, support);
  const predictedSpread = rows * rows - dot(predicted, predicted);
  if (supportSpread === 0) return undefinedBecause('every row is of one class');
  if (predictedSpread === 0) return undefinedBecause('every row is predicted as one class');
  return defined((rows * hits - dot(support, predicted)) / Math.sqrt(supportSpread * predictedSpread));
}

/** Agreement beyond chance: Cohen, "A coefficient of agreement for nominal scales", 1960. */
export function kappaOf(confusion: Confusion): Figure {
  const { rows, hits, support, predicted } = marginsOf(confusion);
  if (rows === 0) return undefinedBecause('there are no rows');
  const chance = dot(support, predicted);
  return ratio(rows * hits - chance, rows * rows - chance, 'every row is of one class and predicted as it');
}

/** `support[class]`: rows truly of it; `predicted[class]`: rows predicted as it. */
function marginsOf(confusion: Confusion) {
  const support = confusion.map((row) => row.reduce((sum, count) => sum + count, 0));
  const predicted = confusion.map((_, index) => confusion.reduce((sum, row) => sum + row[index], 0));
  const hits = confusion.reduce((sum, row, index) => sum + row[index], 0);
  return { support, predicted, hits, rows: support.reduce((sum, count) => sum + count, 0) };
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, index) => sum + value * b[index], 0);
}
