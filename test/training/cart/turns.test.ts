/**
 * How long a fit works between two signs of life: in steps, as the engine counts them in every block of the code that is
 * run, so that no clock and no count of the code's own is needed.
 */
import { Session } from 'node:inspector';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Dataset } from '../../../src/data/dataset.js';
import { defaultParameters, type TrainingParameters } from '../../../src/training/parameters.js';
import type { Tree } from '../../../src/tree/tree.js';
import { datasetOf } from '../../tree/grow/fixture-table.js';

/** Blocks of code that may be run in a turn: some tens of milliseconds. */
const MOST_STEPS = 1 << 22;

const session = new Session();

beforeAll(() => {
  session.connect();
  session.post('Profiler.enable');
  // Before the code that is counted is loaded: what is compiled already has no counters.
  session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
});

afterAll(() => session.disconnect());
afterEach(() => void vi.unstubAllGlobals());

/** The blocks of the product's code that were run since the last call. */
function takeSteps(): number {
  let steps = 0;
  session.post('Profiler.takePreciseCoverage', (error, { result }) => {
    if (error) throw error;
    for (const { functions, url } of result) {
      if (!url.includes('/src/')) continue;
      for (const { ranges } of functions) for (const { count } of ranges) steps += count;
    }
  });
  return steps;
}

/** The most steps between two turns, and all of them. */
interface Steps {
  readonly longest: number;
  readonly total: number;
}

function countTurns(): { turn: () => void; end: () => Steps } {
  takeSteps();
  let longest = 0;
  let total = 0;
  const turn = () => {
    const steps = takeSteps();
    longest = Math.max(longest, steps);
    total += steps;
  };
  return {
    turn,
    end: () => {
      turn();
      return { longest, total };
    },
  };
}

let seed = 1;
/** A linear congruential generator, of Numerical Recipes. */
function random(below: number): number {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
  return Math.floor((seed / 2 ** 32) * below);
}

/** @param columns how many categories each has; 0: numbers */
function randomTable(rowCount: number, columns: readonly number[], classCount: number): Dataset {
  const cells = (below: number) => Array.from({ length: rowCount }, () => random(below));
  return datasetOf({
    columns: columns.map((categories) => cells(categories || 1e9)),
    categoryCounts: columns,
    labels: cells(classCount),
    classCount,
  });
}

interface Fit {
  readonly dataset: () => Dataset;
  readonly parameters?: Partial<TrainingParameters>;
  readonly weighted?: boolean;
}

const shallow = { maxDepth: 2 };
const fits: Record<string, Fit> = {
  numbers: { dataset: () => randomTable(150_000, [0, 0, 0, 0], 3), parameters: shallow },
  'numbers, entropy': {
    dataset: () => randomTable(150_000, [0, 0, 0, 0], 3),
    parameters: { ...shallow, criterion: 'entropy' },
  },
  'weighted classes': { dataset: () => randomTable(16_000, [0, 0], 500), parameters: { maxDepth: 1 }, weighted: true },
  'categories of many classes': { dataset: () => randomTable(6000, [30, 30], 600), parameters: shallow },
  'categories of many classes, entropy': {
    dataset: () => randomTable(6000, [30, 30], 600),
    parameters: { ...shallow, criterion: 'entropy' },
  },
  'categories of many weighted classes': {
    dataset: () => randomTable(5000, [30, 30], 400),
    parameters: { maxDepth: 1 },
    weighted: true,
  },
  'categories of many classes, the best first': {
    dataset: () => randomTable(6000, [30, 30], 600),
    parameters: { maxLeafNodes: 4 },
  },
  'many nodes of many classes': { dataset: () => randomTable(5000, [0], 1500) },
};

describe('the steps of a turn', () => {
  it.each(Object.entries(fits))('are bounded in a fit of %s', async (_, { dataset, parameters, weighted }) => {
    const { createCartTrainer } = await import('../../../src/training/cart/engine.js');
    // Steps are counted in JavaScript. What is done in WebAssembly ends its turns at the same places.
    vi.stubGlobal('WebAssembly', undefined);
    const table = dataset();
    const weights = weighted ? Float64Array.from(table.classes, (_, k) => 1 + (k % 7) / 3) : null;
    const { turn, end } = countTurns();
    await createCartTrainer({ turnMs: 0 }).fit(
      table,
      Uint32Array.from(table.labels.keys()),
      { ...defaultParameters, ...parameters },
      weights,
      { jobs: 1, onProgress: turn },
    );
    const { longest, total } = end();
    expect(total).toBeGreaterThan(MOST_STEPS);
    expect(longest).toBeLessThan(MOST_STEPS);
  });

  it('are bounded in pruning', async () => {
    const { pruneInTurns, pruningPathInTurns } = await import('../../../src/tree/prune.js');
    const tree = chain(1500);
    for (const work of [() => pruneInTurns(tree, null, Number.MAX_VALUE), () => pruningPathInTurns(tree, null)]) {
      const { turn, end } = countTurns();
      for (const _ of work()) turn();
      const { longest, total } = end();
      expect(total).toBeGreaterThan(MOST_STEPS);
      expect(longest).toBeLessThan(MOST_STEPS);
    }
  });
});

/** A tree that goes on to the right only, and is pruned from its end: for each link all nodes above are updated. */
function chain(leaves: number): Tree {
  const nodeCount = 2 * leaves - 1;
  const inner = (node: number) => node % 2 === 0 && node < nodeCount - 1;
  const nodes = Array.from({ length: nodeCount }, (_, node) => node);
  return {
    nodeCount,
    classCount: 2,
    featureCount: 1,
    feature: Int32Array.from(nodes, (node) => (inner(node) ? 0 : -1)),
    threshold: new Float64Array(nodeCount),
    categories: null,
    left: Int32Array.from(nodes, (node) => (inner(node) ? node + 1 : -1)),
    right: Int32Array.from(nodes, (node) => (inner(node) ? node + 2 : -1)),
    missingLeft: new Uint8Array(nodeCount),
    counts: Uint32Array.from(nodes.flatMap((node) => (inner(node) ? [(leaves - node / 2) ** 2, 1] : [1, 0]))),
    impurity: Float64Array.from(nodes, (node) => (inner(node) ? 0.5 : 0)),
  };
}
