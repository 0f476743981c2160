import type { TrainedModel } from '../evaluation/train-model.js';
import { nameInWords, plural } from '../ground/quote.js';
import type { Model } from '../model/model.js';
import { requirePart, type Score } from '../model/provenance.js';
import { requireEnsemble, singleTree } from '../model/single-tree.js';
import type { TrainingRecord } from '../model/training-record.js';
import { treeSize } from '../model/tree-size.js';
import { ensembleSizes, treesInWords } from './inspection/ensemble.js';
import { listedNames, printableModel, shownSentence } from './printable.js';
import { textTable } from './text-table.js';

export interface TrainingResult extends Omit<TrainedModel, 'model' | 'text'> {
  readonly model: Model;
  /** Where the model was written. */
  readonly path: string;
  /** Name of the table. */
  readonly source: string;
  readonly timing: { readonly readMs: number; readonly fitMs: number };
}

const PURPOSE = 'a report of a training';

/** The JSON form. `pruningPath` is there when it was asked for. */
export function trainingJson({ model, path, pruningPath, timing, warnings }: TrainingResult) {
  return {
    model: { path, sha256: model.sha256, version: model.version },
    ...sizeOf(model),
    rows: requirePart(model, 'training', PURPOSE).rows,
    features: model.features.map(({ name }) => name),
    classes: model.classes,
    metrics: model.provenance.metrics,
    timing,
    warnings,
    ...(pruningPath === null ? {} : { pruningPath }),
  };
}

/** The form for a person; it ends in a newline. */
export function trainingText({ path, pruningPath, source, ...result }: TrainingResult): string {
  const model = printableModel(result.model);
  const training = requirePart(model, 'training', PURPOSE);
  const { holdout, train } = training.rows;
  const lines = [
    `trained on ${train} of ${train + holdout} rows of ${source}`,
    `classes    ${listedNames(model.classes, nameInWords)}`,
    sizeLine(model, training),
    `accuracy   ${scores(model, ({ accuracy }) => accuracy)}`,
    `log loss   ${scores(model, ({ logLoss }) => logLoss)}`,
    ...outOfBagLines(model),
    `model      ${path}`,
    `sha256     ${model.sha256}`,
  ];
  if (training.ccpAlpha > 0) lines.splice(3, 0, `ccp-alpha  ${training.ccpAlpha}`);
  if (pruningPath !== null) lines.push('', ...pruningTable(pruningPath));
  return `${lines.map(shownSentence).join('\n')}\n`;
}

function sizeOf(model: Model) {
  const tree = singleTree(model);
  return tree === null ? { trees: ensembleSizes(requireEnsemble(model)) } : { tree: treeSize(tree.tree) };
}

function sizeLine(model: Model, { maxFeatures }: TrainingRecord): string {
  const { tree } = sizeOf(model);
  if (tree) {
    return `tree       ${plural(tree.nodes, 'node')}, ${plural(tree.leaves, 'leaf', 'leaves')}, depth ${tree.depth}`;
  }
  return `forest     ${treesInWords(requireEnsemble(model))}; ${plural(maxFeatures ?? 0, 'feature')} drawn for each split`;
}

function outOfBagLines({ provenance: { metrics } }: Model): string[] {
  const { curve, rows } = metrics?.outOfBag ?? { curve: [], rows: 0 };
  const accuracy = curve.at(-1);
  return accuracy == null ? [] : [`out of bag ${accuracy.toFixed(4)}, the accuracy on ${plural(rows, 'row')}`];
}

function scores(model: Model, of: (score: Score) => number): string {
  const metrics = requirePart(model, 'metrics', PURPOSE);
  const train = `${of(metrics.train).toFixed(4)} on the training rows`;
  return metrics.holdout === null ? train : `${train}, ${of(metrics.holdout).toFixed(4)} on the held-out rows`;
}

function pruningTable(steps: NonNullable<TrainedModel['pruningPath']>): string[] {
  const rows = steps.map(({ alpha, cvError, cvStandardError, impurity, leaves }) => [
    alpha === 0 ? '0' : alpha.toPrecision(6),
    String(leaves),
    impurity.toFixed(6),
    `${cvError.toFixed(4)} ± ${cvStandardError.toFixed(4)}`,
  ]);
  return textTable([['ccp-alpha', 'leaves', 'impurity', 'error'], ...rows], ['right', 'right', 'right', 'right']);
}
