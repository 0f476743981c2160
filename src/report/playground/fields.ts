import { plural } from '../../ground/quote.js';
import { askedFeatures } from '../../model/asked-features.js';
import type { CategoryFeature, Model, NumberFeature } from '../../model/model.js';
import type { NumberSummary } from '../../model/provenance.js';
import { singleTree } from '../../model/single-tree.js';
import { featureBars, valuePosition } from '../charts/feature-histogram.js';
import { type StackedBar, stackedBars } from '../charts/stacked-bars.js';
import { shortNumber } from '../charts/text.js';
import { type DescribedNumber, describeFeature } from '../described-feature.js';
import { rankFeatures } from '../feature-importances.js';
import { type Content, type Markup, markup } from '../markup.js';
import { firstTrees } from './first-trees.js';
import { thresholdsOf } from './thresholds.js';
import { sliderRange, typicalValue } from './values.js';

const WIDTH = 240;
const HEIGHT = 44;
/** Features whose controls are shown; the others are folded. */
const MOST_SHOWN = 12;
/** The number of colours: bars of more classes are grey. */
export const MOST_COLOURS = 10;
/** Thresholds of a feature that are marked in its histogram: those that the most rows reach. */
const MOST_MARKS = 12;

/**
 * A control per feature. Of many, the less important ones are folded; those that no tree uses always are.
 *
 * @param shown the model with its names as they are shown
 */
export function featureFields(model: Model, shown: Model): Content {
  const { features } = model;
  const asked = askedFeatures(model);
  const byImportance = rankFeatures(firstTrees(model)).order.filter((index) => asked.includes(index));
  const first = asked.length > MOST_SHOWN ? byImportance.slice(0, MOST_SHOWN) : asked;
  const draw = (indices: readonly number[]) => indices.map((index) => featureField(model, shown, index));
  const more = byImportance.filter((index) => !first.includes(index));
  const unasked = [...features.keys()].filter((index) => !asked.includes(index));
  const unused = singleTree(model) === null ? 'that no tree uses' : 'that the tree does not use';
  return [
    ...draw(first),
    folded(`${plural(more.length, 'less important feature')}`, draw(more)),
    folded(`${plural(unasked.length, 'feature')} ${unused}`, draw(unasked)),
  ];
}

function folded(summary: string, fields: readonly Markup[]): Markup | null {
  return fields.length === 0 ? null : markup`<details><summary>${summary}</summary>${fields}</details>`;
}

/** @param shown the model with its names as they are shown; what is sent are its own */
function featureField(model: Model, shown: Model, index: number): Markup {
  const feature = shown.features[index];
  const id = `feature-${index}`;
  const exact = model.features[index];
  const control =
    feature.kind === 'number'
      ? numberControl(shown, feature, index)
      : categoryControl(shown, feature, exact as CategoryFeature, index);
  const missing = feature.missing
    ? markup`<label class="missing"><input type="checkbox" data-part="missing"> missing</label>`
    : null;
  return markup`
    <div class="feature" role="group" aria-labelledby="${id}-name" data-kind="${feature.kind}"
      data-name="${feature.name}" data-wire="${JSON.stringify(exact.name)}">
      <div class="head">
        <label class="name" id="${id}-name" for="${id}">${feature.name}</label>
        ${missing}
        ${control.head}
      </div>
      ${control.body}
    </div>
  `;
}

interface Control {
  readonly head: Content;
  readonly body: Content;
}

function numberControl(model: Model, feature: NumberFeature, index: number): Control {
  const id = `feature-${index}`;
  const summary = model.provenance.summaries?.[index];
  const known = summary?.kind === 'number' ? summary : null;
  const range = sliderRange(model, index);
  const value = String(typicalValue(model, index));
  const exactId = range === undefined ? id : `${id}-exact`;
  const ends = known === null ? null : markup` data-min="${String(known.min)}" data-max="${String(known.max)}"`;
  const exact = markup`
    <input class="exact" type="number" step="any" required id="${exactId}" data-part="exact"${ends}
      value="${value}" aria-label="${feature.name}, exact value" aria-describedby="${id}-note">
  `;
  const slider =
    range === undefined
      ? null
      : markup`
        <div class="scale">${histogram(model, index)}
        <input type="range" id="${id}" data-part="slider" min="${String(range.from)}" max="${String(range.to)}"
          step="${String(range.step)}" value="${value}" aria-describedby="${id}-note"></div>
      `;
  return { head: exact, body: markup`${slider}<p class="note" id="${id}-note">${rangeWords(known)}</p>` };
}

function rangeWords(known: NumberSummary | null): string {
  if (known === null) return 'any number';
  const [least, most] = [known.min, known.max].map(shortNumber);
  return least === most ? `only ${least} in training` : `${least} to ${most} in training`;
}

function categoryControl(model: Model, feature: CategoryFeature, exact: CategoryFeature, index: number): Control {
  const id = `feature-${index}`;
  const typical = typicalValue(model, index);
  const options = feature.categories.map(
    (name, category) =>
      markup`
        <option
          value="${JSON.stringify(exact.categories[category])}"${name === typical ? markup` selected` : null}>
        ${name}</option>
      `,
  );
  const words = plural(feature.categories.length, 'category', 'categories');
  const bars = histogram(model, index);
  const scale =
    bars === null ? null : markup`<div class="scale categories">${bars}<i class="here" data-part="here"></i></div>`;
  return {
    head: markup`<select id="${id}" data-part="category" aria-describedby="${id}-note">${options}</select>`,
    body: markup`${scale}<p class="note" id="${id}-note">${words} in training</p>`,
  };
}

/** All training rows by class. Hidden from screen readers: the labels beside it say the range. */
function histogram(model: Model, index: number): Markup | null {
  const feature = describeFeature(model, index);
  if (feature === null) return null;
  const bars = featureBars(feature, 0, WIDTH);
  const drawn = bars[0].counts.length > MOST_COLOURS ? greyBars(bars) : stackedBars(bars, HEIGHT - 4, HEIGHT - 6);
  const marks = feature.kind === 'number' ? thresholdMarks(model, feature, index) : null;
  return markup`
    <svg class="picture histogram" viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none"
      aria-hidden="true">${drawn}<line class="rule" x2="${WIDTH}" y1="${HEIGHT - 4}" y2="${HEIGHT - 4}"/>
    ${marks}</svg>
  `;
}

function greyBars(bars: readonly StackedBar[]): Markup {
  const totals = bars.map(({ counts }) => counts.reduce((sum, count) => sum + count, 0));
  const tallest = Math.max(...totals, 1);
  const rects = bars.map(({ width, x }, index) => {
    const height = (totals[index] * (HEIGHT - 6)) / tallest;
    return markup`<rect x="${x}" y="${HEIGHT - 4 - height}" width="${width}" height="${height}"/>`;
  });
  return markup`<g class="soft">${rects}</g>`;
}

/** The thresholds of the trees. */
function thresholdMarks(model: Model, feature: DescribedNumber, index: number): Markup {
  const thresholds = thresholdsOf(model, index).marked.slice(0, MOST_MARKS);
  const position = valuePosition(feature, 0, WIDTH);
  const shown = thresholds.filter((threshold) => threshold <= feature.max);
  const path = shown.map((threshold) => `M${Math.round(position(threshold) * 10) / 10} 0v${HEIGHT}`).join('');
  return markup`<path class="mark threshold" d="${path}"/>`;
}
