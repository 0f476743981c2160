import { describe, expect, it } from 'vitest';
import { UsageError } from '../../../src/ground/errors.js';
import { traceSettings } from '../../../src/server/telemetry/trace-settings.js';

const all = { share: 1, parentBased: true };
const here = 'http://localhost:4318';

describe('what spans are made', () => {
  it.each([
    ['nothing is said', undefined, {}],
    ['variables are empty', undefined, { OTEL_EXPORTER_OTLP_ENDPOINT: '', OTEL_TRACES_EXPORTER: ' ' }],
    [
      'another exporter is asked for: none',
      undefined,
      { OTEL_EXPORTER_OTLP_ENDPOINT: here, OTEL_TRACES_EXPORTER: 'none' },
    ],
    ['OpenTelemetry is disabled', here, { OTEL_SDK_DISABLED: 'TRUE' }],
  ])('none, where %s', (_, endpoint, env) => {
    expect(traceSettings(endpoint, env)).toBeUndefined();
  });

  it.each([
    ['the option', here, {}, `${here}/v1/traces`],
    ['the option, with a path', `${here}/otlp/`, { OTEL_TRACES_EXPORTER: 'none' }, `${here}/otlp/v1/traces`],
    ['the variable', undefined, { OTEL_EXPORTER_OTLP_ENDPOINT: here }, undefined],
    ['that of traces', undefined, { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: here }, undefined],
    ['the exporter alone', undefined, { OTEL_TRACES_EXPORTER: 'otlp' }, undefined],
  ])('those of all calls, sent where %s says', (_, endpoint, env, url) => {
    expect(traceSettings(endpoint, env)).toEqual({ url, sampler: all });
  });

  it.each([
    ['always_on', undefined, { share: 1, parentBased: false }],
    ['always_off', undefined, { share: 0, parentBased: false }],
    ['always_on', 'what another sampler wants', { share: 1, parentBased: false }],
    ['traceidratio', '0.25', { share: 0.25, parentBased: false }],
    ['parentbased_always_off', undefined, { share: 0, parentBased: true }],
    ['parentbased_traceidratio', '0.01', { share: 0.01, parentBased: true }],
    [undefined, undefined, all],
  ])('of the calls that the sampler %s %s takes', (name, ratio, sampler) => {
    const env = { OTEL_TRACES_SAMPLER: name, OTEL_TRACES_SAMPLER_ARG: ratio };
    expect(traceSettings(here, env)?.sampler).toEqual(sampler);
  });

  it.each([
    [undefined, { OTEL_TRACES_EXPORTER: 'zipkin' }, 'OTEL_TRACES_EXPORTER: expected otlp or none, found "zipkin"'],
    [
      here,
      { OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' },
      'OTEL_EXPORTER_OTLP_PROTOCOL: expected http/protobuf, found "grpc"',
    ],
    [
      here,
      { OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '2' },
      'OTEL_TRACES_SAMPLER_ARG: expected a number from 0 to 1, found "2"',
    ],
    [
      here,
      { OTEL_TRACES_SAMPLER: 'jaeger_remote' },
      'OTEL_TRACES_SAMPLER: expected always_on or always_off or traceidratio or parentbased_always_on or parentbased_always_off or parentbased_traceidratio, found "jaeger_remote"',
    ],
    [
      'localhost:4318',
      {},
      'otlpEndpoint: expected an http:// or https:// URL without a password and a query, such as http://localhost:4318, found another one',
    ],
    [
      'https://me:secret@there',
      {},
      'otlpEndpoint: expected an http:// or https:// URL without a password and a query, such as http://localhost:4318, found another one',
    ],
    [
      'there',
      {},
      'otlpEndpoint: expected an http:// or https:// URL without a password and a query, such as http://localhost:4318, found "there"',
    ],
  ])('none of %s with %o: that is an error', (endpoint, env, message) => {
    const settings = () => traceSettings(endpoint, env);
    expect(settings).toThrow(UsageError);
    expect(settings).toThrow(message);
  });

  it.each(['nonsense', 'http://localhost:99999', 'grpc://there:4317'])('none where a variable has %s', (url) => {
    for (const name of ['OTEL_EXPORTER_OTLP_ENDPOINT', 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT']) {
      expect(() => traceSettings(undefined, { [name]: url })).toThrow(
        new UsageError(`${name}: expected an http:// or https:// URL, found another value`),
      );
      expect(traceSettings(here, { [name]: url })).toBeDefined();
    }
  });
});
