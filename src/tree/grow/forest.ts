/**
 * A random forest (Breiman 2001): each tree is grown from a bag, as many rows as there are, drawn with repetition, and
 * draws features at each node. A tree depends on the seed, on its number and on what the rows hold, and on nothing else.
 */
import { createRandom, splitMixWord } from '../../ground/random.js';
import type { Objective } from '../criterion.js';
import type { Tree } from '../tree.js';
import { assembleTree } from './assemble.js';
import { createDraws } from './draws.js';
import { createGrower, isTerminal, type Limits } from './grow.js';
import { createPresorter, differ, MISSING_CODE, type SortedTable } from './presort.js';
import { addRoot, growRoot, planGrowth, type TrainingRows } from './training-rows.js';

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
  /** `ranks[feature * rowCount + place]`: of a value among those of its column, from 0; missing ones come last. */
  readonly ranks: Uint32Array;
  /** Per feature: how many values it has, missing being one of them. */
  readonly distinct: Int32Array;
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
  const { table } = yield* planGrowth(training, objective, limits, shared);
  const { columns, featureCount, rowCount, rows } = table;
  const ranks = new Uint32Array(new (shared ? SharedArrayBuffer : ArrayBuffer)(4 * featureCount * rowCount));
  const sortInto = createPresorter(table);
  for (let feature = 0; feature < featureCount; feature++) {
    yield* sortInto(feature);
    rankColumn(table, feature, ranks);
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
    ranks,
    distinct: table.distinct,
    takesMissing: takesMissing.map(
      (takes, feature) => takes || (table.codes[feature]?.includes(MISSING_CODE) ?? false),
    ),
  };
}

/** The ranks of a sorted column. */
function rankColumn(table: SortedTable, feature: number, ranks: Uint32Array): void {
  const { entries, rowCount, rowShift } = table;
  const base = feature * rowCount;
  for (let i = 0, rank = 0; i < rowCount; i++) {
    if (i > 0 && differ(table, feature, entries[base + i - 1], entries[base + i])) rank++;
    ranks[base + (entries[base + i] >>> rowShift)] = rank;
  }
}

/** Grows the tree of a number. Yields, now and then, the share of its work that is done. */
export function* growForestTree(plan: ForestPlan, number: number): Generator<number, ForestTree> {
  const { limits, maxFeatures, objective, takesMissing, training } = plan;
  const seed = splitMixWord(plan.seed, number);
  const bag = drawBag(seed, training.rows.length);
  const places = placesOf(bag);
  const planned = planGrowth(gatherPlaces(training, places), objective, limits);
  let step = planned.next();
  for (; !step.done; step = planned.next()) yield 0;
  const { table } = step.value;
  table.distinct.set(plan.distinct);
  const ranks = new Uint32Array(plan.ranks.length);
  for (let feature = 0; feature < table.featureCount; feature++) {
    gatherRanks(plan.ranks, places, feature * places.length, ranks);
    yield 0;
  }
  const draws = createDraws(table, { seed: splitMixWord(seed, -1), perNode: maxFeatures, ranks });
  const grower = createGrower(step.value, draws);
  const root = addRoot({ grower, counters: step.value.counters });
  if (!isTerminal(grower, root)) yield* growRoot({ grower, counters: step.value.counters }, root);
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

/** The places of a bag's rows, ascending, each as often as it is drawn. */
function placesOf(bag: Uint32Array): Uint32Array {
  const places = new Uint32Array(bag.length);
  for (let place = 0, next = 0; place < bag.length; place++) {
    for (let times = bag[place]; times > 0; times--) places[next++] = place;
  }
  return places;
}

function gatherPlaces({ classCount, columns, labels, rows }: TrainingRows, places: Uint32Array): TrainingRows {
  const ownRows = new Uint32Array(places.length);
  const ownLabels = new Uint16Array(places.length);
  for (let i = 0; i < places.length; i++) {
    ownRows[i] = rows[places[i]];
    ownLabels[i] = labels[places[i]];
  }
  return { classCount, columns, rows: ownRows, labels: ownLabels };
}

function gatherRanks(from: Uint32Array, places: Uint32Array, base: number, to: Uint32Array): void {
  for (let i = 0; i < places.length; i++) to[base + i] = from[base + places[i]];
}
