import type { FeatureLosses } from '../../evaluation/feature-losses.js';
import { plural } from '../../ground/quote.js';
import type { Model } from '../../model/model.js';
import { requireTree } from '../../model/single-tree.js';
import { impurityImportances } from '../../tree/importance.js';
import { type Bar, barRows } from '../charts/bar-rows.js';
import { type Markup, markup } from '../markup.js';
import { figure, fixed, type Section } from './parts.js';

const MOST_FEATURES = 20;

/** Features by falling importance: the order of every section that has to choose some. */
export function rankFeatures(model: Model): { order: number[]; importances: Float64Array } {
  const { features } = model;
  const { classWeights, tree } = requireTree(model, 'importances');
  const importances = impurityImportances(tree, classWeights);
  const order = [...features.keys()].sort((a, b) => importances[b] - importances[a] || a - b);
  return { order, importances };
}

export function importancesSection(model: Model, losses: FeatureLosses | null): Section {
  const { importances, order } = rankFeatures(model);
  const chosen = order.slice(0, MOST_FEATURES);
  const cut =
    chosen.length < order.length
      ? `The ${chosen.length} of ${order.length} features that the tree gains most from. `
      : '';
  return {
    id: 'importances',
    title: 'Importances',
    half: true,
    content: [
      markup`<p class="quiet">${cut}A feature that stands in for another may look unimportant.</p>`,
      markup`
        <div class="charts">${impurityChart(model, chosen, importances)}
        ${losses === null ? null : permutationChart(model, chosen, losses)}</div>
      `,
    ],
  };
}

function impurityChart(model: Model, chosen: readonly number[], importances: Float64Array): Markup {
  const bars = chosen.map((index) => barOf(model, index, importances[index], fixed(importances[index])));
  return chart('impurity', 'Impurity.', 'What the splits on a feature gain, as shares of 1.', bars);
}

function permutationChart(
  model: Model,
  chosen: readonly number[],
  { losses, repeats, rows, scored }: FeatureLosses,
): Markup {
  const bars = chosen.map((index) => {
    const { mean, standardDeviation: deviation } = losses[index];
    const range = { lower: mean - deviation, upper: mean + deviation };
    return { ...barOf(model, index, mean, fixed(mean)), ...(deviation > 0 ? { range } : {}) };
  });
  const kind = scored === 'holdout' ? 'held-out row' : scored === 'training rows' ? 'training row' : 'row';
  const words = `What the accuracy loses on ${plural(rows, kind)} when a feature is shuffled; lines are one standard deviation over ${repeats} shuffles.`;
  return chart('permutation', 'Permutation.', words, bars);
}

function barOf({ features }: Model, index: number, value: number, text: string): Bar {
  return { name: features[index].name, value, text, fill: 'soft' };
}

function chart(id: string, title: string, caption: string, bars: readonly Bar[]): Markup {
  const ends = bars.flatMap(({ range, value }) => [value ?? 0, range?.lower ?? 0, range?.upper ?? 0]);
  const domain = [Math.min(0, ...ends), Math.max(1e-9, ...ends)] as const;
  const description = `${caption} ${bars.map(({ name, text }) => `${name} ${text}`).join(', ')}.`;
  return figure(
    title,
    caption,
    barRows({ id, title: `${title.slice(0, -1)} importances`, description, domain }, [{ bars }]),
  );
}
