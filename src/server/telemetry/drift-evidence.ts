import type { TrainedCells } from './drift-cells.js';

/**
 * Rows of a window, of each scale. Drift is looked for in each window for itself: what was served long before would hide it.
 * Short windows see what comes suddenly after many rows without drift, long ones what is small.
 */
const WINDOW_ROWS = [2 ** 10, 2 ** 13, 2 ** 16];

/** How the training rows were distributed. */
interface Trained {
  readonly rows: Float64Array;
  /** Of their mixture. */
  readonly log: number;
}

/**
 * How much the rows that were served speak against "they are distributed as the training rows are", for one feature or for
 * the leaves: an e-process, which without drift reaches 1/α, ever, with probability α at most (Ville's inequality).
 *
 * For the counts m of the training rows and n of a window of served rows,
 *
 *   E = D(m) D(n) / max over p of P(m, n | p),
 *
 * where P is the probability of all rows if each falls into the cells with the same unknown p, and D that of rows whose own
 * p is unknown, by the Dirichlet mixture with 1/2 for each cell (Krichevsky and Trofimov). Without drift E is at most
 * D(m) D(n) / P(m, n | p) for the true p, a martingale that begins with 1: universal inference (Wasserman, Ramdas and
 * Balakrishnan 2020, https://doi.org/10.1073/pnas.1922664117). The training rows are a sample there, not the truth.
 *
 * Window j of a scale has the weight 1/(j (j + 1)); these sum up to 1, so the weighted sum of all windows is such a process
 * too, and so is the mean of all scales.
 * Why: docs/decisions/drift-by-universal-inference.md
 */
class Evidence {
  readonly #scales: readonly Windows[];

  constructor(rows: Float64Array) {
    const trained = { rows, log: mixtureLog(rows) };
    this.#scales = WINDOW_ROWS.map((windowRows) => new Windows(trained, windowRows));
  }

  /** @param counts of all rows so far @returns its natural logarithm */
  read(counts: Float64Array): number {
    const sum = this.#scales.reduce((log, scale) => addLogs(log, scale.read(counts)), Number.NEGATIVE_INFINITY);
    return sum - Math.log(WINDOW_ROWS.length);
  }
}

/** The windows of one scale, one after the other. */
class Windows {
  readonly #trained: Trained;
  readonly #windowRows: number;
  /** Logarithm of the sum of the windows before. */
  #closed = Number.NEGATIVE_INFINITY;
  #window = 1;
  /** The counts at the begin of the window. */
  #start: Float64Array;

  constructor(trained: Trained, windowRows: number) {
    this.#trained = trained;
    this.#windowRows = windowRows;
    this.#start = new Float64Array(trained.rows.length);
  }

  read(counts: Float64Array): number {
    const window = counts.map((count, cell) => count - this.#start[cell]);
    // A worker that died took its counts along: what is there now is where the next window begins.
    if (window.some((count) => count < 0)) {
      this.#start = counts.slice();
      return this.#closed;
    }
    const log = addLogs(this.#closed, logOf(this.#trained, window) - Math.log(this.#window * (this.#window + 1)));
    if (sumOf(window) >= this.#windowRows) {
      this.#closed = log;
      this.#window++;
      this.#start = counts.slice();
    }
    return log;
  }
}

function logOf(trained: Trained, window: Float64Array): number {
  const total = sumOf(trained.rows) + sumOf(window);
  let likelihood = 0;
  for (let cell = 0; cell < window.length; cell++) {
    const both = trained.rows[cell] + window[cell];
    if (both > 0) likelihood += both * Math.log(both / total);
  }
  return trained.log + mixtureLog(window) - likelihood;
}

/** The evidence of drift of one model, for each of its features and for its leaves. */
export class DriftMonitor {
  readonly #trained: readonly TrainedCells[];
  readonly #evidence: readonly Evidence[];
  readonly #largest: Float64Array;

  constructor(trained: readonly TrainedCells[]) {
    this.#trained = trained;
    this.#evidence = trained.map(({ rows }) => new Evidence(rows));
    this.#largest = new Float64Array(trained.length);
  }

  /**
   * The largest evidence so far, at least 0: its decimal logarithm less that of the number of tests. Without drift the probability
   * that any of them ever reaches x is 10^-x at most.
   *
   * @param counts as `DriftCells` counts them, of all processes
   */
  read(counts: Float64Array): readonly { readonly name: string; readonly value: number }[] {
    let start = 0;
    return this.#trained.map(({ name, rows }, index) => {
      const end = start + rows.length;
      const log = this.#evidence[index].read(counts.slice(start, end)) - Math.log(this.#trained.length);
      this.#largest[index] = Math.max(this.#largest[index], log / Math.LN10);
      start = end;
      return { name, value: this.#largest[index] };
    });
  }
}

/** Of rows whose distribution over the cells is unknown: the logarithm of their probability, in the order that they came. */
function mixtureLog(counts: Float64Array): number {
  let log = logGamma(counts.length / 2) - logGamma(sumOf(counts) + counts.length / 2);
  for (const count of counts) log += logGamma(count + 0.5) - LOG_GAMMA_HALF;
  return log;
}

const LOG_GAMMA_HALF = Math.log(Math.PI) / 2;
/** From here on the series is exact to ten digits. */
const SERIES_FROM = 10;

/** Stirling's series: https://dlmf.nist.gov/5.11.E1 */
function logGamma(x: number): number {
  let shift = 0;
  let at = x;
  for (; at < SERIES_FROM; at++) shift -= Math.log(at);
  const inverse = 1 / (at * at);
  const series = (1 / 12 - inverse * (1 / 360 - inverse * (1 / 1260 - inverse / 1680))) / at;
  return shift + (at - 0.5) * Math.log(at) - at + Math.log(2 * Math.PI) / 2 + series;
}

function sumOf(counts: Float64Array): number {
  return counts.reduce((sum, count) => sum + count, 0);
}

/** ln(e^a + e^b) */
function addLogs(a: number, b: number): number {
  const larger = Math.max(a, b);
  return larger === Number.NEGATIVE_INFINITY ? larger : larger + Math.log1p(Math.exp(Math.min(a, b) - larger));
}
