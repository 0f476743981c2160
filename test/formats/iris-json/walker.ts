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

function walkVersion1(document: Document, input: Input): Found {
  const { categories, counts, feature, left, missingLeft, right, threshold } = document.tree;
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
  const weights = counts[leaf].map((count: number, k: number) => count * (document.training.classWeight?.[k] ?? 1));
  return { leaf, class: weights.indexOf(Math.max(...weights)) };
}

/** One pass over the nodes in preorder: a branch that the row does not enter is skipped as a whole. */
function walkVersion2({ classes, features, model }: Document, input: Input): Found {
  const { feature, missing, rows, sets, threshold, unknown, value } = model.trees[0];
  const next = { node: 0, split: 0, number: 0, set: 0, leaf: 0 };
  /** Takes in the branch that begins at the next node. @returns its answer, where the row comes to it */
  const take = (entered: boolean): Found | undefined => {
    const node = next.node++;
    if (feature[node] === -1) {
      const leaf = next.leaf++;
      if (!entered) return undefined;
      const counts = Array.isArray(value[leaf])
        ? value[leaf]
        : classes.map((_: string, k: number) => (k === value[leaf] ? rows[leaf] : 0));
      const weights = counts.map((count: number, k: number) => count * (model.classWeight?.[k] ?? 1));
      return { leaf: node, class: weights.indexOf(Math.max(...weights)) };
    }
    const cell = input[feature[node]] ?? null;
    const missingLeft = missing[next.split++] === 1;
    let goesLeft: boolean;
    if (features[feature[node]].kind === 'category') {
      const at = next.set++;
      goesLeft = cell === -1 ? unknown[at] === 1 : sets[at].includes(cell);
    } else goesLeft = (cell ?? 0) <= threshold[next.number++];
    if (cell === null) goesLeft = missingLeft;
    const left = take(entered && goesLeft);
    const right = take(entered && !goesLeft);
    return left ?? right;
  };
  return take(true)!;
}
