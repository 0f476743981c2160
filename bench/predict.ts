import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Dataset } from '../src/data/dataset.js';
import { type Job, mlCart, onnxRuntime, type Predictor, scikitLearn } from './peers/predictors.js';
import type { Row } from './row.js';

// The product as it is shipped; IRIS_DIST is for a build elsewhere.
const dist = process.env['IRIS_DIST'] ?? fileURLToPath(new URL('../dist', import.meta.url));
const { leafShares, majorityClasses, predictInto }: typeof import('../src/tree/index.js') = await import(
  join(dist, 'tree/index.js')
);
const { train }: typeof import('../src/training/train.js') = await import(join(dist, 'training/train.js'));
const { defaultParameters }: typeof import('../src/training/parameters.js') = await import(
  join(dist, 'training/parameters.js')
);
const { readDataset }: typeof import('../src/data/read-dataset.js') = await import(join(dist, 'data/read-dataset.js'));
const { bundledIrisPath }: typeof import('../src/data/bundled.js') = await import(join(dist, 'data/bundled.js'));

export const title = 'predict: class indices of a batch in process; the same tree on each side, the results compared';

export async function run({ short }: { short: boolean }): Promise<Row[]> {
  const rowCount = short ? 50_000 : 1_000_000;
  const rounds = short ? 3 : 7;
  const random = randomNumbers();
  const iris = await readDataset(bundledIrisPath());
  const noisy = noisyDataset(random);
  const folder = mkdtempSync(join(tmpdir(), 'iris-bench-'));
  const found: Row[] = [];
  try {
    for (const [dataset, leaves] of [
      [iris, null],
      [noisy, 150],
      [noisy, 2500],
    ] as const) {
      const { grown } = await train(dataset, { ...defaultParameters, maxLeafNodes: leaves, holdout: 0 });
      if (grown.kind !== 'tree') throw new Error('expected a tree');
      const { tree } = grown;
      const classes = majorityClasses(leafShares(tree, null), tree.classCount);
      const job = { tree, classes, rows: rowsLike(dataset, rowCount, random), folder };
      found.push(...(await compare(job, rounds)));
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  return found;
}

async function compare(job: Job, rounds: number): Promise<Row[]> {
  const found: Row[] = [];
  const sides: [string, string, () => Promise<Predictor>][] = [
    ['scikit-learn', '≥ 3', () => scikitLearn(job, 'float32')],
    ['scikit-learn', '≥ 3', () => scikitLearn(job, 'float64')],
    ['onnxruntime-node', '≥ 3', () => onnxRuntime(job)],
    ['ml-cart', '', () => mlCart(job)],
  ];
  for (const [name, goal, start] of sides) {
    try {
      found.push(await race(job, await start(), rounds, goal));
    } catch (error) {
      process.stderr.write(`predict: skipped ${name}: ${(error as Error).message.split('\n')[0]}\n`);
    }
  }
  return found;
}

/** In which code is compiled and caches fill: they do not count. */
const WARM_UPS = 5;

/** Rounds of ours, then theirs. */
async function race(job: Job, peer: Predictor, rounds: number, goal: string): Promise<Row> {
  const rowCount = job.rows.length / job.tree.featureCount;
  const labels = new Int32Array(rowCount);
  const ours: number[] = [];
  const theirs: number[] = [];
  try {
    for (let round = 0; round < WARM_UPS + rounds; round++) {
      ours.push(predictLabels(job, labels));
      theirs.push(await peer.run());
    }
    const different = labels.findIndex((label, row) => label !== peer.labels[row]);
    if (different >= 0 || peer.labels.length !== rowCount) throw new Error(`another class for row ${different}`);
  } finally {
    await peer.close();
  }
  const ratios = ours.map((ms, round) => theirs[round] / ms).slice(WARM_UPS);
  const nsPerRow = (ms: number[]): number => (median(ms.slice(WARM_UPS)) * 1e6) / rowCount;
  return {
    what: `${job.tree.nodeCount} nodes, ${rowCount} rows of ${job.tree.featureCount}`,
    ours: nsPerRow(ours),
    peer: peer.name,
    theirs: nsPerRow(theirs),
    unit: 'ns/row',
    ratio: median(ratios),
    spread: [Math.min(...ratios), Math.max(...ratios)],
    goal,
  };
}

function predictLabels({ classes, rows, tree }: Job, labels: Int32Array): number {
  const start = performance.now();
  predictInto(tree, rows, labels.length, labels, classes);
  return performance.now() - start;
}

/** Rows of the table with some noise, rounded to 32 bits. */
function rowsLike({ features, rowCount }: Dataset, wanted: number, random: () => number): Float64Array {
  const rows = new Float64Array(wanted * features.length);
  for (let row = 0, at = 0; row < wanted; row++) {
    const model = Math.floor(random() * rowCount);
    for (const { values } of features) rows[at++] = Math.fround(values[model] + (random() - 0.5) * 0.2);
  }
  return rows;
}

/** Three classes of which no tree is sure: 20 000 rows of 10 features. */
function noisyDataset(random: () => number): Dataset {
  const rowCount = 20_000;
  const features = Array.from({ length: 10 }, (_, feature) => ({
    name: `f${feature}`,
    kind: 'number' as const,
    values: Float64Array.from({ length: rowCount }, () => Math.fround(random())),
  }));
  const [a, b, c] = features.map(({ values }) => values);
  const scores = a.map((value, row) => value + b[row] * c[row] + random() * 0.6);
  return {
    source: 'noisy',
    target: 'class',
    features,
    classes: ['low', 'middle', 'high'],
    labels: Uint16Array.from(scores, (score) => Number(score > 0.6) + Number(score > 1.1)),
    rowCount,
    lines: new Uint32Array(rowCount),
    warnings: [],
  };
}

function median(values: number[]): number {
  const sorted = [...values].sort((x, y) => x - y);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** A linear congruential generator (Numerical Recipes), of which the high bits are used: the same rows in every run. */
function randomNumbers(): () => number {
  let state = 1;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 4294967296;
  };
}
