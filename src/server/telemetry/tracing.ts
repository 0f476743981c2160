import type { Logger } from 'pino';
import { UsageError } from '../../ground/errors.js';
import { VERSION } from '../../ground/package-files.js';
import type { CallObserver } from '../calls/observer.js';
import { CallSpans } from './call-spans.js';
import type { SamplerSettings, TraceSettings } from './trace-settings.js';

/**
 * The only module that loads OpenTelemetry: it is imported where there are spans.
 * Why: docs/decisions/spans-only-where-asked.md
 */

/** In the order of `load`. */
const PACKAGES = [
  '@opentelemetry/api',
  '@opentelemetry/resources',
  '@opentelemetry/sdk-trace',
  '@opentelemetry/exporter-trace-otlp-proto',
] as const;

const LOST = 'spans lost: they could not be sent';

/** How long the end of a server waits for what is not sent yet. */
const LAST_WAIT_MS = 2000;

/** Sees calls, and sends their spans. */
export interface Tracing {
  readonly observer: CallObserver;
  /** Sends what waits, unless that takes long. Never rejects. */
  close(): Promise<void>;
}

/**
 * @throws UsageError where a package is missing
 */
export async function openTracing(settings: TraceSettings, log: Logger): Promise<Tracing> {
  const [api, resources, sdk, { OTLPTraceExporter }] = await load();
  const attributes = { 'service.name': 'iris', 'service.version': VERSION };
  const resource = resources
    .defaultResource()
    .merge(resources.resourceFromAttributes(attributes))
    .merge(resources.detectResources({ detectors: [resources.envDetector] }));
  const { url } = settings;
  const exporter = withFailuresLogged(new OTLPTraceExporter(url === undefined ? {} : { url }), log);
  const processor = new sdk.BatchSpanProcessor({ exporter });
  const provider = new sdk.TracerProvider({
    resource,
    sampler: samplerOf(sdk, settings.sampler),
    spanProcessors: [processor],
  });
  const { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } = api;
  const observer = new CallSpans({
    tracer: provider.getTracer('iris', VERSION),
    contextOf: (parent) => trace.setSpan(ROOT_CONTEXT, parent),
    remoteContext: (caller) => (caller === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, caller)),
    kind: SpanKind,
    ERROR: SpanStatusCode.ERROR,
  });
  const close = async () => {
    if (await isDoneWithin(provider.shutdown(), LAST_WAIT_MS)) return;
    log.warn({ reason: `they were not taken within ${LAST_WAIT_MS / 1000} s` }, LOST);
  };
  return { observer, close };
}

type Packages = [
  typeof import('@opentelemetry/api'),
  typeof import('@opentelemetry/resources'),
  typeof import('@opentelemetry/sdk-trace'),
  typeof import('@opentelemetry/exporter-trace-otlp-proto'),
];

async function load(): Promise<Packages> {
  try {
    return await Promise.all([
      import('@opentelemetry/api'),
      import('@opentelemetry/resources'),
      import('@opentelemetry/sdk-trace'),
      import('@opentelemetry/exporter-trace-otlp-proto'),
    ]);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw cause;
    const expected = 'expected the packages of OpenTelemetry, which are not installed with iris';
    throw new UsageError(`tracing: ${expected}: npm install ${PACKAGES.join(' ')}`, { cause });
  }
}

function samplerOf(sdk: Packages[2], { parentBased, share }: SamplerSettings) {
  const root = new sdk.TraceIdRatioBasedSampler(share);
  return parentBased ? new sdk.ParentBasedSampler({ root }) : root;
}

type SpanExporter = import('@opentelemetry/sdk-trace').SpanExporter;

/** A failure is logged once, until spans are taken again. */
function withFailuresLogged(exporter: SpanExporter, log: Logger): SpanExporter {
  let failing = false;
  return {
    export: (spans, done) =>
      exporter.export(spans, (result) => {
        const failed = result.error !== undefined || result.code !== 0;
        const fields = { reason: result.error?.message, spans: spans.length };
        if (failed && !failing) log.warn(fields, LOST);
        failing = failed;
        done(result);
      }),
    forceFlush: async () => exporter.forceFlush?.(),
    shutdown: () => exporter.shutdown(),
  };
}

/** Never rejects: a failure is logged where it comes. */
async function isDoneWithin(work: Promise<void>, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), ms);
  });
  const done = work.then(
    () => true,
    () => true,
  );
  const isDone = await Promise.race([done, late]);
  clearTimeout(timer);
  return isDone;
}
