/** What changed from one model of several trees to another. */
import type { EnsembleScorer, Model } from '../../model/model.js';
import { requireEnsemble } from '../../model/single-tree.js';
import { withAllDecimals } from '../../model/threshold-text.js';
import { answerInWords, ensembleSizes, leafInWords, splitInWords, startInWords } from './ensemble.js';
import type { SplitChange } from './split-change.js';

/** What is compared of the whole; of the curve out of bag its end. */
export function ensembleFacts(model: Model, scorer: EnsembleScorer) {
  const { metrics } = model.provenance;
  const { arithmetic, combine } = scorer.ensemble;
  return {
    kind: scorer.kind,
    answer: answerInWords(scorer),
    combine,
    arithmetic,
    source: scorer.source,
    trees: ensembleSizes(scorer),
    metrics: metrics?.outOfBag
      ? { ...metrics, outOfBag: { rows: metrics.outOfBag.rows, accuracy: metrics.outOfBag.curve.at(-1) } }
      : metrics,
  };
}

/** The first difference of each pair of trees of one number. */
export function ensembleChanges(before: Model, after: Model): SplitChange[] {
  const count = Math.min(...[before, after].map((model) => requireEnsemble(model).ensemble.trees.treeCount));
  const [shown, exact] = [(model: Model) => model, withAllDecimals<Model>].map((digits) =>
    [digits(before), digits(after)].map(describer),
  );
  return Array.from({ length: count }, (_, tree) => firstChange(tree, shown, exact)).filter((found) => found !== null);
}

interface Described {
  readonly left: string;
  /** What goes right, and the node it comes to; null at a leaf. */
  readonly right: { readonly words: string; readonly node: number } | null;
}

/** A place on the way down. */
interface Way {
  readonly above: Way | null;
  readonly words: string;
}

interface Describer {
  rootOf(tree: number): number;
  startOf(tree: number): string;
  node(tree: number, node: number): Described;
}

function describer(model: Model): Describer {
  const scorer = requireEnsemble(model);
  const { feature, right, roots } = scorer.ensemble.trees;
  return {
    rootOf: (tree) => roots[tree],
    startOf: (tree) => startInWords(model, scorer, tree),
    node(tree, node) {
      if (feature[node] < 0) return { left: `leaf ${leafInWords(model, scorer, tree, node)}`, right: null };
      const words = splitInWords(model, scorer, node);
      return { left: words.left, right: { words: words.right, node: right[node] } };
    },
  };
}

function firstChange(tree: number, shown: readonly Describer[], exact: readonly Describer[]): SplitChange | null {
  const top: Way = { above: null, words: `tree ${tree}` };
  const starts = exact.map((model) => model.startOf(tree));
  if (starts[0] !== starts[1]) return { path: pathOf(top), before: starts[0], after: starts[1] };
  const [a, b] = exact.map((model) => model.rootOf(tree));
  const stack = [{ a, b, way: top }];
  while (stack.length > 0) {
    const { a, b, way } = stack.pop()!;
    const [one, two] = [exact[0].node(tree, a), exact[1].node(tree, b)];
    if (one.left !== two.left || one.right?.words !== two.right?.words) {
      const words = [shown[0].node(tree, a).left, shown[1].node(tree, b).left];
      const [before, after] = words[0] === words[1] ? sidesOf(one, two) : words;
      return { path: pathOf(way), before, after };
    }
    if (one.right === null || two.right === null) continue;
    stack.push({ a: one.right.node, b: two.right.node, way: { above: way, words: one.right.words } });
    stack.push({ a: a + 1, b: b + 1, way: { above: way, words: one.left } });
  }
  return null;
}

/** Splits may differ in what goes right alone. */
function sidesOf(one: Described, two: Described): string[] {
  return one.left === two.left ? [one, two].map(({ left, right }) => right?.words ?? left) : [one.left, two.left];
}

function pathOf(way: Way): string[] {
  const words: string[] = [];
  for (let at: Way | null = way; at !== null; at = at.above) words.unshift(at.words);
  return words;
}
