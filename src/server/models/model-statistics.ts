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

  read(): StatisticDuration {
    return { count: this.#count, ns: Math.round(this.#ms * 1e6) };
  }
}

/** Of inferences that predicted. */
class ComputeDurations {
  readonly #input = new Duration();
  readonly #infer = new Duration();
  readonly #output = new Duration();

  add({ begun, inferred, queued, read, started, written }: InferenceTimes): void {
    this.#input.add(queued - begun + read - started);
    this.#infer.add(inferred - read);
    this.#output.add(written - inferred);
  }

  readAll(): ComputeStatistics {
    return {
      compute_input: this.#input.read(),
      compute_infer: this.#infer.read(),
      compute_output: this.#output.read(),
    };
  }
}

/** When the parts of one inference came, by `performance.now()`. */
interface InferenceTimes {
  /** Its message was there: a small one is decoded at once, a large one when its turn comes. */
  readonly begun: number;
  /** It waited for its turn from here. */
  readonly queued: number;
  /** Its turn came. */
  readonly started: number;
  /** Its rows are there, and can be predicted from. */
  readonly read: number;
  readonly inferred: number;
  readonly written: number;
}

/** What was inferred with a model since it was loaded, in this process: Triton's extension `statistics`. */
export class ModelStatistics {
  readonly #success = new Duration();
  readonly #fail = new Duration();
  readonly #queue = new Duration();
  readonly #compute = new ComputeDurations();
  readonly #batches = new Map<number, ComputeDurations>();
  #rows = 0;
  #executions = 0;
  #lastMs = 0;

  /** @param rowCount undefined where it failed */
  add(times: InferenceTimes, rowCount: number | undefined): void {
    this.#lastMs = Date.now();
    const { begun, queued, started, written } = times;
    if (rowCount === undefined) {
      this.#fail.add(written - begun);
      return;
    }
    this.#rows += rowCount;
    this.#executions++;
    this.#success.add(written - begun);
    this.#queue.add(started - queued);
    this.#compute.add(times);
    this.#batchOf(rowCount)?.add(times);
  }

  read(name: string, version: string): ModelStatisticsMessage {
    const [success, fail, queue] = [this.#success.read(), this.#fail.read(), this.#queue.read()];
    const batches = [...this.#batches].sort(([a], [b]) => a - b);
    return {
      name,
      version,
      last_inference: this.#lastMs,
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
 * instead of those that are left.
 */
export class Inference {
  readonly #begun = performance.now();
  #queued = 0;
  #started = 0;
  #read = 0;
  #inferred = 0;
  #rowCount = 0;
  /** Those of the model that is asked; what names no model is counted nowhere. */
  #statistics: ModelStatistics | undefined;

  /** It waits for its turn. */
  queue(): void {
    this.#queued = performance.now();
  }

  /** Its turn has come. */
  start(): void {
    this.#started = performance.now();
  }

  /** The model is known. */
  of(statistics: ModelStatistics): void {
    this.#statistics = statistics;
  }

  /** Its rows are read and checked. */
  haveRead(rowCount: number): void {
    this.#rowCount = rowCount;
    this.#read = performance.now();
  }

  haveInferred(): void {
    this.#inferred = performance.now();
  }

  /** Its reply is encoded. */
  succeed(): void {
    this.#end(this.#rowCount);
  }

  fail(): void {
    this.#end(undefined);
  }

  #end(rowCount: number | undefined): void {
    const [begun, queued, started] = [this.#begun, this.#queued, this.#started];
    const times = { begun, queued, started, read: this.#read, inferred: this.#inferred, written: performance.now() };
    this.#statistics?.add(times, rowCount);
  }
}
