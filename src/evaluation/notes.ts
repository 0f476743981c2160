import { copiesInWords, countCopies } from '../data/copies.js';
import type { Dataset } from '../data/dataset.js';
import type { Overlap } from '../data/sketch.js';
import { namesInWords, plural } from '../ground/quote.js';
import type { Model } from '../model/model.js';
import type { Measurement } from './measurement.js';
import { hasLearnedFrom, isUnsure, type ScoredRows } from './scored-rows.js';
import { evidenceInWords } from './sides.js';
import type { Subject } from './subject.js';
import { rowHashesOf } from './table-identity.js';

/** An interval of the accuracy that is wider than this deserves a warning. */
const WIDE = 0.1;

/** What a reader of the figures should know, one sentence each. */
export function notesOn(
  { model, dataset }: Subject,
  chosen: ScoredRows,
  measured: Measurement,
  baseline: Subject | null,
): string[] {
  return [
    ...notesOnFigures(chosen, measured),
    ...notesOnUnseen(measured),
    ...notesOnBags(measured),
    ...notesOnAgreement(measured),
    ...notesOnTrainingRows(model, dataset, chosen),
    ...notesOnCopies(dataset, chosen),
    ...(baseline === null ? [] : notesOnBaseline(baseline, chosen)),
  ];
}

function notesOnFigures({ scored }: ScoredRows, measured: Measurement): string[] {
  if (measured.rows === 0) return ['there are no rows to score'];
  const interval = measured.intervals.get('accuracy');
  if (scored === 'training rows' || interval === undefined || interval.upper - interval.lower <= WIDE) return [];
  const range = `${interval.lower.toFixed(3)} to ${interval.upper.toFixed(3)}`;
  const advice = scored === 'folds' ? '' : '; a cross-validation scores every row of the training table';
  return [
    `${measured.rows === 1 ? '1 row is little' : `${measured.rows} rows are few`}: the accuracy is only known to lie from ${range} (95 %)${advice}`,
  ];
}

function notesOnUnseen({ rows, unseen }: Measurement): string[] {
  if (unseen === undefined || unseen.rows === 0) return [];
  const features = namesInWords(unseen.columns.map(({ feature }) => feature));
  return [
    `${unseen.rows} of ${plural(rows, 'row')} ${unseen.rows === 1 ? 'has' : 'have'} a category that the model never saw: ${features}`,
  ];
}

function notesOnBags({ outOfBag }: Measurement): string[] {
  const accuracy = outOfBag?.curve.at(-1);
  if (outOfBag === undefined || accuracy == null) return [];
  const rows = plural(outOfBag.rows, 'training row');
  return [`out of bag, of the trees that did not learn from a row, the accuracy on ${rows} is ${accuracy.toFixed(4)}`];
}

function notesOnAgreement({ agreement, rows }: Measurement): string[] {
  if (agreement === undefined) return [];
  const all = agreement.bins.find(({ lower }) => lower === 1);
  const right = agreement.bins.reduce((sum, bin) => sum + bin.right, 0);
  const [unanimous, unanimousRight] = [all?.rows ?? 0, all?.right ?? 0];
  const others = rows - unanimous;
  const whole = `on average ${(100 * agreement.mean).toFixed(1)} % of the ${agreement.trees} trees answer as the forest does`;
  return [
    `${whole}: all of them on ${plural(unanimous, 'row')}, of which ${unanimousRight} are predicted rightly, not all on ${others}, of which ${right - unanimousRight} are`,
  ];
}

/** Whether the model knows rows of the table. */
function notesOnTrainingRows({ provenance }: Model, dataset: Dataset, chosen: ScoredRows): string[] {
  const { evidence, overlap, rows, scored } = chosen;
  if (evidence !== undefined) {
    const end =
      scored === 'holdout'
        ? `only the ${rows.length} of ${dataset.rowCount} that it held out, or would have, are scored`
        : 'the figures flatter it';
    return [
      `the model was trained on ${scored === 'training rows' ? 'these' : 'many of these'} rows, as ${evidenceInWords(evidence)}: ${end}`,
    ];
  }
  if (scored === 'training rows' && (overlap === null || overlap.share === 1)) {
    return ['these are the rows that the model was trained on: the figures say nothing about new ones'];
  }
  if (scored === 'training rows') {
    return [`the model was trained on ${shareInWords(overlap!)}, and held none of them out: the figures flatter it`];
  }
  if (scored === 'holdout') {
    if (overlap === null) return [];
    const whole = `the model was trained on ${shareInWords(overlap)}`;
    return [
      `${whole}: only the ${rows.length} of ${dataset.rowCount} that it held out, or would have, ${rows.length === 1 ? 'is' : 'are'} scored`,
    ];
  }
  if (scored === 'folds') return [];
  if (provenance.data === null) return ['the model does not record what it was trained on: these rows may be among it'];
  if (overlap === null) {
    return ['the model keeps no sketch of the rows that it was trained on: these may be among them'];
  }
  if (overlap.trained > 0) return [`the model was trained on ${shareInWords(overlap)}: the figures flatter it`];
  if (!isUnsure(overlap)) return [];
  const judged = `by its sketch the model can judge ${overlap.judged} of these ${plural(dataset.rowCount, 'row')}`;
  return [`${judged}: whether it was trained on them is not known`];
}

/** Where there is an overlap, the table is another one: of it no row is scored that has a copy on the training side. */
function notesOnCopies(dataset: Dataset, { overlap, rows, scored }: ScoredRows): string[] {
  if (scored !== 'folds' && (scored !== 'holdout' || overlap !== null)) return [];
  const [kind, where] = scored === 'folds' ? ['row', 'in the table'] : ['held-out row', 'among the training rows'];
  const copies = countCopies(rowHashesOf(dataset), rows, scored === 'folds' ? rows : withoutRows(dataset, rows));
  const found = copiesInWords(copies, rows.length, kind, where);
  return found === undefined ? [] : [found];
}

function withoutRows({ rowCount }: Dataset, rows: Uint32Array): Uint32Array {
  const isLeftOut = new Uint8Array(rowCount);
  for (const row of rows) isLeftOut[row] = 1;
  return new Uint32Array(rowCount).map((_, row) => row).filter((row) => isLeftOut[row] === 0);
}

function notesOnBaseline({ dataset, model }: Subject, { rows, scored }: ScoredRows): string[] {
  if (scored === 'folds' || !hasLearnedFrom(model.provenance, dataset, rows)) return [];
  return ['the baseline was trained on some of these rows: its figures flatter it'];
}

/** As in `about 98 % of these rows, by its sketch`. */
export function shareInWords({ exact, judged, trained }: Overlap): string {
  const share = `${Math.round((100 * trained) / judged)} %`;
  return exact
    ? `${trained} of these ${plural(judged, 'row')}, ${share}`
    : `about ${share} of these rows, by its sketch`;
}
