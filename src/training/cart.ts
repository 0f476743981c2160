/** Our own CART engine: `src/tree/`, on as many threads as pay. */
import { availableParallelism } from 'node:os';
import type { Dataset } from '../data/dataset.js';
import { DataError } from '../errors.js';
import { assembleTree, type FeatureValues } from '../tree/assemble.js';
import { massOf } from '../tree/criterion.js';
import { growBestFirst, growDepthFirst, isTerminal, type Limits } from '../tree/grow.js';
import { addLeaf } from '../tree/nodes.js';
import { createMember, type Member, type TeamPlan } from '../tree/parallel.js';
import { createSortedTable, fitsEntries, MISSING_CODE } from '../tree/presort.js';
import type { Tree } from '../tree/tree.js';
import { createPace, type Pace } from './cart-pace.js';
import { growOnTeam } from './cart-parallel.js';
import { encodeFeatures, presort } from './cart-presort.js';
import { Team } from './cart-team.js';
import type { TrainingParameters } from './parameters.js';
import type { FitOptions, Trainer } from './trainer.js';

/** How the engine uses threads; none of it changes a tree. */
export interface CartOptions {
  /** Rows times features from which on threads are started: below, starting them takes longer than the fit. */
  readonly threadsFrom?: number;
  /** What a thread runs. */
  readonly workerScript?: URL;
}

const THREADS_FROM = 300_000;
/** Of all work, about. */
const PRESORT_SHARE = 0.2;

export function createCartTrainer(cartOptions: CartOptions = {}): Trainer {
  return {
    engine: 'cart/1',
    fit: (dataset, rows, parameters, classWeights, options = {}) =>
      fitCart({ dataset, rows, parameters, classWeights, options, cartOptions }),
  };
}

export const cartTrainer: Trainer = createCartTrainer();

interface Fit {
  readonly dataset: Dataset;
  readonly rows: Uint32Array;
  readonly parameters: TrainingParameters;
  readonly classWeights: Float64Array | null;
  readonly options: FitOptions;
  readonly cartOptions: CartOptions;
}

async function fitCart(job: Fit): Promise<Tree> {
  const { dataset, rows, options, cartOptions } = job;
  const pace = createPace(options);
  checkSize(dataset, rows);
  const threads = threadCount(job);
  const plan = createPlan(job, threads > 1);
  const script = cartOptions.workerScript ?? new URL('./cart-worker.js', import.meta.url);
  const team = threads > 1 ? new Team(script, threads - 1, plan) : null;
  try {
    const member = createMember(plan);
    await presort(dataset, rows, member, team, (share) => pace(PRESORT_SHARE * share));
    await grow(job, member, team, pace);
    return assembleTree(member.grower.nodes, featureValues(dataset, rows, plan), plan.objective);
  } finally {
    await team?.stop();
  }
}

/** @throws DataError where a row's number and class do not fit into 31 bits */
function checkSize({ source, classes }: Dataset, rows: Uint32Array): void {
  if (fitsEntries(rows.length, classes.length)) return;
  throw new DataError(
    `${source}: expected at most 2^31 as the product of rows and classes, each rounded up to a power of two; ` +
      `found ${rows.length} training rows and ${classes.length} classes`,
  );
}

function threadCount({ dataset, rows, options, cartOptions }: Fit): number {
  const features = dataset.features.length;
  if (rows.length * features < (cartOptions.threadsFrom ?? THREADS_FROM)) return 1;
  return options.jobs ?? availableParallelism();
}

function createPlan({ dataset, rows, parameters, classWeights }: Fit, isShared: boolean): TeamPlan {
  const allocate = (bytes: number) => (isShared ? new SharedArrayBuffer(bytes) : new ArrayBuffer(bytes));
  const labels = new Uint16Array(allocate(2 * rows.length));
  for (let i = 0; i < rows.length; i++) labels[i] = dataset.labels[rows[i]];
  const objective = { criterion: parameters.criterion, weights: classWeights };
  const counts = countClasses(labels, dataset.classes.length);
  return {
    table: {
      ...createSortedTable(
        rows.length,
        counts.length,
        Int32Array.from(dataset.features, (column) => (column.kind === 'category' ? column.categories.length : 0)),
        allocate,
      ),
      codes: encodeFeatures(dataset, rows, allocate),
    },
    objective,
    limits: limitsOf(parameters),
    rootMass: massOf(objective, counts, 0, counts.length),
    goesRight: new Uint8Array(allocate(rows.length)),
    labels,
    counters: new Int32Array(allocate(8)),
  };
}

async function grow({ parameters, rows }: Fit, member: Member, team: Team | null, pace: Pace): Promise<void> {
  const { grower } = member;
  const { nodes, limits } = grower;
  const root = { node: addLeaf(nodes), depth: 0, start: 0, end: rows.length };
  nodes.counts.set(countClasses(member.labels, nodes.classCount));
  if (isTerminal(grower, root)) return;
  const growPace: Pace = (share) => pace(PRESORT_SHARE + (1 - PRESORT_SHARE) * share);
  if (parameters.maxLeafNodes !== null) {
    for (const leaves of growBestFirst(grower, root)) await growPace(leaves / limits.maxLeafNodes);
  } else if (team !== null) {
    await growOnTeam(member, team, root, growPace);
  } else {
    for (const settled of growDepthFirst(grower, root)) await growPace(settled / rows.length);
  }
}

function countClasses(labels: Uint16Array, classCount: number): Uint32Array {
  const counts = new Uint32Array(classCount);
  for (const label of labels) counts[label]++;
  return counts;
}

function limitsOf(parameters: TrainingParameters): Limits {
  return {
    maxDepth: parameters.maxDepth ?? Number.POSITIVE_INFINITY,
    minSamplesSplit: parameters.minSamplesSplit,
    minSamplesLeaf: parameters.minSamplesLeaf,
    maxLeafNodes: parameters.maxLeafNodes ?? Number.POSITIVE_INFINITY,
    minImpurityDecrease: parameters.minImpurityDecrease,
  };
}

function featureValues({ features }: Dataset, rows: Uint32Array, { table }: TeamPlan): FeatureValues[] {
  return features.map(({ kind, values }, feature) => ({
    valueAt: (row) => values[rows[row]],
    isCategory: kind === 'category',
    hasMissing: table.codes[feature]?.includes(MISSING_CODE) ?? false,
  }));
}
