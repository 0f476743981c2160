import type { TreePool } from '../tree/ensemble.js';
import type { Tree } from '../tree/tree.js';
import type { EnsembleScorer, Scorer, TreeScorer } from './model.js';
import type { Steps } from './steps.js';

export type Column = Float64Array | Int32Array | Uint32Array | Uint8Array;

/** A scorer in two parts: what is small, as JSON has it, and arrays as they are used. */
export interface PackedScorer {
  readonly small: SmallScorer;
  readonly columns: Readonly<Record<string, Column>>;
}

type SmallTree = Pick<TreeScorer, 'kind' | 'classWeight'> & Pick<Tree, 'nodeCount' | 'classCount' | 'featureCount'>;
type SmallEnsemble = Pick<EnsembleScorer, 'kind' | 'source'> &
  Pick<TreePool, 'treeCount' | 'featureCount'> &
  Pick<EnsembleScorer['ensemble'], 'arithmetic' | 'combine'>;
export type SmallScorer = SmallTree | SmallEnsemble;

/** Nodes per step. */
const STEP_NODES = 1024;

export function* packScorer(scorer: Scorer): Steps<PackedScorer> {
  return scorer.kind === 'tree' ? yield* packTree(scorer) : packEnsemble(scorer);
}

export function* unpackScorer({ columns, small }: PackedScorer): Steps<Scorer> {
  return small.kind === 'tree' ? yield* unpackTree(small, columns) : unpackEnsemble(small, columns);
}

function* packTree({ classWeight, kind, tree }: TreeScorer): Steps<PackedScorer> {
  const { categories, classCount, featureCount, nodeCount } = tree;
  const { threshold, impurity, feature, left, right, counts, missingLeft } = tree;
  const columns: Record<string, Column> = { threshold, impurity, feature, left, right, counts, missingLeft };
  if (categories !== null) Object.assign(columns, yield* packSets(categories));
  return { small: { kind, classWeight, nodeCount, classCount, featureCount }, columns };
}

/** `categoryEnds[node]`: where its set ends in `categories`, each of which is at most 255. */
function* packSets(sets: NonNullable<Tree['categories']>): Steps<Record<string, Column>> {
  const categories = new Uint8Array(sets.reduce((sum, set) => sum + (set?.length ?? 0), 0));
  const categoryEnds = new Uint32Array(sets.length);
  let end = 0;
  for (const [node, set] of sets.entries()) {
    for (const category of set ?? []) categories[end++] = category;
    categoryEnds[node] = end;
    if (node % STEP_NODES === 0) yield;
  }
  return { categoryEnds, categories };
}

function* unpackTree({ kind, classWeight, ...sizes }: SmallTree, columns: PackedScorer['columns']): Steps<TreeScorer> {
  const { categories, categoryEnds, ...arrays } = columns;
  const sets = categoryEnds === undefined ? null : yield* unpackSets(categories, categoryEnds);
  return { kind, classWeight, tree: { ...sizes, ...arrays, categories: sets } as unknown as Tree };
}

function* unpackSets(categories: Column, ends: Column): Steps<(readonly number[] | null)[]> {
  const sets: (readonly number[] | null)[] = [];
  for (let node = 0, start = 0; node < ends.length; node++) {
    const end = ends[node];
    // A set that is there has at least one category.
    sets.push(end === start ? null : Array.from(categories.subarray(start, end)));
    start = end;
    if (node % STEP_NODES === 0) yield;
  }
  return sets;
}

function packEnsemble({ ensemble, kind, source }: EnsembleScorer): PackedScorer {
  const { arithmetic, combine, trees } = ensemble;
  const { cover, featureCount, set, treeCount, ...arrays } = trees;
  const columns = { ...arrays, ...(set && { set }), ...(cover && { cover }) };
  return { small: { kind, source, arithmetic, combine, treeCount, featureCount }, columns };
}

function unpackEnsemble(small: SmallEnsemble, { cover, set, ...arrays }: PackedScorer['columns']): EnsembleScorer {
  const { arithmetic, combine, featureCount, kind, source, treeCount } = small;
  const trees = { treeCount, featureCount, ...arrays, set: set ?? null, cover: cover ?? null } as unknown as TreePool;
  return { kind, source, ensemble: { trees, arithmetic, combine } };
}
