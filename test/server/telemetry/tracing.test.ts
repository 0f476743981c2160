import { EventEmitter, once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Metadata, setLogger } from '@grpc/grpc-js';
import { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  InMemorySpanExporter,
  ParentBasedSampler,
  type ReadableSpan,
  type Sampler,
  SimpleSpanProcessor,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import { afterEach, describe, expect, it } from 'vitest';
import { runServer } from '../../../src/server/life/run.js';
import { CallSpans } from '../../../src/server/telemetry/call-spans.js';
import { traceSettings } from '../../../src/server/telemetry/trace-settings.js';
import { ask } from '../http/calling.js';
import { irisModel } from '../models.js';
import { afterTest, flower, recordLog, startServer, TestClient } from '../serving.js';

afterEach(() => setLogger(console));

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const CALLER = '00f067aa0ba902b7';
const parent = (flags: string) => `00-${TRACE}-${CALLER}-${flags}`;

/** A server whose spans can be read. */
async function traced(root: Sampler = new AlwaysOnSampler()) {
  const exporter = new InMemorySpanExporter();
  const provider = new TracerProvider({
    sampler: new ParentBasedSampler({ root }),
    spanProcessors: [new SimpleSpanProcessor({ exporter })],
  });
  const spans = new CallSpans({
    tracer: provider.getTracer('iris'),
    contextOf: (span) => trace.setSpan(ROOT_CONTEXT, span),
    remoteContext: (caller) => (caller ? trace.setSpanContext(ROOT_CONTEXT, caller) : ROOT_CONTEXT),
    kind: SpanKind,
    ERROR: SpanStatusCode.ERROR,
  });
  const server = await startServer({ observers: [spans], http: { port: 0 } });
  const client = new TestClient(server.address);
  const ended = (count: number) => until(() => exporter.getFinishedSpans().length >= count);
  const finished = async (count: number): Promise<ReadableSpan[]> => {
    await ended(count);
    return exporter.getFinishedSpans();
  };
  return { server, client, finished, all: () => exporter.getFinishedSpans() };
}

/** A client has its answer before the server has noted that it was read. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

const metadataOf = (traceparent: string) => {
  const metadata = new Metadata();
  metadata.set('traceparent', traceparent);
  return metadata;
};

const features = { name: 'features', datatype: 'FP64', shape: [1, 4] };
const infer = { model_name: 'iris', inputs: [{ ...features, contents: { fp64_contents: [5, 3.6, 1.3, 0.25] } }] };

const ms = ([seconds, nanoseconds]: readonly [number, number]) => seconds * 1e3 + nanoseconds / 1e6;

describe('the spans of a call', () => {
  it.each([
    ['ml.IrisPredictor/PredictIrisSpecies', 'iris', 'PredictIrisSpecies', flower],
    ['inference.GRPCInferenceService/ModelInfer', 'inference', 'ModelInfer', infer],
  ] as const)('of %s are one of the server, and in it those of its work', async (name, service, method, request) => {
    const { client, finished } = await traced();
    await client.call(service, method, request, { metadata: metadataOf(parent('01')) });
    const spans = await finished(4);
    expect(spans.map((span) => span.name)).toEqual(['decode', 'predict', 'encode', name]);
    const server = spans[3]!;
    expect(server.kind).toBe(SpanKind.SERVER);
    expect(server.status.code).toBe(SpanStatusCode.UNSET);
    expect(server.attributes).toEqual({
      'rpc.system.name': 'grpc',
      'rpc.method': name,
      'rpc.response.status_code': 'OK',
      'client.address': '127.0.0.1',
      'client.port': expect.any(Number),
      'network.peer.address': '127.0.0.1',
      'network.peer.port': expect.any(Number),
      'iris.model.name': 'iris',
      'iris.model.version': irisModel().version,
    });
    expect(server.spanContext().traceId).toBe(TRACE);
    expect(server.parentSpanContext).toMatchObject({ spanId: CALLER, isRemote: true });
    let end = ms(server.startTime);
    for (const part of spans.slice(0, 3)) {
      expect(part.kind).toBe(SpanKind.INTERNAL);
      expect(part.parentSpanContext?.spanId).toBe(server.spanContext().spanId);
      expect(ms(part.startTime)).toBeGreaterThanOrEqual(end - 0.001);
      expect(ms(part.endTime)).toBeGreaterThanOrEqual(ms(part.startTime));
      end = ms(part.endTime);
    }
    expect(ms(server.endTime)).toBeGreaterThanOrEqual(end - 0.001);
  });

  it('over HTTP have the caller of the header, and the names that gRPC has', async () => {
    const { finished, server } = await traced();
    await ask(`http://127.0.0.1:${server.httpPort}`, '/v2/models/iris/infer', {
      method: 'POST',
      headers: { traceparent: parent('01') },
      body: JSON.stringify({ inputs: [{ ...features, data: [5, 3.6, 1.3, 0.25] }] }),
    });
    const spans = await finished(4);
    expect(spans.map((span) => span.name)).toEqual(['decode', 'predict', 'encode', 'ModelInfer']);
    expect(spans[3]!.attributes).toMatchObject({
      'rpc.system.name': 'open_inference_rest',
      'rpc.method': 'ModelInfer',
    });
    expect(spans[3]!.parentSpanContext?.spanId).toBe(CALLER);
  });

  it('begin a trace where there is no caller, and one that is malformed is none', async () => {
    const { client, finished } = await traced();
    await client.call('inference', 'ServerLive', {});
    await client.call('inference', 'ServerLive', {}, { metadata: metadataOf('00-123') });
    const servers = (await finished(6)).filter(({ kind }) => kind === SpanKind.SERVER);
    expect(servers.map(({ parentSpanContext }) => parentSpanContext)).toEqual([undefined, undefined]);
    expect(new Set(servers.map((span) => span.spanContext().traceId)).size).toBe(2);
  });

  it('say what went wrong, and call an error what is one of the server', async () => {
    const { client, finished } = await traced();
    await client.call('iris', 'PredictIrisSpecies', { ...flower, sepal_length: Number.NaN });
    const stopped = client.call('inference', 'ModelInfer', infer, { deadline: Date.now() - 1 });
    await stopped;
    const [refused] = (await finished(3)).filter(({ kind }) => kind === SpanKind.SERVER);
    expect(refused!.attributes['rpc.response.status_code']).toBe('INVALID_ARGUMENT');
    expect(refused!.attributes['error.type']).toBeUndefined();
    expect(refused!.status.code).toBe(SpanStatusCode.UNSET);
  });

  it('of a stream are one, made at its end, with its caller and all of its time', async () => {
    const { client, finished } = await traced();
    const stream = client.stream('iris', 'PredictIrisSpeciesStream', metadataOf(parent('01')));
    for (let message = 0; message < 3; message++) {
      stream.write(flower);
      await once(stream, 'data');
    }
    const before = Date.now();
    stream.end();
    await once(stream.resume(), 'end');
    const [span] = await finished(1);
    expect(span!.name).toBe('ml.IrisPredictor/PredictIrisSpeciesStream');
    expect(span!.parentSpanContext?.spanId).toBe(CALLER);
    expect(ms(span!.startTime)).toBeLessThan(before);
    expect(ms(span!.endTime)).toBeGreaterThanOrEqual(before - 1);
  });

  it('are none where the caller is not sampled, or nobody is', async () => {
    const { all, client, finished } = await traced(new AlwaysOffSampler());
    await client.call('iris', 'PredictIrisSpecies', flower);
    await client.call('iris', 'PredictIrisSpecies', flower, { metadata: metadataOf(parent('00')) });
    expect(all()).toEqual([]);
    await client.call('iris', 'PredictIrisSpecies', flower, { metadata: metadataOf(parent('01')) });
    expect(await finished(4)).toHaveLength(4);
  });
});

/** A server that sends its spans to `url`. */
async function run(url: string) {
  const signals = new EventEmitter();
  const { line, lines, log } = recordLog();
  const ended = runServer({ model: irisModel(), port: 0, log, tracing: traceSettings(url, {}) }, signals);
  const client = new TestClient(String((await line('ready'))['address']));
  const stop = async () => {
    client.close();
    signals.emit('SIGTERM');
    await ended;
  };
  return { client, lines, stop };
}

describe('a server with an endpoint for spans', () => {
  it('sends what is left when it ends, by OTLP over HTTP', async () => {
    const received: string[] = [];
    const receiver = createServer(async (request, response) => {
      let body = '';
      for await (const chunk of request.setEncoding('latin1')) body += chunk;
      received.push(`${request.method} ${request.url} ${request.headers['content-type']}`, body);
      response.end();
    }).listen(0, '127.0.0.1');
    await once(receiver, 'listening');
    afterTest(() => receiver.close());
    const { client, lines, stop } = await run(`http://127.0.0.1:${(receiver.address() as AddressInfo).port}`);
    await client.call('iris', 'PredictIrisSpecies', flower);
    await stop();
    expect(received[0]).toBe('POST /v1/traces application/x-protobuf');
    for (const word of ['ml.IrisPredictor/PredictIrisSpecies', 'decode', 'service.name', 'iris']) {
      expect(received[1]).toContain(word);
    }
    expect(lines.filter(({ level }) => level > 30)).toEqual([]);
  });

  it('answers as ever where nobody takes them, waits two seconds at its end, and says that they are lost', async () => {
    const { client, lines, stop } = await run('http://127.0.0.1:1');
    expect(await client.call('iris', 'PredictIrisSpecies', flower)).toMatchObject({ species_name: 'setosa' });
    await stop();
    expect(lines.at(-1)).toMatchObject({
      level: 40,
      reason: 'they were not taken within 2 s',
      msg: 'spans lost: they could not be sent',
    });
  });
});
