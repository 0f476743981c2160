import { afterEach, describe, expect, it, vi } from 'vitest';
import { growFetched } from '../../../src/pushdown/finish-nodes.js';
import type { SearchedRows } from '../../../src/pushdown/searched-rows.js';
import { createCartTrainer } from '../../../src/training/cart/engine.js';
import { defaultParameters } from '../../../src/training/parameters.js';
import type { FitOptions } from '../../../src/training/trainer.js';
import { growTree } from '../../../src/tree/grow/grow-tree.js';
import { defaultGrowth, limitsOf } from '../../../src/tree/grow/limits.js';
import { createMember } from '../../../src/tree/grow/parallel.js';
import { planGrowth, releasePlan } from '../../../src/tree/grow/training-rows.js';
import { finish } from '../../../src/tree/turns.js';
import { datasetOf } from './fixture-table.js';

afterEach(() => void vi.unstubAllGlobals());

const labels = Array.from({ length: 400 }, (_, row) => row % 3);
const columns = [0, 1].map((feature) => labels.map((_, row) => ((row + 1) * 7919 * (feature + 1)) % 401));
const values = columns.map((column) => Float64Array.from(column));
const objective = { criterion: 'gini', weights: null } as const;
const limits = limitsOf(defaultGrowth);

/** @param size of the table, in rows */
function planOf(size: number) {
  const column = { values: Float64Array.from({ length: size }, (_, row) => row), categoryCount: 0 };
  const rows = Uint32Array.from(column.values);
  const training = { columns: [column], rows, labels: rows.map((row) => row % 2), classCount: 2 };
  const plan = finish(planGrowth(training, objective, limits, { members: 1 }));
  return { ...plan, memory: plan.loops!.memory };
}

function fitted(options: FitOptions) {
  const dataset = datasetOf({ columns, categoryCounts: [0, 0], labels, classCount: 3 });
  const trainer = createCartTrainer({ turnMs: 0 });
  return trainer.fit(dataset, Uint32Array.from(labels.keys()), defaultParameters, null, { jobs: 1, ...options });
}

function abortedFit() {
  const controller = new AbortController();
  return fitted({ signal: controller.signal, onProgress: (share) => share > 0 && controller.abort() }).catch(
    ({ name }) => name,
  );
}

// V8 does not count such memory, so that many fits would take all there is.
describe('the memory of a fit', () => {
  it('is that of one before it, grown where that is too small', () => {
    const small = planOf(1000);
    releasePlan(small);
    const large = planOf(100_000);
    expect(large.memory).toBe(small.memory);
    expect(large.table.entries).toHaveLength(100_000);
    releasePlan(large);
    expect(planOf(1000).memory).toBe(small.memory);
  });

  it('is not that of one that goes on', () => {
    const [first, second] = [planOf(1000), planOf(1000)];
    expect(second.memory).not.toBe(first.memory);
    releasePlan(first);
    releasePlan(second);
    expect(new Set([planOf(1000).memory, planOf(1000).memory])).toEqual(new Set([first.memory, second.memory]));
  });

  it('holds no counts of one before it', () => {
    const first = planOf(1000);
    new Uint8Array(first.memory.buffer).fill(255);
    releasePlan(first);
    const second = planOf(1000);
    const { search } = createMember(second).grower;
    expect([...search.left, ...search.best.left]).toEqual([0, 0, 0, 0]);
    expect([...second.counters]).toEqual([0, 0, 1]);
  });

  const pushdown = { classCount: 3, features: values.map(() => ({ categories: [] })), objective } as const;
  it.each([
    ['growTree', () => growTree(values, labels)],
    [
      'growTree, which fails',
      () => expect(() => growTree(values, labels, { classCount: 65_535 })).toThrow('at most 16777216 class counts'),
    ],
    ['a fit', () => fitted({})],
    ['a fit that is aborted', async () => expect(await abortedFit()).toBe('AbortError')],
    [
      'a node whose rows are fetched',
      () => {
        const rows = { columns: values, labels: Uint16Array.from(labels) };
        const growth = { limits, rootMass: labels.length };
        return growFetched(pushdown as unknown as SearchedRows, rows, 0, growth, async () => {});
      },
    ],
  ])('is handed on after %s', async (_, grow) => {
    const before = planOf(1000);
    releasePlan(before);
    await grow();
    const after = planOf(1000);
    expect(after.memory).toBe(before.memory);
    releasePlan(after);
  });
});

describe('a process that may have no more addresses', () => {
  it('grows in JavaScript, and asks once', async () => {
    const tree = growTree(values, labels);
    const Memory = vi.fn(function refuse() {
      throw new RangeError('could not allocate memory');
    });
    vi.stubGlobal('WebAssembly', { Memory, Module: class {}, CompileError: class extends Error {} });
    vi.resetModules();
    const { growTree: growWithout } = await import('../../../src/tree/grow/grow-tree.js');
    expect(growWithout(values, labels)).toEqual(tree);
    expect(growWithout(values, labels)).toEqual(tree);
    expect(Memory).toHaveBeenCalledTimes(1);
  });
});
