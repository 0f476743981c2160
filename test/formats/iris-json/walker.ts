import type { Document } from './document.js';

type Input = readonly (number | null)[];

interface Found {
  readonly leaf: number;
  readonly class: number;
}

/** Where a row ends, read off the JSON by the words of the format alone; null is a missing value. */
export function walk(document: Document, input: Input): Found {
  return document.version === 1 ? walkVersion1(document, input) : walkVersion2(document, input);
}

/** What a document says of a verification row. */
export function recorded(row: Document): Found {
  return 'leaf' in row ? { leaf: row.leaf, class: row.class } : { leaf: row.leaves[0], class: row.label };
}

/** Training rows per class of a leaf, times the weights of the classes. */
export function weightsAt(document: Document, leaf: number): number[] {
  const { classWeight } = document.version === 1 ? document.training : document.model;
  const counts = document.version === 1 ? document.tree.counts[leaf] : countsVersion2(document, leaf);
  return counts.map((count: number, k: number) => count * (classWeight?.[k] ?? 1));
}

function walkVersion1(document: Document, input: Input): Found {
  const { categories, feature, left, missingLeft, right, threshold } = document.tree;
  let leaf = 0;
  while (left[leaf] !== -1) {
    const value = input[feature[leaf]] ?? null;
    const isCategory = document.features[feature[leaf]].kind === 'category';
    const goesLeft =
      value === null
        ? missingLeft[leaf] === 1
        : isCategory
          ? categories[leaf].includes(value)
          : value <= threshold[leaf];
    leaf = goesLeft ? left[leaf] : right[leaf];
  }
  return found(document, leaf);
}

function walkVersion2(document: Document, input: Input): Found {
  const { features, model } = document;
  const { feature, missing, sets, threshold, unknown } = model.trees[0];
  const { places, right } = indexOf(document);
  let leaf = 0;
  while (feature[leaf] !== -1) {
    const value = input[feature[leaf]] ?? null;
    const { number, set, split } = places[leaf];
    let goesLeft: boolean;
    if (value === null) goesLeft = missing[split] === 1;
    else if (features[feature[leaf]].kind === 'number') goesLeft = value <= threshold[number];
    else goesLeft = value === -1 ? unknown[set] === 1 : sets[set].includes(value);
    leaf = goesLeft ? leaf + 1 : right[leaf];
  }
  return found(document, leaf);
}

function countsVersion2(document: Document, leaf: number): number[] {
  const { rows, value } = document.model.trees[0];
  const at = indexOf(document).places[leaf].leaf;
  if (Array.isArray(value[at])) return value[at];
  return document.classes.map((_: string, k: number) => (k === value[at] ? rows[at] : 0));
}

function found(document: Document, leaf: number): Found {
  const weights = weightsAt(document, leaf);
  return { leaf, class: weights.indexOf(Math.max(...weights)) };
}

/** How many splits, number splits, category splits and leaves come before a node. */
interface Place {
  readonly split: number;
  readonly number: number;
  readonly set: number;
  readonly leaf: number;
}

interface Index {
  readonly places: readonly Place[];
  readonly right: readonly number[];
}

const known = new WeakMap<object, Index>();

/** Where in the arrays of version 2 what is of a node stands, and its right child. */
function indexOf(document: Document): Index {
  const before = known.get(document);
  if (before) return before;
  const { feature } = document.model.trees[0];
  const places: Place[] = [];
  const right: number[] = [];
  const open: number[] = [];
  const next = { split: 0, number: 0, set: 0, leaf: 0 };
  for (let node = 0; node < feature.length; node++) {
    places.push({ ...next });
    if (feature[node] === -1) {
      next.leaf++;
      const parent = open.pop();
      if (parent !== undefined) right[parent] = node + 1;
      continue;
    }
    open.push(node);
    next.split++;
    if (document.features[feature[node]].kind === 'number') next.number++;
    else next.set++;
  }
  const index = { places, right };
  known.set(document, index);
  return index;
}
