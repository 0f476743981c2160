import { once } from 'node:events';
import { type ServiceError, status } from '@grpc/grpc-js';
import { describe, expect, it } from 'vitest';
import { createClassifier } from '../../../src/model/classifier.js';
import type { CallObserver } from '../../../src/server/calls/observer.js';
import type { RunningServer } from '../../../src/server/life/server.js';
import { irisModel } from '../models.js';
import {
  failure,
  failureOf,
  flower,
  type Message,
  recordLog,
  serveAndConnect,
  startServer,
  TestClient,
} from '../serving.js';

const { version } = irisModel();
const input = { name: 'features', datatype: 'FP64', shape: [1, 4], contents: { fp64_contents: [5, 3, 1, 1] } };

/** Rows whose paths are work of many turns. */
function hugeRequest(rowCount = 100_000): Message {
  return {
    model_name: 'iris',
    inputs: [{ name: 'features', datatype: 'INT8', shape: [rowCount, 4] }],
    outputs: [{ name: 'decision_path' }],
    raw_input_contents: [Buffer.alloc(rowCount * 4, 3)],
  };
}

/** Resolves with the code that the server saw a call of this method end with. */
function observeEnd(method: string) {
  let ended: (code: string) => void;
  const end = new Promise<string>((resolve) => {
    ended = resolve;
  });
  const counts = { started: 0, ended: 0 };
  const observer: CallObserver = {
    onStart: () => counts.started++,
    onEnd: ({ path }, code) => {
      counts.ended++;
      if (path.endsWith(method)) ended(status[code]);
    },
  };
  return { observer, end, counts };
}

describe('the status of a call', () => {
  it.each([
    ['ModelInfer', { model_name: 'wine', inputs: [input] }],
    ['ModelMetadata', { name: 'wine' }],
    ['ModelReady', { name: 'wine' }],
  ])('is NOT_FOUND for an unknown model in %s', async (method, request) => {
    const client = await serveAndConnect();
    expect(await client.call('inference', method, request)).toEqual({
      code: 'NOT_FOUND',
      message: 'expected model "iris", found "wine"',
      details: { info: { reason: 'MODEL_NOT_FOUND', metadata: {} } },
    });
  });

  it('is NOT_FOUND for an unknown version', async () => {
    const client = await serveAndConnect();
    expect(
      await client.call('inference', 'ModelInfer', { model_name: 'iris', model_version: '1', inputs: [input] }),
    ).toMatchObject({ code: 'NOT_FOUND', message: `expected version ${version} of model "iris", found "1"` });
  });

  it('is INVALID_ARGUMENT with BadRequest for a bad shape', async () => {
    const client = await serveAndConnect();
    const inputs = [{ ...input, shape: [1, 3] }];
    expect(await client.call('inference', 'ModelInfer', { model_name: 'iris', inputs })).toEqual({
      code: 'INVALID_ARGUMENT',
      message: 'inputs[0].shape[1]: expected 4, the number of features, found 3',
      details: {
        violations: [{ field: 'inputs[0].shape[1]', description: 'expected 4, the number of features, found 3' }],
        info: { reason: 'INVALID_REQUEST', metadata: {} },
      },
    });
  });

  it('is INVALID_ARGUMENT for bytes that are no message', async () => {
    const client = await serveAndConnect();
    // Field 1 of a health request is a string; in a request of the predictor it is a double.
    const error = await new Promise<ServiceError>((resolve) => {
      rawCall(client, Buffer.from([0x09, 1, 2]), (found) => resolve(found!));
    });
    expect(failure(error)).toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: 'request: expected a request of /ml.IrisPredictor/PredictIrisSpecies, found 3 bytes that are none',
    });
  });

  it('is INVALID_ARGUMENT for too many rows, saying whose limit it is', async () => {
    const client = await serveAndConnect({ maxBatchRows: 2 });
    const inputs = [{ ...input, shape: [3, 4], contents: { fp64_contents: new Array(12).fill(1) } }];
    expect(await client.call('inference', 'ModelInfer', { model_name: 'iris', inputs })).toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: "inputs[0].shape[0]: expected at most 2 rows, this server's maxBatchRows, found 3",
    });
  });

  it('is RESOURCE_EXHAUSTED for too many bytes, saying whose limit it is', async () => {
    const observed = observeEnd('ModelInfer');
    const client = await serveAndConnect({ maxMessageBytes: 2000, observers: [observed.observer] });
    const request = { model_name: 'iris', id: 'x'.repeat(3000), inputs: [input] };
    expect(await client.call('inference', 'ModelInfer', request)).toMatchObject({
      code: 'RESOURCE_EXHAUSTED',
      message: expect.stringMatching(
        /^expected a message of at most 2000 bytes, this server's maxMessageBytes, found 3\d\d\d$/,
      ),
      details: { info: { reason: 'MESSAGE_TOO_LARGE', metadata: { max_message_bytes: '2000' } } },
    });
    expect(await observed.end).toBe('RESOURCE_EXHAUSTED');
  });

  it.each(['decision_path', 'probabilities'])('is RESOURCE_EXHAUSTED for too large a reply of %s', async (name) => {
    const client = await serveAndConnect({ maxMessageBytes: 4000 });
    const inputs = [{ name: 'features', datatype: 'INT8', shape: [500, 4] }];
    const raw_input_contents = [Buffer.alloc(2000, 1)];
    expect(
      await client.call('inference', 'ModelInfer', {
        model_name: 'iris',
        inputs,
        raw_input_contents,
        outputs: [{ name }],
      }),
    ).toMatchObject({
      code: 'RESOURCE_EXHAUSTED',
      message:
        "the reply would be larger than 4000 bytes, this server's maxMessageBytes: ask for fewer rows or outputs",
      details: { info: { reason: 'REPLY_TOO_LARGE' } },
    });
  });

  it('is RESOURCE_EXHAUSTED with RetryInfo for too many calls at once; the places come back', async () => {
    const client = await serveAndConnect({ maxConcurrentCalls: 2 });
    const streams = [0, 1].map(() => client.stream('iris', 'PredictIrisSpeciesStream'));
    for (const stream of streams) {
      stream.write(flower);
      await once(stream, 'data');
    }
    const expected = {
      code: 'RESOURCE_EXHAUSTED',
      message: "expected at most 2 calls at once, this server's maxConcurrentCalls: try again later",
      details: { retryDelayMs: 100, info: { reason: 'TOO_MANY_CALLS', metadata: {} } },
    };
    expect(await client.call('iris', 'PredictIrisSpecies', flower)).toEqual(expected);
    expect(await failureOf(client.stream('iris', 'PredictIrisSpeciesStream'))).toEqual(expected);
    expect(await client.call('health', 'Check', {})).toEqual({ status: 'SERVING' });

    const [first, second] = streams;
    first.resume().end();
    await once(first, 'end');
    expect(await client.call('iris', 'PredictIrisSpecies', flower)).toMatchObject({ species_name: 'setosa' });
    // A cancelled call gives its place back too, a moment after the client is told.
    const cancelled = failureOf(second);
    second.cancel();
    await cancelled;
    for (;;) {
      const third = client.stream('iris', 'PredictIrisSpeciesStream');
      third.write(flower);
      const answered = await Promise.race([once(third, 'data'), once(third, 'error').then(() => undefined)]);
      if (answered) third.end();
      if (answered) break;
    }
  });

  it('is UNAVAILABLE while draining', async () => {
    const server = await startServer();
    const client = new TestClient(server.address);
    const stream = client.stream('iris', 'PredictIrisSpeciesStream');
    stream.write(flower);
    await once(stream, 'data');
    const closed = server.close();
    expect(await client.call('iris', 'PredictIrisSpecies', flower)).toMatchObject({ code: 'UNAVAILABLE' });
    stream.resume().end();
    await closed;
  });

  it('is DEADLINE_EXCEEDED when the deadline passes, and the work stops', async () => {
    const observed = observeEnd('ModelInfer');
    const server = await startServer({ observers: [observed.observer], maxMessageBytes: 2 ** 30 });
    const deadline = Date.now() + 1000;
    // The first row takes until the deadline has passed.
    const rows = countPaths(server, (row) => {
      while (row === 0 && Date.now() <= deadline);
    });
    const client = new TestClient(server.address);
    const reply = await client.call('inference', 'ModelInfer', hugeRequest(), { deadline });
    expect(reply).toMatchObject({ code: 'DEADLINE_EXCEEDED' });
    expect(['DEADLINE_EXCEEDED', 'CANCELLED']).toContain(await observed.end);
    await server.close();
    expect(rows.count).toBeGreaterThan(0);
    expect(rows.count).toBeLessThan(20_000);
    expect(observed.counts).toEqual({ started: 1, ended: 1 });
  });

  it('is CANCELLED when the client cancels, and the work stops', async () => {
    const observed = observeEnd('ModelInfer');
    const server = await startServer({
      maxConcurrentCalls: 1,
      maxMessageBytes: 2 ** 30,
      observers: [observed.observer],
    });
    const client = new TestClient(server.address);
    let cancel = () => {};
    const rows = countPaths(server, (row) => row === 0 && cancel());
    const error = await new Promise<ServiceError | null>((resolve) => {
      const call = client.start('inference', 'ModelInfer', hugeRequest(), {}, resolve);
      cancel = () => call.cancel();
    });
    expect(error?.code).toBe(status.CANCELLED);
    expect(await observed.end).toBe('CANCELLED');
    let reply: Message;
    do reply = await client.call('iris', 'PredictIrisSpecies', flower);
    while (reply['code'] === 'RESOURCE_EXHAUSTED');
    expect(reply).toMatchObject({ species_name: 'setosa' });
    expect(rows.count).toBeLessThan(20_000);
  });

  it('is INTERNAL without detail for a bug of ours, with a request id that the log has too', async () => {
    const { lines, log } = recordLog();
    const model = irisModel();
    const server = await startServer({ model, log });
    const secret = 'the password is hunter2';
    Object.defineProperty(server.current, 'iris', {
      get: () => {
        throw new Error(secret);
      },
    });
    const client = new TestClient(server.address);
    const reply = await client.call('iris', 'PredictIrisSpecies', flower);
    expect(JSON.stringify(reply)).not.toContain('hunter2');
    const id = /^internal error, request id ([0-9a-f-]{36})$/.exec(reply['message'] as string)?.[1];
    expect(reply).toMatchObject({
      code: 'INTERNAL',
      details: { info: { reason: 'INTERNAL', metadata: { request_id: id } } },
    });
    const told = lines.find(({ msg }) => msg === 'internal error');
    expect(told).toMatchObject({ requestId: id, err: { message: secret, stack: expect.stringContaining('hunter2') } });

    const stream = client.stream('iris', 'PredictIrisSpeciesStream');
    stream.write(flower);
    expect((await failureOf(stream)).message).toMatch(/^internal error, request id /);
  });

  it('is UNIMPLEMENTED for a method that nobody has', async () => {
    const client = await serveAndConnect({ reflection: false });
    expect(await failureOf(client.stream('reflection', 'ServerReflectionInfo'))).toMatchObject({
      code: 'UNIMPLEMENTED',
    });
  });
});

/** Counts the paths that a server works out, and calls `onPath` before each. */
function countPaths(server: RunningServer, onPath: (row: number) => unknown): { readonly count: number } {
  const { classifier, model } = server.current;
  const own = createClassifier(model).explainer!;
  const counter = { count: 0 };
  Object.defineProperty(classifier.explainer, 'partOfPath', {
    value: (row: Float64Array, from: number, most: number) => {
      onPath(counter.count++);
      return own.partOfPath(row, from, most);
    },
  });
  return counter;
}

/** A unary call of the predictor whose request is these bytes. */
function rawCall(client: TestClient, bytes: Buffer, done: (error: ServiceError | null) => void): void {
  const same = (message: Buffer) => message;
  client.channel('iris').makeUnaryRequest('/ml.IrisPredictor/PredictIrisSpecies', same, same, bytes, done);
}
