import { nameInWords, plural } from '../../ground/quote.js';
import { hyperParameterTable, parametersOf } from '../../model/hyper-parameters.js';
import type { Model } from '../../model/model.js';
import type { DataHash, Partition, Score } from '../../model/provenance.js';
import { requireTree } from '../../model/single-tree.js';
import { treeSize } from '../../model/tree-size.js';
import type { Answer } from '../drawing/drawn-tree.js';
import { listedNames } from '../printable.js';
import { type Paint, paintClass } from '../terminal-paint.js';
import { textTable } from '../text-table.js';
import { treeLines } from './tree-lines.js';

export interface Inspection {
  readonly path: string;
  readonly model: Model;
  /** Impurity importance per feature, summing to 1. */
  readonly importances: ArrayLike<number>;
  /** Nodes on the path of one row; empty where none was asked for. */
  readonly pathNodes: ReadonlySet<number>;
  /** What that row answered on it. */
  readonly answers?: readonly Answer[];
  /** Levels of the tree that the text shows; 0: all. Left out: as many as fit a screen. */
  readonly depth?: number;
  /** What shows the nodes that the text leaves out. */
  readonly depthAdvice?: string;
}

/** In place of what a model's file does not record. */
const UNKNOWN = '  not recorded in the model';

/** Importances that a text lists. */
const MOST_LISTED = 20;
/** Characters of the longest importance bar. */
const BAR_WIDTH = 30;

const PURPOSE = 'an inspection';

/** How a model was trained, in one record; null where it is not recorded. */
export function recordOf({ provenance, scorer }: Model) {
  const { data, partition, training } = provenance;
  if (training === null) return null;
  const { rows, ...recorded } = training;
  const own: readonly string[] = parametersOf(scorer);
  const isOwn = ([name]: [string, unknown]) => own.includes(name) || !(name in hyperParameterTable);
  const parameters = Object.fromEntries(Object.entries(recorded).filter(isOwn));
  return {
    ...parameters,
    partition: partition && partitionInWords(partition),
    rows,
    ...grownBy(data),
    dataSha256: data?.sha256 ?? null,
  };
}

/** Only of a model of which nobody read the rows. */
function grownBy(data: DataHash | null): { dataHash?: string } {
  return data?.hash === 'aggregates/1' ? { dataHash: `${data.hash}, as its engine counted the rows` } : {};
}

/** The rule, and the column that it goes by. */
export function partitionInWords({ column, rule }: Partition): string {
  return column === undefined ? rule : `${rule} by ${nameInWords(column)}`;
}

export function inspectionJson({ importances, model, path }: Inspection) {
  return {
    model: { path, sha256: model.sha256, version: model.version },
    tree: treeSize(requireTree(model, PURPOSE).tree),
    features: model.features.map(({ name }) => name),
    classes: model.classes,
    training: recordOf(model),
    metrics: model.provenance.metrics,
    importances: byImportance(model, importances),
  };
}

/** For a terminal; it ends in a newline. */
export function inspectionText(inspection: Inspection, paint: Paint): string {
  const { depth: levels, depthAdvice, importances, model, path, pathNodes } = inspection;
  const { depth, leaves, nodes } = treeSize(requireTree(model, PURPOSE).tree);
  const drawn = treeLines(model, paint, { pathNodes, ...(levels === undefined ? {} : { depth: levels }) });
  const advice = depthAdvice === undefined ? '' : `, ${depthAdvice}`;
  const hidden = drawn.hidden === 0 ? [] : [`… ${plural(drawn.hidden, 'more node')}${advice}`];
  const sections = [
    [
      `model    ${path}`,
      `version  ${model.version} (sha256 ${model.sha256})`,
      `classes  ${listedNames(model.classes, (label, index) => paintClass(label, index, paint))}`,
      `tree     ${plural(nodes, 'node')}, ${plural(leaves, 'leaf', 'leaves')}, depth ${depth}; [rows per class]`,
    ],
    [...drawn.lines, ...hidden],
    ['importances', ...importanceLines(model, importances)],
    ['training', ...recordLines(model)],
    ['metrics', ...metricLines(model)],
  ];
  return `${sections.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

function byImportance({ features }: Model, importances: ArrayLike<number>) {
  return features
    .map(({ name }, index) => ({ feature: name, importance: importances[index] }))
    .sort((a, b) => b.importance - a.importance);
}

function importanceLines(model: Model, importances: ArrayLike<number>): string[] {
  const ranked = byImportance(model, importances);
  const rows = ranked
    .slice(0, MOST_LISTED)
    .map(({ feature, importance }) => [
      `  ${feature}`,
      importance.toFixed(4),
      '█'.repeat(Math.round(importance * BAR_WIDTH)),
    ]);
  const rest = ranked.length - rows.length;
  return [...textTable(rows, ['left', 'right', 'left']), ...(rest > 0 ? [`  … ${plural(rest, 'more feature')}`] : [])];
}

export function recordLines(model: Model): string[] {
  const record = recordOf(model);
  if (record === null) return [UNKNOWN];
  const rows = Object.entries(record).map(([key, value]) => [`  ${key}`, describeValue(key, value, model.classes)]);
  return textTable(rows, ['left', 'left']);
}

/** A value of the training record in words. */
export function describeValue(key: string, value: unknown, classes: readonly string[]): string {
  if (value === null && (key === 'partition' || key === 'dataSha256')) return 'unknown';
  if (value === null) return key === 'classWeight' ? 'every class weighs 1' : 'no bound';
  if (Array.isArray(value)) return listedNames(value.map((weight, index) => `${classes[index]}=${weight}`));
  if (typeof value !== 'object') return String(value);
  return Object.entries(value as object)
    .map((entry) => entry.join(' '))
    .join(', ');
}

export function metricLines({ provenance: { metrics } }: Model): string[] {
  if (metrics === null) return [UNKNOWN];
  const row = (name: string, of: (score: Score) => number) => [
    `  ${name}`,
    of(metrics.train).toFixed(4),
    ...(metrics.holdout === null ? [] : [of(metrics.holdout).toFixed(4)]),
  ];
  const header = ['', 'training rows', ...(metrics.holdout === null ? [] : ['held-out rows'])];
  const rows = [header, row('accuracy', ({ accuracy }) => accuracy), row('log loss', ({ logLoss }) => logLoss)];
  return textTable(rows, ['left', 'right', 'right'].slice(0, header.length) as ('left' | 'right')[]);
}
