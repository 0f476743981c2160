/**
 * A random forest (Breiman 2001): each tree is grown from a bag, as many rows as there are, drawn with repetition, and
 * draws features at each node. A tree depends on the seed, on its number and on what the rows hold, and on nothing else.
 */
import { createRandom, splitMixWord } from '../../ground/random.js';
import type { Objective } from '../criterion.js';
import type { Tree } from '../tree.js';
import { assembleTree } from './assemble.js';
import { createDraws, keyLayout, type RankedTable } from './draws.js';
import { createGrower, isTerminal, type Limits } from './grow.js';
import { createPresorter, differ, MISSING_CODE, type SortedTable } from './presort.js';
import { addRoot, growRoot, planGrowth, rootMassOf, type TrainingRows } from './training-rows.js';

export interface ForestOptions {
  /** An integer; only its low 32 bits count. */
  readonly seed: number;
  /** How many features are drawn at a node. */
  readonly maxFeatures: number;
  /** Per feature: whether a row may have no value; those that a training row misses do anyway. */
  readonly takesMissing: readonly boolean[];
}

/** What all trees of a forest share; it can be sent to another thread. */
export interface ForestPlan extends ForestOptions {
  readonly training: TrainingRows;
  readonly objective: Objective;
  readonly limits: Limits;
  /** Its rows are those of the training; it has no entries. */
  readonly table: SortedTable;
  readonly ranked: RankedTable;
}

export interface ForestTree {
  readonly tree: Tree;
  /** How often each of the training's rows is in the bag. */
  readonly bag: Uint32Array;
}

/**
 * Ranks the values of each column. Yields now and then.
 *
 * @param training its rows in an order that follows from what they hold: bags are drawn from places in it
 * @param shared whether threads are to work on it: then what is large is in shared memory
 * @throws as `planGrowth`
 */
export function* planForest(
  training: TrainingRows,
  objective: Objective,
  limits: Limits,
  { maxFeatures, seed, shared = false, takesMissing }: ForestOptions & { readonly shared?: boolean },
): Generator<void, ForestPlan> {
  const { table } = yield* planGrowth(training, objective, limits, { shared });
  const { columns, featureCount, rowCount, rows } = table;
  const allocate = (count: number) => new (shared ? SharedArrayBuffer : ArrayBuffer)(4 * count);
  const sortInto = createPresorter(table);
  for (let feature = 0; feature < featureCount; feature++) yield* sortInto(feature);
  const layout = keyLayout(Math.max(...table.distinct), table.classMask);
  const ranked = {
    ...layout,
    keys: new Int32Array(allocate(featureCount * rowCount)),
    rowOf: new Uint32Array(allocate(featureCount * rowCount)),
  };
  for (let feature = 0; feature < featureCount; feature++) {
    rankColumn(table, feature, ranked);
    yield;
  }
  return {
    training: {
      ...training,
      columns: training.columns.map((column, at) => ({ ...column, values: columns[at] })),
      rows,
    },
    objective,
    limits,
    seed,
    maxFeatures,
    table: { ...table, entries: new Int32Array(0) },
    ranked,
    takesMissing: takesMissing.map(
      (takes, feature) => takes || (table.codes[feature]?.includes(MISSING_CODE) ?? false),
    ),
  };
}

/** Ranks the values of a sorted column. */
function rankColumn(table: SortedTable, feature: number, { keys, rankShift, rowOf }: RankedTable): void {
  const { classMask, entries, featureCount, rowCount, rowShift, tagBits } = table;
  const base = feature * rowCount;
  let rank = 0;
  for (let i = 0; i < rowCount; i++) {
    const entry = entries[base + i];
    if (i > 0 && differ(table, feature, entries[base + i - 1], entry)) rank++;
    const row = entry >>> rowShift;
    keys[row * featureCount + feature] = (rank << rankShift) | ((entry >>> tagBits) & classMask);
    rowOf[base + rank] = row;
  }
}

/** Grows the tree of a number. Yields, now and then, the share of its work that is done. */
export function* growForestTree(plan: ForestPlan, number: number): Generator<number, ForestTree> {
  const { limits, maxFeatures, objective, ranked, takesMissing, training } = plan;
  const seed = splitMixWord(plan.seed, number);
  const bag = drawBag(seed, training.rows.length);
  const isPlain = plan.table.codes.map((codes) => codes === null && objective.weights === null);
  const table = {
    ...plan.table,
    entries: new Int32Array(isPlain.every(Boolean) ? 0 : plan.table.featureCount * plan.table.rowCount),
  };
  const rootCounts = countClasses(training, bag);
  const rootMass = rootMassOf(objective, rootCounts);
  const draws = createDraws(table, ranked, { seed: splitMixWord(seed, -1), perNode: maxFeatures, bag }, isPlain);
  yield 0;
  const grower = createGrower({ table, objective, limits, rootCounts, rootMass, goesRight: new Uint8Array(0) }, draws);
  const root = addRoot({ grower });
  if (!isTerminal(grower, root)) yield* growRoot({ grower }, root);
  const features = table.columns.map((values, feature) => ({
    valueAt: (row: number) => values[table.rows[row]],
    isCategory: table.categoryCounts[feature] > 0,
    hasMissing: takesMissing[feature],
  }));
  const assembled = assembleTree(grower.nodes, features, objective);
  for (let assembling = assembled.next(); ; assembling = assembled.next()) {
    if (assembling.done) return { tree: assembling.value, bag };
    yield 1;
  }
}

function drawBag(seed: number, rowCount: number): Uint32Array {
  const bag = new Uint32Array(rowCount);
  const random = createRandom(seed);
  for (let i = 0; i < rowCount; i++) bag[random(rowCount)]++;
  return bag;
}

/** The bag's rows of each class. */
function countClasses({ classCount, labels }: TrainingRows, bag: Uint32Array): Uint32Array {
  const counts = new Uint32Array(classCount);
  for (let row = 0; row < bag.length; row++) counts[labels[row]] += bag[row];
  return counts;
}
