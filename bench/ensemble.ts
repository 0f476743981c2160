import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Classifier } from '../src/model/classifier.js';
import type { Row } from './row.js';

const dist = process.env['IRIS_DIST'] ?? fileURLToPath(new URL('../dist', import.meta.url));
const { createClassifier, importModel }: typeof import('../src/index.js') = await import(join(dist, 'index.js'));

export const title =
  'ensemble: shares of a batch and of one row in process, processor time; imported models against their libraries';

/** A model that a library has fitted; `null` says that there are no more. */
interface Fitted {
  readonly name: string;
  readonly file: string;
  readonly peer: string;
  /** File of the rows. */
  readonly rows: string;
  /** Whether it is also asked for a row through its interface of scikit-learn. */
  readonly calls: boolean;
}

const SCRIPT = fileURLToPath(new URL('peers/ensemble.py', import.meta.url));
const FEATURES = 20;
/** In which code is compiled and caches fill: they do not count. */
const WARM_UPS = 3;
/** Calls with one row that are timed together. */
const CALLS = 1000;
const WHAT = { batch: 'rows', row: 'one row', call: 'one row, theirs by its interface of scikit-learn' };
const GOALS: Readonly<Record<string, string>> = {
  xgboost: '≥ 0.9',
  lightgbm: '≥ 3',
  'scikit-learn': '≥ 2',
  onnxruntime: '≥ 1.9',
};

export async function run({ short }: { short: boolean }): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'iris-bench-'));
  const child = spawn(process.env['PYTHON'] ?? 'python3', [SCRIPT, folder], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async <Answer>(): Promise<Answer> => {
    const { done, value } = await lines.next();
    if (done) throw new Error('bench/peers/ensemble.py ended early');
    return JSON.parse(value) as Answer;
  };
  const theirMs = async (file: string, what: string) => {
    child.stdin.write(`${file} ${what}\n`);
    return (await next<{ ms: number }>()).ms;
  };
  const found: Row[] = [];
  try {
    const fitted: Fitted[] = [];
    for (let one = await next<Fitted | null>(); one !== null; one = await next<Fitted | null>()) fitted.push(one);
    for (const one of fitted) {
      const { model } = await importModel(join(folder, one.file));
      const classifier = createClassifier(model);
      const rows = doublesOf(join(folder, one.rows));
      requireEqual(classifier, rows, doublesOf(join(folder, `${one.file}.shares`)), one);
      for (const what of ['batch', 'row', ...(one.calls ? (['call'] as const) : [])] as const) {
        const ours = what === 'batch' ? batchMs(classifier, rows) : rowMs(classifier, rows);
        found.push(await race(one, what, rows.length / FEATURES, ours, () => theirMs(one.file, what), short ? 3 : 9));
      }
    }
  } finally {
    child.stdin.end();
    rmSync(folder, { recursive: true });
  }
  return found;
}

/** Rounds of ours, then theirs. */
async function race(
  { name, peer }: Fitted,
  what: keyof typeof WHAT,
  rowCount: number,
  ours: () => number,
  theirs: () => Promise<number>,
  rounds: number,
): Promise<Row> {
  const times: [number, number][] = [];
  for (let round = 0; round < WARM_UPS + rounds; round++) times.push([ours(), await theirs()]);
  const counted = times.slice(WARM_UPS);
  const ratios = counted.map(([own, other]) => other / own);
  const [unit, scale] = what === 'batch' ? ['ns/row', 1e6 / rowCount] : ['µs', 1e3];
  return {
    what: `${name}, ${what === 'batch' ? `${rowCount} rows` : WHAT[what]}`,
    ours: median(counted.map(([own]) => own)) * scale,
    peer,
    theirs: median(counted.map(([, other]) => other)) * scale,
    unit,
    ratio: median(ratios),
    spread: [Math.min(...ratios), Math.max(...ratios)],
    goal: goalOf(what, peer.split(' ')[0]!),
  };
}

/** Of a row: against what people call. */
function goalOf(what: keyof typeof WHAT, library: string): string {
  if (what === 'batch') return GOALS[library] ?? '';
  return what === 'call' || library === 'xgboost' || library === 'scikit-learn' ? '≥ 30' : '';
}

function batchMs(classifier: Classifier, rows: Float64Array): () => number {
  const rowCount = rows.length / FEATURES;
  const shares = new Float64Array(rowCount * 2);
  return () => {
    const start = process.cpuUsage();
    classifier.sharesInto(rows, rowCount, shares);
    return cpuMs(start);
  };
}

function rowMs(classifier: Classifier, rows: Float64Array): () => number {
  const row = rows.slice(0, FEATURES);
  const shares = new Float64Array(2);
  return () => {
    const start = process.cpuUsage();
    for (let call = 0; call < CALLS; call++) classifier.sharesInto(row, 1, shares);
    return cpuMs(start) / CALLS;
  };
}

/** Of this process since then: others on the machine do not count. */
function cpuMs(start: NodeJS.CpuUsage): number {
  const { system, user } = process.cpuUsage(start);
  return (system + user) / 1e3;
}

function requireEqual(
  classifier: Classifier,
  rows: Float64Array,
  expected: Float64Array,
  { name, peer }: Fitted,
): void {
  const shares = new Float64Array(expected.length * 2);
  classifier.sharesInto(rows, expected.length, shares);
  const other = expected.findIndex((share, row) => share !== shares[2 * row + 1]);
  if (other >= 0) throw new Error(`${name} of ${peer}: another share for row ${other}`);
}

function doublesOf(path: string): Float64Array {
  const bytes = readFileSync(path);
  return new Float64Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((x, y) => x - y);
  return sorted[sorted.length >> 1]!;
}
