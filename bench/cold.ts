/** What a person waits for: whole processes from a cold start, against pandas and scikit-learn, and oclif's own start. */
import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Row } from './row.js';

export const title = 'cold: whole processes, and reading a table from file to columns';

const PYTHON = process.env['PYTHON'] ?? 'python3';
const PEER = fileURLToPath(new URL('peers/cold_peer.py', import.meta.url));
const OCLIF = fileURLToPath(new URL('peers/oclif-start/run.mjs', import.meta.url));
// The product as it is shipped; IRIS_DIST is for a build elsewhere.
const dist = process.env['IRIS_DIST'] ?? fileURLToPath(new URL('../dist', import.meta.url));
const CLI = join(dist, '../bin/run.js');
const LIBRARY = pathToFileURL(join(dist, 'index.js')).href;
const READ = `
  const { readDataset } = await import('${LIBRARY}');
  const start = performance.now();
  const { rowCount } = await readDataset(process.argv[1], { jobs: Number(process.argv[2]) });
  console.log(performance.now() - start, rowCount);`;
const FIT = `
  const [dist, path, jobs] = process.argv.slice(1);
  const { readDataset } = await import(dist + '/data/read-dataset.js');
  const { cartTrainer } = await import(dist + '/training/cart/engine.js');
  const { defaultParameters } = await import(dist + '/training/parameters.js');
  const dataset = await readDataset(path);
  const rows = Uint32Array.from(dataset.labels.keys());
  const start = performance.now();
  const { nodeCount } = await cartTrainer.fit(dataset, rows, defaultParameters, null, { jobs: Number(jobs) });
  console.log(performance.now() - start, nodeCount);
  process.exit();`;

interface Bench {
  readonly folder: string;
  readonly rounds: number;
  readonly versions: { readonly pandas: string; readonly sklearn: string };
}

export async function run({ short }: { short: boolean }): Promise<Row[]> {
  const versions = peerVersions();
  if (versions === undefined) {
    process.stderr.write(`cold: skipped, ${PYTHON} has no pandas or no scikit-learn\n`);
    return [];
  }
  const folder = mkdtempSync(join(tmpdir(), 'iris-bench-'));
  const bench = { folder, rounds: short ? 3 : 5, versions };
  const [small, large] = short ? [2_000, 10_000] : [100_000, 500_000];
  try {
    const smallTable = writeTable(join(folder, 'small.csv'), small!, 10);
    const largeTable = writeTable(join(folder, 'large.csv'), large!, 20);
    const shortNumbers = writeTable(join(folder, 'short.csv'), large!, 20, (value) => value.toFixed(6));
    const texts = writeTexts(join(folder, 'texts.csv'), large!);
    return [
      readRow(bench, `read ${large} × 20 numbers of 17 digits`, largeTable, [1, 1], '≥ 1'),
      readRow(bench, `read ${large} × 20 numbers of 6 decimals`, shortNumbers, [1, 1], '≥ 1'),
      readRow(bench, `read ${large} × 20 numbers of 17 digits`, largeTable, [2, 1], '≥ 1.5'),
      readRow(bench, `read ${large} × 20 numbers of 6 decimals`, shortNumbers, [2, 1], '≥ 1.5'),
      readRow(bench, `read ${large} × 20 numbers of 17 digits`, largeTable, [2, 2], '≥ 1'),
      readRow(bench, `read ${large} × 20 numbers of 6 decimals`, shortNumbers, [2, 2], '≥ 1'),
      readRow(bench, `read ${large} × 10 categories, some quoted`, texts, [1, 1], '≥ 0.5'),
      firstFitRow(bench, `${small} × 10`, smallTable, 1, '≥ 4'),
      firstFitRow(bench, `${small} × 10`, smallTable, 2, '≥ 5'),
      ...trainRows(bench, `${small} × 10`, smallTable, '≥ 4'),
      ...trainRows(bench, `${large} × 20`, largeTable, '≥ 5'),
      irisRow(bench),
      predictRow(bench, smallTable, writeTable(join(folder, 'rows.csv'), 2 * large!, 10)),
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @param cores of each side; pandas reads and parses at the same time where it can */
function readRow(
  { rounds, versions }: Bench,
  what: string,
  path: string,
  [ours, theirs]: readonly [ours: 1 | 2, theirs: 1 | 2],
  goal: string,
): Row {
  const pairs = alternate(
    rounds,
    () => numbersOf(...onCores(ours, process.execPath, '--input-type=module', '-e', READ, path, String(ours))),
    () => numbersOf(...onCores(theirs, PYTHON, PEER, 'read', path)),
  );
  const [[, rowCount], [, peerCount]] = pairs[0]!;
  if (rowCount !== peerCount) throw new Error(`the readers disagree: ${rowCount} and ${peerCount} rows`);
  const sides = ours === theirs ? `${inWords(ours)} each` : `${inWords(ours)} against ${inWords(theirs)}`;
  return rowOf(`${what}, ${sides}`, versions.pandas, 'ms', goal, pairs, 0);
}

function inWords(cores: 1 | 2): string {
  return cores === 1 ? '1 core' : 'all cores';
}

/** In a process that has read the table. Trees of different seeds differ by some nodes. */
function firstFitRow({ rounds, versions }: Bench, size: string, path: string, jobs: number, goal: string): Row {
  const pairs = alternate(
    rounds,
    () => numbersOf(process.execPath, ['--input-type=module', '-e', FIT, pathToFileURL(dist).href, path, String(jobs)]),
    () => numbersOf(PYTHON, [PEER, 'fit', path]),
  );
  const [ours, theirs] = pairs[0]!;
  if (Math.abs(ours[1]! / theirs[1]! - 1) > 0.05) throw new Error(`the trees differ: ${ours[1]}, ${theirs[1]} nodes`);
  return rowOf(
    `first fit of a process, ${size}, ${jobs === 1 ? '1 job' : `${jobs} jobs`}`,
    versions.sklearn,
    'ms',
    goal,
    pairs,
    0,
  );
}

/** One thread of each side is one core for each. */
function onCores(count: number, program: string, ...args: string[]): [program: string, args: string[]] {
  return count === 1 && process.platform === 'linux' ? ['taskset', ['-c', '0', program, ...args]] : [program, args];
}

function trainRows({ folder, rounds, versions }: Bench, size: string, path: string, goal: string): Row[] {
  const train = ['train', '--data', path, '--holdout', '0', '--out', join(folder, 'model.json')];
  const pairs = alternate(
    rounds,
    () => timed(process.execPath, CLI, ...train),
    () => timed(PYTHON, PEER, 'train', path, join(folder, 'model.joblib')),
  );
  return [
    rowOf(`train ${size}, wall time`, versions.sklearn, 'ms', goal, pairs, 0),
    rowOf(`train ${size}, peak memory`, versions.sklearn, 'MB', '≥ 1.25', pairs, 1),
  ];
}

function irisRow({ folder, rounds }: Bench): Row {
  const pairs = alternate(
    3 * rounds,
    () => timed(process.execPath, CLI, 'train', '--out', join(folder, 'iris.json')),
    () => timed(process.execPath, OCLIF),
  );
  return rowOf('train iris, wall time', 'an empty command of oclif', 'ms', '≥ 0.77', pairs, 0);
}

/** From CSV to CSV, by trees of the same table. */
function predictRow({ folder, rounds, versions }: Bench, table: string, rows: string): Row {
  const [ours, theirs, out] = ['ours.json', 'theirs.joblib', 'out.csv'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  timed(process.execPath, CLI, 'train', '--data', table, '--max-depth', '8', '--out', ours);
  timed(PYTHON, PEER, 'train', table, theirs, '8');
  const shell = `"${process.execPath}" "${CLI}" predict --file "${rows}" --model "${ours}" --format csv > "${out}"`;
  const pairs = alternate(
    rounds,
    () => timed('sh', '-c', shell),
    () => timed(PYTHON, PEER, 'predict', rows, theirs, out),
  );
  return rowOf('predict --file, CSV to CSV, wall time', versions.sklearn, 'ms', '≥ 3', pairs, 0);
}

/** Wall time in ms and peak memory in MB of a program. */
function timed(...command: readonly string[]): number[] {
  return numbersOf(PYTHON, [PEER, 'run', ...command]);
}

type Pair = readonly [ours: number[], theirs: number[]];

function alternate(rounds: number, ours: () => number[], theirs: () => number[]): Pair[] {
  return Array.from({ length: rounds }, () => [ours(), theirs()] as const);
}

function rowOf(what: string, peer: string, unit: string, goal: string, pairs: readonly Pair[], at: number): Row {
  const ratios = pairs.map(([ours, theirs]) => theirs[at]! / ours[at]!);
  return {
    what,
    ours: median(pairs.map(([ours]) => ours[at]!)),
    peer,
    theirs: median(pairs.map(([, theirs]) => theirs[at]!)),
    unit,
    ratio: median(ratios),
    spread: [Math.min(...ratios), Math.max(...ratios)],
    goal,
  };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1]!;
}

/** What a program prints: numbers, parted by spaces. */
function numbersOf(program: string, args: readonly string[]): number[] {
  const env = { ...process.env, OMP_NUM_THREADS: '1' };
  return execFileSync(program, args, { env, encoding: 'utf8' }).trim().split(' ').map(Number);
}

function peerVersions(): { pandas: string; sklearn: string } | undefined {
  const script = 'import pandas, sklearn, joblib; print(pandas.__version__, sklearn.__version__)';
  try {
    const [pandas, sklearn] = execFileSync(PYTHON, ['-c', script], { encoding: 'utf8', stdio: 'pipe' })
      .trim()
      .split(' ');
    return { pandas: `pandas ${pandas}`, sklearn: `pandas ${pandas} + scikit-learn ${sklearn}` };
  } catch {
    return undefined;
  }
}

/** Sums of three uniform numbers rounded to 32 bits, so that scikit-learn sees the same values; three classes. */
function writeTable(
  path: string,
  rowCount: number,
  columnCount: number,
  write: (value: number) => string = String,
): string {
  const uniform = generator();
  const header = `${Array.from({ length: columnCount }, (_, i) => `x${i}`).join(',')},y\n`;
  writeRows(path, header, rowCount, () => {
    const values = Array.from({ length: columnCount }, () => Math.fround(uniform() + uniform() + uniform() - 1.5));
    const sum = values[0]! + values[1]! + values[2]!;
    return `${values.map((value) => write(value)).join(',')},${sum < -0.4 ? 'low' : sum < 0.4 ? 'middle' : 'high'}\n`;
  });
  return path;
}

/** Ten columns of 20 categories each; a third of those of the last two columns hold a comma, and are quoted. */
function writeTexts(path: string, rowCount: number): string {
  const uniform = generator();
  const header = `${Array.from({ length: 10 }, (_, i) => `c${i}`).join(',')},y\n`;
  writeRows(path, header, rowCount, () => {
    const cells = Array.from({ length: 10 }, (_, column) => {
      const index = Math.floor(uniform() * 20);
      return column >= 8 && index % 3 === 0 ? `"category, ${index}"` : `category ${index}`;
    });
    return `${cells.join(',')},${uniform() < 0.5 ? 'no' : 'yes'}\n`;
  });
  return path;
}

/** Numbers in [0, 1), the same ones in each run (Numerical Recipes' linear congruential generator). */
function generator(): () => number {
  let state = 12_345;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 0x1_0000_0000;
  };
}

function writeRows(path: string, header: string, rowCount: number, rowOf: () => string): void {
  const file = openSync(path, 'w');
  let text = header;
  for (let row = 0; row < rowCount; row++) {
    text += rowOf();
    if (text.length > 1 << 20 || row === rowCount - 1) {
      writeSync(file, text);
      text = '';
    }
  }
  closeSync(file);
}
