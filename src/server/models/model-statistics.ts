import type { ComputeStatistics, ModelStatisticsMessage, StatisticDuration } from '../../protocol/messages.js';

/** Different numbers of rows that are counted separately: a caller may send any. */
const MAX_BATCH_SIZES = 64;

/** How many, and how long together. */
class Duration {
  #count = 0;
  #ms = 0;

  add(ms: number): void {
    this.#count++;
    this.#ms += ms;
  }

  /** One that took no time of its own. */
  addNone(): void {
    this.#count++;
  }

  read(): StatisticDuration {
    return { count: this.#count, ns: Math.round(this.#ms * 1e6) };
  }
}

/** Of inferences that predicted. */
class ComputeDurations {
  readonly #input = new Duration();
  readonly #infer = new Duration();
  readonly #output = new Duration();

  add({ beganMs, endedMs, inferredMs, queueMs, readMs }: Inference): void {
    this.#input.add(readMs - beganMs - queueMs);
    this.#infer.add(inferredMs - readMs);
    this.#output.add(endedMs - inferredMs);
  }

  /** Of one row, whose parts are too short to be measured. */
  addRow(ms: number): void {
    this.#input.addNone();
    this.#infer.add(ms);
    this.#output.addNone();
  }

  readAll(): ComputeStatistics {
    return {
      compute_input: this.#input.read(),
      compute_infer: this.#infer.read(),
      compute_output: this.#output.read(),
    };
  }
}

/** A version of a model, by its names on the wire. */
export interface ModelVersion {
  readonly name: string;
  readonly version: string;
}

/** Tells the statistics of all processes of a server together, in the order in which they are asked for. */
export type GatherStatistics = (asked: readonly ModelVersion[]) => Promise<readonly ModelStatisticsMessage[]>;

/** What was inferred with a model since it was loaded, in this process: Triton's extension `statistics`. */
export class ModelStatistics {
  readonly #success = new Duration();
  readonly #fail = new Duration();
  readonly #queue = new Duration();
  readonly #compute = new ComputeDurations();
  readonly #batches = new Map<number, ComputeDurations>();
  #rows = 0;
  #executions = 0;
  /** By `performance.now()`, as all times here; 0 where there was none. */
  #lastMs = 0;

  /** It has ended. */
  add(inference: Inference): void {
    const { beganMs, endedMs, queueMs, rowCount, succeeded } = inference;
    this.#lastMs = endedMs;
    if (!succeeded) {
      this.#fail.add(endedMs - beganMs);
      return;
    }
    this.#rows += rowCount;
    this.#executions++;
    this.#success.add(endedMs - beganMs);
    this.#queue.add(queueMs);
    this.#compute.add(inference);
    this.#batchOf(rowCount)?.add(inference);
  }

  /**
   * One row was asked for by a service of its own, and answered at once. All of its time counts as that of predicting: a call
   * of a row takes microseconds, and each look at the clock a part of one.
   */
  addRow(beganMs: number, succeeded: boolean): void {
    const endedMs = performance.now();
    this.#lastMs = endedMs;
    const ms = endedMs - beganMs;
    if (!succeeded) {
      this.#fail.add(ms);
      return;
    }
    this.#rows++;
    this.#executions++;
    this.#success.add(ms);
    this.#queue.addNone();
    this.#compute.addRow(ms);
    this.#batchOf(1)?.addRow(ms);
  }

  read(name: string, version: string): ModelStatisticsMessage {
    const [success, fail, queue] = [this.#success.read(), this.#fail.read(), this.#queue.read()];
    const batches = [...this.#batches].sort(([a], [b]) => a - b);
    return {
      name,
      version,
      last_inference: this.#lastMs === 0 ? 0 : Math.round(performance.timeOrigin + this.#lastMs),
      inference_count: this.#rows,
      execution_count: this.#executions,
      inference_stats: { success, fail, queue, ...this.#compute.readAll() },
      batch_stats: batches.map(([batch_size, durations]) => ({ batch_size, ...durations.readAll() })),
    };
  }

  #batchOf(rowCount: number): ComputeDurations | undefined {
    const known = this.#batches.get(rowCount);
    if (known || this.#batches.size >= MAX_BATCH_SIZES) return known;
    const durations = new ComputeDurations();
    this.#batches.set(rowCount, durations);
    return durations;
  }
}

/**
 * One inference, from when its message is there: its methods are called in this order; of one that fails the last one
 * instead of those that are left. Times are of `performance.now()`: a call of a row can afford few of them.
 */
export class Inference {
  readonly beganMs = performance.now();
  /** How long it waited for its turn. */
  queueMs = 0;
  /** When its rows were read and checked. */
  readMs = 0;
  inferredMs = 0;
  endedMs = 0;
  rowCount = 0;
  succeeded = false;
  /** Those of the model that is asked; what names no model is counted nowhere. */
  #statistics: ModelStatistics | undefined;

  /** It waits for its turn, which `start` ends. A short one does not. */
  queue(): void {
    this.queueMs = -performance.now();
  }

  /** Its turn has come. */
  start(): void {
    if (this.queueMs < 0) this.queueMs += performance.now();
  }

  /** The model is known. */
  of(statistics: ModelStatistics): void {
    this.#statistics = statistics;
  }

  haveRead(rowCount: number): void {
    this.rowCount = rowCount;
    this.readMs = performance.now();
  }

  haveInferred(): void {
    this.inferredMs = performance.now();
  }

  /** Its reply is encoded. */
  succeed(): void {
    this.succeeded = true;
    this.#end();
  }

  fail(): void {
    this.#end();
  }

  #end(): void {
    this.endedMs = performance.now();
    this.#statistics?.add(this);
  }
}

/** Those of several processes as one. */
export function addStatistics(
  name: string,
  version: string,
  parts: readonly ModelStatisticsMessage[],
): ModelStatisticsMessage {
  const sum = (of: (part: ModelStatisticsMessage) => number) => parts.reduce((all, part) => all + of(part), 0);
  const stats = parts.map(({ inference_stats }) => inference_stats);
  const batches = new Map<number, ComputeStatistics[]>();
  for (const { batch_size, ...durations } of parts.flatMap(({ batch_stats }) => batch_stats)) {
    batches.set(batch_size, [...(batches.get(batch_size) ?? []), durations]);
  }
  return {
    name,
    version,
    last_inference: Math.max(0, ...parts.map(({ last_inference }) => last_inference)),
    inference_count: sum(({ inference_count }) => inference_count),
    execution_count: sum(({ execution_count }) => execution_count),
    inference_stats: {
      success: addDurations(stats.map(({ success }) => success)),
      fail: addDurations(stats.map(({ fail }) => fail)),
      queue: addDurations(stats.map(({ queue }) => queue)),
      ...addComputes(stats),
    },
    batch_stats: [...batches]
      .sort(([a], [b]) => a - b)
      .map(([batch_size, parts]) => ({ batch_size, ...addComputes(parts) })),
  };
}

function addComputes(parts: readonly ComputeStatistics[]): ComputeStatistics {
  return {
    compute_input: addDurations(parts.map(({ compute_input }) => compute_input)),
    compute_infer: addDurations(parts.map(({ compute_infer }) => compute_infer)),
    compute_output: addDurations(parts.map(({ compute_output }) => compute_output)),
  };
}

function addDurations(parts: readonly StatisticDuration[]): StatisticDuration {
  return parts.reduce((sum, { count, ns }) => ({ count: sum.count + count, ns: sum.ns + ns }), { count: 0, ns: 0 });
}
