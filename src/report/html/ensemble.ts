/** What the page says of a model of more than one tree, in place of a drawing. */
import type { Measurement } from '../../evaluation/measurement.js';
import { plural } from '../../ground/quote.js';
import type { Model } from '../../model/model.js';
import { requireEnsemble } from '../../model/single-tree.js';
import { barRows } from '../charts/bar-rows.js';
import { percent } from '../charts/text.js';
import { unitPlot } from '../charts/unit-plot.js';
import { treeSizes } from '../ensemble-sizes.js';
import { answerInWords, isRound, originInWords, treesInWords } from '../inspection/ensemble.js';
import { markup } from '../markup.js';
import { figure, fixed, type Section, scrollable } from './parts.js';

/** Sizes of the trees: of a thousand nobody looks at a picture. */
export function treesSection(model: Model): Section {
  const scorer = requireEnsemble(model);
  const kind = scorer.kind === 'forest' ? 'A forest' : 'Boosted trees';
  const source = scorer.source === null ? '' : ` Imported from ${originInWords(scorer.source)}.`;
  const rows = treeSizes(scorer).map(
    ({ largest, median, name, smallest }) =>
      markup`
        <tr><th scope="row">${name}</th><td class="number">${String(smallest)}</td>
        <td class="number">${String(median)}</td><td class="number">${String(largest)}</td></tr>
      `,
  );
  return {
    id: 'trees',
    title: 'The trees',
    content: [
      markup`<p class="quiet">${kind}: ${answerInWords(scorer)}. ${treesInWords(scorer)}.${source}</p>`,
      scrollable(
        'Sizes of the trees',
        markup`
          <table><thead><tr><th scope="col">of a tree</th><th scope="col">least</th><th scope="col">median</th>
          <th scope="col">most</th></tr></thead><tbody>${rows}</tbody></table>
        `,
      ),
      markup`<p class="quiet">One of them, by its number: <code>iris inspect MODEL --tree 0</code>.</p>`,
    ],
  };
}

/** Whether a forest whose trees agree is right. Null where nothing of it was measured. */
export function agreementSection({ agreement }: Measurement): Section | null {
  if (agreement === undefined) return null;
  const { bins, mean, trees } = agreement;
  const named = bins.map((bin) => ({ ...bin, name: binName(bin), accuracy: bin.right / bin.rows }));
  const bars = named.map(({ accuracy, name, right, rows }) => ({
    name,
    value: accuracy,
    text: `${right} of ${rows}`,
    fill: 'soft',
  }));
  const description = `Rows that are predicted rightly, by the share of trees that agree: ${bars.map(({ name, text }) => `${name}: ${text}`).join(', ')}.`;
  return {
    id: 'agreement',
    title: 'Agreement of the trees',
    half: true,
    content: [
      markup`
        <p class="quiet">On average ${percent(mean)} of the ${plural(trees, 'tree')} answer as the forest does. A forest
          is surer, and should be right more often, where more of them agree.</p>
      `,
      markup`
        <div class="charts">
        ${figure('Right.', 'Rows that are predicted rightly, by the share of trees that agree.', barRows({ id: 'agreement-bars', title: 'Agreement of the trees', description, domain: [0, 1] }, [{ bars }]))}
        </div>
      `,
    ],
  };
}

function binName({ lower, upper }: { readonly lower: number; readonly upper: number }): string {
  if (lower === 1) return 'all trees';
  return lower === 0 ? 'below 50 %' : `${percent(lower)} to ${percent(upper)}`;
}

/** How many trees are enough. Null where the model has no such record. */
export function outOfBagSection({ provenance: { metrics } }: Model): Section | null {
  const points = (metrics?.outOfBag?.curve ?? []).flatMap((accuracy, index) =>
    accuracy === null ? [] : [[index + 1, accuracy] as const],
  );
  if (metrics?.outOfBag === undefined || points.length === 0) return null;
  const { curve, rows } = metrics.outOfBag;
  const last = points[points.length - 1][1];
  const lowest = Math.floor(10 * Math.min(...points.map(([, accuracy]) => accuracy))) / 10;
  const description = `Accuracy out of bag over the number of trees: ${points
    .filter(([trees]) => isRound(trees) || trees === curve.length)
    .map(([trees, accuracy]) => `${trees}: ${fixed(accuracy)}`)
    .join(', ')}.`;
  const plot = unitPlot(
    {
      id: 'out-of-bag-curve',
      title: 'Accuracy out of bag',
      description,
      xName: 'trees',
      yName: 'accuracy',
      xDomain: [0, curve.length],
      yDomain: [Math.min(lowest, 0.9), 1],
    },
    [{ points, stroke: 'mark' }],
  );
  return {
    id: 'out-of-bag',
    title: 'Out of bag',
    half: true,
    content: [
      markup`
        <p class="quiet">Each of ${plural(rows, 'training row')} is predicted by the trees that did not learn from it:
          ${fixed(last)} with all trees. Where the line is level, more trees change little.</p>
      `,
      markup`<div class="charts">${figure('Accuracy.', 'Of the first trees, out of bag.', plot)}</div>`,
    ],
  };
}
