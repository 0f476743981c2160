import { describe, expect, it } from 'vitest';
import { createClassifier } from '../../../src/model/classifier.js';
import { histogramEdges } from '../../../src/model/histogram.js';
import type { Model } from '../../../src/model/model.js';
import { singleTree } from '../../../src/model/single-tree.js';
import { DriftCells, LEAVES } from '../../../src/server/telemetry/drift-cells.js';
import { DriftMonitor } from '../../../src/server/telemetry/drift-evidence.js';
import { growTree, predictInto } from '../../../src/tree/index.js';
import { deepModel, irisModel, mixedModel } from '../models.js';

/** A linear congruential generator (Numerical Recipes): the same numbers in every run. */
function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state + 0.5) / 2 ** 32;
  };
}

/** From the normal distribution with variance 1, by Box and Muller. */
const normal = (random: () => number, mean = 0) =>
  mean + Math.sqrt(-2 * Math.log(random())) * Math.cos(2 * Math.PI * random());

describe('cells of rows', () => {
  const countsOf = (model: Model, rows: readonly (readonly number[])[]) => {
    const cells = new DriftCells(model);
    const leaves = new Int32Array(rows.length);
    const values = Float64Array.from(rows.flat());
    createClassifier(model).leavesInto(values, rows.length, leaves);
    cells.count(values, rows.length, leaves);
    return { trained: cells.trained, counts: [...cells.counts] };
  };

  it('are the leaves of a tree, and the categories of a feature', () => {
    const { counts, trained } = countsOf(mixedModel(), [
      [1, 2],
      [9, 0],
      [1, -1],
      [Number.NaN, Number.NaN],
    ]);
    // The number has one bin, what lies beyond it, and missing values. Categories by their rows: blue; green, and red with the unknown one.
    expect(trained.map(({ name, rows }) => [name, [...rows]])).toEqual([
      ['size', [12, 0, 2]],
      ['colour', [10, 2, 2]],
      [LEAVES, [4, 5, 5]],
    ]);
    expect(counts.slice(0, 3)).toEqual([2, 1, 1]);
    expect(counts.slice(3, 6)).toEqual([1, 0, 2]);
    expect(counts.slice(6).reduce((sum, count) => sum + count)).toBe(4);
  });

  it('are the bins of a histogram, of which the first and the last one have all that lies beyond', () => {
    const edges = [0, 1, 2, 3];
    const histogram = { edges, counts: [[1], [2], [3]] };
    const summary = { kind: 'number' as const, min: 0, max: 3, spread: 1, missing: 0, histogram };
    const plain = irisModel();
    const summaries = plain.features.map(() => summary);
    const model = { ...plain, provenance: { ...plain.provenance, summaries } };
    const cells = new DriftCells(model);
    for (const value of [-5, 0, 0.99, 1, 1.5, 2, 2.99, 3, 1e9]) {
      cells.count(Float64Array.of(value, 0, 0, 0), 1, Int32Array.of(1));
    }
    expect([...cells.counts.subarray(0, 3)]).toEqual([3, 2, 4]);
  });

  it('are two of a constant: itself, and every other value', () => {
    const number = { kind: 'number' as const, min: 5, max: 5, spread: 0, missing: 0 };
    const summary = { ...number, histogram: { edges: [5, 5], counts: [[30]] } };
    const category = { kind: 'category' as const, missing: 0, histogram: { counts: [[30]] } };
    const plain = irisModel();
    const features = [
      ...plain.features.slice(0, 3),
      { name: 'colour', kind: 'category' as const, categories: ['red'] },
    ];
    const summaries = [summary, summary, summary, category];
    const model = { ...plain, features, provenance: { ...plain.provenance, summaries } } as Model;
    const cells = new DriftCells(model);
    expect(cells.trained.slice(0, 4).map(({ rows }) => [...rows])).toEqual(Array(4).fill([30, 0]));
    for (const row of [
      [5, 4, 6, 0],
      [5, 5, 6, -1],
    ])
      cells.count(Float64Array.from(row), 1, Int32Array.of(1));
    expect([...cells.counts.subarray(0, 8)]).toEqual([2, 0, 1, 1, 0, 2, 1, 1]);
  });

  it('are at most ten groups of neighbouring leaves, with about as many training rows each', () => {
    const { trained } = new DriftCells(deepModel(500));
    const leaves = trained.find(({ name }) => name === LEAVES)!;
    expect(leaves.rows.length).toBeLessThanOrEqual(10);
    expect(leaves.rows.length).toBeGreaterThan(5);
    expect(leaves.rows.reduce((sum, rows) => sum + rows)).toBe(singleTree(deepModel(500))!.samples[0]);
    expect(Math.max(...leaves.rows)).toBeLessThanOrEqual(2 * (501 / 10));
  });

  it('count at most 64 rows of a call, evenly spread', () => {
    const cells = new DriftCells(irisModel());
    const rows = new Float64Array(4 * 1000);
    cells.count(rows, 1000, new Int32Array(1000).fill(1));
    const counted = cells.counts.reduce((sum, count) => sum + count) / cells.trained.length;
    expect(counted).toBeLessThanOrEqual(64);
    expect(counted).toBeGreaterThan(48);
  });

  it('are none of a model without histograms, but its leaves', () => {
    const plain = irisModel();
    const summaries = plain.provenance.summaries!.map((summary) => ({ ...summary, histogram: null }));
    const { trained } = new DriftCells({ ...plain, provenance: { ...plain.provenance, summaries } } as Model);
    expect(trained.map(({ name }) => name)).toEqual([LEAVES]);
  });
});

/** The decimal logarithm of E from its definition: the mixtures as products of predictions, row by row. */
function logEvidence(trained: readonly number[], served: readonly number[]): number {
  const mixture = (counts: readonly number[]) => {
    let [log, seen] = [0, 0];
    for (const count of counts)
      for (let row = 0; row < count; row++) log += Math.log10((row + 0.5) / (seen++ + counts.length / 2));
    return log;
  };
  const both = trained.map((count, cell) => count + served[cell]!);
  const total = both.reduce((sum, count) => sum + count, 0);
  const likelihood = both.reduce((sum, count) => sum + (count === 0 ? 0 : count * Math.log10(count / total)), 0);
  return mixture(trained) + mixture(served) - likelihood;
}

const monitorOf = (trained: readonly number[]) => new DriftMonitor([{ name: 'x', rows: Float64Array.from(trained) }]);

describe('the evidence of drift', () => {
  it('is the ratio of two mixtures to the largest likelihood of one distribution, halved in the first window', () => {
    for (const [trained, served] of [
      [
        [50, 50],
        [0, 200],
      ],
      [
        [10, 0, 90],
        [70, 30, 0],
      ],
      [
        [1000, 2000, 3000, 4000],
        [500, 300, 200, 100],
      ],
    ] as const) {
      const { value } = monitorOf(trained).read(Float64Array.from(served))[0]!;
      expect(value).toBeGreaterThan(3);
      expect(value).toBeCloseTo(logEvidence(trained, served) - Math.log10(2), 8);
    }
  });

  it('is at most 1 in expectation without drift, whatever the distribution: of all samples of a few rows', () => {
    for (const p of [0.05, 0.3, 0.5, 0.9]) {
      let expectation = 0;
      for (let sample = 0; sample < 2 ** 9; sample++) {
        const rows = Array.from({ length: 9 }, (_, bit) => (sample >> bit) & 1);
        const ones = (part: readonly number[]) => part.reduce((sum, row) => sum + row, 0);
        const counts = (part: readonly number[]) => [part.length - ones(part), ones(part)];
        const probability = rows.reduce((product, row) => product * (row === 1 ? p : 1 - p), 1);
        expectation += probability * 10 ** logEvidence(counts(rows.slice(0, 4)), counts(rows.slice(4)));
      }
      expect(expectation).toBeLessThanOrEqual(1);
    }
  });

  it('has windows of three lengths, and is the mean of theirs', () => {
    const trained = [5000, 5000];
    const monitor = monitorOf(trained);
    monitor.read(Float64Array.of(1000, 1000));
    const { value } = monitor.read(Float64Array.of(2000, 3000))[0]!;
    // Windows of 1024 rows begin again after the first reading; those of 8192 and 65 536 do not.
    const short =
      10 ** (logEvidence(trained, [1000, 2000]) - Math.log10(2 * 3)) + 10 ** logEvidence(trained, [1000, 1000]) / 2;
    const long = 10 ** logEvidence(trained, [2000, 3000]) / 2;
    expect(value).toBeCloseTo(Math.log10((short + 2 * long) / 3), 6);
  });

  it('stays, and begins a window after 65 536 rows: drift after many rows without it is seen as soon', () => {
    const trained = [5000, 5000];
    const monitor = monitorOf(trained);
    const counts = Float64Array.of(0, 0);
    const read = (a: number, b: number) => {
      counts[0]! += a;
      counts[1]! += b;
      return monitor.read(counts)[0]!.value;
    };
    for (let window = 0; window < 20; window++) expect(read(2 ** 15, 2 ** 15)).toBe(0);
    const after = read(700, 300);
    // In the 21st window: log10(21 · 22) less than alone.
    expect(after).toBeCloseTo(Math.max(0, logEvidence(trained, [700, 300]) - Math.log10(21 * 22)), 6);
    expect(after).toBeGreaterThan(3);
    expect(read(10_000, 10_000)).toBeGreaterThanOrEqual(after);
  });

  it('goes on where a worker took its counts along', () => {
    const monitor = monitorOf([500, 500]);
    const before = monitor.read(Float64Array.of(0, 300))[0]!.value;
    expect(monitor.read(Float64Array.of(0, 100))[0]!.value).toBe(before);
    expect(monitor.read(Float64Array.of(0, 500))[0]!.value).toBeGreaterThan(before);
  });
});

/** A model of one number, as training makes it of these values. */
function modelOf(values: readonly number[]): Model {
  const [min, max] = [Math.min(...values), Math.max(...values)];
  const edges = histogramEdges(min, max);
  const counts = edges.slice(1).map(() => [0]);
  for (const value of values) {
    const above = edges.findIndex((edge, index) => index > 0 && value < edge);
    counts[above < 0 ? counts.length - 1 : above - 1]![0]!++;
  }
  const summary = { kind: 'number' as const, min, max, spread: 1, missing: 0, histogram: { edges, counts } };
  const plain = irisModel();
  return { ...plain, features: plain.features.slice(0, 1), provenance: { ...plain.provenance, summaries: [summary] } };
}

/** Rows until the evidence is 3, read every `every` rows; infinity where it never is. `clean` rows come before the shift. */
function rowsUntilAlarm(random: () => number, training: number, mean: number, most: number, every = 50, clean = 0) {
  const cells = new DriftCells(modelOf(Array.from({ length: training }, () => normal(random))));
  // The leaves are those of another model.
  const [ofNumber] = cells.trained;
  const monitor = new DriftMonitor([ofNumber!]);
  const leaf = Int32Array.of(1);
  for (let row = 1 - clean; row <= most; row++) {
    cells.count(Float64Array.of(normal(random, row > 0 ? mean : 0)), 1, leaf);
    if (row % every === 0 && monitor.read(cells.counts)[0]!.value >= 3) return row;
  }
  return Number.POSITIVE_INFINITY;
}

describe('the drift alarm, simulated', () => {
  it.each([100, 1000, 10_000])('never rings of a hundred models of %i training rows without drift', (training) => {
    const random = seeded(training);
    const alarms = Array.from({ length: 100 }, () => rowsUntilAlarm(random, training, 0, 2000, 100));
    expect(alarms.filter(Number.isFinite)).toEqual([]);
  });

  it.each([undefined, 5])(
    'never rings of leaves without drift, though trees of depth %s grew on the same rows',
    (maxDepth) => {
      const random = seeded(7);
      const rowOf = () => [normal(random), normal(random), normal(random)];
      for (let repetition = 0; repetition < 30; repetition++) {
        const rows = Array.from({ length: 300 }, rowOf);
        const columns = [0, 1, 2].map((column) => Float64Array.from(rows, (row) => row[column]!));
        const labels = rows.map(([first]) => Number(first! + normal(random) > 0));
        const tree = growTree(columns, labels, { classCount: 2, ...(maxDepth !== undefined && { maxDepth }) });
        const model = { ...deepModel(2), scorer: { kind: 'tree' as const, tree, classWeight: null } };
        const cells = new DriftCells({ ...model, provenance: { ...model.provenance, summaries: null } });
        const monitor = new DriftMonitor(cells.trained);
        for (let read = 0; read < 40; read++) {
          const served = Array.from({ length: 50 }, rowOf);
          const leaves = new Int32Array(served.length);
          predictInto(tree, Float64Array.from(served.flat()), served.length, leaves);
          cells.count(new Float64Array(4 * served.length), served.length, leaves);
          expect(monitor.read(cells.counts)[0]!.value).toBeLessThan(3);
        }
      }
    },
  );

  it.each([
    [10_000, 1, 150],
    [10_000, 0.5, 600],
    [1000, 1, 200],
    [1000, 0.5, 2500],
    [100, 2, 150],
  ])('rings of %i training rows and a shift of %f standard deviations within %i rows', (training, mean, within) => {
    const random = seeded(3);
    const delays = Array.from({ length: 20 }, () => rowsUntilAlarm(random, training, mean, 5000));
    expect(Math.max(...delays)).toBeLessThanOrEqual(within);
  });

  it.each([
    [10_000, 1, 5000, 500],
    [1000, 1, 5000, 750],
    [1000, 1, 40_000, 400],
    [100, 2, 5000, 750],
  ])(
    'rings of %i training rows and a shift of %f after %i rows without drift, within %i rows',
    (training, mean, clean, within) => {
      const random = seeded(5);
      const delays = Array.from({ length: 5 }, () => rowsUntilAlarm(random, training, mean, 2000, 50, clean));
      expect(Math.min(...delays)).toBeGreaterThan(0);
      expect(Math.max(...delays)).toBeLessThanOrEqual(within);
    },
  );
});
