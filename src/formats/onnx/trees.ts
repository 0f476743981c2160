import { MAX_CATEGORIES } from '../../ground/limits.js';
import { MISSING_LEFT, nextDown, type TreePool } from '../../tree/ensemble.js';
import { refuseUnsupported, refuseValue } from '../foreign-value.js';
import { type ForeignSplit, type ForeignTree, PoolBuilder } from '../pool-builder.js';
import { isOrdered, MODES, type NodeTable } from './node-table.js';

/** How trees are computed, as far as the words for their splits depend on it. */
export interface TreeArithmetic {
  /** Of thresholds, leaves and sums. */
  readonly precision: 'float32' | 'float64';
  readonly featureCount: number;
  readonly outputs: number;
}

export interface OnnxPool {
  readonly trees: TreePool;
  readonly split: '<=' | '<';
  /** Per feature its categories, null for a number. */
  readonly categories: readonly (readonly string[] | null)[];
}

/**
 * The trees in our words. What is asked with > and >= has its sides changed. A feature that is asked only for equality is a
 * category, named by its code; a code that no tree asks for is as good as an unknown one.
 *
 * @param last what is added after the trees, one per output: trees of one leaf
 * @param asVectors whether every leaf has to have a value for each output
 * @throws ArtifactError
 */
export function poolOf(
  table: NodeTable,
  { featureCount, outputs, precision }: TreeArithmetic,
  last: readonly number[],
  asVectors: boolean,
): OnnxPool {
  const codes = codesOf(table, featureCount);
  const ordered = Array.from(table.mode, (_, node) => node).filter((node) => isOrdered(table.mode[node]));
  // Below infinity is every number: what is at most the largest one.
  const isStrict =
    ordered.length > 0 && ordered.every((node) => isBelow(table.mode[node]) && Number.isFinite(table.split[node]));
  const largest = precision === 'float32' ? LARGEST_FLOAT : Number.MAX_VALUE;
  const below = precision === 'float32' ? floatBelow : nextDown;
  const splitOf = (node: number, local: Int32Array): ForeignSplit => {
    const mode = table.mode[node];
    const feature = table.feature[node];
    const isInverse = mode === MODES.BRANCH_GTE || mode === MODES.BRANCH_GT || mode === MODES.BRANCH_NEQ;
    const [whenTrue, whenFalse] = [local[table.whenTrue[node]], local[table.whenFalse[node]]];
    // A missing value is not equal to anything; every other question it answers with no.
    const missingTrue = table.missingTrue[node] === 1 || mode === MODES.BRANCH_NEQ;
    const own = codes[feature];
    const asked = table.split[node];
    const threshold = isBelow(mode) && !isStrict ? below(asked) : Math.min(asked, largest);
    return {
      feature,
      threshold,
      set: isOrdered(mode) ? null : askedCodes(table, node).map((code) => own!.indexOf(code)),
      directions: missingTrue === isInverse ? 0 : MISSING_LEFT,
      left: isInverse ? whenFalse : whenTrue,
      right: isInverse ? whenTrue : whenFalse,
    };
  };
  const builder = new PoolBuilder({ outputs, categoryCounts: codes.map((own) => own?.length ?? 0) });
  const local = new Int32Array(table.nodeCount).fill(-1);
  for (const [tree, root] of table.roots.entries())
    builder.add(foreignTree(table, tree, root, local, splitOf, outputs, asVectors));
  for (const [output, value] of last.entries()) if (value !== 0) builder.add(onlyLeaf(output, value));
  const categories = codes.map((own) => own?.map(String) ?? null);
  return { trees: builder.pool(), split: isStrict ? '<' : '<=', categories };
}

/** Whether what is asked is < or its opposite. */
function isBelow(mode: number): boolean {
  return mode === MODES.BRANCH_LT || mode === MODES.BRANCH_GTE;
}

function askedCodes({ members, split }: NodeTable, node: number): readonly number[] {
  return members.get(node) ?? [split[node]];
}

/** Per feature the codes that it is asked for, ascending; null where it is a number. */
function codesOf(table: NodeTable, featureCount: number): (readonly number[] | null)[] {
  const { feature, mode, nodeCount, path } = table;
  const codes = Array.from({ length: featureCount }, () => new Set<number>());
  const isNumber = new Uint8Array(featureCount);
  for (let node = 0; node < nodeCount; node++) {
    if (mode[node] === MODES.LEAF) continue;
    const asked = feature[node];
    if (!(asked >= 0 && asked < featureCount)) {
      refuseValue(`${path}, node ${node}`, `the index of a feature, below ${featureCount}`, asked);
    }
    if (isOrdered(mode[node])) isNumber[asked] = 1;
    else for (const code of askedCodes(table, node)) codes[asked].add(code);
  }
  return codes.map((own, index) => {
    if (own.size === 0) return null;
    if (isNumber[index] === 1) refuseUnsupported(`${path}: feature ${index} is asked for order and for equality`);
    if (own.size > MAX_CATEGORIES) {
      refuseUnsupported(`${path}: feature ${index} has ${own.size} categories: at most ${MAX_CATEGORIES} are taken`);
    }
    const odd = [...own].find((code) => !(Number.isSafeInteger(code) && code >= 0));
    if (odd !== undefined) {
      refuseUnsupported(
        `${path}: feature ${index} is asked for equality with ${odd}: codes of categories are read, from 0 on`,
      );
    }
    return [...own].sort((a, b) => a - b);
  });
}

/** @param local receives the numbers that its nodes have in the tree; the same for all trees: no node is in two */
function foreignTree(
  table: NodeTable,
  tree: number,
  root: number,
  local: Int32Array,
  splitOf: (node: number, local: Int32Array) => ForeignSplit,
  outputs: number,
  asVectors: boolean,
): ForeignTree {
  const path = `${table.path}, tree ${tree}`;
  const nodes = nodesOf(table, root, local, path);
  const weightsOf = (leaf: number) => {
    const weights = table.weights.get(leaf) ?? refuseValue(path, 'a weight for every leaf', `none for node ${leaf}`);
    const strange = weights.find(({ output }) => output >= outputs);
    return strange === undefined ? weights : refuseValue(path, `outputs below ${outputs}`, strange.output);
  };
  const leaves = nodes.filter((node) => table.mode[node] === MODES.LEAF).map(weightsOf);
  const [first] = leaves[0];
  const isOne = !asVectors && leaves.every((own) => own.length === 1 && own[0].output === first.output);
  return {
    path,
    nodeCount: nodes.length,
    root: 0,
    output: isOne ? first.output : null,
    weight: 1,
    split: (node) => (table.mode[nodes[node]] === MODES.LEAF ? null : splitOf(nodes[node], local)),
    values: (leaf) => {
      const weights = weightsOf(nodes[leaf]);
      if (isOne) return [weights[0].value];
      const values = new Array<number>(outputs).fill(0);
      for (const { output, value } of weights) values[output] = value;
      return values;
    },
    cover: () => null,
  };
}

/** The nodes below a root. */
function nodesOf(table: NodeTable, root: number, local: Int32Array, path: string): number[] {
  const nodes: number[] = [];
  const waiting = [root];
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    if (local[node] >= 0) refuseValue(path, 'every node below one other', `node ${node} twice`);
    local[node] = nodes.push(node) - 1;
    if (table.mode[node] !== MODES.LEAF) waiting.push(table.whenFalse[node], table.whenTrue[node]);
  }
  return nodes;
}

function onlyLeaf(output: number, value: number): ForeignTree {
  return {
    path: `base value ${output}`,
    nodeCount: 1,
    root: 0,
    output,
    weight: 1,
    split: () => null,
    values: () => [value],
    cover: () => null,
  };
}

const LARGEST_FLOAT = 3.4028234663852886e38;
/** The smallest 32-bit number above 0: 2^-149. */
const SMALLEST = 1.401298464324817e-45;
const float = new Float32Array(1);
const bits = new Int32Array(float.buffer);

/** The next 32-bit number below a finite one. */
function floatBelow(value: number): number {
  float[0] = value;
  if (value === 0) return -SMALLEST;
  bits[0] += value > 0 ? -1 : 1;
  return float[0];
}
