import type { FeatureLosses } from '../../evaluation/feature-losses.js';
import { plural } from '../../ground/quote.js';
import type { Model } from '../../model/model.js';
import { type Bar, barRows } from '../charts/bar-rows.js';
import { type RankedFeatures, rankFeatures } from '../feature-importances.js';
import { type Markup, markup } from '../markup.js';
import { figure, fixed, type Section } from './parts.js';

const MOST_FEATURES = 20;

export function importancesSection(model: Model, losses: FeatureLosses | null): Section {
  const ranked = rankFeatures(model);
  const { order } = ranked;
  const chosen = order.slice(0, MOST_FEATURES);
  const cut =
    chosen.length < order.length
      ? `The ${chosen.length} of ${order.length} features that ${ranked.of === 'gain' ? 'splits gain most from' : 'are asked for most often'}. `
      : '';
  return {
    id: 'importances',
    title: 'Importances',
    half: true,
    content: [
      markup`<p class="quiet">${cut}A feature that stands in for another may look unimportant.</p>`,
      markup`
        <div class="charts">${splitChart(model, chosen, ranked)}
        ${losses === null ? null : permutationChart(model, chosen, losses)}</div>
      `,
    ],
  };
}

function splitChart(model: Model, chosen: readonly number[], { deviations, of, shares }: RankedFeatures): Markup {
  const bars = chosen.map((index) => {
    const deviation = deviations?.[index] ?? 0;
    const range = { lower: Math.max(0, shares[index] - deviation), upper: Math.min(1, shares[index] + deviation) };
    return { ...barOf(model, index, shares[index], fixed(shares[index])), ...(deviation > 0 ? { range } : {}) };
  });
  if (of === 'splits') return chart('splits', 'Splits.', 'How often a feature is asked for, as shares of 1.', bars);
  const lines = deviations === null ? '' : '; lines are one standard deviation over the trees';
  return chart('impurity', 'Impurity.', `What the splits on a feature gain, as shares of 1${lines}.`, bars);
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
