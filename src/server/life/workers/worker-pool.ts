import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { ModelStatisticsMessage } from '../../../protocol/messages.js';
import { addStatistics, type ModelVersion } from '../../models/model-statistics.js';
import type { ShadowCounts } from '../../models/shadow-comparison.js';
import { addCounts, type Counts, type LeafRows } from '../../telemetry/counts.js';
import type { Metric } from '../../telemetry/metrics.js';
import type { RecordSink } from '../../telemetry/recorder.js';
import type { ControlAction, Delivery, Order, Ports, Start } from './messages.js';
import { WorkerProcess } from './worker-process.js';

export interface PoolOptions {
  readonly count: number;
  /** The time that a worker has to end. */
  readonly graceMs: number;
  readonly log: Logger;
  /** Called with what a worker writes on stderr, in whole lines. */
  readonly writeLines: (lines: Buffer) => void;
  /** Called with lines that a worker sends to be recorded. */
  readonly record: RecordSink['write'];
  /** The models for a new worker. */
  readonly models: () => readonly Delivery[];
  /** Does what a call to a worker asks of the models. */
  readonly onControl: (action: ControlAction) => Promise<void>;
  /**
   * The first order to a worker.
   *
   * @param ports to ask for in place of those in the options, which may be any free ones
   */
  readonly start: (worker: number, ports: Ports | undefined) => Start;
}

/** The counts of all workers, former ones included. */
export interface PoolReport {
  readonly counts: Counts;
  readonly leaves: readonly LeafRows[];
  readonly processes: readonly Metric[];
}

const FIRST_RETRY_MS = 100;
const LAST_RETRY_MS = 30_000;
/** A worker that lived for so long did not die of its configuration. */
const LONG_LIFE_MS = 60_000;
/** Between the time that a worker has to end and its end by force. */
const KILL_MS = 1000;

/**
 * The pause before a worker is replaced.
 *
 * @param deaths in a row before this one, each soon after the start
 */
export function retryMs(deaths: number): number {
  return Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** deaths);
}

/** Workers that share the server's ports. All have to start; from then on one that dies is replaced. */
export class WorkerPool {
  readonly #options: PoolOptions;
  /** By number, less one. */
  readonly #workers: WorkerProcess[] = [];
  readonly #closing = new AbortController();
  #ports: Ports | undefined;
  /** The ports that each worker asks for; node:cluster shares a port among those that ask for it in the same way. */
  readonly #asked: (Ports | undefined)[] = [];
  #kept: Promise<unknown> = Promise.resolve();
  /** Counts of workers that ended, from their last reports. */
  #retired: Counts = addCounts([]);
  #crashes = 0;
  #questions = 0;

  private constructor(options: PoolOptions) {
    this.#options = options;
  }

  /**
   * Resolves when all workers are ready.
   *
   * @throws the error of the first one that cannot start
   */
  static async open(options: PoolOptions): Promise<WorkerPool> {
    const pool = new WorkerPool(options);
    // One that is stopped, or has not come far, does not notice that this process has gone.
    process.once('exit', () => pool.#kill());
    for (let slot = 0; slot < options.count; slot++) pool.#fork(slot);
    try {
      [pool.#ports] = await Promise.all(pool.#workers.map(({ started }) => started));
    } catch (error) {
      await pool.#killAll();
      throw error;
    }
    pool.#kept = Promise.all(pool.#workers.map((_, slot) => pool.#keep(slot)));
    return pool;
  }

  get ports(): Ports {
    return this.#ports!;
  }

  /** Workers that answer calls. */
  get ready(): number {
    return this.#workers.filter(({ ready }) => ready).length;
  }

  /** Workers that died and were, or will be, replaced. */
  get crashes(): number {
    return this.#crashes;
  }

  /** Gives all workers models to serve from now on. */
  deliver(delivery: Delivery): void {
    for (const worker of this.#workers) worker.deliver(delivery);
  }

  /** Resolves when all workers serve what was delivered; one that doesn't answer is not waited for long. */
  async untilAdopted(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.untilAdopted(++this.#questions)));
  }

  /** From the last reports of all workers. */
  get shadows(): readonly ShadowCounts[] {
    const reports = this.#workers.flatMap(({ report }) => report?.counts ?? []);
    return addCounts([this.#retired, ...reports]).shadows ?? [];
  }

  /** Of all workers together; those of workers that died are lost. */
  async statisticsOf(asked: readonly ModelVersion[]): Promise<readonly ModelStatisticsMessage[]> {
    const parts = await Promise.all(this.#workers.map((worker) => worker.statisticsOf(++this.#questions, asked)));
    return asked.map(({ name, version }, index) =>
      addStatistics(
        name,
        version,
        parts.flatMap((part) => part?.[index] ?? []),
      ),
    );
  }

  orderAll(order: Order): void {
    for (const worker of this.#workers) worker.order(order);
  }

  async report(): Promise<PoolReport> {
    const question = ++this.#questions;
    await Promise.all(this.#workers.map((worker) => worker.ask(question)));
    const reports = this.#workers.flatMap(({ report }) => report ?? []);
    return {
      counts: addCounts([this.#retired, ...reports.map(({ counts }) => counts)]),
      leaves: reports.flatMap(({ leaves }) => leaves),
      processes: reports.flatMap(({ process }) => process),
    };
  }

  /** Lets all workers finish their calls; one that does not end in time is killed. Never rejects. */
  async close(): Promise<void> {
    this.#closing.abort();
    this.orderAll({ type: 'close' });
    await this.#endWithin(this.#options.graceMs + KILL_MS);
  }

  /** Ends all workers now. */
  async forceClose(): Promise<void> {
    this.#closing.abort();
    this.orderAll({ type: 'forceClose' });
    this.orderAll({ type: 'close' });
    await this.#endWithin(KILL_MS);
  }

  #fork(slot: number): WorkerProcess {
    const { log, models, onControl, record, writeLines } = this.#options;
    const worker: WorkerProcess = new WorkerProcess({
      models,
      onControl,
      onStatistics: (asked) => this.statisticsOf(asked),
      start: () => this.#start(slot),
      writeLines,
      record,
      onSilent: (silentMs) =>
        log.error({ worker: slot + 1, pid: worker.pid, silentMs }, 'worker killed: it did not answer'),
    });
    this.#workers[slot] = worker;
    log.debug({ worker: slot + 1, pid: worker.pid }, 'worker forked');
    return worker;
  }

  #start(slot: number): Start {
    const sharing = this.#workers.findIndex(({ ready }) => ready);
    this.#asked[slot] = sharing < 0 ? this.#ports : this.#asked[sharing];
    return this.#options.start(slot + 1, this.#asked[slot]);
  }

  /** Replaces the worker of a slot whenever it dies, until the pool closes. */
  async #keep(slot: number): Promise<void> {
    const { log } = this.#options;
    const { signal } = this.#closing;
    let deaths = 0;
    while (true) {
      const worker = this.#workers[slot];
      const { forkedMs, pid, started } = worker;
      const end = await worker.ended;
      const report = worker.takeReport();
      if (report) this.#retired = addCounts([this.#retired, report.counts]);
      if (signal.aborted) return;
      this.#crashes++;
      if (performance.now() - forkedMs > LONG_LIFE_MS) deaths = 0;
      const pauseMs = retryMs(deaths++);
      const reason = await started.then(
        () => undefined,
        ({ message }: Error) => message,
      );
      log.error({ worker: slot + 1, pid, ...end, reason, retryMs: pauseMs }, 'worker died');
      await sleep(pauseMs, undefined, { signal }).catch(() => {});
      if (signal.aborted) return;
      this.#onReplaced(this.#fork(slot), slot);
    }
  }

  #onReplaced(worker: WorkerProcess, slot: number): void {
    const { pid, started } = worker;
    const check = ({ httpPort, port }: Ports) => {
      if (port === this.ports.port && httpPort === this.ports.httpPort) {
        this.#options.log.info({ worker: slot + 1, pid }, 'worker replaced');
      } else worker.kill(); // The last of the others died while this one asked for any free port.
    };
    started.then(check, () => {});
  }

  async #endWithin(ms: number): Promise<void> {
    const ended = new AbortController();
    const late = sleep(ms, undefined, { signal: ended.signal }).then(() => {
      const workers = this.#workers.flatMap(({ alive }, slot) => (alive ? [slot + 1] : []));
      this.#options.log.warn({ workers }, 'workers killed: they did not end in time');
      return this.#killAll();
    });
    await Promise.race([this.#kept, late.catch(() => {})]);
    ended.abort();
    await this.#kept;
  }

  #kill(): void {
    for (const worker of this.#workers) worker.kill();
  }

  async #killAll(): Promise<void> {
    this.#kill();
    await Promise.all(this.#workers.map(({ ended }) => ended));
  }
}
