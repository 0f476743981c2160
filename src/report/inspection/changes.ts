import { type Difference, listDifferences } from '../../evaluation/difference.js';
import { cut } from '../../ground/quote.js';
import type { Model } from '../../model/model.js';
import { ensembleOf, requireTree } from '../../model/single-tree.js';
import { withAllDecimals } from '../../model/threshold-text.js';
import { treeSize } from '../../model/tree-size.js';
import { shownSentence } from '../printable.js';
import { ensembleChanges, ensembleFacts } from './ensemble-changes.js';
import { recordOf } from './inspection.js';
import { describeNode, type NodeWords } from './node-words.js';
import type { SplitChange } from './split-change.js';

/** UTF-16 units of a fact that a text shows. */
const MAX_FACT = 200;
/** Splits that a text shows: each tree of a forest may have another. */
const MOST_SPLITS = 100;

/** What changed from one model to another. */
export interface Changes {
  /** Of features, classes, training record, metrics and the size of the tree. */
  readonly facts: readonly Difference[];
  /** Where the trees differ: the path to the first node with another test or label; of several trees, in each. */
  readonly splits: readonly SplitChange[];
}

export function findChanges(before: Model, after: Model): Changes {
  return { facts: listDifferences(factsOf(before), factsOf(after)), splits: compareSplits(before, after) };
}

function factsOf(model: Model) {
  const kinds = model.features.map((feature): [string, string] => [
    feature.name,
    feature.kind === 'number' ? 'number' : feature.categories.join(' '),
  ]);
  return {
    columns: kinds.map(([name]) => name).join(', '),
    features: Object.fromEntries(kinds),
    classes: model.classes.join(', '),
    training: recordOf(model),
    ...sizesOf(model),
  };
}

function sizesOf(model: Model) {
  const scorer = ensembleOf(model);
  if (scorer !== null) return ensembleFacts(model, scorer);
  return { tree: treeSize(requireTree(model, 'a comparison').tree), metrics: model.provenance.metrics };
}

/** Nothing of a tree and several trees, which differ in kind. */
function compareSplits(before: Model, after: Model): SplitChange[] {
  const [one, two] = [ensembleOf(before), ensembleOf(after)];
  if (one === null && two === null) return compareTrees(before, after);
  return one === null || two === null ? [] : ensembleChanges(before, after);
}

/** Walks both trees while they ask the same, and notes the first difference on each path. */
function compareTrees(before: Model, after: Model): SplitChange[] {
  const [one, two] = [before, after].map((model) => requireTree(model, 'a comparison').tree);
  const changes: SplitChange[] = [];
  const exact = [before, after].map(withAllDecimals);
  const stack: { a: number; b: number; path: readonly string[] }[] = [{ a: 0, b: 0, path: [] }];
  while (stack.length > 0) {
    const { a, b, path } = stack.pop()!;
    const node = describeNode(before, a);
    const other = describeNode(after, b);
    const words = [node, other].map(wordsOf);
    const precise = [describeNode(exact[0], a), describeNode(exact[1], b)].map(wordsOf);
    const [from, to] = words[0] === words[1] ? precise : words;
    if (precise[0] !== precise[1]) changes.push({ path, before: from, after: to });
    else if (node.test !== null) {
      stack.push({ a: one.right[a], b: two.right[b], path: [...path, node.test.right] });
      stack.push({ a: one.left[a], b: two.left[b], path: [...path, node.test.left] });
    }
  }
  return changes;
}

function wordsOf({ label, test }: NodeWords): string {
  return test?.left ?? `leaf ${label}`;
}

/** Two models as they are named in a comparison. */
export interface Compared {
  readonly before: { readonly path: string; readonly model: Model };
  readonly after: { readonly path: string; readonly model: Model };
}

export function changesJson({ after, before }: Compared) {
  // Data is exact.
  const { facts, splits } = findChanges(withAllDecimals(before.model), withAllDecimals(after.model));
  const name = ({ model, path }: Compared['before']) => ({ path, sha256: model.sha256, version: model.version });
  return {
    before: name(before),
    after: name(after),
    facts: facts.map(({ after = null, before = null, path }) => ({ path, before, after })),
    splits: splits.map(({ path: way, ...change }) => ({ way, ...change })),
  };
}

/** For a terminal; it ends in a newline. */
export function changesText({ after, before }: Compared): string {
  const { facts, splits } = findChanges(before.model, after.model);
  const head = [
    `before  ${shownSentence(before.path)}, version ${before.model.version}`,
    `after   ${shownSentence(after.path)}, version ${after.model.version}`,
  ];
  if (facts.length === 0 && splits.length === 0) return `${[...head, 'nothing changed'].join('\n')}\n`;
  const shown = facts.map((fact) => `  ${shownSentence(fact.path)}: ${show(fact.before)} → ${show(fact.after)}`);
  const parts = splits
    .slice(0, MOST_SPLITS)
    .map(
      ({ after, before, path }) =>
        `  ${path.map(shownSentence).join(' / ') || 'root'}: ${shownSentence(before)} → ${shownSentence(after)}`,
    );
  if (splits.length > MOST_SPLITS) parts.push(`  … ${splits.length - MOST_SPLITS} more`);
  const sections = [head];
  if (shown.length > 0) sections.push(['changed', ...shown]);
  if (parts.length > 0) sections.push(['splits, by the path from the root', ...parts]);
  return `${sections.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

function show(value: unknown): string {
  if (value === undefined) return 'nothing';
  return shownSentence(cut(typeof value === 'string' ? value : JSON.stringify(value), MAX_FACT));
}
