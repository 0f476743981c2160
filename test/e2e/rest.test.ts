import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundledIrisPath } from '../../src/data/bundled.js';
import { TestClient } from '../server/serving.js';
import { ROOT, type RunningServer, serve } from './cli.js';

let server: RunningServer;
let httpPort: string;

beforeAll(async () => {
  const env = { IRIS_HTTP_PORT: '0', IRIS_MODEL: join(ROOT, 'artifacts/iris.json') };
  server = await serve([], { env });
  httpPort = /"httpPort":(\d+)/.exec(server.log())?.[1] ?? '';
});

afterAll(async () => {
  await server?.stop();
});

const outputNames = ['label', 'class_index', 'probabilities', 'leaf', 'decision_path', 'contributions'];

interface Tensor {
  readonly name: string;
  readonly shape: readonly (number | string)[];
  readonly data?: readonly (number | string)[];
  readonly contents?: Record<string, readonly (number | Buffer)[]>;
}

/** Outputs by name, their elements as JSON has them. */
function elements(outputs: readonly Tensor[]): Record<string, unknown> {
  const values = ({ contents, data }: Tensor) => data ?? Object.values(contents ?? {}).flat();
  const plain = (value: number | string | Buffer) => (Buffer.isBuffer(value) ? value.toString() : value);
  return Object.fromEntries(
    outputs.map((output) => [output.name, { shape: output.shape.map(Number), values: values(output).map(plain) }]),
  );
}

describe('the REST form', () => {
  it('answers all of iris as gRPC does', async () => {
    const table = (await readFile(bundledIrisPath(), 'utf8')).trimEnd().split('\n').slice(1);
    const rows = table.map((line) => line.split(',').slice(0, 4).map(Number));
    expect(rows).toHaveLength(150);
    const features = { name: 'features', datatype: 'FP64', shape: [rows.length, 4] };
    const outputs = outputNames.map((name) => ({ name }));
    const grpc = await new TestClient(`127.0.0.1:${server.port}`).call('inference', 'ModelInfer', {
      model_name: 'iris',
      inputs: [{ ...features, contents: { fp64_contents: rows.flat() } }],
      outputs,
    });
    const response = await fetch(`http://127.0.0.1:${httpPort}/v2/models/iris/infer`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ inputs: [{ ...features, data: rows }], outputs }),
    });
    const rest = (await response.json()) as { model_version: string; outputs: Tensor[] };
    expect(rest.model_version).toBe(grpc['model_version']);
    expect(elements(rest.outputs)).toEqual(elements(grpc['outputs'] as Tensor[]));
    expect(rest.outputs[0].data?.filter((label) => label === 'setosa')).toHaveLength(50);
  });

  it('does what docs/protocol.md shows', async () => {
    const page = await readFile(join(ROOT, 'docs/protocol.md'), 'utf8');
    const section = page.split('\n## The Open Inference Protocol over HTTP\n')[1]?.split('\n## ')[0] ?? '';
    const examples = [...section.matchAll(/```sh\n(.*?)```\n\n```json\n(.*?)```/gs)];
    expect(examples).toHaveLength(section.split('```sh').length - 1);
    expect(examples.length).toBeGreaterThan(2);
    for (const [, command, shown] of examples) {
      const text = command.replaceAll('localhost:8080', `127.0.0.1:${httpPort}`);
      const { stdout } = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', text]);
      const version = JSON.parse(stdout).model_version;
      expect(JSON.parse(stdout)).toEqual(JSON.parse(shown.replaceAll(/\b[0-9a-f]{12}\b/g, version)));
    }
  });

  it('has the playground beside it', async () => {
    const page = await fetch(`http://127.0.0.1:${httpPort}/`);
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    const text = await page.text();
    const files = [...text.matchAll(/(?:src|href)="(playground\/[^"]+)"/g)].map(([, file]) => file);
    expect(files).toEqual(['playground/style.css', 'playground/main.js']);
    const types = files.map(async (file) =>
      (await fetch(`http://127.0.0.1:${httpPort}/${file}`)).headers.get('content-type'),
    );
    expect(await Promise.all(types)).toEqual(['text/css; charset=utf-8', 'text/javascript; charset=utf-8']);
  });
});
