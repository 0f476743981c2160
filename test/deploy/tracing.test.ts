import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Metadata } from '@grpc/grpc-js';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ROOT, serve } from '../e2e/cli.js';
import { describeWith, run } from '../interop/tools.js';
import { flower, TestClient } from '../server/serving.js';
import { freePort, until } from './prometheus.js';
import { collector } from './tools.js';

const CONFIG = `${ROOT}deploy/monitoring/collector.yaml`;
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const CALLER = '00f067aa0ba902b7';

describeWith([collector], "OpenTelemetry's collector", () => {
  let folder: string;
  let port: number;
  let child: ChildProcess;
  let log = '';

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'iris-collector-'));
    port = await freePort();
    // The file of deploy/, on a free port, and told to write all that it gets.
    const test = join(folder, 'test.yaml');
    const endpoint = `receivers: { otlp: { protocols: { http: { endpoint: "127.0.0.1:${port}" } } } }`;
    await writeFile(test, `${endpoint}\nexporters: { debug: { verbosity: detailed } }\n`);
    child = spawn(collector.command, ['--config', CONFIG, '--config', test]);
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      log += text;
    });
    await until(async () => log.includes('Everything is ready'));
  });
  afterAll(async () => {
    child.kill('SIGTERM');
    await once(child, 'close');
    await rm(folder, { recursive: true });
  });

  it('accepts the file of deploy/', async () => {
    expect(await run(collector.command, ['validate', '--config', CONFIG])).toMatchObject({ code: 0 });
  });

  it.each([1, 2])(
    'reads the spans of a server with %i workers: of its calls, with their callers and parts',
    async (workers) => {
      log = '';
      const server = await serve(['--workers', String(workers)], {
        env: { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`, OTEL_SERVICE_NAME: 'flowers' },
      });
      const client = new TestClient(`127.0.0.1:${server.port}`);
      const metadata = new Metadata();
      metadata.set('traceparent', `00-${TRACE}-${CALLER}-01`);
      await client.call('iris', 'PredictIrisSpecies', flower, { metadata });
      client.close();
      expect(await server.stop()).toBe(0);
      await until(async () => log.includes('iris.model.version'));
      const spans = log.split(/^Span #\d+$/m).slice(1);
      const spanOf = (name: string) => spans.find((span) => new RegExp(`Name +: ${name}\n`).test(span)) ?? '';
      const call = spanOf('ml.IrisPredictor/PredictIrisSpecies');
      expect(call).toMatch(new RegExp(`Trace ID +: ${TRACE}\n +Parent ID +: ${CALLER}\n`));
      expect(call).toMatch(/Kind +: Server\n/);
      expect(call).toContain('-> rpc.response.status_code: Str(OK)');
      const id = /\n +ID +: (\w{16})\n/.exec(call)?.[1];
      for (const part of ['decode', 'predict', 'encode']) {
        expect(spanOf(part)).toMatch(new RegExp(`Trace ID +: ${TRACE}\n +Parent ID +: ${id}\n`));
      }
      expect(log).toContain('-> service.name: Str(flowers)');
    },
  );
});
