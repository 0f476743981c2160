/** Our own CART engine: `src/tree/`, on as many threads as are worthwhile. */
import { availableParallelism } from 'node:os';
import { parseNumber } from '../../data/cells.js';
import type { Dataset, FeatureColumn } from '../../data/dataset.js';
import { type Advice, DataError, statementOf } from '../../ground/errors.js';
import { checkOptions } from '../../ground/options.js';
import { threadScript } from '../../ground/package-files.js';
import { expectThat } from '../../ground/parameter-table.js';
import { checkHyperParameters, type HyperParameters, TREE_PARAMETERS } from '../../model/hyper-parameters.js';
import { canRunThread } from '../../threads/thread.js';
import { searchSteps } from '../../tree/grow/effort.js';
import { isTerminal } from '../../tree/grow/grow.js';
import { limitsOf } from '../../tree/grow/limits.js';
import { fitsTree, refuseNodes } from '../../tree/grow/nodes.js';
import { createMember, type Member, type TeamPlan } from '../../tree/grow/parallel.js';
import {
  addRoot,
  growRoot,
  planGrowth,
  releasePlan,
  type TrainingRows,
  treeOf,
} from '../../tree/grow/training-rows.js';
import type { Tree } from '../../tree/tree.js';
import { createPace, inTurns, type Pace } from '../pace.js';
import { type FitOptions, fitTable, type TreeTrainer } from '../trainer.js';
import { growsToTheEnd, leastNodes } from './least-nodes.js';
import { growOnTeam, presort } from './parallel.js';
import { beginTeam, dismissTeam, type FitTeam } from './team.js';

/** How the engine uses threads. It does not affect the tree. */
export interface CartOptions {
  /** Threads are started from this many entries (rows times features) on. */
  readonly threadsFrom?: number;
  /** The script that a thread runs. */
  readonly workerScript?: URL;
  /** Time between two turns of the event loop, about. */
  readonly turnMs?: number;
}

/**
 * A new thread starts with uncompiled code: up to 100 000 rows of ten features a first fit is slower with it.
 * Why: docs/decisions/threads-from-a-million-values.md
 */
const THREADS_FROM = 1 << 20;
/** Approximate share of all work. */
const PRESORT_SHARE = 0.2;

export function createCartTrainer(cartOptions: CartOptions = {}): TreeTrainer {
  return {
    grows: 'tree',
    engine: 'cart/1',
    honours: TREE_PARAMETERS,
    fit: (dataset, rows, parameters, classWeights, options = {}) =>
      fitCart({ dataset, rows, parameters, classWeights, options, cartOptions }).catch((error) => {
        if (!(error instanceof DataError)) throw error;
        const message = `${dataset.source}: ${statementOf(error)}`;
        throw new DataError(error.reason, message, { advice: adviceFor(error, dataset), cause: error });
      }),
  };
}

export const cartTrainer: TreeTrainer = createCartTrainer();

interface Fit {
  readonly dataset: Dataset;
  readonly rows: Uint32Array;
  readonly parameters: HyperParameters;
  readonly classWeights: Float64Array | null;
  readonly options: FitOptions;
  readonly cartOptions: CartOptions;
}

async function fitCart(job: Fit): Promise<Tree> {
  const { options, cartOptions } = job;
  checkOptions(options, fitTable);
  checkFit(job);
  const pace = createPace(options, cartOptions.turnMs);
  const script = cartOptions.workerScript ?? threadScript('training/cart/worker.js');
  const wanted = threadCount(job);
  const threads = wanted > 1 && !canRunThread(script) ? 1 : wanted;
  await inTurns(refuseHopeless(job), () => pace(0));
  const plan = await inTurns(createPlan(job, threads), () => pace(0));
  const team = threads > 1 ? beginTeam(script, threads - 1, plan) : null;
  try {
    const member = createMember(plan);
    await presort(member, team, (share) => pace(PRESORT_SHARE * share));
    await grow(member, team, (share) => pace(PRESORT_SHARE + (1 - PRESORT_SHARE) * share));
    return await inTurns(treeOf(member), () => pace(1));
  } finally {
    if (team !== null) await dismissTeam(team);
    releasePlan(plan);
  }
}

function checkFit({ classWeights, dataset, parameters, rows }: Fit): void {
  checkHyperParameters(parameters);
  const classCount = dataset.classes.length;
  const isEach = classWeights === null || classWeights.length === classCount;
  expectThat('classWeights', isEach, `${classCount} weights`, classWeights?.length);
  expectThat('rows', rows.length > 0, 'at least one', 'none');
  const beyond = rows.find((row) => row >= dataset.rowCount);
  expectThat('rows', beyond === undefined, `indices below ${dataset.rowCount}`, beyond);
}

/** What cannot end in a tree that is small enough for its classes is refused before the fit. @throws DataError */
function* refuseHopeless(job: Fit): Generator<void, void> {
  const { classWeights, dataset, parameters } = job;
  const classCount = dataset.classes.length;
  // With weights a split may gain nothing that a double can hold.
  if (classWeights !== null || !growsToTheEnd(limitsOf(parameters)) || fitsTree(2 * classCount - 1, classCount)) return;
  refuseNodes(yield* leastNodes(trainingRows(job)), classCount);
}

/** Classes that are all numbers can be made fewer. */
function adviceFor({ advice, reason }: DataError, { classes }: Dataset): Advice | undefined {
  if (reason !== 'too-large' || classes.some((label) => parseNumber(label) === undefined)) return advice;
  const ranges = { option: 'classesFrom', value: 'quantiles:4', effect: 'makes classes of ranges' };
  return advice === undefined ? ranges : { ...ranges, or: advice };
}

function trainingRows({ dataset, rows }: Fit): TrainingRows {
  const columns = dataset.features.map((column) => ({
    values: column.values,
    categoryCount: categoryCountOf(column),
  }));
  const labels = new Uint16Array(rows.length);
  for (let i = 0; i < rows.length; i++) labels[i] = dataset.labels[rows[i]];
  return { columns, rows, labels, classCount: dataset.classes.length };
}

function threadCount({ classWeights, dataset, rows, parameters, options, cartOptions }: Fit): number {
  const objective = { criterion: parameters.criterion, weights: classWeights };
  const columns = { categoryCounts: dataset.features.map(categoryCountOf), classCount: dataset.classes.length };
  if (searchSteps(columns, objective, rows.length) < (cartOptions.threadsFrom ?? THREADS_FROM)) return 1;
  return options.jobs ?? availableParallelism();
}

function categoryCountOf(column: FeatureColumn): number {
  return column.kind === 'category' ? column.categories.length : 0;
}

function createPlan(job: Fit, members: number): Generator<void, TeamPlan> {
  const { parameters, classWeights } = job;
  const objective = { criterion: parameters.criterion, weights: classWeights };
  return planGrowth(trainingRows(job), objective, limitsOf(parameters), { members });
}

async function grow(member: Member, team: FitTeam | null, pace: Pace): Promise<void> {
  const root = addRoot(member);
  const { limits } = member.grower;
  if (isTerminal(member.grower, root)) return;
  // In best-first growth each split depends on the last one.
  if (team !== null && limits.maxLeafNodes === Number.POSITIVE_INFINITY) await growOnTeam(member, team, root, pace);
  else for (const share of growRoot(member, root)) await pace(share);
}
