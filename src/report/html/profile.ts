import { plural } from '../../ground/quote.js';
import type { Model } from '../../model/model.js';
import { featureBars } from '../charts/feature-histogram.js';
import { picture } from '../charts/picture.js';
import { stackedBars, totalOf } from '../charts/stacked-bars.js';
import { shortenNames, shortNumber } from '../charts/text.js';
import { type DescribedFeature, describeFeature, hasHistograms } from '../described-feature.js';
import { rankFeatures } from '../feature-importances.js';
import { type Markup, markup } from '../markup.js';
import { classLegend, figure, type Section } from './parts.js';

const MOST_FEATURES = 24;
const MOST_DESCRIBED = 40;
const WIDTH = 250;
const HEIGHT = 112;
const BOTTOM = 92;

/** Histograms of the training rows, from the artifact. Null where it has none. */
export function profileSection(model: Model): Section | null {
  if (!hasHistograms(model)) return null;
  const { order } = rankFeatures(model);
  const chosen = order.slice(0, MOST_FEATURES).sort((a, b) => a - b);
  const cut =
    chosen.length < order.length ? `The ${chosen.length} of ${order.length} features that splits gain most from. ` : '';
  return {
    id: 'profile',
    title: 'Training data',
    content: [
      markup`
        <p class="quiet">${cut}
        ${trainingRows(model)} by class.</p>
      `,
      classLegend(model.classes),
      markup`<div class="charts small-charts">${chosen.map((index) => featureChart(model, index))}</div>`,
    ],
  };
}

function trainingRows({ provenance: { training } }: Model): string {
  return training === null ? 'Training rows' : plural(training.rows.train, 'training row');
}

function featureChart(model: Model, index: number): Markup {
  const { classes } = model;
  const feature = describeFeature(model, index)!;
  const description = `${rangeWords(feature)} ${perClass(feature, classes)}`;
  const chart = picture({ id: `feature-${index}`, width: WIDTH, height: HEIGHT, title: feature.name, description }, [
    ...stackedBars(featureBars(feature, 0, WIDTH), BOTTOM, BOTTOM - 4),
    markup`<line class="rule" x2="${WIDTH}" y1="${BOTTOM + 0.5}" y2="${BOTTOM + 0.5}"/>`,
    ...labels(feature),
  ]);
  return figure(feature.name, rangeWords(feature), chart);
}

function rangeWords(feature: DescribedFeature): string {
  const missing = feature.missing === 0 ? '' : ` ${plural(feature.missing, 'row')} without a value.`;
  if (feature.kind === 'category') return `${plural(feature.categories.length, 'category', 'categories')}.${missing}`;
  const [min, max, spread] = [feature.min, feature.max, feature.spread].map(shortNumber);
  return `${min} to ${max}, interquartile range ${spread}.${missing}`;
}

/** Where each class has its fullest bin. */
function perClass({ histogram, ...feature }: DescribedFeature, classes: readonly string[]): string {
  if (classes.length > MOST_DESCRIBED) return '';
  const parts = classes.map((name, index) => {
    const counts = histogram.counts.map((bin) => bin[index]);
    const fullest = counts.indexOf(Math.max(...counts));
    if (totalOf(counts) === 0) return `${name}: none`;
    const { [fullest]: from = 0, [fullest + 1]: to = 0 } = 'edges' in histogram ? histogram.edges : [];
    const place =
      feature.kind === 'category' ? feature.categories[fullest] : `${shortNumber(from)} to ${shortNumber(to)}`;
    return `${name}: ${counts[fullest]} of ${totalOf(counts)} in ${place}`;
  });
  return `Fullest bar by class: ${parts.join('; ')}.`;
}

function labels(feature: DescribedFeature): Markup[] {
  if (feature.kind === 'number') {
    const { edges } = feature.histogram;
    return [
      markup`<text class="small quiet" y="${BOTTOM + 16}">${shortNumber(edges[0])}</text>`,
      markup`
        <text class="small quiet end" x="${WIDTH}" y="${BOTTOM + 16}">${shortNumber(edges[edges.length - 1])}
        </text>
      `,
    ];
  }
  const step = WIDTH / feature.categories.length;
  if (step < 30) return [];
  return shortenNames(feature.categories, step * 0.9 - 4, 11).map(
    (name, place) =>
      markup`
        <text class="small quiet middle" x="${(place + 0.5) * step}" y="${BOTTOM + 16}">
        ${name}</text>
      `,
  );
}
