import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT, type RunningServer, serve } from '../e2e/cli.js';
import { runExamples } from './examples.js';
import { type Answer, cells, type Subject, subject } from './subjects.js';
import { describeWith, grpcurl, output, run } from './tools.js';

const tlsFile = (name: string) => `${ROOT}test/fixtures/tls/${name}`;
const INFER = 'inference.GRPCInferenceService/ModelInfer';
const STREAM_INFER = 'inference.GRPCInferenceService/ModelStreamInfer';

/** As protojson writes it: a number that is 0 and a text that is empty are left out. */
interface IrisReply {
  readonly species?: number;
  readonly speciesName: string;
  readonly probabilities: readonly number[];
}
interface InferReply {
  readonly outputs: readonly [
    { readonly contents: { readonly bytesContents: readonly string[] } },
    { readonly contents: { readonly intContents: readonly number[] } },
    { readonly contents: { readonly fp64Contents: readonly number[] } },
  ];
}

describeWith([grpcurl], 'grpcurl', () => {
  const iris = subject('iris');
  const mixed = subject('mixed');
  const ask = (args: readonly string[], input?: string) => output(grpcurl.command, ['-plaintext', ...args], { input });
  const describeSymbol = (symbol: string) => ask([iris().address, 'describe', symbol]);

  describe('through reflection', () => {
    it('lists the services', async () => {
      expect((await ask([iris().address, 'list'])).trim().split('\n')).toEqual([
        'grpc.health.v1.Health',
        'grpc.reflection.v1.ServerReflection',
        'grpc.reflection.v1alpha.ServerReflection',
        'inference.GRPCInferenceService',
        'ml.IrisPredictor',
      ]);
    });

    it.each([
      ['ml', 'IrisPredictor', 'iris.proto'],
      ['inference', 'GRPCInferenceService', 'open_inference.proto'],
    ])('describes %s.%s as its .proto file does', async (scope, service, file) => {
      const source = await readFile(`${ROOT}proto/${file}`, 'utf8');
      const methods = source.matchAll(/^ {2}rpc (\w+)\((stream )?(\w+)\) returns \((stream )?(\w+)\);$/gm);
      const lines = Array.from(
        methods,
        ([, name, asks = '', request, answers = '', reply]) =>
          `  rpc ${name} ( ${asks}.${scope}.${request} ) returns ( ${answers}.${scope}.${reply} );\n`,
      );
      expect(await describeSymbol(`${scope}.${service}`)).toBe(
        `${scope}.${service} is a service:\nservice ${service} {\n${lines.sort().join('')}}\n`,
      );
    });

    it('describes messages with maps, nested ones included', async () => {
      expect(await describeSymbol('inference.ModelInferRequest')).toBe(
        `inference.ModelInferRequest is a message:
message ModelInferRequest {
  string model_name = 1;
  string model_version = 2;
  string id = 3;
  map<string, .inference.InferParameter> parameters = 4;
  repeated .inference.ModelInferRequest.InferInputTensor inputs = 5;
  repeated .inference.ModelInferRequest.InferRequestedOutputTensor outputs = 6;
  repeated bytes raw_input_contents = 7;
  message InferInputTensor {
    string name = 1;
    string datatype = 2;
    repeated int64 shape = 3;
    map<string, .inference.InferParameter> parameters = 4;
    .inference.InferTensorContents contents = 5;
  }
  message InferRequestedOutputTensor {
    string name = 1;
    map<string, .inference.InferParameter> parameters = 2;
  }
}
`,
      );
      expect(await describeSymbol('inference.ModelMetadataResponse')).toContain(
        '\n  map<string, string> properties = 6;\n',
      );
      expect(await describeSymbol('grpc.health.v1.HealthListResponse')).toContain(
        '\n  map<string, .grpc.health.v1.HealthCheckResponse> statuses = 1;\n',
      );
    });

    it('describes every other message of the contracts', async () => {
      for (const [scope, file] of [
        ['ml', 'iris.proto'],
        ['inference', 'open_inference.proto'],
      ]) {
        const source = await readFile(`${ROOT}proto/${file}`, 'utf8');
        for (const [, name] of source.matchAll(/^message (\w+) \{/gm)) {
          expect(await describeSymbol(`${scope}.${name}`)).toContain(
            `${scope}.${name} is a message:\nmessage ${name} {`,
          );
        }
      }
    });

    it('does what docs/protocol.md shows', async () => {
      const { expected, printed } = await runExamples('grpcurl');
      expect(printed).toEqual(expected);
    });
  });

  describe('on every row', () => {
    it('gets the answers of `iris predict --model` from one stream of flowers', async () => {
      const { address, answers } = iris();
      const flowers = await irisFlowers(iris());
      const replies = jsonValues<IrisReply>(
        await ask(['-d', '@', address, 'ml.IrisPredictor/PredictIrisSpeciesStream'], flowers.join('\n')),
      );
      expect(replies.map(irisAnswer)).toEqual(answers);
    });

    it('gets the first and the last of them from single calls', async () => {
      const { address, answers } = iris();
      const flowers = await irisFlowers(iris());
      for (const row of [0, flowers.length - 1]) {
        const reply = await ask(['-d', flowers[row]!, address, 'ml.IrisPredictor/PredictIrisSpecies']);
        expect(irisAnswer(JSON.parse(reply))).toEqual(answers[row]);
      }
    });

    it('gets the answers of `iris predict --model` from one batch, and from a stream of batches', async () => {
      const { address, answers } = iris();
      const rows = await cells(iris());
      const whole = await ask(['-d', '@', address, INFER], oneTensor(rows));
      expect(inferAnswers(JSON.parse(whole))).toEqual(answers);

      const batches = [rows.slice(0, 70), rows.slice(70)].map(oneTensor).join('\n');
      const replies = jsonValues<{ inferResponse: InferReply }>(await ask(['-d', '@', address, STREAM_INFER], batches));
      expect(replies.flatMap(({ inferResponse }) => inferAnswers(inferResponse))).toEqual(answers);
    });

    it('gets them for rows with a category and missing values', async () => {
      const { address, answers } = mixed();
      const rows = await cells(mixed());
      const reply = await ask(['-d', '@', address, INFER], tensorPerFeature(rows));
      expect(inferAnswers(JSON.parse(reply))).toEqual(answers);
    });
  });

  it('is told what is wrong with a request, in fields that it can read', async () => {
    const { address } = iris();
    const wrong = oneTensor([['1', '2', '3']]);
    const { code, stderr } = await run(grpcurl.command, ['-plaintext', '-format-error', '-d', wrong, address, INFER]);
    const problem = 'expected 4, the number of features, found 3';
    expect(code).not.toBe(0);
    expect(JSON.parse(stderr)).toEqual({
      code: 3,
      message: `inputs[0].shape[1]: ${problem}`,
      details: [
        { '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: 'INVALID_REQUEST', domain: 'iris' },
        {
          '@type': 'type.googleapis.com/google.rpc.BadRequest',
          fieldViolations: [{ field: 'inputs[0].shape[1]', description: problem }],
        },
      ],
    });
  });

  it('sees the health of the server, its services and its model', async () => {
    const { address } = iris();
    const own = ['grpc.health.v1.Health', 'inference.GRPCInferenceService', 'ml.IrisPredictor'];
    const names = ['', 'iris', 'liveness', ...own];
    for (const service of names) {
      const reply = await ask(['-d', JSON.stringify({ service }), address, 'grpc.health.v1.Health/Check']);
      expect([service, JSON.parse(reply)]).toEqual([service, { status: 'SERVING' }]);
    }
    const list = JSON.parse(await ask([address, 'grpc.health.v1.Health/List']));
    expect(list).toEqual({ statuses: Object.fromEntries(names.map((name) => [name, { status: 'SERVING' }])) });
  });

  describe('over mutual TLS', () => {
    const guarded = subject('iris', [
      ...['--tls-cert', tlsFile('server.pem'), '--tls-key', tlsFile('server.key')],
      ...['--tls-client-ca', tlsFile('ca.pem')],
    ]);
    const trust = ['-cacert', tlsFile('ca.pem')];

    it('lists and calls', async () => {
      const { address, answers } = guarded();
      const tls = [...trust, '-cert', tlsFile('client.pem'), '-key', tlsFile('client.key')];
      expect(await output(grpcurl.command, [...tls, address, 'list'])).toContain('ml.IrisPredictor\n');
      const batch = oneTensor(await cells(guarded()));
      const reply = await output(grpcurl.command, [...tls, '-d', '@', address, INFER], { input: batch });
      expect(inferAnswers(JSON.parse(reply))).toEqual(answers);
    });

    it('is refused without a certificate of its own', async () => {
      const refused = await run(grpcurl.command, [...trust, '-connect-timeout', '5', guarded().address, 'list']);
      expect(refused.code).not.toBe(0);
      expect(refused.stdout).toBe('');
    });
  });

  describe('over a Unix socket', () => {
    let folder: string;
    let server: RunningServer;
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'iris-socket-'));
      server = await serve(['--host', `unix:${folder}/iris.sock`]);
    });
    afterAll(async () => {
      await server?.stop();
      await rm(folder, { recursive: true });
    });

    it('lists the services', async () => {
      expect(await ask(['-unix', `${folder}/iris.sock`, 'list'])).toContain('inference.GRPCInferenceService\n');
    });
  });
});

async function irisFlowers(iris: Subject): Promise<string[]> {
  return (await cells(iris)).map(([sepal_length, sepal_width, petal_length, petal_width]) =>
    JSON.stringify({ sepal_length, sepal_width, petal_length, petal_width }),
  );
}

function irisAnswer({ probabilities, species = 0, speciesName }: IrisReply): Answer {
  return { label: speciesName, classIndex: species, shares: probabilities };
}

function oneTensor(rows: readonly (readonly string[])[]): string {
  return JSON.stringify({
    model_name: 'iris',
    inputs: [
      {
        name: 'features',
        datatype: 'FP64',
        shape: [rows.length, rows[0]!.length],
        contents: { fp64_contents: rows.flat() },
      },
    ],
  });
}

/** Of the mixed table: size, colour, weight. */
function tensorPerFeature(rows: readonly (readonly string[])[]): string {
  const column = (index: number) => rows.map((row) => row[index]!);
  const tensor = (name: string, datatype: string, contents: object) => ({
    name,
    datatype,
    shape: [rows.length],
    contents,
  });
  return JSON.stringify({
    model_name: 'iris',
    inputs: [
      tensor('weight', 'FP64', { fp64_contents: column(2).map((cell) => cell || 'NaN') }),
      tensor('size', 'FP64', { fp64_contents: column(0) }),
      tensor('colour', 'BYTES', { bytes_contents: column(1).map((cell) => Buffer.from(cell).toString('base64')) }),
    ],
  });
}

function inferAnswers({ outputs: [label, classIndex, probabilities] }: InferReply): Answer[] {
  const labels = label.contents.bytesContents;
  const shares = probabilities.contents.fp64Contents;
  const width = shares.length / labels.length;
  return labels.map((text, row) => ({
    label: Buffer.from(text, 'base64').toString(),
    classIndex: classIndex.contents.intContents[row]!,
    shares: shares.slice(row * width, (row + 1) * width),
  }));
}

/** The values that grpcurl prints one after the other, each from `{` to `}` at the start of a line. */
function jsonValues<T>(text: string): T[] {
  return text
    .split(/(?<=^\})\n/m)
    .filter(Boolean)
    .map((value) => JSON.parse(value) as T);
}
