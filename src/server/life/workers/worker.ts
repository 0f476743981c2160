import type { Logger } from 'pino';
import { ArtifactError, UnavailableError } from '../../../ground/errors.js';
import { limitReached } from '../../../ground/system-limit.js';
import { type PackedModel, unpacking } from '../../../model/packed-model.js';
import { runStepsInTurns } from '../../../model/steps.js';
import type { ModelStatisticsMessage } from '../../../protocol/messages.js';
import { fitHeapToMessages } from '../../calls/heap.js';
import type { Site } from '../../http/site.js';
import { type GatherStatistics, ModelStatistics } from '../../models/model-statistics.js';
import type { ModelControl } from '../../models/served-models.js';
import { ServerCounts } from '../../telemetry/counts.js';
import { createLogger, quietLibrary } from '../../telemetry/log.js';
import { MOST_VERSIONS } from '../../telemetry/metrics.js';
import { Recorder, type RecordSink } from '../../telemetry/recorder.js';
import type { TraceSettings } from '../../telemetry/trace-settings.js';
import type { Tracing } from '../../telemetry/tracing.js';
import { openModels, openShadows } from '../open-models.js';
import { completeOptions, type ServerOptions } from '../options.js';
import { type RunningServer, serveModels } from '../server.js';
import { controlError } from './control-failure.js';
import type { Answer, ControlAction, ControlFailure, Order, Start, WorkerFailure } from './messages.js';
import { SentModels } from './sent-models.js';

/** What cannot be sent to a process: its entry file provides it. */
export interface WorkerParts {
  /** The pages of the HTTP port; asked for where there is one. */
  readonly loadSite?: () => Promise<Site>;
}

/** Runs one worker: it follows the orders of the primary process, and ends with it. */
export function runWorker(parts: WorkerParts = {}): void {
  fitHeapToMessages();
  let follow: Promise<(order: WorkerOrder) => void> | undefined;
  const incoming = new IncomingModels();
  /** Models that come before the server is started. */
  const first: ModelOrder[] = [];
  process.on('message', (order: Order) => {
    if (order.type === 'ping') send({ type: 'alive' });
    else if (order.type === 'modelBegins') incoming.begin(order.bytes);
    else if (order.type === 'modelPiece') incoming.add(order.piece);
    else if (order.type === 'start') follow = startWorker(order, first.splice(0), parts);
    else if (order.type === 'model' || order.type === 'versions') {
      const complete = { ...order, packed: incoming.take() };
      if (follow) void follow.then((carryOut) => carryOut(complete));
      else first.push(complete);
    } else void follow?.then((carryOut) => carryOut(order));
  });
  send({ type: 'listening' });
}

/** Packed models that come in pieces. */
class IncomingModels {
  #models: PackedModel[] = [];
  #length = 0;

  begin(bytes: number): void {
    this.#models.push(new ArrayBuffer(bytes));
    this.#length = 0;
  }

  add(piece: Uint8Array): void {
    new Uint8Array(this.#models[this.#models.length - 1]).set(piece, this.#length);
    this.#length += piece.length;
  }

  /** Those that have come since the last time. */
  take(): readonly PackedModel[] {
    const taken = this.#models;
    this.#models = [];
    return taken;
  }
}

/** An order to serve models, which have come before it. */
type ModelOrder = Extract<Order, { readonly type: 'model' | 'versions' }> & { readonly packed: readonly PackedModel[] };

/** An order to a worker that has started. */
type WorkerOrder =
  | ModelOrder
  | Exclude<Order, Start | { readonly type: 'model' | 'modelBegins' | 'modelPiece' | 'ping' | 'versions' }>;

/** @returns the function that carries out further orders */
async function startWorker(
  start: Start,
  first: readonly ModelOrder[],
  { loadSite }: WorkerParts,
): Promise<(order: WorkerOrder) => void> {
  const log = createLogger(start.logLevel, { worker: start.worker });
  quietLibrary(log);
  endAtCrash(log);
  const sink = new PrimarySink();
  const share = start.recordShare;
  const recorder = share === undefined ? undefined : new Recorder({ sink, share, log });
  const counts = start.counts ? await openCounts(start.worker, recorder) : undefined;
  const asking = new AskedPrimary();
  const { http, ...options } = start.options;
  let open: Opened;
  let tracing: Tracing | undefined;
  try {
    const pages = http && { ...http, site: await loadSite?.() };
    tracing = start.traces && (await openTraces(start.traces, log));
    const observers = tracing ? [tracing.observer] : [];
    const complete = { ...options, http: pages, log, observers };
    const observed = (counts ?? recorder)?.observe(complete) ?? complete;
    open = await (options.models ? openSeveral(observed, first, asking) : openOne(observed, first, asking));
  } catch (error) {
    send({ type: 'failed', ...failureOf(error as Error) }, () => process.exit(1));
    return () => {};
  }
  const { adopt, server } = open;
  send({ type: 'ready', port: server.port, httpPort: server.httpPort });
  let adopted: Promise<unknown> = Promise.resolve();
  return (order) => {
    if (order.type === 'model' || order.type === 'versions') adopted = adopted.then(() => adopt(order));
    else if (order.type === 'adopt') void adopted.then(() => send({ type: 'adopted', question: order.question }));
    else if (order.type === 'controlled') asking.answered(order);
    else if (order.type === 'statisticsSum') asking.gathered(order);
    else if (order.type === 'statistics') tellStatistics(server, order);
    else if (order.type === 'count') void counts?.report(server, order.question);
    else if (order.type === 'recorded') sink.written(order.failure);
    else if (order.type === 'close') void close(server, [tracing, recorder]);
    else if (order.type === 'forceClose') void server.forceClose();
  };
}

/** @param parts what ends after the last call */
async function close(server: RunningServer, parts: readonly (Recorder | Tracing | undefined)[]): Promise<void> {
  await server.close();
  for (const part of parts) await part?.close();
  process.exit(0);
}

async function openTraces(traces: TraceSettings, log: Logger): Promise<Tracing> {
  const { openTracing } = await import('../../telemetry/tracing.js');
  return openTracing(traces, log);
}

/** Sends lines to the primary process, which alone writes the file. */
class PrimarySink implements RecordSink {
  #onWritten: (failure: string | undefined) => void = () => {};

  write(lines: Buffer): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#onWritten = (failure) => (failure === undefined ? resolve() : reject(new Error(failure)));
      send({ type: 'record', lines });
    });
  }

  written(failure: string | undefined): void {
    this.#onWritten(failure);
  }
}

/** A server, and how it takes other models. */
interface Opened {
  readonly server: RunningServer;
  readonly adopt: (order: ModelOrder) => Promise<unknown>;
}

/** The primary process has read and checked the model. */
async function openOne(
  options: Omit<ServerOptions, 'model'>,
  first: readonly ModelOrder[],
  { gatherStatistics }: AskedPrimary,
): Promise<Opened> {
  const unpack = ({ packed }: ModelOrder) => runStepsInTurns(unpacking(packed[packed.length - 1]));
  const newest = { model: await unpack(first[first.length - 1]) };
  const complete = completeOptions({ ...options, model: () => newest.model });
  const server = await serveModels(complete, Object.assign(await openModels(complete), { gatherStatistics }));
  const adopt = async (order: ModelOrder) => {
    newest.model = await unpack(order);
    await server.reload();
  };
  return { server, adopt };
}

async function openSeveral(
  options: Omit<ServerOptions, 'model'>,
  first: readonly ModelOrder[],
  asking: AskedPrimary,
): Promise<Opened> {
  const complete = completeOptions(options);
  const models = new SentModels(complete, asking, await openShadows(complete.models?.shadow ?? [], complete.log));
  const adopt = async (order: ModelOrder) => {
    if (order.type === 'versions') await models.adopt(order.versions, order.packed);
  };
  for (const order of first) await adopt(order);
  const { gatherStatistics } = asking;
  return { server: await serveModels(complete, Object.assign(models, { gatherStatistics })), adopt };
}

/** Of what is served here; zeros for what is not, or no longer. */
function tellStatistics(
  { served }: RunningServer,
  { asked, question }: Extract<Order, { readonly type: 'statistics' }>,
): void {
  const found = asked.map(({ name, version }) => {
    const one = served.find(({ model, name: known }) => known === name && model.version === version);
    return (one?.statistics ?? new ModelStatistics()).read(name, version);
  });
  send({ type: 'statisticsRead', question, found });
}

/** What callers ask of the models, which the primary process has. */
class AskedPrimary implements ModelControl {
  readonly #waiting = new Map<number, (failure: ControlFailure | undefined) => void>();
  readonly #gathering = new Map<number, (found: readonly ModelStatisticsMessage[]) => void>();
  #questions = 0;

  readonly gatherStatistics: GatherStatistics = (asked) => {
    const question = ++this.#questions;
    return new Promise((resolve) => {
      this.#gathering.set(question, resolve);
      send({ type: 'askStatistics', question, asked });
    });
  };

  gathered({ found, question }: Extract<Order, { readonly type: 'statisticsSum' }>): void {
    this.#gathering.get(question)?.(found);
    this.#gathering.delete(question);
  }

  discover = () => this.#ask({ do: 'discover' });
  load = (name: string) => this.#ask({ do: 'load', name });
  unload = (name: string) => this.#ask({ do: 'unload', name });
  promote = (name: string, version: string) => this.#ask({ do: 'promote', name, version });
  rollBack = (name: string) => this.#ask({ do: 'rollBack', name });

  answered({ failure, question }: Extract<Order, { readonly type: 'controlled' }>): void {
    this.#waiting.get(question)?.(failure);
    this.#waiting.delete(question);
  }

  #ask(action: ControlAction): Promise<void> {
    const question = ++this.#questions;
    return new Promise((resolve, reject) => {
      this.#waiting.set(question, (failure) => (failure ? reject(controlError(failure)) : resolve()));
      send({ type: 'control', question, action });
    });
  }
}

/** prom-client is loaded only where counts are asked for. */
async function openCounts(worker: number, recorder: Recorder | undefined) {
  const { watchProcess } = await import('../../telemetry/prometheus.js');
  const counts = new ServerCounts(recorder);
  const readProcess = watchProcess({ worker: String(worker) });
  return {
    observe: counts.observe.bind(counts),
    report: async ({ served, shadows }: RunningServer, question: number) => {
      const leaves = served.slice(0, MOST_VERSIONS).map((one) => counts.leaves(one));
      const report = { counts: { ...counts.read(), shadows }, leaves, process: await readProcess() };
      send({ type: 'counted', question, ...report });
    },
  };
}

/** The error for the primary process: one that users can act on keeps its class. */
function failureOf(error: Error): WorkerFailure {
  const limit = limitReached(error);
  if (limit) return { name: UnavailableError.name, message: `${error.message}: ${limit}` };
  const reason = error instanceof ArtifactError ? error.reason : undefined;
  return { name: error.name, message: error.message, reason };
}

function endAtCrash(log: Logger): void {
  process.on('uncaughtException', (err) => {
    log.fatal({ err }, 'internal error');
    process.exit(1);
  });
}

/** Without a primary process nothing is sent, and this process ends too. */
function send(answer: Answer, onSent: () => void = () => {}): void {
  process.send?.(answer, undefined, undefined, onSent);
}
