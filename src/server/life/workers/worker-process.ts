import cluster, { type Worker } from 'node:cluster';
import { ArtifactError, InputError, UnavailableError, UsageError } from '../../../ground/errors.js';
import { limitReached, limitThatEnds } from '../../../ground/system-limit.js';
import type { PackedModel } from '../../../model/packed-model.js';
import type { ModelStatisticsMessage } from '../../../protocol/messages.js';
import type { ModelVersion } from '../../models/model-statistics.js';
import type { RecordSink } from '../../telemetry/recorder.js';
import { controlFailure } from './control-failure.js';
import { Heartbeat } from './heartbeat.js';
import type { Answer, ControlAction, Delivery, Order, Ports, Start, WorkerFailure, WorkerReport } from './messages.js';
import { relayLines } from './relay-lines.js';
import { closeUntakenConnections } from './untaken-connections.js';

/** How a process ended: one of the two. */
export interface End {
  readonly code: number | null;
  readonly signal: string | null;
}

export interface WorkerOptions {
  /** What it serves first, asked for when it can be given. */
  readonly models: () => readonly Delivery[];
  /** Called with what a call to it asks of the models. */
  readonly onControl: (action: ControlAction) => Promise<void>;
  /** Called with the versions of which a call to it wants the statistics of all workers. */
  readonly onStatistics: (asked: readonly ModelVersion[]) => Promise<readonly ModelStatisticsMessage[]>;
  /** Its first order, asked for when it can be given. */
  readonly start: () => Start;
  /** Called with what it writes on stderr, in whole lines. */
  readonly writeLines: (lines: Buffer) => void;
  /** Called with lines that it sends to be recorded. */
  readonly record: RecordSink['write'];
  /** Called when it is killed because it did not answer for so long. */
  readonly onSilent: (silentMs: number) => void;
}

/** A scrape does not wait longer for a worker: its last report is used then. */
const REPORT_MS = 1000;

/** A call that changes models does not wait longer for a worker to serve them. */
const ADOPT_MS = 10_000;

/** Bytes of a model that are sent at once: a millisecond's work at either end. */
const PIECE_BYTES = 256 * 1024;

/** One worker, from its fork to its end. */
export class WorkerProcess {
  /** Rejects with the worker's own error, or with how it ended. */
  readonly started: Promise<Ports>;
  /** Never rejects. */
  readonly ended: Promise<End>;
  readonly forkedMs = performance.now();
  /** None where the system refused one at once. */
  readonly #worker: Worker | undefined;
  readonly #heartbeat: Heartbeat;
  /** Why there is no process. */
  #refusal: Error | undefined;
  #silentMs = 0;
  /** Whether it has its first order. */
  #begun = false;
  #listening = false;
  /** Models are sent one after the other. */
  #sent: Promise<void> = Promise.resolve();
  #ready = false;
  #report: WorkerReport | undefined;
  /** Those without an answer yet. */
  readonly #questions = new Map<number, () => void>();
  /** By question, until they are fetched: several answers may come at once. */
  readonly #statistics = new Map<number, readonly ModelStatisticsMessage[]>();

  constructor({ models, onControl, onSilent, onStatistics, record, start, writeLines }: WorkerOptions) {
    this.#worker = this.#fork();
    this.ended = this.#untilEnded(writeLines);
    this.#heartbeat = new Heartbeat(this, (silentMs) => {
      this.#silentMs = silentMs;
      onSilent(silentMs);
      this.kill();
    });
    this.started = new Promise((resolve, reject) => {
      this.#worker?.on('message', (answer: Answer) => {
        this.#heartbeat.answered();
        if (answer.type === 'listening') this.#begin(models(), start);
        else if (answer.type === 'failed') reject(failure(answer));
        else if (answer.type === 'ready') resolve(this.#welcome(answer));
        else if (answer.type === 'counted') this.#note(answer, answer.question);
        else if (answer.type === 'record') void this.#record(answer.lines, record);
        else if (answer.type === 'adopted') this.#questions.get(answer.question)?.();
        else if (answer.type === 'statisticsRead') {
          if (this.#questions.has(answer.question)) this.#statistics.set(answer.question, answer.found);
          this.#questions.get(answer.question)?.();
        } else if (answer.type === 'askStatistics') void this.#gather(answer, onStatistics);
        else if (answer.type === 'control') this.#control(answer.question, onControl(answer.action));
      });
      void this.ended.then((end) => reject(this.#whyEnded(end)));
    });
    this.started.catch(() => {});
  }

  get pid(): number | undefined {
    return this.#worker?.process.pid;
  }

  get alive(): boolean {
    return this.#worker?.isDead() === false;
  }

  /** Whether it answers calls. */
  get ready(): boolean {
    return this.#ready;
  }

  /** Its last report. */
  get report(): WorkerReport | undefined {
    return this.#report;
  }

  /** Moves the last report to the caller, which counts it from now on. */
  takeReport(): WorkerReport | undefined {
    const report = this.#report;
    this.#report = undefined;
    return report;
  }

  /** A worker that has not begun has nothing to finish, and gets the newest state with its first order. */
  order(order: Order): void {
    if (this.#begun && this.#worker?.isConnected()) this.#worker.send(order, () => {});
    else if (order.type === 'close') this.kill();
  }

  /** Renews `report`, unless the worker doesn't answer. */
  ask(question: number): Promise<void> {
    return this.#ask({ type: 'count', question }, REPORT_MS);
  }

  /** @returns none where it doesn't answer */
  async statisticsOf(
    question: number,
    asked: readonly ModelVersion[],
  ): Promise<readonly ModelStatisticsMessage[] | undefined> {
    await this.#ask({ type: 'statistics', question, asked }, REPORT_MS);
    const found = this.#statistics.get(question);
    this.#statistics.delete(question);
    return found;
  }

  /** Resolves when it serves all that was delivered, or doesn't answer. */
  async untilAdopted(question: number): Promise<void> {
    await this.#sent;
    await this.#ask({ type: 'adopt', question }, ADOPT_MS);
  }

  async #ask(order: Extract<Order, { readonly question: number }>, patienceMs: number): Promise<void> {
    if (!this.#ready) return;
    const { question } = order;
    const answered = new Promise<void>((resolve) => {
      this.#questions.set(question, resolve);
    });
    const timer = setTimeout(() => this.#questions.get(question)?.(), patienceMs);
    this.order(order);
    await Promise.race([answered, this.ended]);
    clearTimeout(timer);
    this.#questions.delete(question);
  }

  /** Sends a ping. */
  ping(): void {
    if (this.#listening) void this.#send({ type: 'ping' });
  }

  kill(): void {
    this.#worker?.process.kill('SIGKILL');
  }

  #fork(): Worker | undefined {
    try {
      return cluster.fork();
    } catch (error) {
      this.#refusal = error as Error;
      return undefined;
    }
  }

  /** When nothing more comes from it either. */
  #untilEnded(writeLines: (lines: Buffer) => void): Promise<End> {
    const worker = this.#worker;
    if (!worker) return Promise.resolve({ code: null, signal: null });
    closeUntakenConnections(worker.process);
    const { stderr } = worker.process;
    if (stderr) relayLines(stderr, writeLines);
    return new Promise((resolve) => {
      worker.once('exit', () => {
        this.#ready = false;
      });
      worker.process.once('close', (code, signal) => {
        this.#heartbeat.stop();
        resolve({ code: signal || this.pid === undefined ? null : code, signal: signal || null });
      });
      // Orders that come too late are ignored.
      worker.on('error', (error) => {
        if (this.pid === undefined) this.#refusal = error;
      });
    });
  }

  #whyEnded({ code, signal }: End): Error {
    if (this.#refusal) {
      const limit = limitReached(this.#refusal);
      return limit ? new UnavailableError(`a worker cannot be started: ${limit}`) : this.#refusal;
    }
    // Node waits for ever where the system gives it some of its threads, but not all.
    if (this.#silentMs > 0) {
      const silence = `a worker was not ready and did not answer for ${this.#silentMs / 1000} s`;
      return new UnavailableError(`${silence}: it is stopped, or has reached a limit of processes and threads`);
    }
    const ended = `a worker ended with ${signal ?? `code ${code}`} before it was ready`;
    const limit = limitThatEnds(signal);
    return limit ? new UnavailableError(`${ended}: probably ${limit}`) : new Error(ended);
  }

  /** Gives it models to serve from now on; one that has not begun to listen gets them with its first order. */
  deliver(delivery: Delivery): void {
    if (this.#listening) this.#deliver(delivery);
  }

  #begin(models: readonly Delivery[], start: () => Start): void {
    this.#listening = true;
    for (const delivery of models) this.#deliver(delivery);
    this.#sent = this.#sent.then(() => {
      this.#begun = true;
      this.order(start());
    });
  }

  #deliver({ order, packed }: Delivery): void {
    this.#sent = this.#sent.then(async () => {
      for (const model of packed) await this.#sendModel(model);
      await this.#send(order);
    });
  }

  async #sendModel(model: PackedModel): Promise<void> {
    await this.#send({ type: 'modelBegins', bytes: model.byteLength });
    for (let start = 0; start < model.byteLength; start += PIECE_BYTES) {
      const piece = new Uint8Array(model, start, Math.min(PIECE_BYTES, model.byteLength - start));
      await this.#send({ type: 'modelPiece', piece });
    }
  }

  async #gather(
    { asked, question }: Extract<Answer, { readonly type: 'askStatistics' }>,
    gather: WorkerOptions['onStatistics'],
  ): Promise<void> {
    this.order({ type: 'statisticsSum', question, found: await gather(asked) });
  }

  #control(question: number, done: Promise<void>): void {
    done
      .then(
        () => undefined,
        (error: unknown) => controlFailure(error),
      )
      .then((failure) => this.order({ type: 'controlled', question, failure }));
  }

  /** Resolves when the order is sent, or the worker has gone. */
  #send(order: Order): Promise<void> {
    return new Promise((resolve) => {
      if (this.#worker?.isConnected()) this.#worker.send(order, () => resolve());
      else resolve();
    });
  }

  #welcome(ports: Ports): Ports {
    this.#ready = true;
    return ports;
  }

  async #record({ buffer, byteLength, byteOffset }: Uint8Array, record: RecordSink['write']): Promise<void> {
    const failure = await record(Buffer.from(buffer, byteOffset, byteLength)).then(
      () => undefined,
      ({ message }: Error) => message,
    );
    this.order({ type: 'recorded', failure });
  }

  #note(report: WorkerReport, question: number): void {
    this.#report = report;
    this.#questions.get(question)?.();
  }
}

/** Errors that users can act on keep their class. */
function failure({ message, name, reason }: WorkerFailure): Error {
  if (reason !== undefined) return new ArtifactError(reason, message);
  const known = [InputError, UnavailableError, UsageError].find((kind) => kind.name === name);
  return known ? new known(message) : new Error(message);
}
