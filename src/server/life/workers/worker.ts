import type { Logger } from 'pino';
import { ArtifactError, UnavailableError } from '../../../ground/errors.js';
import { limitReached } from '../../../ground/system-limit.js';
import { type PackedModel, unpacking } from '../../../model/packed-model.js';
import { runStepsInTurns } from '../../../model/steps.js';
import { fitHeapToMessages } from '../../calls/heap.js';
import type { Site } from '../../http/site.js';
import { ServerCounts } from '../../telemetry/counts.js';
import { createLogger, quietLibrary } from '../../telemetry/log.js';
import { Recorder, type RecordSink } from '../../telemetry/recorder.js';
import { createServer, type RunningServer } from '../server.js';
import type { Answer, Order, Start, WorkerFailure } from './messages.js';

/** What cannot be sent to a process: its entry file provides it. */
export interface WorkerParts {
  /** The pages of the HTTP port; asked for where there is one. */
  readonly loadSite?: () => Promise<Site>;
}

/** Runs one worker: it follows the orders of the primary process, and ends with it. */
export function runWorker(parts: WorkerParts = {}): void {
  fitHeapToMessages();
  let follow: Promise<(order: WorkerOrder) => void> | undefined;
  const incoming = new IncomingModel();
  process.on('message', (order: Order) => {
    if (order.type === 'ping') send({ type: 'alive' });
    else if (order.type === 'modelBegins') incoming.begin(order.bytes);
    else if (order.type === 'modelPiece') incoming.add(order.piece);
    else if (order.type === 'start') follow = startWorker(order, incoming.bytes, parts);
    else {
      const complete = order.type === 'model' ? { ...order, packed: incoming.bytes } : order;
      void follow?.then((carryOut) => carryOut(complete));
    }
  });
  send({ type: 'listening' });
}

/** The packed model that comes in pieces. */
class IncomingModel {
  bytes: PackedModel = new ArrayBuffer(0);
  #length = 0;

  begin(bytes: number): void {
    this.bytes = new ArrayBuffer(bytes);
    this.#length = 0;
  }

  add(piece: Uint8Array): void {
    new Uint8Array(this.bytes).set(piece, this.#length);
    this.#length += piece.length;
  }
}

/** An order to a worker that has started. */
type WorkerOrder =
  | Exclude<Order, Start | { readonly type: 'model' | 'modelBegins' | 'modelPiece' | 'ping' }>
  | { readonly type: 'model'; readonly packed: PackedModel };

/** @returns the function that carries out further orders */
async function startWorker(
  start: Start,
  packed: PackedModel,
  { loadSite }: WorkerParts,
): Promise<(order: WorkerOrder) => void> {
  const log = createLogger(start.logLevel, { worker: start.worker });
  quietLibrary(log);
  endAtCrash(log);
  const sink = new PrimarySink();
  const share = start.recordShare;
  const recorder = share === undefined ? undefined : new Recorder({ sink, share, log });
  const counts = start.counts ? await openCounts(start.worker, recorder) : undefined;
  // The primary process has read and checked it.
  const newest = { model: await runStepsInTurns(unpacking(packed)) };
  const { http, ...options } = start.options;
  let server: RunningServer;
  try {
    const pages = http && { ...http, site: await loadSite?.() };
    const complete = { ...options, http: pages, log, model: () => newest.model };
    server = await createServer((counts ?? recorder)?.observe(complete) ?? complete);
  } catch (error) {
    send({ type: 'failed', ...failureOf(error as Error) }, () => process.exit(1));
    return () => {};
  }
  send({ type: 'ready', port: server.port, httpPort: server.httpPort });
  let adopted: Promise<unknown> = Promise.resolve();
  const adopt = async (next: PackedModel) => {
    newest.model = await runStepsInTurns(unpacking(next));
    await server.reload();
  };
  return (order) => {
    if (order.type === 'model') adopted = adopted.then(() => adopt(order.packed));
    else if (order.type === 'count') void counts?.report(server, order.question);
    else if (order.type === 'recorded') sink.written(order.failure);
    else if (order.type === 'close') void close(server, recorder);
    else if (order.type === 'forceClose') void server.forceClose();
  };
}

async function close(server: RunningServer, recorder: Recorder | undefined): Promise<void> {
  await server.close();
  await recorder?.close();
  process.exit(0);
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

/** prom-client is loaded only where counts are asked for. */
async function openCounts(worker: number, recorder: Recorder | undefined) {
  const { watchProcess } = await import('../../telemetry/prometheus.js');
  const counts = new ServerCounts(recorder);
  const readProcess = watchProcess({ worker: String(worker) });
  return {
    observe: counts.observe.bind(counts),
    report: async ({ current }: RunningServer, question: number) => {
      const report = { counts: counts.read(), leaves: counts.leaves(current), process: await readProcess() };
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
