import { singleTree } from '../../model/single-tree.js';
import type { ReloadOutcome } from '../models/holder.js';
import type { ServedModel } from '../models/served-model.js';
import { type ModelState, type ModelStatus, NOT_LOADED, type Promotions } from '../models/served-models.js';
import type { ShadowCounts } from '../models/shadow-comparison.js';
import { latencyBounds, type MethodCounts } from './call-counts.js';
import type { Counts, LeafRows } from './counts.js';
import { leafDistance } from './leaf-distance.js';
import { modelOfKey } from './prediction-counts.js';
import type { RecordCounts } from './recorder.js';

/** A metric with its values, in the form that prom-client gives and takes. */
export interface Metric {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly values: readonly Sample[];
}

interface Sample {
  readonly value: number;
  readonly labels: Readonly<Record<string, string | number>>;
  /** Where it is not the metric's. */
  readonly metricName?: string;
}

/** How often each outcome of a reload came. */
export type ReloadCounts = Record<Exclude<ReloadOutcome, 'unchanged'>, number>;

export interface Reloads extends ReloadCounts {
  /** What the last one left. */
  readonly fileRefused: boolean;
}

/** The workers of a server that has some. */
export interface WorkerCounts {
  readonly ready: number;
  readonly crashes: number;
}

export function countMetrics(counts: Counts): Metric[] {
  const http = counts.methods.filter(({ path }) => path.startsWith(HTTP_PREFIX));
  const grpc = counts.methods.filter(({ path }) => !path.startsWith(HTTP_PREFIX));
  return [
    ...callMetrics(grpcFamily, grpc),
    ...(http.length > 0 ? callMetrics(httpFamily, http) : []),
    counter('iris_predicted_rows_total', 'Rows predicted, by class.', byName('class', counts.rows)),
    counter(
      'iris_out_of_range_values_total',
      'Values outside the range of the training rows, and categories unknown to them, by feature.',
      byName('feature', counts.outOfRange),
    ),
    counter('iris_log_lines_dropped_total', 'Lines of the log that could not be written.', [
      { labels: {}, value: counts.droppedLogLines },
    ]),
    ...(counts.recorded ? recordMetrics(counts.recorded) : []),
  ];
}

function recordMetrics({ dropped, written }: RecordCounts): Metric[] {
  return [
    counter('iris_recorded_rows_total', 'Rows that were recorded.', [{ labels: {}, value: written }]),
    counter('iris_recorded_rows_dropped_total', 'Rows that were to be recorded and are not: too many, or no disk.', [
      { labels: {}, value: dropped },
    ]),
  ];
}

export function modelMetrics(served: ServedModel, leaves: LeafRows, reloads: Reloads): Metric[] {
  const distance = distanceOf(served, leaves);
  return [
    gauge('iris_model_info', 'The model that is served.', [infoOf(served)]),
    ...reloadMetrics(reloads),
    gauge(
      'iris_leaf_share_distance',
      LEAF_SHARE_DISTANCE,
      distance === undefined ? [] : [{ labels: {}, value: distance }],
    ),
  ];
}

/**
 * Versions that have series of their own: a server may have ten thousand.
 * Why: docs/decisions/a-thousand-names-in-metrics.md
 */
export const MOST_VERSIONS = 1000;

/**
 * The same of a server of several models.
 *
 * @param leaves of each that is served
 */
export function repositoryMetrics(
  models: readonly ModelStatus[],
  served: readonly ServedModel[],
  leaves: readonly LeafRows[],
  reloads: ReloadCounts,
): Metric[] {
  const shown = served.slice(0, MOST_VERSIONS);
  const distances = shown.flatMap(({ model, name }, index) => {
    const value = distanceOf(shown[index], leaves[index]);
    return value === undefined ? [] : [{ labels: { model: name, version: model.version }, value }];
  });
  const inState = (wanted: ModelState) => models.filter(({ state }) => state === wanted).length;
  return [
    gauge('iris_model_info', 'The versions of models that are served, up to a thousand.', shown.map(infoOf)),
    gauge('iris_models', 'Versions of models, and files that are refused, by state.', [
      ...byName(
        'state',
        (['READY', 'UNAVAILABLE'] as const).map((state) => [state, inState(state)]),
      ),
    ]),
    reloadCounter(reloads),
    refusedFiles(models),
    gauge('iris_leaf_share_distance', LEAF_SHARE_DISTANCE, distances),
  ];
}

/** Models with refused files before all others: no more than a thousand have a series. */
function refusedFiles(models: readonly ModelStatus[]): Metric {
  const refused = new Set(
    models.filter(({ reason, state }) => state === 'UNAVAILABLE' && reason !== NOT_LOADED).map(({ name }) => name),
  );
  const names = [...new Set([...refused, ...models.map(({ name }) => name)])].slice(0, MOST_VERSIONS);
  const values = names.map((model) => ({ labels: { model }, value: refused.has(model) ? 1 : 0 }));
  return gauge('iris_model_file_refused', 'Whether a file of the model was refused.', values);
}

/** Classes of shadows that have series of their own, of all models together. */
const MOST_SHADOW_CLASSES = 1000;

/** @param counts of each version of a model: see `modelOfKey` */
export function rowsOfModels(counts: Counts['models'] = new Map()): Metric {
  const values = Array.from(counts, ([key, value]) => ({ labels: { ...modelOfKey(key) }, value }));
  return counter('iris_model_predicted_rows_total', 'Rows predicted, by model and version.', values);
}

/**
 * Of calls that change which version answers, and of second versions that are asked beside the calls.
 *
 * @param models of which one may become another's successor: they have series from the start, for rates
 */
export function promotionMetrics(
  promotions: Promotions,
  models: readonly ModelStatus[],
  shadows: readonly ShadowCounts[],
): Metric[] {
  const names = [...new Set([...promotions.keys(), ...namesOfSeveral(models)])].slice(0, MOST_VERSIONS);
  const values = names.flatMap((model) => {
    const { promoted = 0, rolledBack = 0 } = promotions.get(model) ?? {};
    return [
      { labels: { model, action: 'promote' }, value: promoted },
      { labels: { model, action: 'roll_back' }, value: rolledBack },
    ];
  });
  const help = 'Calls that changed which version of a model answers.';
  const counts = counter('iris_model_promotions_total', help, values);
  return shadows.length === 0 ? [counts] : [counts, ...shadowMetrics(shadows)];
}

/** The models with more than one version that answers. */
function namesOfSeveral(models: readonly ModelStatus[]): string[] {
  const names = models.filter(({ version }) => version !== '').map(({ name }) => name);
  return names.filter((name, index) => index > 0 && names[index - 1] === name);
}

function shadowMetrics(shadows: readonly ShadowCounts[]): Metric[] {
  const ofPair = ({ model, shadow, version }: ShadowCounts) => ({ model, version, shadow });
  const classes = shadows
    .flatMap((pair) =>
      Array.from(pair.classes, ([name, one]) => ({ labels: { ...ofPair(pair), class: name }, ...one })),
    )
    .slice(0, MOST_SHADOW_CLASSES);
  return [
    counter(
      'iris_shadow_rows_total',
      'Rows that a second version was asked too, by the class that was answered and whether it agrees.',
      classes.flatMap(({ agreed, labels, rows }) => [
        { labels: { ...labels, agrees: 'true' }, value: agreed },
        { labels: { ...labels, agrees: 'false' }, value: rows - agreed },
      ]),
    ),
    gauge(
      'iris_shadow_largest_difference',
      'The largest difference of two probabilities of one class, by the class that was answered.',
      classes.map(({ labels, largestDifference }) => ({ labels, value: largestDifference })),
    ),
    counter(
      'iris_shadow_rows_dropped_total',
      'Rows that a second version was not asked: there was no room, or it refuses a value.',
      shadows.flatMap((pair) => [
        { labels: { ...ofPair(pair), reason: 'no_room' }, value: pair.dropped },
        { labels: { ...ofPair(pair), reason: 'refused' }, value: pair.refused },
      ]),
    ),
  ];
}

const LEAF_SHARE_DISTANCE =
  'Total variation distance between the shares of the leaves in the last rows and in the training rows: 0 to 1.';

function infoOf({ model, name }: ServedModel): Sample {
  const engine = model.provenance.training?.engine ?? 'unknown';
  return { labels: { name, version: model.version, engine }, value: 1 };
}

function distanceOf({ model }: ServedModel, leaves: LeafRows): number | undefined {
  const tree = singleTree(model);
  return tree === null ? undefined : leafDistance(tree, leaves.rows);
}

function reloadCounter({ failed, reloaded }: ReloadCounts): Metric {
  return counter('iris_model_reloads_total', 'Changes of the file that were noticed, by outcome.', [
    ...byName('outcome', Object.entries({ reloaded, failed })),
  ]);
}

function reloadMetrics(reloads: Reloads): Metric[] {
  return [
    reloadCounter(reloads),
    gauge('iris_model_file_refused', 'Whether the file of the model was refused and the model before it is served.', [
      { labels: {}, value: reloads.fileRefused ? 1 : 0 },
    ]),
  ];
}

export function workerMetrics({ crashes, ready }: WorkerCounts): Metric[] {
  return [
    gauge('iris_workers_ready', 'Workers that answer calls.', [{ labels: {}, value: ready }]),
    counter('iris_worker_crashes_total', 'Workers that died and were replaced.', [{ labels: {}, value: crashes }]),
  ];
}

/** The metrics of the calls of one protocol. */
interface Family {
  readonly prefix: string;
  readonly what: string;
  readonly codeLabel: string;
  readonly labels: (method: MethodCounts) => Record<string, string>;
}

/** Names and labels are those of go-grpc-prometheus. */
const grpcFamily: Family = {
  prefix: 'grpc_server',
  what: 'gRPC calls',
  codeLabel: 'grpc_code',
  labels: ({ path, type }) => {
    const [, service, method] = path.split('/');
    return { grpc_type: grpcTypes[type], grpc_service: service, grpc_method: method };
  },
};

const HTTP_PREFIX = '/http/';

const httpFamily: Family = {
  prefix: 'iris_http',
  what: 'calls over HTTP',
  codeLabel: 'code',
  labels: ({ path }) => ({ method: path.slice(HTTP_PREFIX.length) }),
};

const grpcTypes = { unary: 'unary', serverStream: 'server_stream', bidi: 'bidi_stream' };

/** By number, as Go writes them, which dashboards expect. */
const codeNames = [
  'OK',
  'Canceled',
  'Unknown',
  'InvalidArgument',
  'DeadlineExceeded',
  'NotFound',
  'AlreadyExists',
  'PermissionDenied',
  'ResourceExhausted',
  'FailedPrecondition',
  'Aborted',
  'OutOfRange',
  'Unimplemented',
  'Internal',
  'Unavailable',
  'DataLoss',
  'Unauthenticated',
];

/**
 * Codes that are there from the start, others from their first call on: a rate needs a 0 to begin with. Of INTERNAL, a bug,
 * the first call has to ring an alarm.
 */
const codesOfAll: ReadonlySet<string> = new Set(['OK', 'Internal']);
const codesOfModelCalls: ReadonlySet<string> = new Set([
  ...codesOfAll,
  'InvalidArgument',
  'DeadlineExceeded',
  'NotFound',
  'ResourceExhausted',
  'FailedPrecondition',
  'Unavailable',
]);

/** Calls that say nothing of a model: those of gRPC's own services, and `ServerLive` and the like. */
const WITHOUT_MODEL = /^\/grpc\.|\/Server[^/]*$/;

function codesFromTheStart(path: string): ReadonlySet<string> {
  return WITHOUT_MODEL.test(path) ? codesOfAll : codesOfModelCalls;
}

function callMetrics({ codeLabel, labels, prefix, what }: Family, methods: readonly MethodCounts[]): Metric[] {
  const started = methods.map((method) => ({ labels: labels(method), value: method.started }));
  const handled = methods.flatMap((method) => {
    const fromTheStart = codesFromTheStart(method.path);
    return codeNames
      .map((code, index) => ({ labels: { ...labels(method), [codeLabel]: code }, value: method.handled[index] }))
      .filter(({ labels, value }) => value > 0 || fromTheStart.has(labels[codeLabel]!));
  });
  const name = `${prefix}_handling_seconds`;
  const latencies = methods
    .filter(({ started }) => started > 0)
    .flatMap((method) => histogram(name, method, labels(method)));
  return [
    counter(`${prefix}_started_total`, `Number of ${what} that have begun.`, started),
    counter(`${prefix}_handled_total`, `Number of ${what} that have ended, by code.`, handled),
    { name, help: `Duration of ${what}, of a stream from its begin to its end.`, type: 'histogram', values: latencies },
  ];
}

function histogram(name: string, { latencies, seconds }: MethodCounts, labels: Sample['labels']): Sample[] {
  let count = 0;
  const buckets = Array.from(latencies, (calls, index) => {
    count += calls;
    return { metricName: `${name}_bucket`, labels: { le: latencyBounds[index] ?? '+Inf', ...labels }, value: count };
  });
  return [
    ...buckets,
    { metricName: `${name}_sum`, labels, value: seconds },
    { metricName: `${name}_count`, labels, value: count },
  ];
}

function byName(label: string, counts: Iterable<readonly [string, number]>): Sample[] {
  return Array.from(counts, ([name, value]) => ({ labels: { [label]: name }, value }));
}

function counter(name: string, help: string, values: readonly Sample[]): Metric {
  return { name, help, type: 'counter', values };
}

function gauge(name: string, help: string, values: readonly Sample[]): Metric {
  return { name, help, type: 'gauge', values };
}
