/** Growing a tree in process, against scikit-learn and ml-cart: the same table, and as good a tree on each side. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DecisionTreeClassifier } from 'ml-cart';
import { Matrix } from 'ml-matrix';
import type { Dataset } from '../src/data/dataset.js';
import type { TrainingParameters } from '../src/training/parameters.js';
import type { Tree } from '../src/tree/tree.js';
import { makeTable, writeTable } from './peers/fit-tables.js';
import { type FitAnswer, type FitRequest, findPeers, SklearnPeer, type TableFiles } from './peers/sklearn-fit.js';
import type { Row } from './row.js';

// The product as it is shipped; IRIS_DIST is for a build elsewhere.
const dist = process.env['IRIS_DIST'] ?? fileURLToPath(new URL('../dist', import.meta.url));
const { cartTrainer }: typeof import('../src/training/cart/engine.js') = await import(
  join(dist, 'training/cart/engine.js')
);
const { defaultParameters }: typeof import('../src/training/parameters.js') = await import(
  join(dist, 'training/parameters.js')
);
const { readDataset }: typeof import('../src/data/read-dataset.js') = await import(join(dist, 'data/read-dataset.js'));
const { bundledIrisPath }: typeof import('../src/data/bundled.js') = await import(join(dist, 'data/bundled.js'));

export const title =
  'fit: growing a tree in process, after a few that warm up; accuracy, leaves and leaf impurity compared on each side';

const ONCE = fileURLToPath(new URL('peers/fit-once.mjs', import.meta.url));

interface Settings {
  readonly name: string;
  readonly ours: Partial<TrainingParameters>;
  readonly theirs: Readonly<Record<string, unknown>>;
}

const WHOLE: Settings = { name: 'whole', ours: {}, theirs: {} };
const SHALLOW: Settings = { name: 'depth 8', ours: { maxDepth: 8 }, theirs: { max_depth: 8 } };

/** One table, in memory for us and as files for others. */
interface Subject {
  readonly dataset: Dataset;
  readonly rows: Uint32Array;
  readonly files: TableFiles;
}

export async function run({ short }: { short: boolean }): Promise<Row[]> {
  const rounds = short ? 3 : 5;
  const folder = mkdtempSync(join(tmpdir(), 'iris-bench-'));
  const found: Row[] = [];
  try {
    const peers = await findPeers();
    const sizes = short
      ? [[5_000, 10]]
      : [
          [100_000, 10],
          [500_000, 20],
        ];
    for (const [rowCount, featureCount] of sizes) {
      const subject = subjectOf(makeTable(rowCount!, featureCount!), folder);
      for (const peer of peers) {
        for (const settings of [WHOLE, SHALLOW]) found.push(...(await compareFits(subject, settings, peer, rounds)));
        for (const type of ['float32', 'float64'] as const)
          found.push(await compareMemory(subject, peer, type, rounds));
      }
    }
    const iris = subjectOf(await readDataset(bundledIrisPath()), folder);
    for (const peer of peers) found.push(await compareIris(iris, peer, rounds, short ? 20 : 200));
    for (const rowCount of short ? [500] : [1_000, 5_000]) found.push(await compareMlCart(rowCount, folder, rounds));
    return found;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function subjectOf(dataset: Dataset, folder: string): Subject {
  const rows = Uint32Array.from({ length: dataset.rowCount }, (_, row) => row);
  return { dataset, rows, files: writeTable(dataset, folder) };
}

type Peer = Awaited<ReturnType<typeof findPeers>>[number];

/** Rows for one job and for two. */
async function compareFits(subject: Subject, settings: Settings, peer: Peer, rounds: number): Promise<Row[]> {
  const sklearn = new SklearnPeer(peer.python);
  const times: { one: number[]; two: number[]; theirs: number[] } = { one: [], two: [], theirs: [] };
  try {
    // V8 compiles while it runs, and what each thread runs anew: a few fits of a small table, one of a large one.
    const warmUps = subject.dataset.rowCount <= 100_000 ? 4 : 1;
    for (let round = 0; round < warmUps + rounds; round++) {
      const one = await timeFit(subject, settings.ours, 1);
      const theirs = await sklearn.fit({ ...subject.files, type: 'float32', settings: settings.theirs, repeats: 1 });
      const two = await timeFit(subject, settings.ours, 2);
      expectAsGood(one.tree, theirs);
      expectAsGood(two.tree, theirs);
      if (round < warmUps) continue;
      times.one.push(one.seconds);
      times.two.push(two.seconds);
      times.theirs.push(theirs.seconds);
    }
  } finally {
    sklearn.stop();
  }
  const what = `${sizeOf(subject.dataset)}, ${settings.name}`;
  return [
    rowOf(`${what}, 1 job`, peer.name, 's', '≥ 5', times.one, times.theirs),
    rowOf(`${what}, 2 jobs`, peer.name, 's', '≥ 10', times.two, times.theirs),
  ];
}

async function timeFit({ dataset, rows }: Subject, some: Partial<TrainingParameters>, jobs: number) {
  const start = performance.now();
  const tree = await cartTrainer.fit(dataset, rows, { ...defaultParameters, ...some }, null, { jobs });
  return { tree, seconds: (performance.now() - start) / 1000 };
}

/** Chance breaks ties on the other side, so the trees are not quite the same. */
function expectAsGood(tree: Tree, theirs: FitAnswer): void {
  const ours = { leaves: 0, accuracy: 0, leafImpurity: 0 };
  const rowCount = tree.counts.subarray(0, tree.classCount).reduce((sum, count) => sum + count, 0);
  for (let node = 0; node < tree.nodeCount; node++) {
    if (tree.left[node] !== -1) continue;
    const counts = tree.counts.subarray(node * tree.classCount, (node + 1) * tree.classCount);
    ours.leaves++;
    ours.accuracy += Math.max(...counts) / rowCount;
    ours.leafImpurity += (tree.impurity[node] * counts.reduce((sum, count) => sum + count, 0)) / rowCount;
  }
  const isClose =
    Math.abs(ours.leaves / theirs.leaves - 1) < 0.05 &&
    Math.abs(ours.accuracy - theirs.accuracy) < 0.005 &&
    Math.abs(ours.leafImpurity - theirs.leafImpurity) < 0.005;
  if (!isClose) throw new Error(`the trees differ: ours ${JSON.stringify(ours)}, theirs ${JSON.stringify(theirs)}`);
}

/** Of processes that do nothing else. */
async function compareMemory(
  { dataset, files }: Subject,
  peer: Peer,
  type: FitRequest['type'],
  rounds: number,
): Promise<Row> {
  const size = [files.rows, dataset.features.length, 2].map(String);
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let round = 0; round < rounds; round++) {
    ours.push(Number(execFileSync(process.execPath, [ONCE, dist, files.values, files.labels, ...size])));
    const sklearn = new SklearnPeer(peer.python);
    theirs.push((await sklearn.fit({ ...files, type, settings: {}, repeats: 1 })).peakMB);
    sklearn.stop();
  }
  return rowOf(`${sizeOf(dataset)}, whole, 2 jobs, peak memory`, `${peer.name}, ${type}`, 'MB', '≥ 1', ours, theirs);
}

/** The smallest table there is: what a call costs before it does anything. */
async function compareIris(subject: Subject, peer: Peer, rounds: number, repeats: number): Promise<Row> {
  const sklearn = new SklearnPeer(peer.python);
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let round = 0; round <= rounds; round++) {
    let seconds = 0;
    for (let i = 0; i < repeats; i++) seconds += (await timeFit(subject, {}, 1)).seconds;
    const answer = await sklearn.fit({ ...subject.files, type: 'float32', settings: {}, repeats });
    if (round === 0) continue;
    ours.push((seconds / repeats) * 1e6);
    theirs.push(answer.seconds * 1e6);
  }
  sklearn.stop();
  return rowOf('iris, whole, warm', peer.name, 'µs', '≥ 1', ours, theirs);
}

async function compareMlCart(rowCount: number, folder: string, rounds: number): Promise<Row> {
  const subject = subjectOf(makeTable(rowCount, 10), folder);
  const { features, labels } = subject.dataset;
  const matrix = Matrix.zeros(rowCount, features.length);
  features.forEach(({ values }, column) => {
    for (let row = 0; row < rowCount; row++) matrix.set(row, column, values[row]);
  });
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let round = 0; round < rounds; round++) {
    ours.push((await timeFit(subject, {}, 1)).seconds);
    const start = performance.now();
    const model = new DecisionTreeClassifier({
      minNumSamples: 1,
      gainThreshold: 0,
      maxDepth: Number.POSITIVE_INFINITY,
    });
    model.train(matrix, [...labels]);
    theirs.push((performance.now() - start) / 1000);
    const right = model.predict(matrix).filter((label, row) => label === labels[row]).length;
    if (right < 0.9 * rowCount) throw new Error(`ml-cart got only ${right} of ${rowCount} training rows right`);
  }
  return rowOf(`${sizeOf(subject.dataset)}, whole, 1 job`, 'ml-cart 2.1.1', 's', '', ours, theirs);
}

function sizeOf({ rowCount, features }: Dataset): string {
  return `${rowCount} × ${features.length}`;
}

/** Medians; the ratio is the median of the rounds' own, of which the spread gives the least and the largest. */
function rowOf(what: string, peer: string, unit: string, goal: string, ours: number[], theirs: number[]): Row {
  const ratios = theirs.map((value, round) => value / ours[round]).sort((a, b) => a - b);
  return {
    what,
    ours: median(ours),
    peer,
    theirs: median(theirs),
    unit,
    ratio: median(ratios),
    spread: [ratios[0], ratios.at(-1)!],
    goal,
  };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >>> 1];
}
