/** What is told of models of more than one tree: a summary, and one tree by its number. */
import { badOption } from '../../ground/errors.js';
import { plural, shownName } from '../../ground/quote.js';
import type { EnsembleScorer, Model, ModelSource } from '../../model/model.js';
import type { OutOfBag } from '../../model/provenance.js';
import { thresholdText } from '../../model/threshold-text.js';
import { MISSING_LEFT, UNKNOWN_LEFT, ZERO_IS_MISSING } from '../../tree/ensemble.js';
import { inSet } from '../../tree/walk-ensemble.js';
import { treeSizes } from '../ensemble-sizes.js';
import { rankFeatures } from '../feature-importances.js';
import { listedNames, printableModel, shownSentence } from '../printable.js';
import { textTable } from '../text-table.js';
import { metricLines, recordLines, recordOf } from './inspection.js';

export interface EnsembleSizes {
  readonly count: number;
  readonly nodes: number;
  readonly leaves: number;
  /** Of the deepest tree. */
  readonly depth: number;
}

/** What is inspected, the whole or one tree of it. */
export interface EnsembleInspection {
  readonly path: string;
  readonly model: Model;
  readonly scorer: EnsembleScorer;
  /** Which tree to show, from 0. */
  readonly tree?: number | undefined;
  /** What the features of a row bring, where one is explained. */
  readonly explained?: ExplainedRow | undefined;
}

/** A row, in JSON and in lines. */
interface ExplainedRow {
  readonly json: object;
  readonly lines: readonly string[];
}

export function ensembleSizes({ ensemble: { trees } }: EnsembleScorer): EnsembleSizes {
  let deepest = 0;
  const depth = new Int32Array(trees.feature.length);
  for (let node = 0; node < depth.length; node++) {
    deepest = Math.max(deepest, depth[node]);
    if (trees.feature[node] < 0) continue;
    depth[node + 1] = depth[node] + 1;
    depth[trees.right[node]] = depth[node] + 1;
  }
  const nodes = depth.length;
  return { count: trees.treeCount, nodes, leaves: (nodes + trees.treeCount) / 2, depth: deepest };
}

/** The JSON form; a tree that is asked for is as the artifact has it, with its splits in words. */
export function ensembleJson({ explained, model, path, scorer, tree }: EnsembleInspection) {
  return {
    model: { path, sha256: model.sha256, version: model.version },
    kind: scorer.kind,
    trees: ensembleSizes(scorer),
    source: scorer.source,
    features: model.features.map(({ name }) => name),
    classes: model.classes,
    training: recordOf(model),
    metrics: model.provenance.metrics,
    importances: importancesOf(model),
    splits: splitCounts(model, scorer),
    ...(explained === undefined ? {} : { explained: explained.json }),
    ...(tree === undefined
      ? {}
      : { tree: { number: tree, lines: treeLines(model, scorer, checkedTree(scorer, tree)) } }),
  };
}

/** For a terminal; it ends in a newline. */
export function ensembleText({ explained, path, scorer, tree, ...inspection }: EnsembleInspection): string {
  const model = printableModel(inspection.model);
  const sections = [
    [
      `model    ${path}`,
      `version  ${model.version} (sha256 ${model.sha256})`,
      `classes  ${listedNames(model.classes)}`,
      `kind     ${kindInWords(scorer)}`,
      `trees    ${treesInWords(scorer)}`,
      `source   ${scorer.source === null && model.provenance.training !== null ? 'trained by iris' : sourceInWords(scorer)}`,
    ],
    ...(explained === undefined ? [] : [['one row', ...explained.lines]]),
    ...(tree === undefined
      ? [
          ['sizes of the trees', ...sizeLines(scorer)],
          [importancesTitle(model), ...featureLines(model, scorer)],
          ...trainingSections(model),
        ]
      : [[`tree ${tree}`, ...treeLines(model, scorer, checkedTree(scorer, tree))]]),
  ];
  return `${sections.map((lines) => lines.map(shownSentence).join('\n')).join('\n\n')}\n`;
}

/** Nothing of an imported model, of which neither is known. */
function trainingSections(model: Model): string[][] {
  const { metrics, training } = model.provenance;
  if (training === null) return [];
  return [
    ['training', ...recordLines(model)],
    ['metrics', ...metricLines(model), ...(metrics?.outOfBag ? [outOfBagLine(metrics.outOfBag)] : [])],
  ];
}

function outOfBagLine({ curve, rows }: OutOfBag): string {
  const accuracy = curve.at(-1);
  if (accuracy == null) return '  out of bag  no row was left out of a bag';
  const first = curve.flatMap((known, index) =>
    known !== null && isRound(index + 1) && index + 1 < curve.length ? [`${index + 1}: ${known.toFixed(4)}`] : [],
  );
  const fewer = first.length === 0 ? '' : `; with fewer trees, ${first.join(', ')}`;
  return `  out of bag  ${accuracy.toFixed(4)} of ${plural(rows, 'row')}${fewer}`;
}

/** 1, 2, 5, 10, 20, 50 and so on. */
export function isRound(trees: number): boolean {
  return /^[125]0*$/.test(String(trees));
}

function sizeLines(scorer: EnsembleScorer): string[] {
  const rows = treeSizes(scorer).map(({ largest, median, name, smallest }) => [
    `  ${name}`,
    String(smallest),
    String(median),
    String(largest),
  ]);
  return textTable([['', 'least', 'median', 'most'], ...rows], ['left', 'right', 'right', 'right']);
}

/** By falling importance; null where the model does not know how many training rows came to its nodes. */
function importancesOf(model: Model) {
  const { deviations, of, order, shares } = rankFeatures(model);
  if (of === 'splits') return null;
  return order.map((index) => ({
    feature: model.features[index].name,
    importance: shares[index],
    standardDeviation: deviations?.[index] ?? 0,
  }));
}

export function kindInWords(scorer: EnsembleScorer): string {
  return `${scorer.kind}: ${answerInWords(scorer)}`;
}

/** How the trees answer together. */
export function answerInWords({ ensemble: { combine }, kind }: EnsembleScorer): string {
  if (kind === 'forest') return 'the mean of the trees';
  return `the ${combine.by} of the trees${combine.link === 'none' ? '' : `, then a ${combine.link}`}`;
}

export function treesInWords(scorer: EnsembleScorer): string {
  const { count, depth, leaves, nodes } = ensembleSizes(scorer);
  return `${plural(count, 'tree')}, ${plural(nodes, 'node')}, ${plural(leaves, 'leaf', 'leaves')}, depth ${depth}`;
}

/** With the hash of the file. */
export function sourceInWords({ source }: EnsembleScorer): string {
  return source === null ? 'not recorded in the model' : `${originInWords(source)}, file of sha256 ${source.sha256}`;
}

/** `xgboost 3.2.0, 40 rounds` */
export function originInWords({ iterations, library, version }: ModelSource): string {
  const shown = version === null ? '' : ` ${shownName(version)}`;
  const rounds = iterations === null ? '' : `, ${plural(iterations, 'round')}`;
  return `${shownName(library)}${shown}${rounds}`;
}

/**
 * The number of a tree that there is.
 *
 * @param tree undefined where a drawing was asked for, and no tree: then the only one
 */
export function checkedTree({ ensemble }: EnsembleScorer, tree: number | undefined): number {
  const last = ensemble.trees.treeCount - 1;
  const chosen = tree ?? (last === 0 ? 0 : undefined);
  if (chosen !== undefined && chosen <= last) return chosen;
  throw badOption('tree', `a tree from 0 to ${last}`, tree, {
    found: tree === undefined ? 'none to draw' : String(tree),
  });
}

function splitCounts({ features }: Model, { ensemble: { trees } }: EnsembleScorer) {
  const counts = new Array<number>(features.length).fill(0);
  for (const feature of trees.feature) if (feature >= 0) counts[feature]++;
  return features
    .map(({ name }, index) => ({ feature: name, splits: counts[index] }))
    .sort((a, b) => b.splits - a.splits);
}

/** Features that a text lists. */
const MOST_FEATURES = 20;

function importancesTitle(model: Model): string {
  return importancesOf(model) === null
    ? 'splits per feature'
    : 'importances, with their standard deviation over the trees';
}

/** What splits gain by each feature, where that is known, and how many there are. */
function featureLines(model: Model, scorer: EnsembleScorer): string[] {
  const splits = splitCounts(model, scorer);
  const importances = importancesOf(model);
  const countOf = new Map(splits.map((found) => [found.feature, plural(found.splits, 'split')]));
  const rows =
    importances === null
      ? splits.map(({ feature, splits: count }) => [`  ${feature}`, String(count)])
      : importances.map(({ feature, importance, standardDeviation }) => [
          `  ${feature}`,
          `${importance.toFixed(4)} ± ${standardDeviation.toFixed(4)}`,
          countOf.get(feature)!,
        ]);
  const aligned = rows[0].map((_, column) => (column === 0 ? 'left' : 'right'));
  const lines = textTable(rows.slice(0, MOST_FEATURES), aligned);
  return rows.length > MOST_FEATURES ? [...lines, `  … ${plural(rows.length - MOST_FEATURES, 'more feature')}`] : lines;
}

/** A tree, one line per node: what leads to it, and the value of a leaf. */
function treeLines(model: Model, scorer: EnsembleScorer, tree: number): string[] {
  const { ensemble } = scorer;
  const { feature, right, roots } = ensemble.trees;
  const lines: string[] = [];
  const stack = [{ node: roots[tree], branch: '', indent: '', test: startInWords(model, scorer, tree) }];
  while (stack.length > 0) {
    const { branch, indent, node, test } = stack.pop()!;
    const isLeaf = feature[node] < 0;
    lines.push(`${branch}${test}${isLeaf ? `  ${leafInWords(model, scorer, tree, node)}` : ''}`);
    if (isLeaf) continue;
    const words = splitInWords(model, scorer, node);
    stack.push(
      { node: right[node], branch: `${indent}└── `, indent: `${indent}    `, test: words.right },
      { node: node + 1, branch: `${indent}├── `, indent: `${indent}│   `, test: words.left },
    );
  }
  return lines;
}

/** What the leaves of a tree hold. */
export function startInWords({ classes }: Model, { ensemble, kind }: EnsembleScorer, tree: number): string {
  const { output, weight } = ensemble.trees;
  const of = output[tree] < 0 || ensemble.combine.outputs === 1 ? '' : ` of ${classes[output[tree]]}`;
  const values = kind === 'forest' ? 'shares of the classes' : `margins${of}`;
  return weight[tree] === 1 ? values : `${values}, times ${weight[tree]}`;
}

/** `setosa 0.25, versicolor 0.75`, without the classes that have no share; or a margin. */
export function leafInWords(
  { classes }: Model,
  { ensemble: { combine, trees }, kind }: EnsembleScorer,
  tree: number,
  leaf: number,
): string {
  const from = trees.value[leaf];
  if (trees.output[tree] >= 0 || combine.outputs !== classes.length) return String(trees.values[from]);
  const values = Array.from(trees.values.subarray(from, from + combine.outputs), (value, k) => ({ value, k }));
  const shown = kind === 'forest' ? values.filter(({ value }) => value !== 0) : values;
  return shown.map(({ k, value }) => `${shownName(classes[k])} ${value}`).join(', ');
}

/** What goes to each side: a missing value, zero and new categories are named where they go. */
export function splitInWords(model: Model, { ensemble: { arithmetic, trees }, source }: EnsembleScorer, node: number) {
  const feature = model.features[trees.feature[node]];
  const directions = trees.directions[node];
  const others = [feature.missing && 'missing', (directions & ZERO_IS_MISSING) !== 0 && 'zero'].filter(Boolean);
  const missingLeft = (directions & MISSING_LEFT) !== 0;
  const unknownLeft = (directions & UNKNOWN_LEFT) !== 0;
  const isCategory = feature.kind === 'category';
  const side = (left: boolean) => [
    ...(missingLeft === left ? others : []),
    ...(isCategory && unknownLeft === left ? ['unknown'] : []),
  ];
  const ending = (left: boolean) =>
    side(left)
      .map((word) => ` or ${word}`)
      .join('');
  const name = shownName(feature.name);
  // No value is infinite: what goes right lacks one.
  if (!isCategory && trees.threshold[node] === Number.POSITIVE_INFINITY && side(false).length > 0) {
    return {
      left: `${name} has ${others.length > 1 ? 'another' : 'a'} value`,
      right: `${name} is ${side(false).join(' or ')}`,
    };
  }
  if (!isCategory) {
    const decimals = model.provenance.decimals?.[trees.feature[node]] ?? null;
    // Of an imported model nothing but all digits is known to say which rows go where.
    const isExact = source !== null && decimals === null;
    const threshold = isExact ? trees.threshold[node] : thresholdText(trees.threshold[node], decimals);
    const [less, more] = arithmetic.split === '<' ? ['<', '>='] : ['<=', '>'];
    return {
      left: `${name} ${less} ${threshold}${ending(true)}`,
      right: `${name} ${more} ${threshold}${ending(false)}`,
    };
  }
  const goesLeft = (_: string, category: number) => inSet(trees.setBits, trees.set![node], category);
  const words = (names: readonly string[], left: boolean) =>
    names.length === 0 && side(left).length > 0
      ? `${name} is ${side(left).join(' or ')}`
      : `${name} in {${listedNames(names.map(shownName))}}${ending(left)}`;
  const right = feature.categories.filter((category, index) => !goesLeft(category, index));
  return { left: words(feature.categories.filter(goesLeft), true), right: words(right, false) };
}
