import { Metadata, status } from '@grpc/grpc-js';
import { afterEach, describe, expect, it } from 'vitest';
import { InferenceClient, type InferenceOptions } from '../../src/client/inference-client.js';
import type { Rows } from '../../src/client/prediction.js';
import { ArtifactError, RequestError, UnavailableError, UsageError } from '../../src/ground/errors.js';
import { quote } from '../../src/ground/quote.js';
import { type ErrorInfo, encodeStatusDetails } from '../../src/protocol/error-details.js';
import {
  type Behaviour,
  columnsLike,
  type ForeignServer,
  mlserverLike,
  startForeignServer,
  type Tensor,
  tritonLike,
  typedRows,
} from './foreign-server.js';

/** google.rpc.Status, encoded by protoc: {8, "busy", [RetryInfo {20 ms}]}. */
const RETRY_INFO = 'CAgSBGJ1c3kaMwoodHlwZS5nb29nbGVhcGlzLmNvbS9nb29nbGUucnBjLlJldHJ5SW5mbxIHCgUQgNrECQ==';
/** {3, "bad", [BadRequest {field "inputs[0].shape[1]", description "expected 4, found 3"}]}. */
const BAD_REQUEST =
  'CAMSA2JhZBpYCil0eXBlLmdvb2dsZWFwaXMuY29tL2dvb2dsZS5ycGMuQmFkUmVxdWVzdBIrCikKEmlucHV0c1swXS5zaGFwZVsxXRITZXhwZWN0ZWQgNCwgZm91bmQgMw==';

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0).reverse()) close();
});

async function serve(behaviour: Behaviour, port = 0): Promise<ForeignServer> {
  const server = await startForeignServer(behaviour, { port });
  closing.push(() => server.kill());
  return server;
}

async function connect(port: number, options: Partial<InferenceOptions> = {}): Promise<InferenceClient> {
  const server = { host: '127.0.0.1', port };
  const client = await InferenceClient.connect(server, { model: 'iris', timeoutMs: 20_000, ...options });
  closing.push(() => client.close());
  return client;
}

const flowers: Rows = { rowCount: 2, values: Float64Array.of(5, 3.6, 1.3, 0.25, 6.3, 3.3, 4.7, 1.6) };
const labelOnly = { probabilities: false, path: false };

/** Rows whose third value is their number. */
function numbered(rowCount: number): Rows {
  return { rowCount, values: Float64Array.from({ length: 4 * rowCount }, (_, i) => (i % 4 === 2 ? i >> 2 : 0)) };
}

function integers(name: string, values: number[]): Tensor {
  return { name, datatype: 'INT64', shape: [values.length], contents: { int64_contents: values } };
}

function doubles(name: string, values: number[], width: number, parameters: Tensor['parameters'] = {}): Tensor {
  const shape = [values.length / width, width];
  return { name, datatype: 'FP64', shape, parameters, contents: { fp64_contents: values } };
}

function failure(code: status, details: string, richDetails: string): object {
  const metadata = new Metadata();
  metadata.set('grpc-status-details-bin', Buffer.from(richDetails, 'base64'));
  return { code, details, metadata };
}

describe('a server that someone else wrote', () => {
  it('like Triton: raw answers, FP32 shares and integer labels', async () => {
    const { port, requests } = await serve(tritonLike);
    const client = await connect(port);
    expect([client.named, client.versions]).toEqual([false, ['3']]);
    expect(await client.predict(flowers, { probabilities: true, path: false })).toEqual([
      {
        label: '0',
        classIndex: 0,
        probabilities: [
          { class: '0', share: 0.75 },
          { class: '1', share: 0.25 },
        ],
        modelVersion: '3',
      },
      {
        label: '1',
        classIndex: 1,
        probabilities: [
          { class: '0', share: 0.25 },
          { class: '1', share: 0.75 },
        ],
        modelVersion: '3',
      },
    ]);
    expect(requests[0]!.inputs[0]).toMatchObject({ name: 'float_input', datatype: 'FP32', shape: [2, 4] });
    expect(requests[0]!.outputs.map(({ name }) => name)).toEqual(['out_label', 'out_shares']);
  });

  it('like MLServer: typed answers of shape [n, 1], and no outputs in its metadata', async () => {
    const { port, requests } = await serve(mlserverLike);
    const client = await connect(port);
    expect(await client.predict(flowers, labelOnly)).toEqual([
      { label: '0', classIndex: 0, probabilities: [], modelVersion: '' },
      { label: '1', classIndex: 1, probabilities: [], modelVersion: '' },
    ]);
    expect(requests[0]!.outputs).toEqual([]);
    expect(requests[0]!.raw_input_contents).toEqual([]);
  });

  it('that lists no inputs gets one matrix, as wide as the rows', async () => {
    const { port, requests } = await serve({ ...mlserverLike, metadata: { inputs: [] } });
    const client = await connect(port);
    expect([client.features, client.named]).toEqual([null, false]);
    expect((await client.predict(flowers, labelOnly)).map(({ label }) => label)).toEqual(['0', '1']);
    expect(requests[0]!.inputs[0]).toMatchObject({ name: 'input-0', datatype: 'FP64', shape: [2, 4] });
  });

  it('with one input per feature, texts and integers', async () => {
    const { port, requests } = await serve(columnsLike);
    const client = await connect(port);
    expect(client.features).toEqual([
      { name: 'colour', kind: 'category' },
      { name: 'age', kind: 'number' },
    ]);
    const rows = {
      rowCount: 2,
      values: Float64Array.of(Number.NaN, 3, Number.NaN, -4),
      texts: ['blue', '', 'grün', ''],
    };
    const labels = (await client.predict(rows, labelOnly)).map(({ classIndex, label }) => [label, classIndex]);
    expect(labels).toEqual([
      ['blue 3', null],
      ['grün -4', null],
    ]);
    expect(requests[0]!.inputs.map(({ shape }) => shape)).toEqual([[2, 1], [2]]);
  });

  it.each([
    [3.5, 'age: expected INT32, found 3.5'],
    [2_147_483_648, 'age: expected INT32, found 2147483648'],
    [Number.NaN, 'age: expected INT32, found a missing value'],
  ])('is not sent %d where it wants INT32', async (age, message) => {
    const { port, requests } = await serve(columnsLike);
    const client = await connect(port);
    const rows = { rowCount: 2, values: Float64Array.of(Number.NaN, 3, Number.NaN, age), texts: ['a', '', 'b', ''] };
    const refused = await client.predict(rows, labelOnly).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(RequestError);
    expect(refused).toMatchObject({ message, row: 1 });
    expect(requests.map(({ inputs }) => inputs[0]!.shape[0])).toEqual([1]); // the good half
  });

  it.each([
    ['FP16', [-1, 4], 'model iris: x: datatype FP16 is not supported'],
    ['FP64', [-1, 2, 2], 'model iris: x: expected shape [-1] or [-1, 1], found [-1, 2, 2]'],
    ['FP64', [4], 'model iris: x: expected shape [-1] or [-1, 1], found [4]'],
  ])('that wants %s %j is told apart', async (datatype, shape, message) => {
    const { port } = await serve({ ...mlserverLike, metadata: { inputs: [{ name: 'x', datatype, shape }] } });
    await expect(connect(port)).rejects.toMatchObject({ name: 'RequestError', message });
  });

  it('that answers too few elements is not believed', async () => {
    const outputs = [{ name: 'predict', datatype: 'INT64', shape: [2], contents: { int64_contents: [1] } }];
    const { port } = await serve({ ...mlserverLike, infer: () => ({ outputs }) });
    const client = await connect(port);
    await expect(client.predict(flowers, labelOnly)).rejects.toThrow(
      new UnavailableError(`127.0.0.1:${port}: output predict: expected INT64 [2] for 2 rows, found 1 elements`),
    );
  });

  it.each<[what: string, outputs: Tensor[], message: string]>([
    [
      'a class index beyond its shares',
      [integers('out_label', [1, 2]), doubles('out_shares', [1, 0, 0, 1], 2)],
      'output out_label: row 1: expected a class index from 0 to 1, found 2',
    ],
    [
      'a negative class index',
      [integers('class_index', [-1, 0])],
      'output class_index: row 0: expected a class index from 0 to 65534, found -1',
    ],
    [
      'a class index that is no 16-bit number',
      [integers('class_index', [0, 65_535])],
      'output class_index: row 1: expected a class index from 0 to 65534, found 65535',
    ],
    [
      'a share above 1',
      [doubles('probabilities', [1, 0, 0.5, 1.01], 2)],
      'output probabilities: row 1: expected a share from 0 to 1, found 1.01',
    ],
    [
      'a share below 0',
      [doubles('probabilities', [1, -0.1, 0.5, 0.5], 2)],
      'output probabilities: row 0: expected a share from 0 to 1, found -0.1',
    ],
    [
      'a share that is no number',
      [doubles('probabilities', [1, 0, 0.5, Number.NaN], 2)],
      'output probabilities: row 1: expected a share from 0 to 1, found NaN',
    ],
    [
      'two shares for three classes',
      [doubles('probabilities', [1, 0, 0.5, 0.5], 2, { classes: { string_param: '["a","b","c"]' } })],
      'output probabilities: expected 3 shares, one per class, for each row, found 2',
    ],
    [
      'more shares than there can be classes',
      [doubles('probabilities', Array<number>(2 * 65_536).fill(0), 65_536)],
      'output probabilities: expected 1 to 65535 shares, for each row, found 65536',
    ],
    [
      'a negative leaf',
      [integers('class_index', [0, 1]), integers('leaf', [3, -4])],
      'output leaf: row 1: expected a leaf from 0, found -4',
    ],
    [
      'a negative shape',
      [{ ...integers('class_index', [0, 1]), shape: [-2, -1] }],
      'output class_index: expected INT64 [-2, -1] for 2 rows, found 2 elements',
    ],
  ])('that answers %s is not believed', async (_, outputs, message) => {
    const { port } = await serve({ ...mlserverLike, infer: () => ({ outputs }) });
    const client = await connect(port);
    await expect(client.predict(flowers, labelOnly)).rejects.toThrow(
      new UnavailableError(`127.0.0.1:${port}: ${message}`),
    );
  });

  it('may round a share of 1 to 32 bits, and call its leaves as it likes', async () => {
    const outputs = [integers('leaf', [9, 7]), doubles('probabilities', [1 + 2 ** -23, 0, 0, 1], 2)];
    const { port } = await serve({ ...mlserverLike, infer: () => ({ outputs }) });
    const labels = await (await connect(port)).predict(flowers, labelOnly);
    expect(labels.map(({ classIndex }) => classIndex)).toEqual([0, 1]);
  });

  it('may have labels below 0 where nobody says that they are indices', async () => {
    const { port } = await serve({ ...mlserverLike, infer: () => ({ outputs: [integers('predict', [-1, 1])] }) });
    const labels = await (await connect(port)).predict(flowers, labelOnly);
    expect(labels.map(({ classIndex, label }) => [label, classIndex])).toEqual([
      ['-1', null],
      ['1', 1],
    ]);
  });

  it('that answers nothing that could be a prediction is told so', async () => {
    const { port } = await serve({ ...mlserverLike, infer: () => ({ outputs: [] }) });
    const client = await connect(port);
    await expect(client.predict(flowers, labelOnly)).rejects.toThrow(
      `127.0.0.1:${port}: expected a label, a class index or probabilities per row, found nothing`,
    );
  });
});

describe('a batch that is refused', () => {
  it('is halved until it is below a limit that only the server knows', async () => {
    const server = await serve({
      ...mlserverLike,
      infer(request) {
        if (request.inputs[0]!.shape[0]! > 30) throw { code: status.RESOURCE_EXHAUSTED, details: 'too large' };
        return mlserverLike.infer(request);
      },
    });
    const predictions = await (await connect(server.port)).predict(numbered(100), labelOnly);
    expect(predictions.map(({ label }) => label)).toEqual(Array.from({ length: 100 }, (_, i) => (i <= 2 ? '0' : '1')));
  });

  it('is halved until the first bad row is found', async () => {
    const { port } = await serve({
      ...mlserverLike,
      infer(request) {
        if (typedRows(request).some((row) => row[2] === 77)) throw { code: status.INVALID_ARGUMENT, details: 'no 77' };
        return mlserverLike.infer(request);
      },
    });
    const refused = (await connect(port)).predict(numbered(100), labelOnly);
    await expect(refused).rejects.toMatchObject({ row: 77, message: `127.0.0.1:${port}: INVALID_ARGUMENT: no 77` });
  });

  /** Refuses a batch in which a row's third value is 77. */
  const refusing = (info: ErrorInfo, description: string): Behaviour => ({
    ...mlserverLike,
    infer(request) {
      if (!typedRows(request).some((row) => row[2] === 77)) return mlserverLike.infer(request);
      const violations = [{ field: 'inputs[0]', description }];
      const details = encodeStatusDetails({
        code: status.INVALID_ARGUMENT,
        message: 'no',
        details: { info, violations },
      });
      throw failure(status.INVALID_ARGUMENT, 'no', details.toString('base64'));
    },
  });
  const badValue = { row: '77', feature: 'petal_length', description: 'expected less, found 77' };

  it('names its bad row in the details of the status', async () => {
    const info = { reason: 'INVALID_REQUEST', metadata: badValue };
    const { port, requests } = await serve(refusing(info, 'words that nobody reads'));
    const refused = (await connect(port)).predict(numbered(100), labelOnly);
    await expect(refused).rejects.toMatchObject({ row: 77, message: 'petal_length: expected less, found 77' });
    expect(requests.length).toBe(1);
  });

  it.each<[string, ErrorInfo]>([
    ['in a sentence alone', { reason: 'INVALID_REQUEST' }],
    ['in the details of someone else', { reason: 'INVALID_REQUEST', domain: 'example.com', metadata: badValue }],
    ['for another reason', { reason: 'ODD', metadata: badValue }],
  ])('is halved where a row is named %s', async (_, info) => {
    const { port } = await serve(refusing(info, 'row 999: petal_length: too long'));
    const refused = (await connect(port)).predict(numbered(100), labelOnly);
    await expect(refused).rejects.toMatchObject({
      row: 77,
      message: 'inputs[0]: row 999: petal_length: too long',
    });
  });

  it.each(['100', '999', '-1', '1.5', '1e1', '', '9'.repeat(400)])(
    'with a bad row %j that it does not have is not believed',
    async (row) => {
      const { port } = await serve(refusing({ reason: 'INVALID_REQUEST', metadata: { ...badValue, row } }, 'x'));
      const refused = (await connect(port)).predict(numbered(100), labelOnly);
      await expect(refused).rejects.toThrow(UnavailableError);
      await expect(refused).rejects.toThrow(
        `127.0.0.1:${port}: expected the number of a bad row, from 0 to 99, found ${quote(row)}`,
      );
    },
  );

  it.each([
    [{ feature: '' }, 'found "" and "expected less, found 77"'],
    [{ description: ' ' }, 'found "petal_length" and " "'],
  ])('with a bad row of which nothing is said is not believed: %j', async (change, found) => {
    const info = { reason: 'INVALID_REQUEST', metadata: { ...badValue, ...change } };
    const { port } = await serve(refusing(info, 'x'));
    const expected = 'expected the feature of a bad row and what is wrong with it';
    await expect((await connect(port)).predict(numbered(100), labelOnly)).rejects.toThrow(
      new UnavailableError(`127.0.0.1:${port}: ${expected}, ${found}`),
    );
  });

  it.each<[string, unknown, (client: InferenceClient) => unknown]>([
    ['probabilitys', true, (client) => client.predict(flowers, { ...labelOnly, probabilitys: true } as never)],
    ['path', 'yes', (client) => client.predict(flowers, { ...labelOnly, path: 'yes' } as never)],
    ['rows.foo', 1, (client) => client.predict({ ...flowers, foo: 1 } as never, labelOnly)],
    ['rows.rowCount', 0, (client) => client.predict({ ...flowers, rowCount: 0 }, labelOnly)],
    ['rows.values', [1, 2], (client) => client.predict({ rowCount: 2, values: [1, 2] as never }, labelOnly)],
    ['rows.values', flowers.values, (client) => client.predict({ ...flowers, rowCount: 3 }, labelOnly)],
    ['rows.texts', ['a'], (client) => client.predict({ ...flowers, texts: ['a'] }, labelOnly)],
  ])('is not even sent where it is no question: %s', async (option, value, ask) => {
    const { port, requests } = await serve(mlserverLike);
    await expect(ask(await connect(port))).rejects.toMatchObject({ name: 'UsageError', option, value });
    expect(requests).toEqual([]);
  });

  it('is not halved when the model is unknown', async () => {
    const { port, requests } = await serve({
      ...mlserverLike,
      infer: () => Promise.reject({ code: status.NOT_FOUND, details: 'no model iris' }),
    });
    await expect((await connect(port)).predict(numbered(100), labelOnly)).rejects.toThrow(
      new RequestError([{ field: `127.0.0.1:${port}`, description: 'NOT_FOUND: no model iris' }]),
    );
    expect(requests.length).toBe(1);
  });
});

describe('a server in trouble', () => {
  it('that does not answer in time is unavailable', async () => {
    const { port } = await serve({ ...mlserverLike, infer: () => new Promise(() => {}) });
    const client = await connect(port, { timeoutMs: 200 });
    await expect(client.predict(flowers, labelOnly)).rejects.toThrow(
      new UnavailableError(`127.0.0.1:${port}: no answer within 0.2 s`),
    );
  });

  it('that is not there is unavailable, after tries until the timeout', async () => {
    const gone = await startForeignServer(mlserverLike);
    gone.kill();
    const reasons: string[] = [];
    const onRetry = (reason: string) => reasons.push(reason);
    const message = `127.0.0.1:${gone.port}: UNAVAILABLE: no server listens there`;
    await expect(connect(gone.port, { timeoutMs: 300, onRetry })).rejects.toThrow(new UnavailableError(message));
    expect(new Set(reasons)).toEqual(new Set([message]));
  });

  it('that restarts in the middle of a call is asked again', async () => {
    let restarted: Promise<ForeignServer> | undefined;
    const first: ForeignServer = await serve({
      ...mlserverLike,
      infer() {
        first.kill();
        restarted = serve(mlserverLike, first.port);
        return new Promise(() => {});
      },
    });
    const client = await connect(first.port);
    const labels = (await client.predict(flowers, labelOnly)).map(({ label }) => label);
    expect(labels).toEqual(['0', '1']);
    expect((await restarted!).requests.length).toBeGreaterThan(0);
  });

  it('that is too busy is asked again when it says when', async () => {
    let asked = 0;
    const { port } = await serve({
      ...mlserverLike,
      infer(request) {
        if (++asked < 3) throw failure(status.RESOURCE_EXHAUSTED, 'busy', RETRY_INFO);
        return mlserverLike.infer(request);
      },
    });
    expect((await (await connect(port)).predict(flowers, labelOnly)).length).toBe(2);
    expect(asked).toBe(3);
  });

  it('gives its details as readable fields', async () => {
    const { port } = await serve({
      ...mlserverLike,
      infer: () => Promise.reject(failure(status.INVALID_ARGUMENT, 'bad', BAD_REQUEST)),
    });
    const one = { rowCount: 1, values: Float64Array.of(1, 2, 3, 4) };
    await expect((await connect(port)).predict(one, labelOnly)).rejects.toMatchObject({
      message: 'inputs[0].shape[1]: expected 4, found 3',
      violations: [{ field: 'inputs[0].shape[1]', description: 'expected 4, found 3' }],
    });
  });

  it('is left alone as soon as the signal says so', async () => {
    const abort = new AbortController();
    const { port } = await serve({
      ...mlserverLike,
      infer() {
        abort.abort(new Error('stop'));
        return new Promise(() => {});
      },
    });
    const client = await connect(port, { signal: abort.signal });
    await expect(client.predict(flowers, labelOnly)).rejects.toThrow('stop');
  });
});

describe('a pinned model', () => {
  const own = (version: string): Behaviour => ({
    metadata: { ...mlserverLike.metadata, versions: ['aaaaaaaaaaaa'] },
    infer: async (request) => ({ ...(await mlserverLike.infer(request)), model_version: version }),
  });

  it('is accepted by the part of its hash that the wire carries', async () => {
    const { port } = await serve(own('aaaaaaaaaaaa'));
    const client = await connect(port, { expectModel: `aaaaaaaaaaaa${'0'.repeat(52)}` });
    expect((await client.predict(flowers, labelOnly)).length).toBe(2);
  });

  it('is refused at the first question when it is another one', async () => {
    const { port, requests } = await serve(own('aaaaaaaaaaaa'));
    const message = `127.0.0.1:${port}: expected a model whose version begins with ab, found aaaaaaaaaaaa`;
    await expect(connect(port, { expectModel: 'ab' })).rejects.toThrow(new ArtifactError('other-model', message));
    expect(requests).toEqual([]);
  });

  it('is refused when another one answers after a reload', async () => {
    const { port } = await serve(own('bbbbbbbbbbbb'));
    const client = await connect(port, { expectModel: 'aaaa' });
    await expect(client.predict(flowers, labelOnly)).rejects.toThrow('begins with aaaa, found bbbbbbbbbbbb');
  });
});

describe('the name of the model', () => {
  const nameAsked = async (models: string[] | undefined, model?: string) => {
    const { port, requests } = await serve({ ...mlserverLike, ...(models && { models }) });
    const client = await connect(port, { model });
    await client.predict(flowers, labelOnly);
    expect(requests[0]!.model_name).toBe(client.model);
    return client.model;
  };

  it('is that of the one model of the server where none is given', async () => {
    expect(await nameAsked(['wine'])).toBe('wine');
    expect(await nameAsked(['wine', 'wine'])).toBe('wine');
  });

  it('is the default where a server does not list its models, or has one of that name', async () => {
    expect(await nameAsked(undefined)).toBe('iris');
    expect(await nameAsked([])).toBe('iris');
    expect(await nameAsked(['wine', 'iris'])).toBe('iris');
  });

  it('is the given one always', async () => {
    expect(await nameAsked(['wine'], 'beer')).toBe('beer');
  });

  it('has to be given where there are several', async () => {
    const { port } = await serve({ ...mlserverLike, models: ['wine', 'beer'] });
    await expect(connect(port, { model: undefined })).rejects.toThrow(
      new UsageError(`127.0.0.1:${port} has several models: expected the name of one, wine, beer`),
    );
  });
});
