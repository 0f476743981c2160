import { badOption, UsageError } from '../../ground/errors.js';
import { quote } from '../../ground/quote.js';

/** Which of the calls without a parent are sampled, and whether a parent decides for the others. */
export interface SamplerSettings {
  /** Of the calls, from 0 to 1. */
  readonly share: number;
  readonly parentBased: boolean;
}

/** Where spans go to, and of which calls. */
export interface TraceSettings {
  /** Of OTLP over HTTP, with its path; undefined where the exporter's own variables say it. */
  readonly url: string | undefined;
  readonly sampler: SamplerSettings;
}

type Environment = Readonly<Record<string, string | undefined>>;

const PROTOCOL = 'http/protobuf';
const ENDPOINTS = ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'OTEL_EXPORTER_OTLP_ENDPOINT'];

/** By their names in OpenTelemetry: https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/ */
const samplers: Readonly<Record<string, (ratio: number) => SamplerSettings>> = {
  always_on: () => ({ share: 1, parentBased: false }),
  always_off: () => ({ share: 0, parentBased: false }),
  traceidratio: (share) => ({ share, parentBased: false }),
  parentbased_always_on: () => ({ share: 1, parentBased: true }),
  parentbased_always_off: () => ({ share: 0, parentBased: true }),
  parentbased_traceidratio: (share) => ({ share, parentBased: true }),
};

/**
 * From the server's option and OpenTelemetry's variables.
 *
 * @param endpoint as OTEL_EXPORTER_OTLP_ENDPOINT, before which it goes
 * @returns undefined where no spans are made: unless an endpoint is given
 * @throws UsageError for what is not offered
 */
export function traceSettings(endpoint: string | undefined, env: Environment = process.env): TraceSettings | undefined {
  const of = (name: string) => env[name]?.trim() || undefined;
  if (of('OTEL_SDK_DISABLED')?.toLowerCase() === 'true') return undefined;
  const exporter = of('OTEL_TRACES_EXPORTER');
  if (endpoint === undefined) {
    if (exporter === 'none') return undefined;
    if (exporter === undefined && ENDPOINTS.every((name) => of(name) === undefined)) return undefined;
    requireWord('OTEL_TRACES_EXPORTER', exporter, ['otlp', 'none']);
    for (const name of ENDPOINTS) requireUrl(name, of(name));
  }
  for (const name of ['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL', 'OTEL_EXPORTER_OTLP_PROTOCOL']) {
    requireWord(name, of(name), [PROTOCOL]);
  }
  const url = endpoint === undefined ? undefined : tracesUrl(endpoint);
  return { url, sampler: samplerOf(of('OTEL_TRACES_SAMPLER'), of('OTEL_TRACES_SAMPLER_ARG')) };
}

function tracesUrl(endpoint: string): string {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  // Headers, for a password too, are OTEL_EXPORTER_OTLP_HEADERS.
  if (url && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '' && url.search === '') {
    return `${url.origin}${url.pathname.replace(/\/$/, '')}/v1/traces`;
  }
  const expected = 'an http:// or https:// URL without a password and a query, such as http://localhost:4318';
  throw badOption('otlpEndpoint', expected, endpoint, { found: url === undefined ? quote(endpoint) : 'another one' });
}

/** The exporter would send to nobody, and say so only once spans are lost. */
function requireUrl(variable: string, found: string | undefined): void {
  if (found === undefined || (URL.canParse(found) && /^https?:$/.test(new URL(found).protocol))) return;
  // It may have a password.
  throw new UsageError(`${variable}: expected an http:// or https:// URL, found another value`);
}

function samplerOf(name = 'parentbased_always_on', text = '1'): SamplerSettings {
  requireWord('OTEL_TRACES_SAMPLER', name, Object.keys(samplers));
  // The argument of another sampler, if there is one, is not for us to judge.
  const ratio = name.endsWith('ratio') ? Number(text) : 1;
  if (ratio >= 0 && ratio <= 1) return samplers[name](ratio);
  throw new UsageError(`OTEL_TRACES_SAMPLER_ARG: expected a number from 0 to 1, found ${quote(text)}`);
}

function requireWord(variable: string, found: string | undefined, words: readonly string[]): void {
  if (found === undefined || words.includes(found)) return;
  throw new UsageError(`${variable}: expected ${words.join(' or ')}, found ${quote(found)}`);
}
