import { ArtifactError } from '../../../ground/errors.js';
import {
  type Arithmetic,
  type Ensemble,
  MISSING_LEFT,
  SET_WORDS,
  type TreePool,
  UNKNOWN_LEFT,
  ZERO_IS_MISSING,
} from '../../../tree/ensemble.js';
import { inSet } from '../../../tree/walk-ensemble.js';
import { readInteger, readLength, readMembers, readNumber, refuse } from '../fields.js';
import type { JsonText } from '../json-text.js';
import { readIntegers, readNumbers, readSets } from '../number-arrays.js';
import { linkChildren } from './tree-format.js';

/** The trees of an ensemble: as a tree of its own (`tree-format.ts`), but leaves have values instead of rows. */

const COLUMNS = ['output', 'weight', 'feature', 'threshold', 'missing', 'value'];
const CATEGORY_COLUMNS = ['sets', 'unknown'];
const OPTIONAL_COLUMNS = [...CATEGORY_COLUMNS, 'cover'];

/** Values of leaves that are written as the index of a class, spread: one vector per class that comes up. */
const MOST_VALUES = 1 << 26;

/** What the trees have to fit to: the rest of the model. */
export interface PoolShape {
  /** Categories per feature; 0 for a number. */
  readonly categoryCounts: readonly number[];
  readonly outputs: number;
  readonly sum: Arithmetic['sum'];
  /** Whether leaves are shares of classes: then one may be the index of its only class. */
  readonly withShares: boolean;
}

export function treeDocuments({ arithmetic, combine, trees }: Ensemble, withShares: boolean): object[] {
  const written = arithmetic.sum === 'float32' ? shortestFloat : (value: number) => value;
  return Array.from({ length: trees.treeCount }, (_, tree) => {
    const nodes = Array.from({ length: trees.roots[tree + 1] - trees.roots[tree] }, (_, i) => trees.roots[tree] + i);
    const splits = nodes.filter((node) => trees.feature[node] >= 0);
    const leaves = nodes.filter((node) => trees.feature[node] < 0);
    const asking = splits.filter((node) => trees.set !== null && trees.set[node] >= 0);
    const isThreshold = (node: number) => trees.set === null || trees.set[node] < 0;
    return {
      output: trees.output[tree] < 0 ? null : trees.output[tree],
      weight: written(trees.weight[tree]),
      feature: nodes.map((node) => trees.feature[node]),
      threshold: splits.filter(isThreshold).map((node) => written(trees.threshold[node])),
      missing: splits.map((node) => trees.directions[node] & (MISSING_LEFT | ZERO_IS_MISSING)),
      ...(trees.set && {
        sets: asking.map((node) => setOf(trees, node)),
        unknown: asking.map((node) => Number((trees.directions[node] & UNKNOWN_LEFT) !== 0)),
      }),
      value: leaves.map((leaf) => leafValue(trees, tree, leaf, combine.outputs, withShares, written)),
      ...(trees.cover && { cover: leaves.map((leaf) => written(trees.cover![leaf])) }),
    };
  });
}

/** The categories that go left, ascending. */
function setOf({ set, setBits }: TreePool, node: number): number[] {
  const categories = Array.from({ length: SET_WORDS * 32 }, (_, category) => category);
  return categories.filter((category) => inSet(setBits, set![node], category));
}

function leafValue(
  { output, value, values }: TreePool,
  tree: number,
  leaf: number,
  outputs: number,
  withShares: boolean,
  written: (value: number) => number,
): number | number[] {
  const from = value[leaf];
  if (output[tree] >= 0) return written(values[from]);
  const own = [...values.subarray(from, from + outputs)];
  const only = withShares ? own.indexOf(1) : -1;
  return only >= 0 && own.every((share, k) => k === only || share === 0) ? only : own.map(written);
}

/** The shortest decimal that rounds to a 32-bit number, as the double that it is. */
export function shortestFloat(value: number): number {
  for (let digits = 6; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return short;
  }
  return Number(value.toPrecision(9));
}

/**
 * Whether every tree has its columns, with entries for as many splits and leaves as it has nodes. Nothing is built.
 *
 * @throws ArtifactError
 */
export function checkPoolOutline(text: JsonText, at: number): void {
  let tree = 0;
  for (let element = text.first(at); element >= 0; element = text.next(text.end(element)), tree++) {
    const path = `model.trees[${tree}]`;
    const columns = readMembers(text, element, path, COLUMNS, OPTIONAL_COLUMNS);
    const length = (name: string, expected?: number) =>
      columns.has(name) ? readLength(text, columns.get(name)!, `${path}.${name}`, expected) : 0;
    const nodes = length('feature');
    if (nodes % 2 === 0) refuse(`${path}.feature`, 'an odd number of nodes', text.glimpse(columns.get('feature')!));
    const [splits, leaves] = [(nodes - 1) / 2, (nodes + 1) / 2];
    length('missing', splits);
    length('threshold', splits - length('sets'));
    length('unknown', length('sets'));
    length('value', leaves);
    length('cover', leaves);
  }
  if (tree === 0) refuse('model.trees', 'at least one tree', []);
}

/** What is known of the trees before they are read. */
interface Sizes {
  /** Where each tree begins in the text. */
  readonly trees: readonly number[];
  readonly nodes: number;
  readonly sets: number;
  readonly withCover: boolean;
}

function sizesOf(text: JsonText, at: number): Sizes {
  const trees: number[] = [];
  let [nodes, sets, covered] = [0, 0, 0];
  for (let element = text.first(at); element >= 0; element = text.next(text.end(element))) {
    trees.push(element);
    const { values } = text.members(element);
    nodes += text.length(values.get('feature')!);
    if (values.has('sets')) sets += text.length(values.get('sets')!);
    if (values.has('cover')) covered++;
  }
  return { trees, nodes, sets, withCover: covered === trees.length };
}

/** @throws ArtifactError unless every invariant of `TreePool` holds */
export function readPool(text: JsonText, at: number, shape: PoolShape): TreePool {
  const { nodes, sets, trees, withCover } = sizesOf(text, at);
  const pool = {
    treeCount: trees.length,
    featureCount: shape.categoryCounts.length,
    roots: new Int32Array(trees.length + 1),
    output: new Int32Array(trees.length),
    weight: new Float64Array(trees.length),
    feature: new Int32Array(nodes),
    threshold: new Float64Array(nodes),
    right: new Int32Array(nodes).fill(-1),
    directions: new Uint8Array(nodes),
    set: shape.categoryCounts.some((count) => count > 0) ? new Int32Array(nodes).fill(-1) : null,
    setBits: new Uint32Array(sets * SET_WORDS),
    value: new Int32Array(nodes).fill(-1),
    values: new Float64Array(0),
    cover: withCover ? new Float64Array(nodes) : null,
  };
  const reader = new PoolReader(text, shape, pool);
  for (const [tree, element] of trees.entries()) reader.read(tree, element);
  return { ...pool, values: reader.values() };
}

type Pool = { -readonly [Key in keyof TreePool]: TreePool[Key] };

/** Reads one tree after another into a pool. */
class PoolReader {
  readonly #text: JsonText;
  readonly #shape: PoolShape;
  readonly #pool: Pool;
  readonly #values = new GrowingValues();
  /** Where the vector of a leaf of one class begins, by class. */
  readonly #pure = new Map<number, number>();
  readonly #round: (value: number) => number;
  #sets = 0;

  constructor(text: JsonText, shape: PoolShape, pool: Pool) {
    this.#text = text;
    this.#shape = shape;
    this.#pool = pool;
    this.#round = shape.sum === 'float32' ? Math.fround : (value) => value;
  }

  #finite(value: number, path: string): number {
    const rounded = this.#round(value);
    return Number.isFinite(rounded) ? rounded : refuse(path, 'numbers of 32 bits', value);
  }

  values(): Float64Array {
    return this.#values.taken();
  }

  read(tree: number, element: number): void {
    const path = `model.trees[${tree}]`;
    const { cover, set } = this.#pool;
    const names = [...COLUMNS, ...(set === null ? [] : CATEGORY_COLUMNS), ...(cover === null ? [] : ['cover'])];
    const columns = readMembers(this.#text, element, path, names);
    const start = this.#pool.roots[tree];
    const end = start + this.#text.length(columns.get('feature')!);
    this.#pool.roots[tree + 1] = end;
    this.#readHead(tree, columns, path);
    this.#readSplits(start, end, columns, path);
    this.#readLeaves(tree, start, end, columns.get('value')!, `${path}.value`);
    if (cover !== null) this.#readCover(start, end, columns.get('cover')!, `${path}.cover`);
  }

  #readHead(tree: number, columns: ReadonlyMap<string, number>, path: string): void {
    const output = this.#text.glimpse(columns.get('output')!);
    const { outputs, withShares } = this.#shape;
    if (withShares && output !== null) refuse(`${path}.output`, 'null, as leaves are of all classes', output);
    this.#pool.output[tree] = output === null ? -1 : readInteger(output, `${path}.output`, 0, outputs - 1);
    const weight = readNumber(this.#text.glimpse(columns.get('weight')!), `${path}.weight`);
    this.#pool.weight[tree] = this.#round(weight);
  }

  #readSplits(start: number, end: number, columns: ReadonlyMap<string, number>, path: string): void {
    const { directions, feature: allFeatures, right: allRight, set, threshold } = this.#pool;
    const { categoryCounts } = this.#shape;
    const place = (name: string) => columns.get(name)!;
    const feature = allFeatures.subarray(start, end);
    readIntegers(this.#text, place('feature'), `${path}.feature`, -1, categoryCounts.length - 1, feature, 0);
    const { right } = linkChildren(feature, `${path}.feature`);
    let numberSplits = 0;
    for (const asked of feature) if (asked >= 0 && categoryCounts[asked] === 0) numberSplits++;
    readLength(this.#text, place('threshold'), `${path}.threshold`, numberSplits);
    const thresholds = new Float64Array(numberSplits);
    readNumbers(this.#text, place('threshold'), `${path}.threshold`, undefined, thresholds);
    const missing = new Uint8Array((feature.length - 1) / 2);
    readIntegers(this.#text, place('missing'), `${path}.missing`, 0, MISSING_LEFT | ZERO_IS_MISSING, missing, 0);
    const firstSet = this.#sets;
    const unknownLeft = set === null ? null : this.#readSets(feature, columns, path);
    for (let node = 0, split = 0, number = 0; node < feature.length; node++) {
      if (feature[node] < 0) continue;
      allRight[start + node] = start + right[node];
      directions[start + node] = missing[split];
      if (categoryCounts[feature[node]] === 0)
        threshold[start + node] = this.#finite(thresholds[number++], `${path}.threshold`);
      else {
        const index = firstSet + split - number;
        set![start + node] = index;
        directions[start + node] |= unknownLeft![index - firstSet] * UNKNOWN_LEFT;
      }
      split++;
    }
  }

  /** @returns for each set whether unknown categories go left */
  #readSets(feature: Int32Array, columns: ReadonlyMap<string, number>, path: string): Uint8Array {
    const { categoryCounts } = this.#shape;
    const sets = readSets(this.#text, columns.get('sets')!, `${path}.sets`);
    const unknownLeft = new Uint8Array(sets.length);
    readIntegers(this.#text, columns.get('unknown')!, `${path}.unknown`, 0, 1, unknownLeft, 0);
    const asked = feature.filter((index) => index >= 0 && categoryCounts[index] > 0);
    for (const [index, set] of sets.entries()) {
      if (set === null) return refuse(`${path}.sets[${index}]`, 'the categories that go left', set);
      const count = categoryCounts[asked[index]];
      if (set.length > 0 && set[set.length - 1] >= count) {
        refuse(`${path}.sets[${index}]`, `indices below ${count}`, set[set.length - 1]);
      }
      const base = this.#sets++ * SET_WORDS;
      for (const category of set) this.#pool.setBits[base + (category >>> 5)] |= 1 << (category & 31);
    }
    return unknownLeft;
  }

  #readLeaves(tree: number, start: number, end: number, array: number, path: string): void {
    const { feature, output, value } = this.#pool;
    const text = this.#text;
    const isVector = output[tree] < 0;
    let leaf = 0;
    let node = start;
    for (let at = text.first(array); at >= 0; at = text.next(text.end(at)), leaf++, node++) {
      while (node < end && feature[node] >= 0) node++;
      if (!isVector) value[node] = this.#values.add(this.#round(this.#readValue(at, () => `${path}[${leaf}]`)));
      else value[node] = this.#readVector(at, `${path}[${leaf}]`);
    }
  }

  #readValue(at: number, path: () => string): number {
    const value = this.#text.number(at);
    if (Number.isFinite(value)) return value + 0;
    return readNumber(this.#text.glimpse(at), path());
  }

  #readVector(at: number, path: string): number {
    const { outputs, withShares } = this.#shape;
    if (withShares && !this.#text.isArray(at)) {
      return this.#pureLeaf(readInteger(this.#text.glimpse(at), path, 0, outputs - 1));
    }
    readLength(this.#text, at, path, outputs);
    const vector = new Float64Array(outputs);
    readNumbers(this.#text, at, path, withShares ? 0 : undefined, vector);
    if (withShares) checkShares(vector, path);
    const from = this.#values.length;
    for (const value of vector) this.#values.add(this.#round(value));
    return from;
  }

  #pureLeaf(only: number): number {
    const known = this.#pure.get(only);
    if (known !== undefined) return known;
    const { outputs } = this.#shape;
    const from = this.#values.length;
    if ((this.#pure.size + 1) * outputs > MOST_VALUES) {
      throw new ArtifactError(
        'too-large',
        `model.trees: expected leaves of fewer classes, found ${this.#pure.size + 1} of ${outputs}`,
      );
    }
    for (let k = 0; k < outputs; k++) this.#values.add(k === only ? 1 : 0);
    this.#pure.set(only, from);
    return from;
  }

  /** Of a split: what its children have in all. */
  #readCover(start: number, end: number, array: number, path: string): void {
    const { cover: all, feature, right } = this.#pool;
    const cover = all!;
    const ofLeaves = new Float64Array((end - start + 1) / 2);
    readNumbers(this.#text, array, path, 0, ofLeaves);
    let leaf = ofLeaves.length;
    for (let node = end - 1; node >= start; node--) {
      cover[node] = feature[node] < 0 ? this.#finite(ofLeaves[--leaf], path) : cover[node + 1] + cover[right[node]];
    }
  }
}

/** How far shares may be from 1 in all: they are written with all of their digits. */
const ROUNDING = 1e-6;

function checkShares(shares: Float64Array, path: string): void {
  const sum = shares.reduce((total, share) => total + share, 0);
  if (Math.abs(sum - 1) > ROUNDING) refuse(path, 'shares that add up to 1', sum);
}

/** Numbers in an array that grows. */
class GrowingValues {
  #values = new Float64Array(1024);
  length = 0;

  /** @returns where it is */
  add(value: number): number {
    if (this.length === this.#values.length) {
      const larger = new Float64Array(2 * this.length);
      larger.set(this.#values);
      this.#values = larger;
    }
    this.#values[this.length] = value;
    return this.length++;
  }

  taken(): Float64Array {
    return this.#values.slice(0, this.length);
  }
}
