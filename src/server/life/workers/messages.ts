import type { ArtifactReason, FieldViolation } from '../../../ground/errors.js';
import type { PackedModel } from '../../../model/packed-model.js';
import type { ModelStatisticsMessage } from '../../../protocol/messages.js';
import type { RefusalReason } from '../../calls/refusal.js';
import type { ModelVersion } from '../../models/model-statistics.js';
import type { Counts, LeafRows } from '../../telemetry/counts.js';
import type { LogLevel } from '../../telemetry/log.js';
import type { Metric } from '../../telemetry/metrics.js';
import type { TraceSettings } from '../../telemetry/trace-settings.js';
import type { CompleteOptions, HttpOptions } from '../options.js';

/** Options of a server that can be sent to another process. */
export type SentOptions = Omit<
  CompleteOptions,
  'http' | 'instrument' | 'log' | 'model' | 'observers' | 'onReload' | 'signal' | 'verifyKeys' | 'watch'
> & { readonly http: Omit<HttpOptions, 'site'> | undefined };

/** The first message to a worker, but for a model. */
export interface Start {
  readonly type: 'start';
  /** From 1; a worker that replaces another one has its number. */
  readonly worker: number;
  readonly options: SentOptions;
  readonly logLevel: LogLevel;
  /** Whether someone will ask for counts. */
  readonly counts: boolean;
  /** The share of the rows that it sends to be recorded; undefined where none are. */
  readonly recordShare: number | undefined;
  /** Of the spans that it makes. */
  readonly traces: TraceSettings | undefined;
}

/** From the primary process to a worker. */
export type Order =
  | Start
  /** A packed model of so many bytes follows in pieces: in one message it would block both processes. */
  | { readonly type: 'modelBegins'; readonly bytes: number }
  | { readonly type: 'modelPiece'; readonly piece: Uint8Array }
  /** Serve the model that was sent last. */
  | { readonly type: 'model' }
  /** Of several models: serve this of one of them. */
  | { readonly type: 'versions'; readonly versions: SentVersions }
  | { readonly type: 'count'; readonly question: number }
  /** Tell the statistics of versions of models. */
  | { readonly type: 'statistics'; readonly question: number; readonly asked: readonly ModelVersion[] }
  | StatisticsSum
  /** The lines that it sent are written, or the reason why they are not. */
  | { readonly type: 'recorded'; readonly failure: string | undefined }
  /** Answer once all that was sent is served. */
  | { readonly type: 'adopt'; readonly question: number }
  | Controlled
  /** Answer at once. */
  | { readonly type: 'ping' }
  /** Drain, then exit. */
  | { readonly type: 'close' }
  | { readonly type: 'forceClose' };

/** Packed models that are sent first, and the order that they are for. */
export interface Delivery {
  readonly packed: readonly PackedModel[];
  readonly order: Order;
}

/** All that is served of one model; versions that the worker has had before are not sent again. */
export interface SentVersions {
  readonly name: string;
  /** Whether the server knows the model no more. */
  readonly gone: boolean;
  /** Hashes of the versions. */
  readonly served: readonly string[];
  readonly standard: string | undefined;
  /** Name and hash. */
  readonly aliases: readonly (readonly [string, string])[];
  readonly problems: readonly string[];
}

/** What a call to a worker asks the primary process to do. */
export type ControlAction =
  | { readonly do: 'discover' }
  | { readonly do: 'load' | 'unload' | 'rollBack'; readonly name: string }
  | { readonly do: 'promote'; readonly name: string; readonly version: string };

/** An error that a caller is told, on its way between processes. */
export type ControlFailure =
  | { readonly kind: 'refusal'; readonly reason: RefusalReason; readonly message: string }
  | { readonly kind: 'request'; readonly violations: readonly FieldViolation[] }
  | { readonly kind: 'other'; readonly message: string };

/** The statistics that the worker asked for, of all workers. */
interface StatisticsSum {
  readonly type: 'statisticsSum';
  readonly question: number;
  readonly found: readonly ModelStatisticsMessage[];
}

/** It is done, or refused. */
interface Controlled {
  readonly type: 'controlled';
  readonly question: number;
  readonly failure?: ControlFailure | undefined;
}

/** What a worker has counted since it began. */
export interface WorkerReport {
  readonly counts: Counts;
  /** Of each version that is served. */
  readonly leaves: readonly LeafRows[];
  readonly process: readonly Metric[];
}

/** Where a worker answers. */
export interface Ports {
  readonly port: number;
  readonly httpPort: number | undefined;
}

/** An error on its way between processes. */
export interface WorkerFailure {
  readonly name: string;
  readonly message: string;
  /** Of an `ArtifactError`. */
  readonly reason?: ArtifactReason | undefined;
}

/** From a worker to the primary process. */
export type Answer =
  /** It listens: what is sent before is lost. */
  | { readonly type: 'listening' }
  | { readonly type: 'alive' }
  | ({ readonly type: 'ready' } & Ports)
  | ({ readonly type: 'failed' } & WorkerFailure)
  /** Lines to be recorded; the next ones come after the answer. */
  | { readonly type: 'record'; readonly lines: Uint8Array }
  | ({ readonly type: 'counted'; readonly question: number } & WorkerReport)
  | { readonly type: 'adopted'; readonly question: number }
  /** Those of this worker, in the order in which they were asked for. */
  | { readonly type: 'statisticsRead'; readonly question: number; readonly found: readonly ModelStatisticsMessage[] }
  /** A caller wants those of all workers. */
  | { readonly type: 'askStatistics'; readonly question: number; readonly asked: readonly ModelVersion[] }
  | { readonly type: 'control'; readonly question: number; readonly action: ControlAction };
