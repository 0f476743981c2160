/** Growing a forest in process, against scikit-learn: the same table, and as good a forest on each side. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Dataset } from '../src/data/dataset.js';
import { makeTable, writeTable } from './peers/fit-tables.js';
import { type ForestAnswer, findPeers, SklearnPeer, type TableFiles } from './peers/sklearn-fit.js';
import type { Row } from './row.js';

const dist = process.env['IRIS_DIST'] ?? fileURLToPath(new URL('../dist', import.meta.url));
const { forestTrainer }: typeof import('../src/training/forest/engine.js') = await import(
  join(dist, 'training/forest/engine.js')
);
const { defaultsOf }: typeof import('../src/training/parameters.js') = await import(
  join(dist, 'training/parameters.js')
);
const { orderByHash }: typeof import('../src/training/order-by-hash.js') = await import(
  join(dist, 'training/order-by-hash.js')
);

export const title =
  'forest: growing a forest in process, ours with its scores out of bag; one thread in processor time, two in seconds';

interface Subject {
  readonly dataset: Dataset;
  readonly files: TableFiles;
  readonly trees: number;
}

/** What scikit-learn is asked for. */
const SIDES = [
  { jobs: 1, theirJobs: 1, outOfBag: true, goal: '≥ 1.8' },
  { jobs: 1, theirJobs: 1, outOfBag: false, goal: '≥ 1.8' },
  { jobs: 2, theirJobs: 1, outOfBag: true, goal: '≥ 3' },
  { jobs: 2, theirJobs: 2, outOfBag: true, goal: '' },
] as const;
type Side = (typeof SIDES)[number];

export async function run({ short }: { short: boolean }): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'iris-bench-'));
  try {
    const dataset = makeTable(short ? 10_000 : 100_000, 10);
    const subject = { dataset, files: writeTable(dataset, folder), trees: short ? 10 : 20 };
    // Rows are hashed before any engine is asked.
    await orderByHash(dataset, allRows(dataset), {});
    const found: Row[] = [];
    const [peer] = await findPeers();
    if (peer === undefined) return found;
    const sklearn = new SklearnPeer(peer.python);
    for (const side of SIDES) found.push(await compare(subject, sklearn, peer.name, side, short ? 2 : 3));
    sklearn.stop();
    return found;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function compare(subject: Subject, sklearn: SklearnPeer, peer: string, side: Side, rounds: number): Promise<Row> {
  const pairs: { ours: number; theirs: number }[] = [];
  const { files, trees } = subject;
  const settings = { n_jobs: side.theirJobs, oob_score: side.outOfBag };
  for (let round = 0; round <= rounds; round++) {
    const ours = await fitOurs(subject, side.jobs);
    const theirs = await sklearn.fitForest({ ...files, type: 'float32', trees, settings });
    expectAsGood(ours, theirs);
    const figure = side.jobs === 1 ? 'processorSeconds' : 'seconds';
    // The first warms up.
    if (round > 0) pairs.push({ ours: ours[figure], theirs: theirs[figure] });
  }
  const ratios = pairs.map(({ ours, theirs }) => theirs / ours).sort((a, b) => a - b);
  const { dataset } = subject;
  return {
    what: `${dataset.rowCount} × ${dataset.features.length}, ${trees} whole trees, ${side.jobs} ${side.jobs === 1 ? 'job' : 'jobs'}`,
    ours: median(pairs.map(({ ours }) => ours)),
    peer: `${peer}, ${side.theirJobs} ${side.theirJobs === 1 ? 'job' : 'jobs'}${side.outOfBag ? ', oob_score' : ''}`,
    theirs: median(pairs.map(({ theirs }) => theirs)),
    unit: 's',
    ratio: median(ratios),
    spread: [ratios[0]!, ratios.at(-1)!],
    goal: side.goal,
  };
}

async function fitOurs({ dataset, trees }: Subject, jobs: number): Promise<ForestAnswer> {
  const parameters = { ...defaultsOf('forest'), trees };
  const start = performance.now();
  const processor = process.cpuUsage();
  const { ensemble, outOfBag } = await forestTrainer.fit(dataset, allRows(dataset), parameters, null, { jobs });
  const { system, user } = process.cpuUsage(processor);
  return {
    seconds: (performance.now() - start) / 1e3,
    processorSeconds: (system + user) / 1e6,
    outOfBag: outOfBag.curve.at(-1)!,
    nodes: ensemble.trees.feature.length,
  };
}

/** Their draws are others, so the trees are not the same. */
function expectAsGood(ours: ForestAnswer, theirs: ForestAnswer): void {
  const isClose =
    Math.abs(ours.nodes / theirs.nodes - 1) < 0.05 &&
    (theirs.outOfBag === null || Math.abs(ours.outOfBag! - theirs.outOfBag) < 0.02);
  if (!isClose) throw new Error(`the forests differ: ours ${JSON.stringify(ours)}, theirs ${JSON.stringify(theirs)}`);
}

function allRows({ rowCount }: Dataset): Uint32Array {
  return Uint32Array.from({ length: rowCount }, (_, row) => row);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}
