import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Client, credentials, loadPackageDefinition, type ServiceClientConstructor } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Contract, contractFor } from '../../../src/contract/contract.js';
import { encodeDescriptor } from '../../../src/contract/descriptor.js';
import { writeContract } from '../../../src/contract/proto-text.js';
import type { Model } from '../../../src/model/model.js';
import { decodeStatusDetails } from '../../../src/protocol/error-details.js';
import type { ServerOptions } from '../../../src/server/life/options.js';
import { createServer, type RunningServer } from '../../../src/server/life/server.js';
import { deepModel, irisModel, mixedModel } from '../models.js';
import { type Message, TestClient } from '../serving.js';

const folder = mkdtempSync(join(tmpdir(), 'iris-contract-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Numbers that are not those of a fresh contract: a feature and a class were removed. */
function contractOf(model: Model): Contract {
  const gone = { name: 'gone', kind: 'number' as const, missing: false };
  const first = contractFor({ features: [gone], classes: ['gone'] }, 'thing');
  return contractFor(model, 'thing', first);
}

const mixed = mixedModel();
const text = writeContract(contractOf(mixed));
let Predictor: ServiceClientConstructor;
beforeAll(() => {
  const path = join(folder, 'thing.proto');
  writeFileSync(path, text);
  const loaded = loadSync(path, { keepCase: true, enums: String, defaults: true });
  Predictor = loadPackageDefinition(loaded)['ml'] as never;
  Predictor = (Predictor as never as Record<string, Record<string, ServiceClientConstructor>>)['thing']![
    'ThingPredictor'
  ]!;
});

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

async function serve(options: Partial<ServerOptions> = {}): Promise<RunningServer> {
  const server = await createServer({ model: mixed, contract: text, port: 0, ...options });
  open.push({ close: () => server.forceClose() });
  return server;
}

function connect(server: RunningServer): Client {
  const client = new Predictor(server.address, credentials.createInsecure());
  open.push(client);
  return client;
}

const predict = (client: Client, request: Message): Promise<Message> =>
  new Promise((resolve, reject) => {
    (client as never as Record<string, (request: Message, done: (error: unknown, reply: Message) => void) => void>)[
      'Predict'
    ]!(request, (error, reply) => (error ? reject(error) : resolve(reply)));
  });

describe('the service of a contract', () => {
  it('answers a client of its file by the numbers in it', async () => {
    const server = await serve();
    expect(await predict(connect(server), { size: 7, colour: 'blue', explain: true })).toEqual({
      predicted_class: 'THING_CLASS_B',
      class_name: 'b',
      probabilities: [0, 0, 1],
      model_version: server.current.model.version,
      path: [
        {
          ...{ feature: 'colour', category: 'blue', categories: ['green', 'red'] },
          ...{ went_left: false, samples: 14 },
        },
        {
          ...{ feature: 'size', value: 7, threshold: 5, categories: [] },
          ...{ went_left: false, samples: 10 },
        },
      ],
    });
  });

  it('takes a zero for a zero, and an absent number for a missing one where one may be missing', async () => {
    const client = connect(await serve());
    const zero = await predict(client, { size: 0, colour: 'blue', explain: true });
    expect(zero['path']).toMatchObject([{}, { value: 0, went_left: true }]);
    const absent = await predict(client, { colour: 'blue', explain: true });
    expect(absent['path']).toMatchObject([{}, { went_left: true }]);
    expect((absent['path'] as Message[])[1]).not.toHaveProperty('value');
    const unknown = await predict(client, { size: 0, colour: 'purple', explain: true });
    expect(unknown['path']).toMatchObject([{ category: '(unknown)', went_left: false }, {}]);
  });

  it('refuses what is missing or infinite, by the names of the fields', async () => {
    const failure = (await predict(connect(await serve()), { size: Number.POSITIVE_INFINITY }).catch(
      (error) => error,
    )) as { code: number; metadata: { get(key: string): Buffer[] } };
    expect(failure.code).toBe(3);
    expect(decodeStatusDetails(failure.metadata.get('grpc-status-details-bin')[0]!)?.details.violations).toEqual([
      { field: 'size', description: 'expected a finite number, found Infinity' },
      { field: 'colour', description: 'expected a value, as none was missing in training, found a missing one' },
    ]);
  });

  it('answers a stream in order, and a deep path in turns', async () => {
    const model = deepModel(2000);
    const contract = writeContract(contractFor(model, 'thing'));
    const path = join(folder, 'deep.proto');
    writeFileSync(path, contract);
    const loaded = loadPackageDefinition(loadSync(path, { keepCase: true })) as never as {
      ml: { thing: { ThingPredictor: ServiceClientConstructor } };
    };
    const server = await serve({ model, contract });
    const client = new loaded.ml.thing.ThingPredictor(server.address, credentials.createInsecure());
    open.push(client);
    const stream = (client as never as { PredictStream(): NodeJS.ReadWriteStream }).PredictStream();
    const rows = [1, 2001];
    for (const value of rows) {
      const row = { sepal_length: value, sepal_width: value, petal_length: value, petal_width: value, explain: true };
      stream.write(row as never);
    }
    stream.end();
    const lengths: number[] = [];
    for await (const reply of stream) lengths.push((reply as unknown as { path: unknown[] }).path.length);
    expect(lengths).toEqual([1, 2000]);
    expect(server.current.statistics.read('', '')).toMatchObject({
      inference_count: 2,
      inference_stats: { success: { count: 2 }, queue: { count: 2 }, compute_infer: { count: 2 } },
    });
  });

  it('is counted in the statistics of its model, what it refuses as failed', async () => {
    const server = await serve();
    const client = connect(server);
    await predict(client, { size: 3, colour: 'red' });
    await predict(client, { size: Number.POSITIVE_INFINITY }).catch(() => {});
    expect(server.current.statistics.read('', '')).toMatchObject({
      inference_count: 1,
      inference_stats: { success: { count: 1 }, fail: { count: 1 } },
      batch_stats: [{ batch_size: 1 }],
    });
  });

  it('is listed, described as its file is, and healthy, and the other services stay', async () => {
    const client = new TestClient((await serve()).address);
    open.push(client as never);
    const stream = client.stream('reflection', 'ServerReflectionInfo');
    stream.write({ list_services: '' });
    stream.write({ file_containing_symbol: 'ml.thing.ThingPredictor' });
    stream.write({ file_containing_symbol: 'ml.thing.DecisionStep' });
    stream.end();
    const answers: Message[] = [];
    for await (const answer of stream) answers.push(answer as Message);
    const services = (answers[0]!['list_services_response'] as { service: { name: string }[] }).service;
    expect(services.map(({ name }) => name)).toContain('ml.thing.ThingPredictor');
    expect(services.map(({ name }) => name)).toContain('ml.IrisPredictor');
    for (const answer of answers.slice(1)) {
      expect(answer['file_descriptor_response']).toEqual({
        file_descriptor_proto: [encodeDescriptor(contractOf(mixed))],
      });
    }
    expect(await client.call('health', 'Check', { service: 'ml.thing.ThingPredictor' })).toEqual({ status: 'SERVING' });
  });

  it('is not there without a contract', async () => {
    const failure = await predict(connect(await serve({ contract: undefined })), {}).catch((error) => error);
    expect(failure).toMatchObject({ code: 12 });
  });
});

describe('a model that does not fit the contract', () => {
  const problem =
    'expected a model that fits the contract, found other features: only the contract has size, colour, only the model has sepal_length, sepal_width, petal_length, petal_width';

  it('is not served', async () => {
    await expect(serve({ model: irisModel() })).rejects.toThrow(problem);
  });

  it('is refused at a reload: the old one stays', async () => {
    let model = mixed;
    const server = await serve({ model: () => model });
    model = irisModel();
    expect(await server.reload()).toBe('failed');
    expect(server.current.model).toBe(mixed);
    expect(await predict(connect(server), { size: 7, colour: 'blue' })).toMatchObject({ class_name: 'b' });
  });
});

it('refuses a text that is no contract', async () => {
  await expect(serve({ contract: 'syntax = "proto3";\n' })).rejects.toThrow(
    'contract: expected the text that iris proto wrote, found other text: contract: expected a contract that iris proto wrote, found none',
  );
});
