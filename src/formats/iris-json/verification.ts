import { ArtifactError } from '../../ground/errors.js';
import type { Feature, VerificationRow } from '../../model/model.js';
import { majorityClasses, predictLeaf, sharesInto } from '../../tree/predict.js';
import type { Tree } from '../../tree/tree.js';
import { readArray, readInteger, readNumber, readObject, refuse } from './fields.js';

/** Splits that get verification rows: the first ones in preorder. */
const MAX_SPLITS = 16;
/** Two per split. */
export const MAX_VERIFICATION_ROWS = 2 * MAX_SPLITS;

/** The values of one feature with which a row can reach a node: above `low`, up to `high`, one of `categories`. */
interface Reach {
  readonly low: number;
  readonly high: number;
  readonly categories: readonly number[];
  readonly missing: boolean;
}

type Cell = number | null;

/**
 * Rows made from the splits, not taken from the data: for each of the first splits in preorder one row that reaches it
 * with its feature at the threshold, and one with the next double above; at a category split, with the first category
 * that goes left and the first that goes right. The other features are missing where training had missing values,
 * else at a bound that the way down to the node gives them, else 0. A row that cannot exist is left out.
 */
export function makeVerificationRows(
  features: readonly Feature[],
  tree: Tree,
  classWeights: readonly number[] | null,
): VerificationRow[] {
  const start: Reach[] = features.map((feature) => ({
    low: Number.NEGATIVE_INFINITY,
    high: Number.MAX_VALUE,
    categories: feature.kind === 'category' ? feature.categories.map((_, index) => index) : [],
    missing: feature.missing > 0,
  }));
  const rows: VerificationRow[] = [];
  // The right branch waits on the stack while the left one is walked: that is preorder.
  const stack: { node: number; reach: readonly Reach[] }[] = [{ node: 0, reach: start }];
  for (let splits = 0; stack.length > 0 && splits < MAX_SPLITS; ) {
    const { node, reach } = stack.pop()!;
    if (tree.left[node] < 0) continue;
    splits++;
    for (const input of rowsAtSplit(features, tree, node, reach)) {
      const leaf = predictLeaf(tree, toRow(input));
      rows.push({ input, class: classAt(tree, leaf, classWeights), leaf });
    }
    stack.push({ node: tree.right[node], reach: narrow(features, tree, node, reach, false) });
    stack.push({ node: tree.left[node], reach: narrow(features, tree, node, reach, true) });
  }
  return rows;
}

function rowsAtSplit(features: readonly Feature[], tree: Tree, node: number, reach: readonly Reach[]): Cell[][] {
  const asked = tree.feature[node];
  const others = reach.map((other, index) => anyValue(features[index], other));
  const cells =
    features[asked].kind === 'number' ? atThreshold(tree, node, reach[asked]) : atSet(tree, node, reach[asked]);
  const rows: Cell[][] = [];
  for (const cell of cells) {
    const row = others.with(asked, cell);
    if (row.every((value): value is Cell => value !== undefined)) rows.push(row);
  }
  return rows;
}

/** The threshold and the next double above, each as near as a row can come; missing where no number can. */
function atThreshold(tree: Tree, node: number, { low, high, missing }: Reach): (Cell | undefined)[] {
  const threshold = tree.threshold[node];
  const below = Math.min(threshold, high);
  const above = Math.max(nextUp(threshold), nextUp(low));
  const otherwise = missing ? null : undefined;
  return [below > low ? below : otherwise, above <= high ? above : otherwise];
}

function atSet(tree: Tree, node: number, { categories, missing }: Reach): (Cell | undefined)[] {
  const set = tree.categories![node]!;
  const otherwise = missing ? null : undefined;
  const left = categories.find((category) => set.includes(category));
  const right = categories.find((category) => !set.includes(category));
  return [left ?? otherwise, right ?? otherwise];
}

/** A value with which a row comes this far; undefined where there is none. */
function anyValue(feature: Feature, { low, high, categories, missing }: Reach): Cell | undefined {
  if (missing) return null;
  if (feature.kind === 'category') return categories[0];
  if (high <= low) return undefined;
  if (high < Number.MAX_VALUE) return high;
  return low === Number.NEGATIVE_INFINITY ? 0 : nextUp(low);
}

function narrow(
  features: readonly Feature[],
  tree: Tree,
  node: number,
  reach: readonly Reach[],
  left: boolean,
): Reach[] {
  const asked = tree.feature[node];
  const { low, high, categories, missing } = reach[asked];
  const stillMissing = missing && (tree.missingLeft[node] === 1) === left;
  const threshold = tree.threshold[node];
  const set = tree.categories?.[node] ?? [];
  const next: Reach =
    features[asked].kind === 'category'
      ? { low, high, categories: categories.filter((c) => set.includes(c) === left), missing: stillMissing }
      : left
        ? { low, high: Math.min(high, threshold), categories, missing: stillMissing }
        : { low: Math.max(low, threshold), high, categories, missing: stillMissing };
  return reach.with(asked, next);
}

/** The next double above; of the largest one, infinity. */
function nextUp(value: number): number {
  if (value === 0) return Number.MIN_VALUE;
  if (!Number.isFinite(value)) return value;
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  view.setBigInt64(0, view.getBigInt64(0) + (value > 0 ? 1n : -1n));
  return view.getFloat64(0);
}

function toRow(input: readonly Cell[]): Float64Array {
  return Float64Array.from(input, (cell) => cell ?? Number.NaN);
}

export function verificationDocument(row: VerificationRow): Record<string, unknown> {
  return { input: row.input, class: row.class, leaf: row.leaf };
}

/**
 * @throws ArtifactError for a row that is malformed, one that this program predicts otherwise, and other rows than the tree
 * implies
 */
export function readVerification(
  value: unknown,
  features: readonly Feature[],
  tree: Tree,
  classWeights: readonly number[] | null,
): VerificationRow[] {
  const implied = makeVerificationRows(features, tree, classWeights);
  const rows = readArray(value, 'verification').map((element, index) => {
    const path = `verification[${index}]`;
    const row = readRow(element, path, features, tree);
    const leaf = predictLeaf(tree, toRow(row.input));
    const predicted = classAt(tree, leaf, classWeights);
    if (leaf !== row.leaf || predicted !== row.class) {
      throw new ArtifactError(
        `${path}: expected class ${row.class} at leaf ${row.leaf}, found class ${predicted} at leaf ${leaf}`,
      );
    }
    return row;
  });
  if (rows.length !== implied.length) {
    refuse('verification', `the ${implied.length} rows that the tree implies`, value);
  }
  for (const [index, { input }] of implied.entries()) {
    const found = rows[index].input;
    const column = input.findIndex((cell, at) => cell !== found[at]);
    if (column < 0) continue;
    refuse(`verification[${index}].input[${column}]`, `${input[column]}, which the tree implies`, found[column]);
  }
  return rows;
}

function readRow(value: unknown, path: string, features: readonly Feature[], tree: Tree): VerificationRow {
  const fields = readObject(value, path, ['input', 'class', 'leaf']);
  return {
    input: readArray(fields.input, `${path}.input`, features.length).map((cell, column) =>
      readCell(cell, `${path}.input[${column}]`, features[column]),
    ),
    class: readInteger(fields.class, `${path}.class`, 0, tree.classCount - 1),
    leaf: readInteger(fields.leaf, `${path}.leaf`, 0, tree.nodeCount - 1),
  };
}

/** The predicted class at one node. */
function classAt(tree: Tree, node: number, classWeights: readonly number[] | null): number {
  const shares = new Float64Array(tree.classCount);
  sharesInto(tree, classWeights, node, node + 1, shares);
  return majorityClasses(shares, tree.classCount)[0];
}

function readCell(value: unknown, path: string, feature: Feature): Cell {
  if (value === null) return null;
  return feature.kind === 'category'
    ? readInteger(value, path, 0, feature.categories.length - 1)
    : readNumber(value, path);
}
