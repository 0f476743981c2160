import { type ServiceError, status } from '@grpc/grpc-js';
import { describe, expect, it } from 'vitest';
import { serveHttp } from '../http/calling.js';
import { irisModel } from '../models.js';
import { flower, type Message, serveAndConnect, type services } from '../serving.js';

/** 3 bytes a character in UTF-8, 9 in a percent-encoded message, 4 in base64. */
const WIDE = '花'.repeat(3000);
const NAME = `iris${WIDE}`;

/** What the client with the least patience takes: names, values and 32 bytes for each header. */
const CLIENT_BYTES = 8 * 1024;

const features = ['a', 'b', 'c', 'd'].map((name) => [name + WIDE, 1] as const);
const model = irisModel({ features, classes: ['x', 'y', 'z'].map((label) => label + WIDE) });
const column = (name: string, values: number[]) => ({
  name,
  datatype: 'FP64',
  shape: [values.length],
  contents: { fp64_contents: values },
});
const columns = (values: number[]) => features.map(([name]) => column(name, values));
const matrix = {
  name: 'features',
  datatype: 'FP64',
  shape: [1, 4],
  contents: { fp64_contents: [5, 3, Number.NaN, 1] },
};
const strange = Array.from({ length: 20 }, (_, index) => column(`${index}${WIDE}`, [1]));

/** Bytes of what a refusal says, without what every refusal has. */
function bytesOf({ details, metadata }: ServiceError): number {
  const [encoded] = metadata.get('grpc-status-details-bin');
  return encodeURI(details).length + (encoded as Buffer).toString('base64').length;
}

const calls: readonly [string, keyof typeof services, string, Message, string][] = [
  ['names that are no features', 'inference', 'ModelInfer', { model_name: NAME, inputs: strange }, 'INVALID_ARGUMENT'],
  ['features that are missing', 'inference', 'ModelInfer', { model_name: NAME, inputs: [] }, 'INVALID_ARGUMENT'],
  [
    'the same feature twice',
    'inference',
    'ModelInfer',
    { model_name: NAME, inputs: [...columns([1]), ...columns([1])] },
    'INVALID_ARGUMENT',
  ],
  [
    'a value that no row may have',
    'inference',
    'ModelInfer',
    { model_name: NAME, inputs: [matrix] },
    'INVALID_ARGUMENT',
  ],
  [
    'one in a column',
    'inference',
    'ModelInfer',
    { model_name: NAME, inputs: columns([Number.POSITIVE_INFINITY]) },
    'INVALID_ARGUMENT',
  ],
  [
    'outputs that are none',
    'inference',
    'ModelInfer',
    { model_name: NAME, inputs: columns([1]), outputs: strange.map(({ name }) => ({ name })) },
    'INVALID_ARGUMENT',
  ],
  [
    'a type that is none',
    'inference',
    'ModelInfer',
    { model_name: NAME, inputs: columns([1]).map((one) => ({ ...one, datatype: WIDE })) },
    'INVALID_ARGUMENT',
  ],
  ['another model', 'inference', 'ModelMetadata', { name: WIDE }, 'NOT_FOUND'],
  ['another version', 'inference', 'ModelReady', { name: NAME, version: WIDE }, 'NOT_FOUND'],
  ['a model that is none of iris', 'iris', 'PredictIrisSpecies', flower, 'FAILED_PRECONDITION'],
  ['a health check', 'health', 'Check', { service: WIDE }, 'NOT_FOUND'],
];

describe('a refusal that is about long names', () => {
  it.each(calls)('has its own status and reaches every client: %s', async (_what, service, method, request, code) => {
    const client = await serveAndConnect({ model, name: NAME });
    const error = await new Promise<ServiceError>((resolve) => {
      client.start(service, method, request, {}, (failed) => resolve(failed!));
    });
    expect(status[error.code]).toBe(code);
    expect(bytesOf(error)).toBeLessThan(CLIENT_BYTES - 2 * 1024);
    expect(error.details).toMatch(/花…/);
  });

  it('is short over HTTP, too', async () => {
    const { get, infer } = await serveHttp({ model, name: NAME });
    const path = `/v2/models/${encodeURIComponent(`iris${WIDE}`.slice(0, 1000))}`;
    const answers = [
      await get(path),
      await get(`/nothing/${encodeURIComponent(WIDE.slice(0, 500))}`),
      await infer({ inputs: [] }, `/v2/models/${encodeURIComponent(WIDE.slice(0, 1000))}/infer`),
    ];
    for (const { json, status } of answers) {
      expect(status).toBe(404);
      expect(Buffer.byteLength(JSON.stringify(json))).toBeLessThan(4096);
      expect(json.error).toMatch(/…/);
    }
  });

  it('names a feature of a bad row, with quotes where it is strange', async () => {
    const named = irisModel({
      features: [
        ['a', 1],
        ['b', 1],
        ['c: d\nrow 9: e', 1],
        ['f', 1],
      ],
    });
    const client = await serveAndConnect({ model: named });
    expect(await client.call('inference', 'ModelInfer', { model_name: 'iris', inputs: [matrix] })).toMatchObject({
      code: 'INVALID_ARGUMENT',
      details: {
        violations: [
          {
            field: 'inputs[0]',
            description: expect.stringMatching(/^row 0: "c: d\\nrow 9: e": expected a value, as none was missing/),
          },
        ],
        info: {
          reason: 'INVALID_REQUEST',
          metadata: {
            row: '0',
            feature: '"c: d\\nrow 9: e"',
            description: expect.stringMatching(/^expected a value, as none was missing/),
          },
        },
      },
    });
  });

  it('is as it was where names are short and plain', async () => {
    const client = await serveAndConnect();
    expect(await client.call('inference', 'ModelInfer', { model_name: 'iris', inputs: [matrix] })).toMatchObject({
      message: 'inputs[0]: row 0: petal_length: expected a value, as none was missing in training, found a missing one',
    });
  });
});

describe('metadata of a model with long names', () => {
  it('is exact: it is data', async () => {
    const client = await serveAndConnect({ model, name: NAME });
    const reply = await client.call('inference', 'ModelMetadata', { name: NAME });
    expect(reply).toMatchObject({ name: NAME });
    const infer = await client.call('inference', 'ModelInfer', { model_name: NAME, inputs: columns([1]) });
    const names = ['label', 'class_index', 'probabilities', 'leaf'];
    expect(infer).toMatchObject({ outputs: names.map((name) => ({ name })) });
    expect(Buffer.from(JSON.stringify(infer)).includes('x')).toBe(true);
  });
});
