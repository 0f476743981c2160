/** Reading a table, and the whole of `iris train` on it from a cold start, against pandas and scikit-learn. */
import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Row } from './row.js';

export const title = 'csv: a table from file to columns, and from file to model';

const PYTHON = process.env['PYTHON'] ?? 'python3';
const PEER = fileURLToPath(new URL('peers/csv_peer.py', import.meta.url));
// The product as it is shipped; IRIS_DIST is for a build elsewhere.
const dist = process.env['IRIS_DIST'] ?? fileURLToPath(new URL('../dist', import.meta.url));
const CLI = join(dist, '../bin/run.js');
const READER = pathToFileURL(join(dist, 'data/read-dataset.js')).href;
const READ = `
  const { readDataset } = await import('${READER}');
  const start = performance.now();
  const { rowCount } = await readDataset(process.argv[1]);
  console.log(performance.now() - start, rowCount);`;

export async function run({ short }: { short: boolean }): Promise<Row[]> {
  const versions = peerVersions();
  if (versions === undefined) {
    process.stderr.write(`csv: skipped, ${PYTHON} has no pandas or no scikit-learn\n`);
    return [];
  }
  const folder = mkdtempSync(join(tmpdir(), 'iris-bench-'));
  try {
    const path = join(folder, 'big.csv');
    const rowCount = short ? 10_000 : 500_000;
    writeTable(path, rowCount, 20);
    const rounds = short ? 3 : 5;
    const what = `${rowCount} × 20`;
    return [readRow(what, versions.pandas, path, rounds), ...trainRows(what, versions.sklearn, path, folder, rounds)];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function readRow(what: string, peer: string, path: string, rounds: number): Row {
  const pairs = alternate(
    rounds,
    () => numbersOf(process.execPath, ['--input-type=module', '-e', READ, path]),
    () => numbersOf(PYTHON, [PEER, 'read', path]),
  );
  const [ours, theirs] = pairs[0]!;
  if (ours[1] !== theirs[1]) throw new Error(`the readers disagree: ${ours[1]} and ${theirs[1]} rows`);
  return rowOf(`read ${what}`, peer, 'ms', '', pairs, 0);
}

function trainRows(what: string, peer: string, path: string, folder: string, rounds: number): Row[] {
  const train = [CLI, 'train', '--data', path, '--holdout', '0', '--out', join(folder, 'model.json')];
  const pairs = alternate(
    rounds,
    () => numbersOf(PYTHON, [PEER, 'run', process.execPath, ...train]),
    () => numbersOf(PYTHON, [PEER, 'run', PYTHON, PEER, 'train', path, join(folder, 'model.joblib')]),
  );
  return [
    rowOf(`train ${what}, cold, wall time`, peer, 'ms', '≥ 2', pairs, 0),
    rowOf(`train ${what}, cold, peak memory`, peer, 'MB', '≥ 1', pairs, 1),
  ];
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
function writeTable(path: string, rowCount: number, columnCount: number): void {
  let state = 12_345;
  const uniform = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  const file = openSync(path, 'w');
  let text = `${Array.from({ length: columnCount }, (_, i) => `x${i}`).join(',')},y\n`;
  for (let row = 0; row < rowCount; row++) {
    const values = Array.from({ length: columnCount }, () => Math.fround(uniform() + uniform() + uniform() - 1.5));
    const sum = values[0]! + values[1]! + values[2]!;
    text += `${values.join(',')},${sum < -0.4 ? 'low' : sum < 0.4 ? 'middle' : 'high'}\n`;
    if (text.length > 1 << 20 || row === rowCount - 1) {
      writeSync(file, text);
      text = '';
    }
  }
  closeSync(file);
}
