import { MAX_CLASSES } from '../../ground/limits.js';
import { quote } from '../../ground/quote.js';
import type { Combine } from '../../tree/ensemble.js';
import { refuseUnsupported, refuseValue, wholeAt } from '../foreign-value.js';
import type { Attributes } from './attributes.js';
import type { NodeTable } from './node-table.js';

/** How the sums of the trees become shares. */
export interface Scores extends Pick<Combine, 'by' | 'outputs' | 'link'> {
  readonly classCount: number;
  /** Null where the operator has no names for its outputs. */
  readonly classNames: readonly string[] | null;
  /** What is added after the trees, one per output, or nothing. */
  readonly base: readonly number[];
}

const LINKS: Readonly<Record<string, Combine['link']>> = {
  NONE: 'none',
  LOGISTIC: 'sigmoid',
  SOFTMAX: 'softmax',
};

/** @throws ArtifactError for a combination by which onnxruntime gives no shares, or labels against them */
export function classifierScores(attributes: Attributes, table: NodeTable): Scores {
  const { path } = attributes;
  const texts = attributes.texts('classlabels_strings');
  const numbers = attributes.integers('classlabels_int64s');
  const odd = numbers.find((label) => !Number.isSafeInteger(label));
  if (odd !== undefined) refuseValue(`${path}: classlabels_int64s`, 'whole numbers within 2^53', odd);
  const classNames = texts.length > 0 ? texts : numbers.map(String);
  const classCount = wholeAt(classNames.length, `${path}: the number of class labels`, 2, MAX_CLASSES);
  const transform = attributes.text('post_transform', 'NONE');
  const link = linkOf(path, transform);
  const base = attributes.numbers('base_values');
  const common = { by: 'sum', classCount, classNames, link, base } as const;
  if (classCount > 2) {
    requireBase(attributes, base, classCount);
    if (base.length === 0) requireScores(path, table, classCount);
    return { ...common, outputs: classCount };
  }
  const outputs = new Set<number>();
  let isPositive = true;
  for (const weights of table.weights.values()) {
    for (const { output, value } of weights) {
      outputs.add(output);
      if (value < 0) isPositive = false;
    }
  }
  if (outputs.size > 1) {
    refuseUnsupported(
      `${path}: of two classes both have weights: onnxruntime says the second whenever its sum is above 0. ` +
        'Convert it anew, with weights of the second class alone',
    );
  }
  if (!outputs.has(0)) refuseUnsupported(`${path}: of two classes the weights are of class_ids 0, not 1`);
  if (base.length > 1) refuseUnsupported(`${path}: two base_values for one sum are not read`);
  // onnxruntime decides by the signs of all weights what it does with a sum.
  const expected = isPositive ? 'NONE' : 'LOGISTIC';
  if (transform !== expected) {
    refuseUnsupported(
      `${path}: the post_transform ${transform}, where ${isPositive ? 'no weight is' : 'a weight is'} below 0, gives no shares of two classes: ${expected} does`,
    );
  }
  return { ...common, outputs: 1 };
}

/** Of TreeEnsembleRegressor and TreeEnsemble: one share per output, or that of the second class alone. */
export function targetScores(
  attributes: Attributes,
  aggregate: string,
  transform: string,
  base: readonly number[],
): Scores {
  const { path } = attributes;
  const outputs = wholeAt(attributes.integer('n_targets', 0), `${path}: n_targets`, 1, MAX_CLASSES);
  if (aggregate !== 'SUM' && aggregate !== 'AVERAGE') {
    refuseUnsupported(`${path}: the aggregate_function ${quote(aggregate)} is not read: SUM and AVERAGE are`);
  }
  const link = linkOf(path, transform);
  if (outputs === 1 && link !== 'none') {
    refuseUnsupported(
      `${path}: the post_transform ${transform} of one output, which onnxruntime leaves out, is not read`,
    );
  }
  requireBase(attributes, base, outputs);
  if (aggregate === 'AVERAGE' && base.some((value) => value !== 0)) {
    refuseUnsupported(`${path}: base_values beside AVERAGE are not read`);
  }
  const by = aggregate === 'AVERAGE' ? 'mean' : 'sum';
  return { by, outputs, link, base, classCount: Math.max(2, outputs), classNames: null };
}

function linkOf(path: string, transform: string): Combine['link'] {
  const link = Object.hasOwn(LINKS, transform) ? LINKS[transform] : undefined;
  return (
    link ??
    refuseUnsupported(
      `${path}: the post_transform ${quote(transform)} is not read: ${Object.keys(LINKS).join(', ')} are`,
    )
  );
}

function requireBase(attributes: Attributes, base: readonly number[], outputs: number): void {
  if (base.length > 0) attributes.requireLength('base_values', base, outputs);
}

/** A class without a weight on the way of a row is no candidate for its label, whatever the others come to. */
function requireScores(path: string, table: NodeTable, classCount: number): void {
  const always = new Set<number>();
  let isPositive = true;
  for (const [tree, root] of table.roots.entries()) {
    for (const output of inAllLeaves(table, root, table.roots[tree + 1] ?? table.nodeCount)) always.add(output);
  }
  for (const weights of table.weights.values()) for (const { value } of weights) if (!(value > 0)) isPositive = false;
  if (always.size < classCount && !isPositive) {
    refuseUnsupported(
      `${path}: not every class has a weight for every row: onnxruntime never says one without, even where the others are below 0`,
    );
  }
}

/** Outputs that each leaf of a tree has a weight for: its nodes are together. */
function inAllLeaves({ weights }: NodeTable, start: number, end: number): readonly number[] {
  let common: readonly number[] | null = null;
  for (let node = start; node < end; node++) {
    const own = weights.get(node);
    if (own === undefined) continue;
    const outputs = new Set(own.map(({ output }) => output));
    common = common === null ? [...outputs] : common.filter((output) => outputs.has(output));
  }
  return common ?? [];
}
