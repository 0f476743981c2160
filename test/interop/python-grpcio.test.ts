import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { ROOT } from '../e2e/cli.js';
import { runExamples } from './examples.js';
import { type Subject, subject } from './subjects.js';
import { describeWith, newPython, output, systemPython } from './tools.js';

const script = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const client = script('inference_client.py');
const reflectionClient = script('reflection_client.py');
const tlsFile = (name: string) => `${ROOT}test/fixtures/tls/${name}`;

const iris = subject('iris');
const mixed = subject('mixed');
const guarded = subject('iris', [
  ...['--tls-cert', tlsFile('server.pem'), '--tls-key', tlsFile('server.key')],
  ...['--tls-client-ca', tlsFile('ca.pem')],
]);

for (const python of [systemPython, newPython]) {
  const ask = async ({ address, table }: Subject, form: string, tls: readonly string[] = []): Promise<unknown> =>
    JSON.parse(await output(python.command, [client, `${ROOT}proto`, address, table, form, ...tls]));

  describeWith([python], `a client of ${python.name}`, () => {
    it.each([
      'typed-features',
      'raw-features',
      'typed-columns',
      'raw-columns',
      'typed-features-stream',
      'raw-columns-stream',
    ])('gets the answers of `iris predict --model` on every iris row: %s', async (form) => {
      expect(await ask(iris(), form)).toEqual(iris().answers);
    });

    it.each(['typed-columns', 'raw-columns', 'typed-columns-stream'])(
      'gets them for rows with a category and missing values: %s',
      async (form) => {
        expect(await ask(mixed(), form)).toEqual(mixed().answers);
      },
    );

    it('gets the decisions of `iris predict --explain`', async () => {
      expect(await ask(iris(), 'path')).toEqual(iris().paths);
      expect(await ask(mixed(), 'path')).toEqual(mixed().paths);
    });

    it('gets the same answers over mutual TLS', async () => {
      const files = ['ca.pem', 'client.pem', 'client.key'].map(tlsFile);
      expect(await ask(guarded(), 'raw-features', files)).toEqual(guarded().answers);
    });
  });
}

describeWith([newPython], 'a client of the newest grpcio', () => {
  it('needs no contract: reflection v1alpha tells all of it', async () => {
    const { address, answers, table } = iris();
    expect(JSON.parse(await output(newPython.command, [reflectionClient, address, table]))).toEqual({
      services: [
        'grpc.health.v1.Health',
        'grpc.reflection.v1.ServerReflection',
        'grpc.reflection.v1alpha.ServerReflection',
        'inference.GRPCInferenceService',
        'ml.IrisPredictor',
      ],
      maps: ['inference.ModelInferRequest.parameters', 'google.rpc.ErrorInfo.metadata'],
      answers,
    });
  });

  it('does what docs/protocol.md shows', async () => {
    const { expected, printed } = await runExamples('Python: grpcio');
    expect(printed).toEqual(expected);
  });
});
