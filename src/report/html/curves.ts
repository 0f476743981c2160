import { type Curve, precisionRecallCurve, rocCurve } from '../../evaluation/curves.js';
import type { Measurement } from '../../evaluation/measurement.js';
import { averagePrecisionOf, rocAucOf } from '../../evaluation/ranking.js';
import { supportOf } from '../../evaluation/tally.js';
import { plural } from '../../ground/quote.js';
import { strokeOf } from '../charts/palette.js';
import { percent } from '../charts/text.js';
import { type UnitLine, unitPlot } from '../charts/unit-plot.js';
import { type Markup, markup } from '../markup.js';
import { classLegend, figure, figureCell, fixed, type Section, scrollable } from './parts.js';

/** More curves in one picture cannot be told apart. */
const MOST_CURVES = 8;

const DIAGONAL: UnitLine = {
  points: [
    [0, 0],
    [1, 1],
  ],
  stroke: 'edge',
  faint: true,
  dash: 2,
};

export function curvesSection(measured: Measurement): Section {
  const { classes, tally } = measured;
  const support = supportOf(tally);
  const bySupport = [...classes.keys()].sort((a, b) => support[b] - support[a] || a - b);
  const chosen = bySupport.slice(0, MOST_CURVES).sort((a, b) => a - b);
  const cut =
    chosen.length < classes.length
      ? markup`<p class="quiet">The ${String(MOST_CURVES)} classes with the most rows.</p>`
      : null;
  return {
    id: 'curves',
    title: 'Ranking',
    content: [
      markup`<p class="quiet">Each class against the rest, over every threshold on its share.</p>`,
      cut,
      classLegend(classes, chosen),
      markup`<div class="charts">${rocChart(measured, chosen)}${precisionRecallChart(measured, chosen)}</div>`,
      areaTable(measured, chosen),
    ],
  };
}

function rocChart({ classes, tally }: Measurement, chosen: readonly number[]): Markup {
  const lines = linesOf(chosen, (index) => rocCurve(tally, index), false);
  const description = `Receiver operating characteristic. Area under the curve: ${listFigures(chosen, classes, (index) => rocAucOf(tally, index).value)}.`;
  const names = { xName: 'false positive rate', yName: 'true positive rate' };
  const plot = unitPlot({ id: 'roc', title: 'ROC curves', description, ...names }, [DIAGONAL, ...lines]);
  return figure('ROC.', 'The dotted line is guessing.', plot);
}

function precisionRecallChart({ classes, tally }: Measurement, chosen: readonly number[]): Markup {
  const lines = linesOf(chosen, (index) => precisionRecallCurve(tally, index), true);
  const description = `Precision over recall. Average precision: ${listFigures(chosen, classes, (index) => averagePrecisionOf(tally, index).value)}.`;
  const names = { xName: 'recall', yName: 'precision' };
  const plot = unitPlot({ id: 'precision-recall', title: 'Precision-recall curves', description, ...names }, lines);
  return figure('Precision-recall.', 'The area is the average precision.', plot);
}

function linesOf(chosen: readonly number[], curveOf: (index: number) => Curve, steps: boolean): UnitLine[] {
  return chosen.flatMap((index, place) => {
    const { points } = curveOf(index);
    return points === null ? [] : [{ points, stroke: strokeOf(index), dash: place, steps }];
  });
}

function listFigures(
  chosen: readonly number[],
  classes: readonly string[],
  figureFor: (index: number) => number | null,
): string {
  return chosen
    .map((index) => {
      const value = figureFor(index);
      return `${classes[index]} ${value === null ? 'undefined' : fixed(value)}`;
    })
    .join(', ');
}

function areaTable({ classes, tally }: Measurement, chosen: readonly number[]): Markup {
  const rows = chosen.map(
    (index) =>
      markup`
        <tr><th scope="row">${classes[index]}</th><td>${figureCell(rocAucOf(tally, index))}</td><td>
        ${figureCell(averagePrecisionOf(tally, index))}</td></tr>
      `,
  );
  return scrollable(
    'Areas under the curves',
    markup`
      <table><thead><tr><th scope="col">class</th><th scope="col">ROC AUC</th>
      <th scope="col">average precision</th></tr></thead><tbody>${rows}</tbody></table>
    `,
  );
}

/** Whether a share of 0.8 is right in 8 of 10 rows. */
export function calibrationSection({ calibration, metrics, rows }: Measurement): Section {
  const dots = calibration.map(({ accuracy, meanShare, rows: count }) => ({
    at: [meanShare, accuracy] as const,
    radius: 3 + 9 * Math.sqrt(count / Math.max(1, ...calibration.map((bin) => bin.rows))),
    title: `share ${fixed(meanShare)}, right ${percent(accuracy)}, ${plural(count, 'row')}`,
  }));
  const line = { points: dots.map(({ at }) => at), stroke: 'mark', faint: true };
  const error = metrics.calibrationError.value;
  const errorText = error === null ? 'undefined' : fixed(error);
  const counted = `How often a prediction was right, over the share that its class had, for ${plural(rows, 'row')}.`;
  const description = `${counted} Calibration error ${errorText}.`;
  const names = { xName: 'share of the predicted class', yName: 'rightly predicted' };
  const plot = unitPlot({ id: 'calibration-plot', title: 'Calibration', description, ...names, dots }, [
    DIAGONAL,
    line,
  ]);
  const bins = calibration.map(
    (bin) =>
      markup`
        <tr><th scope="row">${bin.lower.toFixed(1)} to ${bin.upper.toFixed(1)}</th><td>${fixed(bin.meanShare)}
        </td><td>${fixed(bin.accuracy)}</td><td class="number">${String(bin.rows)}</td></tr>
      `,
  );
  const table = markup`
    <table><thead><tr><th scope="col">share</th><th scope="col">mean share</th><th scope="col">right</th>
    <th scope="col">rows</th></tr></thead><tbody>${bins}</tbody></table>
  `;
  return {
    id: 'calibration',
    title: 'Calibration',
    half: true,
    content: [
      markup`
        <p class="quiet">On the dotted line a share of 0.8 is right in 8 of 10 rows; below it the model is too
          sure. Larger dots are more rows. Calibration error: ${figureCell(metrics.calibrationError)}.</p>
      `,
      markup`
        <div class="charts"><figure>${plot}</figure></div><details><summary>The same as a table</summary>
        ${scrollable('Calibration by share', table)}</details>
      `,
    ],
  };
}
