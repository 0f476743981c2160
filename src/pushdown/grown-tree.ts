/** The tree as it grows: nodes of `tree/grow`, with the values beside a threshold in the place of rows. */

import type { Objective } from '../tree/criterion.js';
import { assembleTree, type FeatureValues, thresholdBetween } from '../tree/grow/assemble.js';
import { addLeaf, createNodes, type GrownNodes, graft } from '../tree/grow/nodes.js';
import type { Tree } from '../tree/tree.js';
import { finish } from '../tree/turns.js';
import type { FoundSplit } from './best-split.js';
import type { CountedFeature } from './counted-table.js';
import type { SplitNodes } from './live-nodes.js';

const NO_VALUE = -1;

export class GrownTree implements SplitNodes {
  readonly nodes: GrownNodes;
  readonly #features: readonly CountedFeature[];
  /** What `below` and `above` of the nodes are indices into. */
  readonly #values: number[] = [];

  constructor(features: readonly CountedFeature[], rootCounts: ArrayLike<number>) {
    this.#features = features;
    this.nodes = createNodes(rootCounts.length);
    addLeaf(this.nodes);
    this.nodes.counts.set(rootCounts);
  }

  countsOf(node: number): Uint32Array {
    const { classCount, counts } = this.nodes;
    return counts.subarray(node * classCount, (node + 1) * classCount);
  }

  feature(node: number): number {
    return this.nodes.feature[node]!;
  }

  left(node: number): number {
    return this.nodes.left[node]!;
  }

  right(node: number): number {
    return this.nodes.left[node]! + 1;
  }

  threshold(node: number): number {
    const { above, below } = this.nodes;
    return thresholdBetween(this.#valueAt(below[node]!), this.#valueAt(above[node]!));
  }

  categories(node: number): readonly number[] | null {
    return this.nodes.categories.get(node) ?? null;
  }

  missingLeft(node: number): boolean {
    return this.nodes.missingLeft[node] === 1;
  }

  /** Divides a leaf. @param missing rows of the node without a value of the feature. @returns the left child */
  split(node: number, found: FoundSplit, missing: number): number {
    const { nodes } = this;
    const counts = this.countsOf(node);
    const rows = counts.reduce((sum, count) => sum + count, 0);
    const leftRows = found.left.reduce((sum, count) => sum + count, 0);
    const isLeftHeavier = leftRows > rows - leftRows;
    const left = addLeaf(nodes);
    addLeaf(nodes);
    this.countsOf(left).set(found.left);
    this.countsOf(left + 1).set(this.countsOf(node).map((count, c) => count - found.left[c]!));
    nodes.feature[node] = found.feature;
    nodes.left[node] = left;
    nodes.missingLeft[node] = Number(missing > 0 ? found.missingLeft : isLeftHeavier);
    if (found.categories === null) {
      nodes.below[node] = this.#indexOf(found.lower);
      nodes.above[node] = found.upper === Number.POSITIVE_INFINITY ? NO_VALUE : this.#indexOf(found.upper);
    } else {
      const { left: chosen, present } = found.categories;
      const all = [...this.#features[found.feature]!.categories.keys()];
      const absent = isLeftHeavier ? all.filter((code) => !present.includes(code)) : [];
      nodes.categories.set(
        node,
        [...chosen, ...absent].sort((a, b) => a - b),
      );
    }
    return left;
  }

  /** Replaces a leaf by what was grown of its rows. @param valueAt of a feature, by row */
  graft(node: number, subtree: GrownNodes, valueAt: (feature: number, row: number) => number): void {
    for (let inner = 0; inner < subtree.nodeCount; inner++) {
      const feature = subtree.feature[inner]!;
      if (feature < 0 || subtree.categories.has(inner)) continue;
      const above = subtree.above[inner]!;
      subtree.below[inner] = this.#indexOf(valueAt(feature, subtree.below[inner]!));
      subtree.above[inner] = above === NO_VALUE ? NO_VALUE : this.#indexOf(valueAt(feature, above));
    }
    graft(this.nodes, node, subtree);
  }

  finish(objective: Objective): Tree {
    const values = this.#features.map(
      ({ hasMissing, kind }): FeatureValues => ({
        valueAt: (index) => this.#values[index]!,
        isCategory: kind === 'category',
        hasMissing,
      }),
    );
    return finish(assembleTree(this.nodes, values, objective));
  }

  #valueAt(index: number): number {
    return index === NO_VALUE ? Number.POSITIVE_INFINITY : this.#values[index]!;
  }

  #indexOf(value: number): number {
    return this.#values.push(value) - 1;
  }
}
